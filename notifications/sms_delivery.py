"""Sending SMS: at most once. Whoever reads a phone twice pays twice and believes us less.

A message is claimed like an e-mail. Just before its number goes to the provider it is written down as "unknown":
a worker killed after that line leaves it so. The provider is then asked by our id, and only a person sends it again.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import Coalesce
from jours_feries_france import JoursFeries

from lps.kernel import clock
from notifications import backoff, gateways, queries
from notifications import facts as fact_text
from notifications.delivery import BATCH, BLOCKED, CannotWrite, Drained, claim_batch, hand_back, held, lease_is_safe
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
CAP, NO_PROVIDER, NEVER_SEEN = "monthly_cap", "no_provider", "never_seen"
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Run:
    """What one drain of the SMS holds: settings read once, the door, and what was spent so far this month."""

    sending: SendingSettings
    gateway: Gateway
    spent: Decimal
    done: Drained = field(default_factory=Drained)


def drain_sms(*, limit: int = 1000) -> Drained:
    """Send the SMS that are due, at most `limit`; nothing while the town stopped them.

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
    run = _Run(sending, gateway, spent_this_month(now=now))
    done = run.done
    while not done.outage and done.sent + done.failed < limit:
        batch = claim_batch(limit=min(BATCH, limit - done.sent - done.failed), kind=Kind.SMS)
        if not batch:
            break
        _send_batch(batch, run)
    if done.mistakes:
        raise ExceptionGroup("SMS that cannot be written", done.mistakes)
    return done


def spent_this_month(*, now: datetime) -> Decimal:
    """What SMS cost since the first day of the commune's month, those of unknown fate included, in euros."""
    local = now.astimezone(context.current().zone)
    first = datetime.combine(local.date().replace(day=1), time(0), context.current().zone)
    rows = OutboxMessage.objects.filter(kind=Kind.SMS, cost__isnull=False, state__in=(State.SENT, State.UNKNOWN))
    total = rows.filter(created_at__gte=first - timedelta(days=31)).annotate(left_at=Coalesce("sent_at", "claimed_at"))
    return total.filter(left_at__gte=first).aggregate(spent=Sum("cost"))["spent"] or Decimal(0)


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
        blocked = _blocked(batch, run)
        while left and not run.done.outage and lease_is_safe(left[0]):
            taken, left = left[: run.gateway.together], left[run.gateway.together :]
            _send_some([one for one in taken if not _is_stopped(one, blocked, run)], run)
    finally:
        hand_back(left)


def _blocked(batch: Sequence[OutboxMessage], run: _Run) -> set[str]:
    lookups = [number_lookup(message.address) for message in batch]
    rows = Blocked.objects.filter(kind=Kind.SMS, lookup__in=lookups, lifted_at__isnull=True)
    return set(rows.values_list("lookup", flat=True))


def _is_stopped(message: OutboxMessage, blocked: set[str], run: _Run) -> bool:
    """Whether a message is not to leave: its number answered STOP, or the month's cap is reached (dangers pass)."""
    facts = fact_text.loads(keys.decrypt(message.facts, purpose=FACTS_PURPOSE))
    over = run.spent + _price(message, run) > run.sending.monthly_cap and message.message_class != Class.DANGER
    if number_lookup(message.address) in blocked and not facts.get("despite_stop"):
        code = BLOCKED
    elif over:
        code = CAP
    else:
        run.spent += _price(message, run)
        return False
    held(message).update(state=State.DEAD, claim=None, claimed_at=None, last_error=code)
    run.done.failed += 1
    return True


def _price(message: OutboxMessage, run: _Run) -> Decimal:
    return run.sending.part_price * message.parts


def _send_some(messages: list[OutboxMessage], run: _Run) -> None:
    """Written down as unknown, handed over, then known: in this order."""
    leaving, batch = [], []
    for message in messages:
        try:
            outgoing = _outgoing(message, run)
        except (keys.KeyLost, ValueError, KeyError) as error:
            held(message).update(state=State.DEAD, claim=None, claimed_at=None, last_error="internal")
            run.done.mistakes.append(CannotWrite(message, error))
            run.done.failed += 1
            continue
        soon = clock.now() + FIRST_QUESTION
        if held(message).update(state=State.UNKNOWN, cost=_price(message, run), due_at=soon):
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
    run.spent -= _price(message, run)
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
