"""Figures for Prometheus: what is counted (`counted`), and the port where it is read (`exposing`).

A server of several processes counts together through files of a folder. The library looks for that folder when it is
loaded, so this package alone loads it, and chooses the folder first: only where somebody may read it
(`LPS_METRICS_PORT`). Elsewhere the counts stay in the process's memory.

A process that is killed removes nothing: the next one to start removes the folders that nobody holds any more.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_PREFIX = "lps-metrics-"
_HELD = "held"  # a file of each folder, locked by whoever counts there: the lock ends with the last of them


def _choose_folder() -> None:
    """Give this process and its children a folder of their own, gone with it: an old one would be counted again."""
    if not os.environ.get("LPS_METRICS_PORT") or os.environ.get(_FOLDER):
        return
    _sweep()
    folder, owner = tempfile.mkdtemp(prefix=_PREFIX), os.getpid()
    _hold(Path(folder))
    os.environ[_FOLDER] = folder

    def remove() -> None:
        if os.getpid() == owner:  # a child that ends leaves it to the others
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    _made.append(folder)


def give_back() -> None:
    """Remove the folder made for this process, which is about to become another: that one makes its own."""
    for folder in _made:
        shutil.rmtree(folder, ignore_errors=True)
        os.environ.pop(_FOLDER, None)
    _made.clear()


def _hold(folder: Path) -> None:
    """Lock a file of ours, then give it its name: nobody ever sees it free while we live."""
    held = os.open(folder / f".{_HELD}", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX)
    os.rename(folder / f".{_HELD}", folder / _HELD)


def _sweep() -> None:
    """Remove the folders of processes that were killed. Those of other users, and of other versions, stay."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if _is_left(folder / _HELD):
            shutil.rmtree(folder, ignore_errors=True)


def _is_left(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(file)
    return True


_made: list[str] = []
_choose_folder()
