"""A process of the product that dies on its way, and whoever goes on with its work."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from textwrap import indent

import pytest
from django.db.models import Model

from tenants.long_work import LongWork
from tests.live import ROOT, Copy
from tests.races.crowd import PROCESS_SECONDS, SECONDS

# What every long work does, whatever it is.
BEGIN, FINISH = "tenants.long_work.LongWork._begin", "tenants.long_work.LongWork._finish"
DIES = """
import os, pkgutil, signal, django; django.setup()
from tenants import context, queries
owner, name = {step!r}.rsplit(".", 1)
owner = pkgutil.resolve_name(owner)
last = getattr(owner, name)
def die(*args, **rest):
    last(*args, **rest)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, name, die)
with context.use(queries.commune_by_slug(slug="buchelay")):
{act}
"""


def killed_after(copy: Copy, step: str, *, act: str) -> None:
    """In Buchelay a process does `act`, lines of Python, and is killed just after a function of ours, by its path."""
    code = DIES.format(step=step, act=indent(act.strip(), "    "))
    command, limit = [sys.executable, "-c", code], PROCESS_SECONDS
    died = subprocess.run(command, cwd=ROOT, env=copy.environment, timeout=limit, check=False)
    assert died.returncode == -signal.SIGKILL


def next_worker(work_asked: Callable[[], int]) -> int:
    """What the next worker does, once the locks of the dead one went with its connection."""
    deadline = time.monotonic() + SECONDS
    while not (done := work_asked()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return done


def let_nobody_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers take one row that both saw waiting: what would happen if it were not held."""
    both, here = threading.Barrier(2, timeout=SECONDS), threading.local()

    def unheld(self: LongWork[Model], pk: int) -> Model:
        if not hasattr(here, "came"):
            here.came = True
            both.wait()
        return self.rows.get(pk=pk)

    monkeypatch.setattr(LongWork, "held", unheld)
