"""Take a file of the Treasury, ask it again about a line, record a line that it has forgotten."""

import hashlib
import uuid
from collections.abc import Collection
from datetime import date, datetime, time

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from billing import online, reconciliation
from billing.balances import left_of
from billing.models import Invoice, Payment, PaymentAttempt, TreasuryFile, TreasuryLine
from billing.reconciliation import Compared
from billing.rules.reconciliation import Line, Outcome, Told, read
from billing.services.asking import ask, is_silent, write_ticket
from billing.services.attempts import State
from billing.services.payments import Received, record
from lps.journal import services as journal
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel.refusals import Refusal
from tenants import context

FOLDER = "reconciliation"
# One press of a button never holds a worker longer than so many calls.
ASKED_AT_ONCE = 5
# A transaction that keeps the counter of receipts never lasts longer than so many payments: two or three seconds.
CONFIRMED_AT_ONCE = 200


class LineRefused(Exception):
    """Nothing was recorded: `refusal` is `gone`, the line agrees now or the Treasury has not forgotten it."""

    def __init__(self) -> None:
        super().__init__("gone")
        self.refusal = Refusal("gone")


def receive(*, content: bytes, name: str, by: Actor, at: datetime, today: date) -> tuple[TreasuryFile, bool]:
    """Keep a file and what was found of it; whether it is new. Raises `rules.reconciliation.FileRefused`.

    The same content sent again, even by two agents at once, gives the first file back and changes nothing.
    """
    told = read(content, today=today)
    sha256 = hashlib.sha256(content).hexdigest()
    known = TreasuryFile.objects.filter(sha256=sha256).first()
    return (known, False) if known else _keep(told, content, sha256=sha256, name=name, by=by, at=at)


def ask_again(*, line: TreasuryLine, by: Actor, at: datetime) -> str:
    """Ask the Treasury about the attempts of a line, the latest first, and say what came of it.

    paid, forgotten (it can be recorded), silent, or other: it answered, and does not confirm this payment.
    """
    found = reconciliation.of_line(line)
    if found is None or not found.to_ask:
        return "forgotten" if found and found.may_record else "other"
    journal.record(
        action="treasury_asked_again",
        subject=found.invoice.household.holder,
        by=by,
        channel=Channel.OFFICE,
        at=at,
        after=_told(line),
    )
    for attempt in found.to_ask[: -ASKED_AT_ONCE - 1 : -1]:
        answered = ask(attempt, asked_by="agent", at=at)
        if answered.state in online.SETTLED:
            return "paid"
        if is_silent(answered):
            return "silent"
    now = reconciliation.of_line(line)
    return "forgotten" if now and now.may_record else "other"


def record_line(*, line: TreasuryLine, reason: str, by: Actor, at: datetime) -> Payment:
    """Record as a payment a line that the Treasury's service no longer knows. Raises `LineRefused`.

    Compared again once its attempts, then its invoice, are held, in the order in which an answer of the Treasury holds
    them: two agents, two files that tell the same payment or a late answer record it once.
    """
    with transaction.atomic():
        _hold({line.refdet})
        found = reconciliation.of_line(line)
        if found is None or not found.may_record:
            raise LineRefused
        attempt, paid_at = found.forgotten, _paid_at(line.day, found.forgotten, now=at)
        if attempt:
            _settle(attempt, paid_at=paid_at, now=at)
        payment = _record(line, found, attempt, reason=reason, by=by, paid_at=paid_at)
        journal.record(
            action="treasury_line_recorded",
            subject=found.invoice.household.holder,
            by=by,
            channel=Channel.OFFICE,
            at=at,
            before={"outcome": found.outcome.value},
            after={**_told(line), "receipt": payment.number, "reason": reason},
        )
    return payment


def record_confirmed(*, file: TreasuryFile, by: Actor, at: datetime, most: int = CONFIRMED_AT_ONCE) -> int:
    """Record the payments by address that a file proves, and how many were: all or none of `most`.

    The attempts, then the invoices, are held in the order of their keys and the file is compared again: what another
    agent, or another file, recorded meanwhile is not recorded twice.
    """
    with transaction.atomic():
        _hold({one.refdet for one in _confirmed(file)[:most]})
        found = _confirmed(file)[:most]
        for one in found:
            if one.finding.line:
                _record_confirmed(file, one.finding.line, one, by=by, at=at)
    return len(found)


def _confirmed(file: TreasuryFile) -> list[Compared]:
    rows = reconciliation.compared(reconciliation.told_of(file))
    return [one for one in rows if one.outcome is Outcome.CONFIRMED]


