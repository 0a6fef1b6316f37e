"""Two workers on one outbox: with commits, threads and a mail server of their own."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from lps.kernel import clock
from notifications import delivery
from notifications.delivery import Drained, drain
from notifications.models import OutboxMessage, State
from tenants import context
from tenants.models import Commune

MESSAGES = 45
Write = Callable[..., OutboxMessage]


def two_at_once(commune: Commune, action: Callable[[], Drained]) -> list[Drained]:
    """Run an action in two threads of one commune, starting together; what both returned."""
    ready, done, failures = threading.Barrier(2, timeout=10), [], []

    def work() -> None:
        try:
            with context.use(commune):
                ready.wait()
                done.append(action())
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    return done


@pytest.fixture
def full_outbox(own_commune: Commune, write: Write) -> Commune:
    with context.use(own_commune), transaction.atomic():
        for number in range(MESSAGES):
            write(f"famille{number}@example.org")
    return own_commune


def claim_without_lock() -> Callable[..., list[OutboxMessage]]:
    """The claim as one would first write it: read what is due, then say that it is ours."""
    both_have_read = threading.Barrier(2, timeout=10)

    def claim(*, limit: int) -> list[OutboxMessage]:
        now = clock.now()
        taken = list(OutboxMessage.objects.claimable(now=now, real_now=now)[:limit])
        both_have_read.wait()
        for message in taken:
            message.state, message.claim, message.claimed_at = State.SENDING, uuid4(), now
            message.save(update_fields=["state", "claim", "claimed_at"])
        return taken

    return claim


def test_without_the_lock_two_drains_send_everything_twice(
    full_outbox: Commune, postbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "claim_batch", claim_without_lock())
    monkeypatch.setattr(delivery, "BATCH", MESSAGES)

    two_at_once(full_outbox, lambda: drain(limit=MESSAGES))

    assert set(Counter(postbox.message_ids).values()) == {2}


def test_two_drains_at_once_never_send_a_message_twice(full_outbox: Commune, postbox: Any) -> None:
    postbox.pause = 0.01

    done = two_at_once(full_outbox, drain)

    counts = Counter(postbox.message_ids)
    assert len(counts) == MESSAGES
    assert set(counts.values()) == {1}
    assert sum(one.sent for one in done) == MESSAGES
    assert min(one.sent for one in done) > 0, "one of the two found nothing to do: there was no race"
    with context.use(full_outbox):
        assert set(OutboxMessage.objects.values_list("state", "attempts")) == {(State.SENT, 1)}


def test_two_posts_at_once_under_one_key_write_one_message(own_commune: Commune, write: Write, postbox: Any) -> None:
    def post_once() -> Drained:
        with transaction.atomic():
            write(dedup_key="facture:12")
        return Drained()

    two_at_once(own_commune, post_once)

    with context.use(own_commune):
        assert OutboxMessage.objects.count() == 1
        assert drain().sent == 1
    assert len(postbox.mails) == 1
