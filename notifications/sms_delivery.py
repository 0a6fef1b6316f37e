"""Sending SMS: at most once. Whoever reads a phone twice pays twice and believes us less.

A message is claimed like an e-mail. Just before its number goes to the provider it is written down as "unknown":
a worker killed after that line leaves it so. The provider is then asked by our id, and only a person sends it again.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models.functions import Coalesce
from jours_feries_france import JoursFeries

from lps.kernel import clock
from lps.kernel.metrics import counted
from notifications import backoff, gateways, queries, sms_cap
from notifications import facts as fact_text
from notifications.delivery import (
    BATCH,
    BLOCKED,
    INTERNAL,
    TURN,
    TURN_SECONDS,
    CannotWrite,
    Drained,
    claim_batch,
    hand_back,
    held,
    lease_is_safe,
    turn_is_over,
)
from notifications.gateways.base import Answer, Fate, Gateway, NoAnswer, Outgoing, Receipt, Result
from notifications.models import (
    FACTS_PURPOSE,
    Blocked,
    Class,
    Kind,
    OutboxMessage,
    OutboxQuerySet,
    Outcome,
    SendingSettings,
    State,
)
from notifications.rules import sms_text
from notifications.rules.hours import MessageClass, QuietHours, may_leave_at
from notifications.services.sms import number_lookup
from tenants import context, keys
from tenants.holidays import holiday_zone

FIRST_QUESTION = timedelta(minutes=2)
NEXT_QUESTION = timedelta(minutes=10)
NEVER_SEEN_AFTER = timedelta(minutes=10)  # a provider may write down late what it took
QUESTIONS_END = timedelta(days=3)
ASKED_AT_ONCE = 50
NO_PROVIDER, NEVER_SEEN = "no_provider", "never_seen"
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Run:
    """What one drain of the SMS holds: the settings, read again with each batch, and the door."""

    sending: SendingSettings
    gateway: Gateway
    done: Drained = field(default_factory=Drained)


def drain_sms(*, limit: int = TURN) -> Drained:
    """Send the SMS that are due, one turn at most (`limit`); nothing while the town stopped them.

    Our own mistakes (a lost key) are raised at the end, as a group of `CannotWrite`.
    """
    sending, now = queries.sending(), clock.now()
    if sending.stopped_at is not None:
        return Drained()
    _hold_until_their_hour(sending, now)
    try:
        gateway = gateways.gateway_of(sending)
    except gateways.NoGateway:
        return Drained(failed=_give_up_all(now))
    run = _Run(sending, gateway)
    done = run.done
    ends = time.monotonic() + TURN_SECONDS
    while not done.outage and run.sending.stopped_at is None:
        if turn_is_over(done, limit=limit, ends=ends):
            break
        batch = claim_batch(limit=min(BATCH, limit - done.sent - done.failed), kind=Kind.SMS)
        if not batch:
            break
        _send_batch(batch, run)
    if done.mistakes:
        raise ExceptionGroup("SMS that cannot be written", done.mistakes)
    return done


def next_hour(sending: SendingSettings, *, asked_at: datetime, of: Class | MessageClass) -> datetime:
    """When an SMS of this class asked for at an instant leaves, by the town's own hours."""
    holidays = holiday_zone(context.current().insee)
    return may_leave_at(
        asked_at,
        of=MessageClass(of),
        hours=QuietHours(opens=sending.opens, closes=sending.closes),
        zone=context.current().zone,
        is_holiday=lambda day: day in JoursFeries.for_year(day.year, zone=holidays).values(),
    )


