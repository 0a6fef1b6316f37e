"""Small files that only we can read: passwords, keys, what a run leaves for the next."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def kept(path: Path, draw: Callable[[], str]) -> str:
    """Read a secret, drawing and keeping it the first time."""
    if not path.exists():
        write_private(path, draw())
    return path.read_text()


def write_private(path: Path, text: str) -> None:
    """Write a file, whole or not at all, that only we can read."""
    draft = path.with_name(f"{path.name}.new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.rename(path)
