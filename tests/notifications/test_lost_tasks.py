"""A task that kills its process, and one that does not end: told with their commune, and the rest goes on."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from celery.worker import state
from django.conf import settings
from django.core.cache import cache

from deploy.processes import free_port
from lps.config.alive import LONG_SECONDS, look_at_tasks
from lps.kernel import log_context
from lps.kernel.metrics.counted import OLDEST_TASK
from notifications.tasks import drain
from tenants import context
from tenants.models import Commune
from tenants.tasks import ToldRequest, send_to_commune
from tests.config.test_metrics import figures_of
from tests.notifications.test_worker import Worker, Write, started_worker, until

# Of `deadly_tasks`, which the worker alone loads: here nothing registers them.
DIES, ENDLESS = "essai.meurt", "essai.sans_fin"
REQUEST = "0a1b2c3d4e5f"


@pytest.fixture
def port() -> int:
    """Where the worker shows its figures."""
    return free_port()


@pytest.fixture
def worker(own_commune: Commune, postbox: Any, tmp_path: Path, port: int) -> Iterator[Worker]:
    """A worker with a child, as in service, that knows these tasks too."""
    cache.clear()
    options = ("--pool=prefork", "--concurrency=1", "--include=deadly_tasks")
    with started_worker(tmp_path, postbox, *options, LPS_METRICS_PORT=str(port)) as started:
        yield started


@pytest.fixture(autouse=True)
def asking() -> Iterator[None]:
    """A request asks for these tasks."""
    token = log_context.request_id.set(REQUEST)
    yield
    log_context.request_id.reset(token)


def count(port: int, task: str, outcome: str) -> float:
    """How many of a task ended so."""
    return figures_of(port).get(("lps_task_seconds_count", frozenset({("task", task), ("outcome", outcome)})), 0)


def line_with(worker: Worker, words: str) -> str:
    until(lambda: words in worker.log, why=lambda: worker.log, seconds=60)
    return next(line for line in worker.log.splitlines() if words in line)


def test_a_task_that_kills_its_process_is_counted_told_with_its_commune_and_stops_no_other(
    own_commune: Commune, write: Write, postbox: Any, worker: Worker, port: int
) -> None:
    send_to_commune(task=DIES, slug=own_commune.slug, app=current_app)

    lost, why = line_with(worker, f"the task {DIES} is lost"), line_with(worker, "WorkerLostError")
    with context.use(own_commune):
        write()
        send_to_commune(task=drain.name, slug=own_commune.slug, app=current_app)
        until(lambda: len(postbox.mails) == 1, why=lambda: worker.log, seconds=60)

    assert [f"[{own_commune.slug} {REQUEST}]" in line for line in (lost, why)] == [True, True]
    assert "SIGKILL" in why and count(port, DIES, "lost") == 1


def test_a_task_that_does_not_end_is_ended_and_says_where_it_was(
    own_commune: Commune, worker: Worker, port: int
) -> None:
    send_to_commune(task=ENDLESS, slug=own_commune.slug, app=current_app)

    told = line_with(worker, f"Task {ENDLESS}")

    assert f"[{own_commune.slug} {REQUEST}]" in told
    until(
        lambda: "in never_end" in worker.log and "SoftTimeLimitExceeded" in worker.log,
        why=lambda: worker.log,
        seconds=60,
    )
    assert count(port, ENDLESS, "failed") == 1


def test_every_task_has_an_end_before_the_broker_gives_it_to_another() -> None:
    hour = 3600  # the broker's own, when the settings say nothing

    assert "visibility_timeout" not in settings.CELERY_BROKER_TRANSPORT_OPTIONS
    assert settings.CELERY_TASK_SOFT_TIME_LIMIT < settings.CELERY_TASK_TIME_LIMIT < hour


def test_a_task_that_lasts_is_named_with_its_commune_while_it_does(
    own_commune: Commune, caplog: pytest.LogCaptureFixture
) -> None:
    request = in_hand(own_commune)
    heads: list[tuple[str, str, str]] = []

    def read_names(record: logging.LogRecord) -> bool:
        heads.append(names())
        return True

    caplog.handler.addFilter(read_names)  # of a handler that other tests have after us
    try:
        request.time_start = time.time() - LONG_SECONDS - 1
        with caplog.at_level(logging.WARNING):
            look_at_tasks()
        lasted = oldest()
    finally:
        caplog.handler.removeFilter(read_names)
        state.active_requests.discard(request)
        look_at_tasks()
        cache.clear()  # its place in the queue

    assert "the task notifications.drain lasts: 5 minutes" in caplog.text
    assert heads == [(own_commune.slug, REQUEST, "notifications.drain")]
    assert lasted >= LONG_SECONDS and oldest() == 0


def names() -> tuple[str, str, str]:
    return log_context.commune_slug.get(), log_context.request_id.get(), log_context.task_name.get()


def oldest() -> float:
    """What the gauge shows."""
    return sum(sample.value for family in OLDEST_TASK.collect() for sample in family.samples)


def in_hand(commune: Commune) -> ToldRequest:
    """A message of the broker as the worker holds it, begun by a child."""
    cache.clear()
    send_to_commune(task=drain.name, slug=commune.slug, app=current_app)
    with current_app.connection_for_read() as connection:
        queue = connection.SimpleQueue(settings.CELERY_TASK_DEFAULT_QUEUE)
        message = queue.get(timeout=30)
        message.ack()
        queue.close()
    request = ToldRequest(message, app=current_app, task=drain)
    state.active_requests.add(request)
    return request