def ask_back() -> int:
    """Ask the provider what became of the SMS of unknown fate; how many are known since."""
    sending, now = queries.sending(), clock.now()
    waiting = OutboxMessage.objects.filter(kind=Kind.SMS, state=State.UNKNOWN, due_at__lte=now)
    lost = list(waiting.filter(claimed_at__gt=clock.real_now() - QUESTIONS_END)[:ASKED_AT_ONCE])
    if not lost:
        return 0
    try:
        gateway = gateways.gateway_of(sending)
    except gateways.NoGateway:
        return 0
    known = 0
    for message in lost:
        try:
            receipt = gateway.status(message.message_id, number=message.address)
        except NoAnswer as silence:
            log.warning("SMS %s: its fate is not known yet (%s)", message.pk, silence.code)
            _unknown(message).update(due_at=now + NEXT_QUESTION, last_error=silence.code[:40])
            continue
        known += _learn(message, receipt, now)
    return known


def _learn(message: OutboxMessage, receipt: Receipt, now: datetime) -> int:
    assert message.claimed_at is not None
    if receipt.fate is not Fate.NEVER_SEEN:
        return apply_receipt(receipt)
    if clock.real_now() - message.claimed_at < NEVER_SEEN_AFTER:
        _unknown(message).update(due_at=now + NEXT_QUESTION)
        return 0
    return _unknown(message).update(state=State.DEAD, claim=None, claimed_at=None, cost=None, last_error=NEVER_SEEN)


def apply_receipt(receipt: Receipt) -> int:
    """Write down what the provider says of one SMS; 1 if that was news. Late and repeated words change nothing more.

    "Delivered" is the last word; "failed" gives way to it; "sent" only ends the doubt on a message of unknown fate.
    """
    now, rows = clock.now(), OutboxMessage.objects.filter(kind=Kind.SMS)
    rows = rows.filter(message_id=receipt.own_id) if receipt.own_id else rows.filter(provider_ref=receipt.ref)
    if not receipt.own_id and not receipt.ref:
        return 0
    left = rows.filter(state__in=(State.UNKNOWN, State.SENT, State.DEAD))
    ref = {"provider_ref": receipt.ref[:80]} if receipt.ref else {}
    if receipt.fate is Fate.SENT:
        return left.filter(state=State.UNKNOWN).update(state=State.SENT, sent_at=now, claim=None, last_error="", **ref)
    if receipt.fate is Fate.NEVER_SEEN:
        return 0
    outcome = Outcome.DELIVERED if receipt.fate is Fate.DELIVERED else Outcome.FAILED
    news = left.exclude(outcome=Outcome.DELIVERED).exclude(outcome=outcome)
    told = {"outcome": outcome, "outcome_reason": receipt.reason[:60], "outcome_at": now, **ref}
    return news.update(
        state=State.SENT, sent_at=Coalesce("sent_at", "claimed_at", "due_at"), claim=None, last_error="", **told
    )


def _hold_until_their_hour(sending: SendingSettings, now: datetime) -> None:
    """News that is due at night waits for the morning, also when it was the provider who made it late."""
    opens = next_hour(sending, asked_at=now, of=MessageClass.NEWS)
    if opens > now:
        due = OutboxMessage.objects.filter(kind=Kind.SMS, state=State.WAITING, message_class=Class.NEWS)
        due.filter(due_at__lte=now).update(due_at=opens)


def _give_up_all(now: datetime) -> int:
    """Without a provider nothing is sent later, out of its time: an agent sees it, and sends it again."""
    due = OutboxMessage.objects.filter(kind=Kind.SMS, state=State.WAITING, due_at__lte=now)
    return due.update(state=State.DEAD, last_error=NO_PROVIDER)


def _send_batch(batch: list[OutboxMessage], run: _Run) -> None:
    """Whatever stops the batch, what was not tried is handed back."""
    left = list(batch)
    try:
        left = _without_stopped(left, run)
        run.sending, left, over = sms_cap.reserve(left, now=clock.now())
        run.done.failed += over
        while left and not run.done.outage and run.sending.stopped_at is None and lease_is_safe(left[0]):
            taken, left = left[: run.gateway.together], left[run.gateway.together :]
            _send_some(_without_stopped(taken, run), run)
    finally:
        hand_back(left)


