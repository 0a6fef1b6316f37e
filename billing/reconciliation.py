"""What a file of the Treasury says beside what was recorded: compared each time it is shown."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils.functional import Promise

from billing import online
from billing import reconciliation_words as words
from billing.balances import left_of
from billing.models import AttemptAnswer, CashOffice, Invoice, Payment, PaymentAttempt, TreasuryFile, TreasuryLine
from billing.rules import numbers, reconciliation
from billing.rules.reconciliation import Announced, Finding, Line, Outcome, Recorded, Told
from billing.services.payments import AT_THE_TREASURY
from lps.families.models import Household
from tenants import context

# What the Treasury's word may still change, and what an agent may record once it has none left.
_ASKABLE = (Outcome.MISSING, Outcome.DOUBLE, Outcome.AMOUNT)
_RECORDABLE = (Outcome.MISSING, Outcome.DOUBLE)
_NOT_PAID = ("R", "Z", "A")
# Differences in the order in which they are to be looked at; what agrees comes last.
ORDER = tuple(Outcome)


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A finding with what it is about: the invoice, our payment, and the attempts of that reference not paid here."""

    finding: Finding
    invoice: Any = None
    payment: Any = None
    attempts: Sequence[Any] = field(default_factory=tuple)

    @property
    def outcome(self) -> Outcome:
        """What was found."""
        return self.finding.outcome

    @property
    def confirmed(self) -> Any:
        """The attempt by address that the line proves, or None."""
        return next((one for one in self.attempts if one.pk == self.finding.attempt), None)

    @property
    def title(self) -> str | Promise:
        """What is different."""
        return words.TITLES[self.outcome]

    @property
    def advice(self) -> str | Promise:
        """What to do."""
        return words.ADVICE[self.outcome]

    @property
    def refdet(self) -> str:
        """The debt's reference."""
        told = self.finding.line or self.finding.recorded
        return told.refdet if told else ""

    @property
    def household(self) -> Household | None:
        """The family, when it is known."""
        if self.invoice:
            found: Household = self.invoice.household
            return found
        return self.payment.household if self.payment else None

    @cached_property
    def to_ask(self) -> list[Any]:
        """The attempts that the Treasury may still know."""
        if self.outcome not in _ASKABLE:
            return []
        return _askable(self.attempts)

    @property
    def may_record(self) -> bool:
        """Whether the file's word is the only one left: the Treasury has forgotten its attempts, or there was none."""
        if self.outcome not in _RECORDABLE:
            return False
        return not _doubtful(self.attempts) and (not self.attempts or len(self.to_ask) < len(self.attempts))

    @property
    def forgotten(self) -> Any:
        """The latest attempt of the line's amount that the Treasury has forgotten, or never knew by name, or None."""
        line = self.finding.line
        known = {one.pk for one in self.to_ask}
        found = [one for one in self.attempts if one.pk not in known and line and one.amount == line.amount]
        return found[-1] if found else None


def received() -> QuerySet[TreasuryFile]:
    """The files, the latest first."""
    return TreasuryFile.objects.order_by("-pk")


def told_of(file: TreasuryFile) -> Told:
    """What a file tells, as it was kept: one statement."""
    return Told(numcli=file.numcli, lines=[_line(row) for row in file.lines.order_by("rank")])


def of_line(line: TreasuryLine) -> Compared | None:
    """What is found of one line: only the lines of its file that bear its reference are read."""
    rows = line.file.lines.filter(refdet=line.refdet).order_by("rank")
    told = Told(numcli=line.file.numcli, lines=[_line(row) for row in rows])
    found = (one for one in compared(told) if one.finding.line)
    return next((one for one in found if one.finding.line and one.finding.line.rank == line.rank), None)


def compared(told: Told) -> list[Compared]:
    """Every line and every payment of ours that it does not tell, the differences first: four statements."""
    refdets = {line.refdet for line in told.lines}
    invoices = _invoices(refdets)
    attempts = _attempts(invoices.values())
    payments = {one.pk: one for one in _payments(told, refdets)}
    debts = {
        refdet: reconciliation.Debt(
            numclis=frozenset({invoice.run.cash_office.numcli, *(one.numcli for one in attempts[invoice.pk])}),
            tried=frozenset(one.amount for one in _unpaid(attempts[invoice.pk], told.numcli)),
            announced=_announced(_unpaid(attempts[invoice.pk], told.numcli)),
        )
        for refdet, invoice in invoices.items()
    }
    recorded = [_recorded(one, told) for one in payments.values()]
    findings = reconciliation.compare(told, recorded=recorded, debts=debts)
    found = []
    for finding in findings:
        payment = payments[finding.recorded.key] if finding.recorded else None
        invoice = invoices.get(finding.line.refdet) if finding.line else _invoice_of(payment)
        tried = _unpaid(attempts[invoice.pk], told.numcli) if invoice and finding.line else ()
        found.append(Compared(finding=finding, invoice=invoice, payment=payment, attempts=tried))
    return sorted(found, key=lambda one: ORDER.index(one.outcome))


