"""Draining the e-mails of the outbox: claim, send outside of any transaction, write down what happened.

A worker may be killed at any line. Before the claim commits, nothing happened; after it, another
worker takes the message back ten minutes later. So a message leaves at least once, and the one that
was leaving when the worker died may leave twice, with the same Message-ID.
"""

import logging
import time
import traceback
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F

from lps.kernel import clock
from lps.kernel.metrics import counted
from notifications import backoff, queries
from notifications import facts as fact_text
from notifications.addresses import same_address_key
from notifications.facts import DESPITE_BLOCK
from notifications.faults import SENDING_ERRORS, Fault, fault_of
from notifications.models import (
    ADDRESS_PURPOSE,
    FACTS_PURPOSE,
    LEASE,
    Blocked,
    Kind,
    OutboxMessage,
    OutboxQuerySet,
    State,
)
from notifications.render import PLAIN, Letterhead, compose
from tenants import keys

BATCH = 20
# What a commune sends before the others have their turn: five batches, or ten seconds of a slow server.
TURN = 100
TURN_SECONDS = 10.0
SAFE_LEASE = LEASE / 2  # a batch older than this is handed back before somebody else takes it
BLOCKED = "blocked"  # the address bounced or complained, the number answered STOP
INTERNAL = "internal"  # our own mistake: a template, a fact, a lost key
log = logging.getLogger(__name__)


class CannotWrite(Exception):
    """A message of ours that no server has seen: its template, its facts, its key or its address.

    Says which message, what kind of error and where, never the error's own words: they may quote
    the facts or the address.
    """

    def __init__(self, message: OutboxMessage, error: Exception) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
        super().__init__(f"message {message.pk} ({message.template}): {type(error).__name__} at {place}")


@dataclass(slots=True)
class Drained:
    """What one drain did, and our own mistakes on the way."""

    sent: int = 0
    failed: int = 0
    outage: bool = False
    more: bool = False  # the turn was too short for all that is due
    mistakes: list[CannotWrite] = field(default_factory=list)


def drain(*, limit: int = TURN) -> Drained:
    """Send what is due, one turn at most (`limit` messages), and stop at the first sign that nobody answers.

    A message that we cannot write does not hold up the next ones; all of them are raised at the end,
    as a group of `CannotWrite`.
    """
    done, connection, head = Drained(), get_connection(), queries.letterhead(queries.sending())
    ends = time.monotonic() + TURN_SECONDS
    try:
        while not done.outage:
            if turn_is_over(done, limit=limit, ends=ends):
                break
            batch = claim_batch(limit=min(BATCH, limit - done.sent - done.failed))
            if not batch:
                break
            _send_batch(batch, connection, done, head)
    finally:
        connection.close()
    if done.mistakes:
        raise ExceptionGroup("messages that cannot be written", done.mistakes)
    return done


def turn_is_over(done: Drained, *, limit: int, ends: float) -> bool:
    """Whether the others are to have their turn, by what was done or by the time (monotonic); noted in `done`."""
    done.more = done.sent + done.failed >= limit or time.monotonic() >= ends
    return done.more


def claim_batch(*, limit: int = BATCH, kind: Kind = Kind.EMAIL) -> list[OutboxMessage]:
    """Take messages that are due, or that a killed worker left, so that no other worker has them.

    The lock is skipped by the other workers (two drains at once share the queue); the claim must be
    committed before anything leaves, hence `durable`.
    """
    now, real_now, claim = clock.now(), clock.real_now(), uuid.uuid4()
    with transaction.atomic(durable=True):
        due = OutboxMessage.objects.claimable(now=now, real_now=real_now).filter(kind=kind)
        found = list(due.select_for_update(skip_locked=True, of=("self",), no_key=True)[:limit])
        worn_out = [message for message in found if message.attempts >= backoff.MAX_ATTEMPTS]
        taken = [message for message in found if message.attempts < backoff.MAX_ATTEMPTS]
        _rows(worn_out).update(state=State.DEAD, claim=None, claimed_at=None, cost=None, last_error="worker_killed")
        _rows(taken).update(state=State.SENDING, claim=claim, claimed_at=real_now, attempts=F("attempts") + 1)
    for message in taken:
        message.state, message.claim, message.claimed_at = State.SENDING, claim, real_now
        message.attempts += 1
    return taken