def _without_stopped(messages: Sequence[OutboxMessage], run: _Run) -> list[OutboxMessage]:
    """Those whose number did not answer STOP; looked at again just before they leave: a batch may take minutes."""
    numbers = {message.pk: _lookup(message) for message in messages}
    rows = Blocked.objects.filter(kind=Kind.SMS, lookup__in=numbers.values(), lifted_at__isnull=True)
    blocked = set(rows.values_list("lookup", flat=True))
    stopped = [message for message in messages if numbers[message.pk] in blocked and not _proves(message)]
    for message in stopped:
        _give_up(message, BLOCKED, run)
    return [message for message in messages if message not in stopped]


def _lookup(message: OutboxMessage) -> str:
    """The hash of its number; "" under a lost key: sending it says so."""
    try:
        return number_lookup(message.address)
    except keys.KeyLost:
        return ""


def _proves(message: OutboxMessage) -> bool:
    """Whether it bears the code by which a number that answered STOP is proved again."""
    return bool(fact_text.loads(keys.decrypt(message.facts, purpose=FACTS_PURPOSE)).get("despite_stop"))


def _give_up(message: OutboxMessage, code: str, run: _Run) -> None:
    held(message).update(state=State.DEAD, claim=None, claimed_at=None, cost=None, last_error=code)
    run.done.failed += 1


def _send_some(messages: list[OutboxMessage], run: _Run) -> None:
    """Written down as unknown, handed over, then known: in this order."""
    leaving, batch = [], []
    for message in messages:
        try:
            outgoing = _outgoing(message, run)
        except (keys.KeyLost, ValueError, KeyError) as error:
            _give_up(message, INTERNAL, run)
            run.done.mistakes.append(CannotWrite(message, error))
            continue
        soon = clock.now() + FIRST_QUESTION
        if held(message).update(state=State.UNKNOWN, due_at=soon):
            leaving.append(message)
            batch.append(outgoing)
    if batch:
        for message, result in zip(leaving, run.gateway.send(batch), strict=True):
            _note(message, result, run)


def _outgoing(message: OutboxMessage, run: _Run) -> Outgoing:
    text = str(fact_text.loads(keys.decrypt(message.facts, purpose=FACTS_PURPOSE))["text"])
    return Outgoing(
        own_id=message.message_id,
        number=message.address,
        text=text,
        message_class=MessageClass(message.message_class),
        sender=run.sending.sender,
        gsm=sms_text.count(text).gsm,
    )


def _note(message: OutboxMessage, result: Result, run: _Run) -> None:
    done, rest = run.done, {"claim": None, "claimed_at": None}
    row = _unknown(message)
    counted.SMS.labels(provider=run.sending.provider, outcome=str(result.answer)).inc()
    if result.answer is Answer.ACCEPTED:
        done.sent += 1
        cost = {} if result.cost is None else {"cost": result.cost}
        told = {"provider_ref": result.ref[:80], "last_error": "", **cost, **rest}
        row.update(state=State.SENT, sent_at=clock.now(), **told)
        return
    done.failed += 1
    log.warning("SMS %s not sent (%s), attempt %s", message.pk, result.code, message.attempts)
    if result.answer is Answer.LOST:
        row.update(last_error=result.code[:40])
        return
    delay = backoff.delay_after(message.attempts) if result.answer is Answer.LATER else None
    told = {"cost": None, "last_error": result.code[:40], **rest}
    if delay is None:
        row.update(state=State.DEAD, **told)
    else:
        row.update(state=State.WAITING, due_at=clock.now() + delay, **told)
    done.outage = result.answer is Answer.LATER


def _unknown(message: OutboxMessage) -> OutboxQuerySet:
    """The row while nobody knows better: a receipt that came first has the last word."""
    return OutboxMessage.objects.filter(pk=message.pk, state=State.UNKNOWN)
