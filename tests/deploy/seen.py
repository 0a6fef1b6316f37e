"""What tests see of processes that are not their own children: their descendants, their end, their words."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from deploy.processes import is_alive, wait_until

# What the tests' own run has set, and a product started by a test must not have.
OURS = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "S3_ENDPOINT_URL", "PORT", "MAILSINK_PORT", "DATA_DIR", "MAKELEVEL")


def clean_environment(**more: str) -> dict[str, str]:
    """The variables of somebody who has set nothing of ours, and `more`."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS and not name.startswith("LPS_")}
    return {**kept, "PYTHONUNBUFFERED": "1", "LPS_VOICE_ENGINE": "espeak", **more}


def descendants(pid: int) -> Iterator[int]:
    """The process ids below `pid`, itself left out."""
    for child in _children(pid):
        yield child
        yield from descendants(child)


def survivors(pids: list[int], *, seconds: float = 5.0) -> list[str]:
    """The command lines of those of `pids` that are still there after at most `seconds`."""
    wait_until(lambda: not any(map(is_alive, pids)), seconds=seconds)
    return [f"{pid}: {command_line(pid)}" for pid in pids if is_alive(pid)]


def until(condition: Callable[[], bool], *, seconds: float, words: Callable[[], str]) -> None:
    """Wait for a condition; when it does not come, fail with the last words."""
    started = time.monotonic()
    assert wait_until(condition, seconds=seconds), f"{time.monotonic() - started:.0f} s later:\n{words()[-3000:]}"


def command_line(pid: int) -> str:
    """What it was started with; nothing once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().replace("\0", " ").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _children(pid: int) -> list[int]:
    try:
        listings = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except (FileNotFoundError, ProcessLookupError):
        return []  # it ended meanwhile
    return [int(child) for listing in listings for child in listing.split()]
