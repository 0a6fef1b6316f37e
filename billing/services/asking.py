"""Ask the Treasury what became of an attempt, and settle what it says: nobody else's word counts.

A return of the browser, a notification, the poll and an agent all come here. The Treasury is asked outside of any
transaction; its word is then applied once, the attempt's row held.
"""

import logging
from datetime import datetime

from django.db import transaction

from billing import online
from billing.balances import left_of
from billing.models import AttemptAnswer, Invoice, Payment, PaymentAttempt
from billing.payfip import Refused, Unavailable
from billing.rules import settlement
from billing.rules.money import ZERO
from billing.rules.online import OPENING_FOR
from billing.rules.settlement import Answer, Asked, Verdict
from billing.services import announcing
from billing.services.attempts import PAYFIP, State, close_unopened, told
from billing.services.payments import Received, record
from lps.journal.channels import Channel
from lps.kernel import clock
from notifications.addresses import BadAddress
from notifications.services import post
from tenants import context, keys
from tenants.connection import give_back
from tenants.queries import url_of

BATCH = 50
_PAID = (Verdict.PAID, Verdict.DEBIT_ORDERED)
_MEANS = {Verdict.PAID: Payment.Means.CARD, Verdict.DEBIT_ORDERED: Payment.Means.DEBIT}
# What a later answer may still change: a payment is never undone by an answer, and an incident by nothing but payment.
_ENDS = {
    Verdict.REFUSED: (State.OPENING, State.WAITING, State.CANCELED, State.EXPIRED),
    Verdict.CANCELED: (State.OPENING, State.WAITING, State.EXPIRED),
    Verdict.EXPIRED: (State.OPENING, State.WAITING),
    Verdict.MISMATCH: (State.OPENING, State.WAITING, State.CANCELED, State.EXPIRED, State.REFUSED),
}
log = logging.getLogger(__name__)


def ask(attempt: PaymentAttempt, *, asked_by: str, at: datetime | None = None) -> PaymentAttempt:
    """Ask what became of an attempt and apply the answer; the attempt as it now stands.

    `asked_by`: notification, return, poll or agent. A fault of the Treasury's service is written down and changes
    nothing: it is asked again. An attempt that is paid is not asked again.
    """
    now = at or clock.now()
    if attempt.state in online.SETTLED:
        return attempt
    if attempt.id_op is None:
        _close_unasked(attempt, now=now)
        attempt.refresh_from_db()
        return attempt
    answer = _answered(attempt.id_op)
    with transaction.atomic():
        rows = PaymentAttempt.objects.select_for_update(of=("self",), no_key=True)
        held = rows.select_related("invoice__household", "invoice__run", "cash_office").get(pk=attempt.pk)
        _apply(held, answer, asked_by=asked_by, now=now)
    return held


def claim_due(*, at: datetime, limit: int = BATCH) -> list[PaymentAttempt]:
    """Take the attempts that are due, moved forward so that no other worker asks them at once.

    A worker that dies leaves them to the next poll, five minutes later.
    """
    with transaction.atomic(durable=True):
        due = PaymentAttempt.objects.filter(next_ask_at__lte=at).order_by("next_ask_at", "pk")
        found = list(due.select_for_update(skip_locked=True, of=("self",), no_key=True)[:limit])
        PaymentAttempt.objects.filter(pk__in=[one.pk for one in found]).update(next_ask_at=at + settlement.ASK_EVERY)
    return found


def poll(*, at: datetime | None = None, limit: int = BATCH) -> int:
    """Ask the attempts that are due, a bounded number; how many were asked.

    When the Treasury does not answer, the others wait for their next turn: a service that is down holds no worker.
    """
    now = at or clock.now()
    asked = 0
    for attempt in claim_due(at=now, limit=limit):
        asked += 1
        if is_silent(ask(attempt, asked_by="poll", at=at)):
            break
    return asked


def is_silent(attempt: PaymentAttempt) -> bool:
    """Whether the Treasury's service did not answer the last time that it was asked."""
    last = attempt.answers.order_by("-pk").first()
    return last is not None and last.verdict == Verdict.UNKNOWN


def _close_unasked(attempt: PaymentAttempt, *, now: datetime) -> None:
    """End what the Treasury cannot be asked about: no operation was opened, or its payer went there by address."""
    if attempt.state == State.OPENING and now - attempt.opened_at >= OPENING_FOR:
        close_unopened(attempt, code="", at=now)
    elif attempt.is_by_address and now - attempt.opened_at >= settlement.UNKNOWN_FOR:
        announcing.close_unheard(attempt, at=now)