def deliver(message: OutboxMessage, *, connection: BaseEmailBackend, head: Letterhead = PLAIN) -> Fault | None:
    """Send one claimed message and write down the result; the fault, or None when it was accepted.

    The connection is opened if it is not, and left open for the next message: the caller closes it.
    A mistake of our own counts as a failed attempt and is raised as `CannotWrite`.
    """
    try:
        _send(message, connection, head)
    except SENDING_ERRORS as error:
        fault = fault_of(error)
        _note_failure(message, fault)
        return fault
    except Exception as error:
        _note_failure(message, Fault(INTERNAL))
        raise CannotWrite(message, error) from None
    held(message).update(state=State.SENT, sent_at=clock.now(), claim=None, claimed_at=None, last_error="")
    return None


def hand_back(messages: Sequence[OutboxMessage]) -> None:
    """Return claimed messages that were not tried: they are due at once, and no attempt is counted."""
    claims = {message.claim for message in messages}
    _rows(messages).filter(state=State.SENDING, claim__in=claims).update(
        state=State.WAITING, claim=None, claimed_at=None, cost=None, attempts=F("attempts") - 1
    )


def _send_batch(batch: list[OutboxMessage], connection: BaseEmailBackend, done: Drained, head: Letterhead) -> None:
    """Whatever stops the batch, what was not tried is handed back."""
    left = list(batch)
    try:
        stopped = blocked(batch)
        while left and not done.outage and lease_is_safe(left[0]):
            _send_one(left.pop(0), connection, done, head, stopped)
    finally:
        hand_back(left)


def _send_one(
    message: OutboxMessage, connection: BaseEmailBackend, done: Drained, head: Letterhead, stopped: set[int]
) -> None:
    if message.pk in stopped:
        held(message).update(state=State.DEAD, claim=None, claimed_at=None, last_error=BLOCKED)
        _count("blocked")
        done.failed += 1
        return
    try:
        fault = deliver(message, connection=connection, head=head)
    except CannotWrite as mistake:
        _count("mistake")
        done.failed += 1
        done.mistakes.append(mistake)
        return
    if fault is None:
        _count("sent")
        done.sent += 1
        return
    _count("refused" if fault.final else "outage" if fault.outage else "later")
    done.failed += 1
    done.outage = fault.outage
    connection.close()  # its state is unknown: the next message opens another


def _count(outcome: str) -> None:
    counted.MESSAGES.labels(kind=Kind.EMAIL.value, outcome=outcome).inc()


def _send(message: OutboxMessage, connection: BaseEmailBackend, head: Letterhead) -> None:
    facts = fact_text.loads(keys.decrypt(message.facts, purpose=FACTS_PURPOSE))
    mail = compose(to=message.address, template=message.template, facts=facts, message_id=message.message_id, head=head)
    mail.connection = connection
    connection.open()
    mail.send()


def blocked(batch: Sequence[OutboxMessage]) -> set[int]:
    """Which messages go to an address that bounced or complained, and are not the one that proves it again."""
    lookups = {message.pk: _lookup(message) for message in batch}
    rows = Blocked.objects.filter(kind=Kind.EMAIL, lookup__in=lookups.values(), lifted_at__isnull=True)
    stopped = set(rows.values_list("lookup", flat=True))
    return {message.pk for message in batch if lookups[message.pk] in stopped and not _proves(message)}


def _lookup(message: OutboxMessage) -> str:
    """The hash of its address; "" under a lost key: sending it says so."""
    try:
        return keys.lookup_hash(same_address_key(message.address), purpose=ADDRESS_PURPOSE)
    except keys.KeyLost:
        return ""


def _proves(message: OutboxMessage) -> bool:
    return bool(fact_text.loads(keys.decrypt(message.facts, purpose=FACTS_PURPOSE)).get(DESPITE_BLOCK))


def _note_failure(message: OutboxMessage, fault: Fault) -> None:
    delay: timedelta | None = None if fault.final else backoff.delay_after(message.attempts)
    log.warning("message %s not sent (%s), attempt %s", message.pk, fault.code, message.attempts)
    rest = {"claim": None, "claimed_at": None, "last_error": fault.code}
    if delay is None:
        held(message).update(state=State.DEAD, **rest)
    else:
        held(message).update(state=State.WAITING, due_at=clock.now() + delay, **rest)


def held(message: OutboxMessage) -> OutboxQuerySet:
    """The row of a claimed message, unless another worker took it back meanwhile."""
    return OutboxMessage.objects.filter(pk=message.pk, state=State.SENDING, claim=message.claim)


def _rows(messages: Sequence[OutboxMessage]) -> OutboxQuerySet:
    return OutboxMessage.objects.filter(pk__in=[message.pk for message in messages])


def lease_is_safe(message: OutboxMessage) -> bool:
    """Whether a claimed message may still be tried: it is far from being taken back by another worker."""
    assert message.claimed_at is not None
    return clock.real_now() - message.claimed_at < SAFE_LEASE