def left(found: Compared) -> Decimal:
    """What is still to pay of the invoice of a line."""
    return left_of([found.invoice.pk])[found.invoice.pk]


def office_of(file: TreasuryFile) -> CashOffice | None:
    """The régie of a file's client number, None when no régie has it now."""
    return CashOffice.objects.filter(numcli=file.numcli).order_by("-is_default", "pk").first()


def invoices_of(refdets: Iterable[str]) -> list[int]:
    """The keys of the invoices of these references."""
    return [one.pk for one in _invoices(refdets).values()]


def counts(rows: Iterable[Compared]) -> dict[str, int]:
    """How many of each outcome."""
    return dict(Counter(one.outcome.value for one in rows))


def _line(row: TreasuryLine) -> Line:
    return Line(rank=row.rank, day=row.day, refdet=row.refdet, amount=row.amount)


def _invoices(refdets: Iterable[str]) -> dict[str, Any]:
    wanted = []
    for refdet in refdets:
        try:
            wanted.append(str(numbers.parse(refdet)))
        except ValueError:
            continue  # no invoice of ours bears it: the line is told unknown
    rows = Invoice.objects.filter(number__in=wanted).exclude(kind=Invoice.Kind.CREDIT_NOTE)
    return {one.refdet: one for one in rows.select_related("run__cash_office", "household").order_by("pk")}


def _attempts(invoices: Iterable[Invoice]) -> dict[int, list[Any]]:
    """All the attempts of these invoices, the oldest first, each with what the Treasury last said of it."""
    last = AttemptAnswer.objects.exclude(answer={}).order_by("attempt_id", "-pk").distinct("attempt_id")
    rows = PaymentAttempt.objects.filter(invoice__in=invoices).select_related("cash_office").order_by("pk")
    found: dict[int, list[Any]] = defaultdict(list)
    for one in rows.prefetch_related(Prefetch("answers", last, to_attr="last_answers")):
        found[one.invoice_id].append(one)
    return found


def _unpaid(attempts: Iterable[Any], numcli: str) -> list[Any]:
    """Those that could be paid at the Treasury under this client number, and that are not paid here."""
    ours = (one for one in attempts if one.numcli == numcli and one.state not in online.SETTLED)
    return [one for one in ours if one.id_op or (one.is_by_address and one.state != online.State.OPENING)]


def _askable(attempts: Iterable[Any]) -> list[Any]:
    """Those of the web service that the Treasury has not forgotten."""
    return [one for one in attempts if one.id_op and _last(one).get("fault") != "P1"]


def _doubtful(attempts: Iterable[Any]) -> list[Any]:
    """Those that the Treasury may still say to be paid."""
    return [one for one in _askable(attempts) if _last(one).get("result") not in _NOT_PAID]


def _announced(unpaid: Sequence[Any]) -> list[Announced]:
    """What a line may confirm by itself: nothing while the Treasury can be asked about another attempt."""
    if _doubtful(unpaid):
        return []
    zone = context.current().zone
    return [
        Announced(key=one.pk, amount=one.amount, day=one.opened_at.astimezone(zone).date())
        for one in sorted(unpaid, key=lambda one: (one.state != online.State.ANNOUNCED, one.pk))
        if one.is_by_address
    ]


def _invoice_of(payment: Any) -> Any:
    return payment.attempt.invoice if payment.attempt else None


def _last(attempt: Any) -> dict[str, str]:
    found = next(iter(attempt.last_answers), None)
    return found.answer if found else {}


def _payments(told: Told, refdets: Iterable[str]) -> QuerySet[Payment]:
    """Payments of these references, and all those of the file's days and client number."""
    days = Q(day__range=told.days) & (Q(attempt__numcli=told.numcli) | Q(attempt=None, cash_office__numcli=told.numcli))
    named = Q(attempt__refdet__in=refdets) | Q(attempt=None, reference__in=refdets)
    rows = Payment.objects.filter(named | days, means__in=AT_THE_TREASURY, reverses=None).order_by("pk")
    return rows.select_related("attempt__invoice__household", "household", "reversal")


def _recorded(payment: Any, told: Told) -> Recorded:
    """A payment without attempt was recorded from a file: its reference is the debt's, its client number the file's."""
    attempt = payment.attempt
    return Recorded(
        key=payment.pk,
        refdet=attempt.refdet if attempt else payment.reference,
        numcli=attempt.numcli if attempt else told.numcli,
        day=payment.day,
        amount=payment.amount,
        is_reversed=hasattr(payment, "reversal"),
    )
