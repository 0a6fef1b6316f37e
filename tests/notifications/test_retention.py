"""Sixty days after it left, a message is erased."""

from collections.abc import Callable
from datetime import timedelta

from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.models import OutboxMessage, State
from notifications.services import SENT_KEPT, purge
from tenants import context
from tenants.models import Commune

Write = Callable[..., OutboxMessage]
SECOND = timedelta(seconds=1)


def aged(message: OutboxMessage, *, state: State, age: timedelta) -> OutboxMessage:
    at = clock.now() - age
    OutboxMessage.objects.filter(pk=message.pk).update(state=state, due_at=at, created_at=at, sent_at=at)
    return message


def test_erases_what_was_sent_sixty_days_ago_and_nothing_younger(in_demo: Commune, write: Write) -> None:
    aged(write(), state=State.SENT, age=SENT_KEPT + SECOND)
    kept = aged(write(), state=State.SENT, age=SENT_KEPT - timedelta(minutes=1))

    assert purge(now=clock.now()) == 1

    assert list(OutboxMessage.objects.all()) == [kept]


def test_a_dead_letter_may_be_sent_again_for_as_long(in_demo: Commune, write: Write) -> None:
    aged(write(), state=State.DEAD, age=SENT_KEPT + SECOND)
    kept = aged(write(), state=State.DEAD, age=timedelta(days=30))

    purge(now=clock.now())

    assert list(OutboxMessage.objects.all()) == [kept]


def test_what_still_waits_is_never_erased(in_demo: Commune, write: Write) -> None:
    waiting = aged(write(), state=State.WAITING, age=timedelta(days=400))

    assert purge(now=clock.now()) == 0

    assert list(OutboxMessage.objects.all()) == [waiting]


def test_says_in_the_journal_how_many_and_only_when_some_were(in_demo: Commune, write: Write) -> None:
    aged(write(), state=State.SENT, age=SENT_KEPT + SECOND)

    purge(now=clock.now())
    purge(now=clock.now())

    entry = AuditEntry.objects.get(action="messages_purged")
    assert entry.after["messages"] == 1
    assert entry.get_channel_display() == "automatique"


def test_a_key_erased_with_its_message_may_serve_again(in_demo: Commune, write: Write) -> None:
    old = aged(write(dedup_key="rappel:2014-10-08"), state=State.SENT, age=SENT_KEPT + SECOND)
    assert write(dedup_key="rappel:2014-10-08") == old

    purge(now=clock.now())

    assert write(dedup_key="rappel:2014-10-08") != old


def test_erases_in_its_own_commune_only(demo: Commune, buchelay: Commune, write: Write) -> None:
    for commune in (demo, buchelay):
        with context.use(commune):
            aged(write(), state=State.SENT, age=SENT_KEPT + SECOND)

    with context.use(demo):
        purge(now=clock.now())

    with context.use(buchelay):
        assert OutboxMessage.objects.count() == 1
