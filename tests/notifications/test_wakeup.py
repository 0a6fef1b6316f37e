"""What a commit tells the workers, and what a rollback does not."""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery, current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from redis import Redis

from lps.kernel import clock
from notifications.models import OutboxMessage
from tenants import context, wakeup
from tenants.models import Commune

Write = Callable[..., OutboxMessage]


class Undone(Exception):
    """The caller's own failure, after it posted."""


@pytest.fixture
def waiting() -> Iterator[Callable[[], int]]:
    """How many wake-ups stand in the broker's queue."""
    broker, queue = Redis.from_url(settings.CELERY_BROKER_URL), "lps:" + settings.CELERY_TASK_DEFAULT_QUEUE
    cache.clear()  # the broker's queue too, and the places that are taken in it
    yield lambda: int(broker.llen(queue))
    broker.delete(queue)
    broker.close()


def test_one_wake_up_after_the_commit_however_many_messages(
    own_commune: Commune, write: Write, waiting: Callable[[], int]
) -> None:
    with context.use(own_commune):
        with transaction.atomic():
            for _ in range(3):
                write()
            with transaction.atomic():
                write()
            assert waiting() == 0
        assert waiting() == 1
        assert OutboxMessage.objects.count() == 4


def test_a_rollback_sends_nothing(own_commune: Commune, write: Write, waiting: Callable[[], int], postbox: Any) -> None:
    with context.use(own_commune):
        with pytest.raises(Undone), transaction.atomic():
            write()
            raise Undone

        assert waiting() == 0
        assert not OutboxMessage.objects.exists()


def test_a_part_rolled_back_takes_its_wake_up_along_and_no_other(
    own_commune: Commune, write: Write, waiting: Callable[[], int]
) -> None:
    with context.use(own_commune):
        with transaction.atomic():
            with pytest.raises(Undone), transaction.atomic():
                write()
                raise Undone
            kept = write()
        assert waiting() == 1
        assert list(OutboxMessage.objects.all()) == [kept]


def test_a_message_for_later_wakes_nobody(own_commune: Commune, write: Write, waiting: Callable[[], int]) -> None:
    with context.use(own_commune):
        write(due_at=clock.now() + timedelta(hours=3))

    assert waiting() == 0


def test_every_thread_of_a_server_writes_to_our_broker(
    own_commune: Commune, write: Write, waiting: Callable[[], int]
) -> None:
    def answer_a_request() -> None:
        with context.use(own_commune):
            write()
        connection.close()

    thread = threading.Thread(target=answer_a_request)
    thread.start()
    thread.join(timeout=20)

    assert waiting() == 1


def test_a_broker_that_is_away_costs_a_minute_and_not_the_action(
    own_commune: Commune, write: Write, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(wakeup, "current_app", Celery("away", broker="redis://127.0.0.1:1/0", set_as_current=False))
    caplog.set_level(logging.WARNING)

    with context.use(own_commune):
        with transaction.atomic():
            write()
        assert OutboxMessage.objects.count() == 1

    assert "the next tick will do notifications.drain of courrier" in caplog.text


def test_our_application_is_the_current_one() -> None:
    assert current_app.main == "lps"
