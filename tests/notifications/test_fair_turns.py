"""One town's flood and another's single mail, through a real worker that does one thing at a time."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from redis import Redis

from lps.console.services import Identity, create_commune, drop_commune
from lps.journal.channels import Channel
from notifications import delivery, sms_delivery
from notifications.delivery import BATCH, TURN, drain
from notifications.models import OutboxMessage, State
from notifications.wakeup import DRAIN
from tenants import context, tasks
from tenants.models import Commune
from tenants.tasks import send_to_commune
from tests.notifications.conftest import BY
from tests.notifications.test_worker import started_worker, until

FLOOD = 10_000
Write = Callable[..., OutboxMessage]


@pytest.fixture
def neighbour(own_commune: Commune) -> Iterator[Commune]:
    """Another commune whose transactions commit."""
    identity = Identity(slug="voisine", header_name="Ville Voisine", place_name="Voisine")
    made = create_commune(identity=identity, by=BY, channel=Channel.AUTOMATIC)
    yield made
    drop_commune(slug=made.slug)


@pytest.fixture
def broker() -> Iterator[Redis]:
    """The broker without what other tests left there."""
    cache.clear()
    found = Redis.from_url(settings.CELERY_BROKER_URL)
    yield found
    found.close()


def waiting(broker: Redis) -> int:
    return int(broker.llen("lps:" + settings.CELERY_TASK_DEFAULT_QUEUE))


def flood(write: Write) -> None:
    """Ten thousand mails in the outbox of the commune entered, due now: one written, the others copied from it."""
    first = write("flood@example.org")
    columns = [field.column for field in OutboxMessage._meta.concrete_fields if not field.primary_key]
    told = ["'flood-' || number" if column == "message_id" else f'"{column}"' for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO notifications_outboxmessage ({names}) SELECT {', '.join(told)}"
            " FROM notifications_outboxmessage, generate_series(2, %s) AS number WHERE id = %s",
            [FLOOD, first.pk],
        )


def test_a_single_mail_leaves_within_a_few_batches_of_another_towns_flood(
    own_commune: Commune, neighbour: Commune, write: Write, postbox: Any, broker: Redis, tmp_path: Path
) -> None:
    with context.use(own_commune):
        flood(write)
        for _ in range(50):  # as many requests of that town
            with transaction.atomic():
                write("flood@example.org")
    with started_worker(tmp_path, postbox) as worker:
        until(lambda: len(postbox.mails) > BATCH, why=lambda: worker.log)
        before = len(postbox.mails)
        with context.use(neighbour):
            write("alone@example.org")

        def came() -> list[int]:
            return [rank for rank, mail in enumerate(list(postbox.mails)) if mail["To"] == "alone@example.org"]

        until(lambda: bool(came()), why=lambda: worker.log, seconds=60)
        waited = came()[0] - before
        # Those of a turn under way, and of two that stood in the queue before it.
        assert waited <= 3 * TURN < FLOOD / 10, f"{waited} mails, {waited / BATCH:.0f} batches"
        until(lambda: len(postbox.mails) > came()[0] + TURN, why=lambda: worker.log)  # and the flood goes on
        with context.use(own_commune):
            OutboxMessage.objects.filter(state=State.WAITING).delete()


def test_a_town_has_two_places_in_the_queue_however_much_it_asks(
    own_commune: Commune, neighbour: Commune, write: Write, broker: Redis
) -> None:
    with context.use(own_commune):
        for _ in range(20):
            write()
    assert waiting(broker) == tasks.WAITING_AT_MOST

    with context.use(neighbour):
        write()

    assert waiting(broker) == tasks.WAITING_AT_MOST + 1


def test_a_task_with_arguments_is_never_left_out(own_commune: Commune, broker: Redis) -> None:
    sent = [
        send_to_commune(task="essai.un", slug=own_commune.slug, app=current_app, kwargs={"pk": rank})
        for rank in range(5)
    ]

    assert all(sent) and waiting(broker) == 5
    cache.clear()


def test_without_the_cache_every_task_is_sent(
    own_commune: Commune, broker: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **kwargs: Any) -> bool:
        raise ConnectionError

    monkeypatch.setattr(tasks.cache, "add", away)

    assert all(send_to_commune(task=DRAIN, slug=own_commune.slug, app=current_app) for _ in range(4))
    assert waiting(broker) == 4
    cache.clear()


def test_a_turn_ends_after_so_many_messages_and_says_that_more_wait(
    own_commune: Commune, write: Write, postbox: Any
) -> None:
    with context.use(own_commune):
        for _ in range(5):
            write()

        first, second = drain(limit=3), drain(limit=3)

    assert (first.sent, first.more) == (3, True)
    assert (second.sent, second.more) == (2, False)


def test_a_slow_server_ends_a_turn_too(
    own_commune: Commune, write: Write, postbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "TURN_SECONDS", 0.01)
    monkeypatch.setattr(delivery, "BATCH", 2)
    postbox.pause = 0.02
    with context.use(own_commune):
        for _ in range(5):
            write()

        done = drain()

    assert (done.sent, done.more) == (2, True)


def test_mails_and_sms_have_turns_of_one_length() -> None:
    assert sms_delivery.TURN == TURN == 5 * BATCH
