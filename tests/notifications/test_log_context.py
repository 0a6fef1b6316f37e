"""One name from the request to the tasks that it wakes, and to the line that tells their failure."""

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.db import transaction
from redis import Redis

from lps.kernel import log_context
from notifications.tasks import drain
from tenants import context
from tenants.models import Commune
from tenants.tasks import commune_task, registry_task, send_to_commune
from tenants.wakeup import wake_after_commit
from tests.isolation.logs import written_logs
from tests.notifications.test_worker import Worker, until, worker
from voice.gateway.prompts import Store
from voice.gateway.server import THREADS, Server

__all__ = ["worker"]
REQUEST = "0f1e2d3c4b5a"
Headers = Callable[[], dict[str, Any]]


@pytest.fixture
def headers() -> Iterator[Headers]:
    """The headers of the message that the broker just received."""
    broker, queue = Redis.from_url(settings.CELERY_BROKER_URL), "lps:" + settings.CELERY_TASK_DEFAULT_QUEUE
    broker.delete(queue)

    def received() -> dict[str, Any]:
        with current_app.connection_for_read() as connection:
            simple = connection.SimpleQueue(settings.CELERY_TASK_DEFAULT_QUEUE)
            message = simple.get(timeout=30)
            message.ack()
            simple.close()
        return dict(message.headers)

    yield received
    broker.delete(queue)
    broker.close()


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    """A task that failed in another test has left its names: they stand until the next one, for Celery's own line."""
    for name in (log_context.request_id, log_context.task_name, log_context.commune_slug):
        name.set("-")


@pytest.fixture
def asking() -> Iterator[str]:
    """A request is being answered."""
    token = log_context.request_id.set(REQUEST)
    yield REQUEST
    log_context.request_id.reset(token)


def test_what_a_request_wakes_bears_its_name(own_commune: Commune, headers: Headers, asking: str) -> None:
    with context.use(own_commune), transaction.atomic():
        wake_after_commit("notifications.drain")
    woken = headers()
    with context.use(own_commune):
        drain.delay()
    sent = headers()

    assert [(one["commune"], one["request_id"]) for one in (woken, sent)] == [(own_commune.slug, REQUEST)] * 2


def test_what_the_clock_asks_for_has_a_name_of_its_own(own_commune: Commune, headers: Headers) -> None:
    send_to_commune(task="notifications.drain", slug=own_commune.slug, app=current_app)

    assert "request_id" not in headers()


def test_the_lines_of_a_task_tell_its_commune_and_who_asked(in_demo: Commune) -> None:
    @commune_task(name="essai.lignes")
    def lines() -> None:
        logging.getLogger("essai").warning("bonjour")

    with written_logs() as written:
        lines.apply(headers={"commune": "demo", "request_id": REQUEST}).get()
        lines.apply(headers={"commune": "demo"}).get()

    told = [json.loads(line) for line in written.json.getvalue().splitlines()]
    assert [(one["commune"], one["task"]) for one in told] == [("demo", "essai.lignes")] * 2
    assert told[0]["request"] == REQUEST and len(told[1]["request"]) == 12
    assert log_context.task_name.get() == "-"


def test_a_failure_told_by_celery_names_its_commune_too(
    own_commune: Commune, worker: Worker, asking: str, tmp_path: Path
) -> None:
    # The worker's Celery tells it, once the task has returned.
    send_to_commune(task="notifications.drain", slug=own_commune.slug, app=current_app, kwargs={"unheard": 1})

    until(lambda: "raised unexpected" in worker.log, why=lambda: worker.log)
    [line] = [line for line in worker.log.splitlines() if "raised unexpected" in line]
    assert f"[{own_commune.slug} {REQUEST}]" in line


def test_each_call_has_a_name_also_in_its_threads(tmp_path: Path) -> None:
    server = Server(store=Store(tmp_path))

    async def one_call() -> tuple[str, str]:
        log_context.request_id.set(log_context.new_id())
        return log_context.request_id.get(), await server.in_thread(log_context.request_id.get)

    async def calls() -> list[tuple[str, str]]:
        return list(await asyncio.gather(one_call(), one_call()))

    first, second = asyncio.run(calls())
    server._threads.shutdown()

    assert first[0] == first[1] and second[0] == second[1] and first != second


def test_the_threads_of_calls_keep_their_connection_to_the_cache(tmp_path: Path) -> None:
    server = Server(store=Store(tmp_path))

    async def one_call() -> tuple[int, BaseCache]:
        return await server.in_thread(lambda: (threading.get_ident(), caches["default"]))

    async def calls() -> list[tuple[int, BaseCache]]:
        return list(await asyncio.gather(*(one_call() for _ in range(THREADS + 1))))

    found = asyncio.run(calls())
    server._threads.shutdown()

    assert len({id(kept) for _, kept in found}) == len({thread for thread, _ in found})


def test_the_vendors_tasks_are_named_too(db: None) -> None:
    def named() -> str:
        return log_context.task_name.get()

    assert registry_task(name="essai.registre")(named)() == "essai.registre"