def _record_confirmed(file: TreasuryFile, line: Line, found: Compared, *, by: Actor, at: datetime) -> None:
    attempt = found.confirmed
    is_debit = any(answer.answer.get("result") == "V" for answer in attempt.last_answers)
    paid_at = attempt.paid_at if _is_of(line.day, attempt.paid_at) else _paid_at(line.day, attempt, now=at)
    before = attempt.state
    _settle(attempt, paid_at=paid_at, now=at, state=State.DEBIT_ORDERED if is_debit else State.PAID)
    reason = _("Confirmé par le fichier %(file)s, ligne %(line)s.") % {"file": file.name, "line": line.rank}
    payment = _record(line, found, attempt, reason=reason, by=by, paid_at=paid_at, is_debit=is_debit)
    told = {"file": file.name, "line": line.rank, "refdet": line.refdet, "amount": str(line.amount)}
    journal.record(
        action="treasury_line_recorded",
        subject=found.invoice.household.holder,
        by=by,
        channel=Channel.OFFICE,
        at=at,
        before={"outcome": found.outcome.value, "state": before},
        after={**told, "receipt": payment.number, "reason": reason},
    )
    attempt.invoice = found.invoice
    write_ticket(attempt)


def _is_of(day: date, instant: datetime | None) -> bool:
    return instant is not None and instant.astimezone(context.current().zone).date() == day


def _keep(told: Told, content: bytes, *, sha256: str, name: str, by: Actor, at: datetime) -> tuple[TreasuryFile, bool]:
    first, last = told.days
    found = reconciliation.counts(reconciliation.compared(told))
    path = default_storage.save(f"{FOLDER}/{uuid.uuid4().hex}.txt", ContentFile(content))
    facts = {
        "numcli": told.numcli,
        "name": _name(name),
        "path": path,
        "first_day": first,
        "last_day": last,
        "line_count": len(told.lines),
        "total": told.total,
        "found": found,
        "received_at": at,
        "received_by": by.label,
    }
    with transaction.atomic():
        file, is_new = TreasuryFile.objects.get_or_create(sha256=sha256, defaults=facts)
        if is_new:
            TreasuryLine.objects.bulk_create(
                TreasuryLine(file=file, rank=line.rank, day=line.day, refdet=line.refdet, amount=line.amount)
                for line in told.lines
            )
            after = {"file": file.name, "lines": file.line_count, "amount": str(file.total), "found": found}
            journal.record(
                action="treasury_file_received",
                subject=f"treasury_file:{file.pk}",
                by=by,
                channel=Channel.OFFICE,
                at=at,
                after=after,
            )
    if not is_new:
        default_storage.delete(path)
    return file, is_new


def _name(given: str) -> str:
    """A name of a file to show: one line, no more than what is kept."""
    return "".join(letter for letter in given if letter.isprintable())[:120] or "payfip.txt"


def _hold(refdets: Collection[str]) -> None:
    attempts = PaymentAttempt.objects.filter(refdet__in=refdets).order_by("pk")
    list(attempts.select_for_update(of=("self",), no_key=True))
    invoices = Invoice.objects.filter(pk__in=reconciliation.invoices_of(refdets)).order_by("pk")
    list(invoices.select_for_update(of=("self",), no_key=True))


def _paid_at(day: date, attempt: PaymentAttempt | None, *, now: datetime) -> datetime:
    """Noon of the file's day, which gives no hour, after the attempt's opening and before now."""
    noon = datetime.combine(day, time(12), tzinfo=context.current().zone)
    return min(max(noon, attempt.opened_at) if attempt else noon, now)


def _settle(attempt: PaymentAttempt, *, paid_at: datetime, now: datetime, state: State = State.PAID) -> None:
    attempt.state, attempt.paid_at, attempt.settled_at, attempt.next_ask_at = state, paid_at, now, None
    attempt.save(update_fields=("state", "paid_at", "settled_at", "next_ask_at"))


def _record(
    line: TreasuryLine | Line,
    found: Compared,
    attempt: PaymentAttempt | None,
    *,
    reason: str,
    by: Actor,
    paid_at: datetime,
    is_debit: bool = False,
) -> Payment:
    """What is really left of the invoice is settled; the rest is a credit of the family."""
    invoice = found.invoice
    settles = min(left_of([invoice.pk])[invoice.pk], line.amount)
    return record(
        Received(
            amount=line.amount,
            means=Payment.Means.DEBIT if is_debit else Payment.Means.CARD,
            settles={invoice.pk: settles} if settles > 0 else {},
            reference=attempt.ticket if attempt else line.refdet,
            reason=reason,
        ),
        household=invoice.household,
        cash_office=attempt.cash_office if attempt else invoice.run.cash_office,
        by=by,
        channel=Channel.OFFICE,
        at=paid_at,
        day=paid_at.astimezone(context.current().zone).date(),
        attempt=attempt,
    )


def _told(line: TreasuryLine) -> dict[str, object]:
    return {"file": line.file.name, "line": line.rank, "refdet": line.refdet, "amount": str(line.amount)}
