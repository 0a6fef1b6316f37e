"""A real worker process on the test's own broker and database, sending to a real mail server."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.cache import cache
from django.db import transaction

from lps.kernel import clock
from notifications import tasks
from notifications.delivery import drain
from notifications.models import LEASE, OutboxMessage, State
from notifications.services import SENT_KEPT
from notifications.wakeup import DRAIN, PURGE
from tenants import context
from tenants.models import Commune
from tenants.tasks import send_to_commune

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
COMMAND = "-m celery -A lps.config.celery:app worker --without-gossip --without-mingle -n essai@%h"
ALONE = ("--pool=solo",)
Write = Callable[..., OutboxMessage]


class Worker:
    """A worker's process and what it wrote in its log."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self._log = process, log

    @property
    def log(self) -> str:
        """All that it said since its start."""
        return self._log.read_text()

    def kill(self) -> None:
        """End it as a machine that loses its power does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)


@contextmanager
def started_worker(folder: Path, postbox: Any, *options: str, **variables: str) -> Iterator[Worker]:
    """A worker that is ready, for the time of a block: one process, unless its options say otherwise."""
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "worker_settings",
        "PYTHONPATH": os.pathsep.join(str(path) for path in (ROOT, ROOT / "platform", HERE)),
        "EMAIL_URL": f"smtp://127.0.0.1:{postbox.port}",
        **variables,
    }
    command = [sys.executable, *COMMAND.split(), *(options or ALONE)]
    log = folder / "worker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
    worker = Worker(process, log)
    try:
        until(lambda: " ready." in worker.log, why=lambda: worker.log, seconds=90)
        yield worker
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            worker.kill()


@pytest.fixture
def worker(own_commune: Commune, postbox: Any, tmp_path: Path) -> Iterator[Worker]:
    cache.clear()  # the broker's queue too: what other tests left there
    with started_worker(tmp_path, postbox) as started:
        yield started


def until(happened: Callable[[], bool], *, why: Callable[[], str], seconds: float = 20) -> None:
    """Wait for something another process does."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, why()
        time.sleep(0.05)


def test_a_message_posted_is_sent_by_the_worker_and_one_undone_is_not(
    own_commune: Commune, write: Write, postbox: Any, worker: Worker
) -> None:
    with context.use(own_commune):
        with transaction.atomic():
            write("undone@example.org")
            transaction.set_rollback(True)
        with transaction.atomic():
            message = write()

        until(lambda: len(postbox.mails) == 1, why=lambda: worker.log)
        until(lambda: OutboxMessage.objects.get().state == State.SENT, why=lambda: worker.log)

    assert postbox.mails[0]["To"] == "angeline@example.org"
    assert postbox.message_ids == [message.message_id]
    until(lambda: "notifications.tasks: 1 messages sent, 0 not" in worker.log, why=lambda: worker.log)
    assert re.search(r"\[courrier \w+\] notifications.tasks: 1 messages sent, 0 not", worker.log)
    assert "example.org" not in worker.log and "Angéline" not in worker.log


def test_a_task_without_a_commune_is_refused_and_logged(
    own_commune: Commune, write: Write, postbox: Any, worker: Worker
) -> None:
    with context.use(own_commune):
        waiting = write(due_at=clock.now() + timedelta(seconds=1))
        time.sleep(1)

    current_app.send_task(DRAIN)

    until(lambda: "NoCommune" in worker.log, why=lambda: worker.log)
    assert "notifications.drain was sent without a commune" in worker.log
    with context.use(own_commune):
        waiting.refresh_from_db()
        assert waiting.state == State.WAITING

    send_to_commune(task=DRAIN, slug=own_commune.slug, app=current_app)
    until(lambda: len(postbox.mails) == 1, why=lambda: worker.log)


def test_a_task_is_not_even_sent_from_outside_of_any_commune() -> None:
    with pytest.raises(context.NoCommune):
        tasks.drain.delay()


def test_a_killed_workers_message_leaves_again_after_its_lease(
    own_commune: Commune, write: Write, postbox: Any, worker: Worker
) -> None:
    postbox.holding = True
    with context.use(own_commune):
        message = write()
        assert postbox.held.wait(timeout=20), worker.log
        worker.kill()
        postbox.holding = False

        assert drain().sent == 0, "its lease still runs"
        message.refresh_from_db()
        assert (message.state, message.attempts) == (State.SENDING, 1)

        OutboxMessage.objects.update(claimed_at=clock.real_now() - LEASE - timedelta(seconds=1))
        assert drain().sent == 1

        message.refresh_from_db()
        assert (message.state, message.attempts) == (State.SENT, 2)
    assert set(postbox.message_ids) == {message.message_id}


def test_the_nightly_purge_runs_in_its_commune(own_commune: Commune, write: Write, worker: Worker) -> None:
    with context.use(own_commune):
        old = clock.now() - SENT_KEPT - timedelta(days=1)
        message = write(due_at=clock.now() + timedelta(days=1))
        OutboxMessage.objects.filter(pk=message.pk).update(state=State.SENT, sent_at=old)

        send_to_commune(task=PURGE, slug=own_commune.slug, app=current_app)

        until(lambda: not OutboxMessage.objects.exists(), why=lambda: worker.log)
    until(lambda: "1 messages purged" in worker.log, why=lambda: worker.log)