def _answered(id_op: str) -> Answer:
    give_back()  # a Treasury that answers after half a minute holds no connection meanwhile
    try:
        detail = online.client().detail(id_op)
    except Refused as refused:
        return Answer(fault=refused.code)
    except Unavailable:
        return Answer()
    return Answer(
        result=detail.result.value,
        amount=detail.amount,
        refdet=detail.refdet,
        numcli=detail.numcli,
        at=detail.at,
        id_op=detail.id_op,
        authorization=detail.authorization,
    )


def _apply(held: PaymentAttempt, answer: Answer, *, asked_by: str, now: datetime) -> None:
    """Write the answer down, then what it changes."""
    asked = Asked(
        amount=held.amount,
        refdet=held.refdet,
        numcli=held.numcli,
        opened_at=held.opened_at,
        id_op=held.id_op or "",
    )
    verdict = settlement.settle(asked, answer, now=now)
    AttemptAnswer.objects.create(attempt=held, at=now, asked_by=asked_by, verdict=verdict.value, answer=answer.words)
    held.asked_at = now
    if held.state in online.SETTLED:
        held.save(update_fields=("asked_at",))
        return
    _plan(held, verdict, asked, answer, now=now)
    if not _is_news(held.state, verdict):
        held.save(update_fields=("asked_at", "next_ask_at", "bar_ends_at"))
        return
    credit = _settled(held, verdict, asked, answer, now=now) if verdict in _PAID else ""
    before, held.state = held.state, State(verdict.value)
    held.save()
    told(
        held,
        _action(verdict, credit),
        by=PAYFIP,
        channel=Channel.AUTOMATIC,
        at=now,
        before=before,
        state=held.state.value,
        asked_by=asked_by,
        answer=answer.words,
        **({"credit": credit} if credit else {}),
    )


def _plan(held: PaymentAttempt, verdict: Verdict, asked: Asked, answer: Answer, *, now: datetime) -> None:
    """When to ask again, and until when another attempt is barred. A fault moves no bar."""
    is_open = held.state in online.OPEN
    quiet = Verdict.EXPIRED if verdict is Verdict.WAITING and not is_open else verdict
    held.next_ask_at = settlement.next_ask(quiet, asked, now=now, is_purged=answer.fault == "P1")
    if is_open and verdict is not Verdict.UNKNOWN:
        ends = settlement.bars_until(verdict, asked, answer)
        held.bar_ends_at = ends or min(now, held.bar_ends_at or now)


def _is_news(state: str, verdict: Verdict) -> bool:
    return verdict in _PAID or state in _ENDS.get(verdict, ())


def _action(verdict: Verdict, credit: str) -> str:
    if verdict is Verdict.MISMATCH:
        return "online_payment_incident"
    return "online_payment_credited" if credit else "online_payment_answered"


def _settled(held: PaymentAttempt, verdict: Verdict, asked: Asked, answer: Answer, *, now: datetime) -> str:
    """Record the payment: what is really left is settled, the rest is a credit, whose amount is given, or ""."""
    invoice, zone = held.invoice, context.current().zone
    Invoice.objects.select_for_update(of=("self",), no_key=True).get(pk=invoice.pk)  # what is left stays so
    settles = min(left_of([invoice.pk])[invoice.pk], held.amount)
    held.paid_at = settlement.paid_at(asked, answer, now=now)
    held.settled_at, held.authorization = now, answer.authorization
    held.save()  # the payment names it
    record(
        Received(
            amount=held.amount,
            means=_MEANS[verdict],
            settles={invoice.pk: settles} if settles > 0 else {},
            reference=held.ticket,
        ),
        household=invoice.household,
        cash_office=held.cash_office,
        by=PAYFIP,
        channel=Channel.AUTOMATIC,
        at=held.paid_at,
        day=held.paid_at.astimezone(zone).date(),
        attempt=held,
    )
    held.state = State(verdict.value)
    write_ticket(held)
    return str(held.amount - max(settles, ZERO)) if settles < held.amount else ""


def write_ticket(held: PaymentAttempt) -> None:
    """The family's ticket of what is paid, by e-mail, to the address it gave."""
    if not held.email:
        return
    facts = {
        "refdet": held.refdet,
        "ticket": held.ticket,
        "number": held.invoice.number,
        "label": held.invoice.label,
        "paid_at": held.paid_at,
        "authorization": held.authorization,
        "amount": held.amount,
        "is_debit": held.state == State.DEBIT_ORDERED,
        "is_test": held.mode == "T",
        "url": url_of(context.current(), f"/factures/tipi/paiement/{held.ticket}/"),
    }
    address = keys.decrypt(held.email, purpose=online.EMAIL_PURPOSE)
    try:
        post(to=address, template="billing/emails/ticket", facts=facts, by=PAYFIP, dedup_key=f"ticket:{held.ticket}")
    except BadAddress:  # money is recorded whatever became of the address
        log.error("no ticket was written for attempt %s: its address is none", held.pk)
