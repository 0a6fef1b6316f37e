"""What went wrong with payments online and that nobody looked at yet: read from the attempts, never stored."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce
from django.utils.functional import Promise

from billing import incident_words as words
from billing.balances import with_credit
from billing.models import AttemptAnswer, CashOffice, IncidentNote, Payment, PaymentAttempt
from billing.rights import RECONCILE
from billing.rules.money import ZERO
from billing.rules.reconciliation import DAYS_APART
from billing.rules.settlement import UNKNOWN_FOR
from lps.accounts.actors import Agent
from lps.accounts.rights import allowed
from lps.kernel import clock

Kind, State = IncidentNote.Kind, PaymentAttempt.State
# The Treasury always ends an attempt after two hours: one that waits longer has met a service that does not answer.
SILENT_AFTER = UNKNOWN_FOR + timedelta(hours=1)
SEEN = 20
_EUROS: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=10, decimal_places=2)
_SETTLED = (State.PAID, State.DEBIT_ORDERED)
_ENDED = (State.EXPIRED.value, State.CANCELED.value, State.REFUSED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One thing to look at: the attempt, what is wrong in words, what the Treasury said last, what is to be done."""

    attempt: Any
    kind: IncidentNote.Kind

    @property
    def title(self) -> str | Promise:
        """What is wrong."""
        return words.TITLES[self.kind]

    @property
    def advice(self) -> str | Promise:
        """What to do."""
        return words.ADVICE[self.kind]

    @property
    def said(self) -> list[tuple[str | Promise, str]]:
        """What the Treasury last said, in French labels."""
        last = next(iter(self.attempt.last_answers), None)
        return words.of_answer(last.answer) if last else []

    @property
    def credit(self) -> Decimal:
        """What settled no invoice."""
        return self.attempt.credit or ZERO


def opened(*, now: datetime) -> QuerySet[PaymentAttempt]:
    """The attempts with something to look at, the oldest first, each with `is_mismatch`, `is_silent`…"""
    rows: QuerySet[PaymentAttempt] = _told(now=now).filter(_any()).annotate(credit=_credit())
    last = AttemptAnswer.objects.exclude(answer={}).order_by("attempt_id", "-pk").distinct("attempt_id")
    shown = rows.select_related("invoice__household", "cash_office", "payment")
    return shown.prefetch_related(Prefetch("answers", last, to_attr="last_answers")).order_by("opened_at", "pk")


def of(attempts: Iterable[Any]) -> list[Incident]:
    """One line an incident: an attempt may have two."""
    return [
        Incident(attempt=attempt, kind=kind)
        for attempt in attempts
        for kind in Kind
        if getattr(attempt, f"is_{kind.value}")
    ]


def kinds_of(attempt: PaymentAttempt, *, now: datetime) -> list[IncidentNote.Kind]:
    """What is still to be looked at of one attempt."""
    found = _told(now=now).filter(pk=attempt.pk).first()
    return [incident.kind for incident in of([found])] if found else []


def waiting(actor: Agent) -> int:
    """How many wait, for who looks at them: one statement. They are of all families."""
    if not allowed(actor, RECONCILE) or actor.sites or actor.activities:
        return 0
    sums = {kind.value: Count("pk", filter=Q(**{f"is_{kind.value}": True})) for kind in Kind}
    counted: dict[str, int] = _told(now=clock.now()).filter(_any()).order_by().aggregate(**sums)
    return sum(counted.values())


def seen() -> QuerySet[IncidentNote]:
    """What agents noted, the latest first."""
    return IncidentNote.objects.select_related("attempt__invoice__household")[:SEEN]


def _told(*, now: datetime) -> QuerySet[Any]:
    ended = AttemptAnswer.objects.filter(attempt=OuterRef("pk"), verdict__in=_ENDED)
    conditions = {
        Kind.MISMATCH: Q(state=State.MISMATCH),
        Kind.SILENT: Q(state=State.WAITING, opened_at__lt=now - SILENT_AFTER),
        # By address the file always comes after the end.
        Kind.LATE: Q(state__in=_SETTLED, protocol=CashOffice.Protocol.WEB_SERVICE) & Exists(ended),
        Kind.OVERPAID: Q(state__in=_SETTLED, pk__in=_overpaid()),
        Kind.UNPROVED: Q(state=State.ANNOUNCED, paid_at__lt=now - DAYS_APART),
    }
    told = {
        f"is_{kind.value}": ExpressionWrapper(condition & ~_noted(kind), output_field=BooleanField())
        for kind, condition in conditions.items()
    }
    return PaymentAttempt.objects.annotate(**told)


def _credit() -> Subquery:
    """What the payment of the attempt at hand has not settled."""
    paid: Any = with_credit(Payment.objects.filter(attempt=OuterRef("pk"), reversal=None)).order_by()
    return Subquery(paid.values("credit"))


def _overpaid() -> Any:
    """The attempts whose payment settled less than it brought: all sums at once, not one an attempt."""
    paid: Any = Payment.objects.filter(attempt__isnull=False, reversal=None).order_by()
    settled = Coalesce(Sum("allocations__amount"), ZERO, output_field=_EUROS)
    return paid.annotate(settled=settled).filter(amount__gt=F("settled")).values("attempt")


def _noted(kind: IncidentNote.Kind) -> Exists:
    return Exists(IncidentNote.objects.filter(attempt=OuterRef("pk"), kind=kind))


def _any() -> Q:
    found = Q()
    for kind in Kind:
        found |= Q(**{f"is_{kind.value}": True})
    return found
