"""Figures for Prometheus: what is counted (`counted`), and the port where it is read (`exposing`).

A server of several processes counts together through files of a folder. The library looks for that folder when it is
loaded, so this package alone loads it, and chooses the folder first: only where somebody may read it
(`LPS_METRICS_PORT`). Elsewhere the counts stay in the process's memory.
"""

import atexit
import os
import shutil
import tempfile

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def _choose_folder() -> None:
    """Give this process and its children a folder of their own, gone with it: an old one would be counted again."""
    if not os.environ.get("LPS_METRICS_PORT") or os.environ.get(_FOLDER):
        return
    folder, owner = tempfile.mkdtemp(prefix="lps-metrics-"), os.getpid()
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


_made: list[str] = []
_choose_folder()
