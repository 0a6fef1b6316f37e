"""What a process that listens to nobody shows a probe: a file whose age says whether it still turns."""

import os
from pathlib import Path

EVERY_SECONDS = 10.0


def show() -> None:
    """Renew the file that `LPS_ALIVE_FILE` names; nothing without it. Call from the loop that must not stop."""
    if place := os.environ.get("LPS_ALIVE_FILE"):
        Path(place).touch()
