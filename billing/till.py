"""What the till reads: a day by means, its lines, the days not closed yet, cheques that wait for a slip."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from billing import desk
from billing.desk import DESK_MEANS, Means
from billing.models import CashOffice, Payment, Remittance, TillDay
from billing.rules.money import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class ByMeans:
    """What a till received by one means, reversals taken off."""

    label: str
    number: int
    amount: Decimal


def lines(office: CashOffice, *, first: date, last: date, agent: str = "") -> QuerySet[Payment]:
    """What a régie's till received from a day to another, in the order of receipts; of one agent when named."""
    rows = desk.payments().filter(cash_office=office, day__range=(first, last), means__in=DESK_MEANS)
    rows = rows.filter(noted_by=agent) if agent else rows
    return rows.prefetch_related(desk.settling()).order_by("day", "year", "rank")


def by_means(rows: QuerySet[Payment]) -> list[ByMeans]:
    """These payments by means, in the order of the desk: one statement."""
    found = rows.order_by().values_list("means").annotate(receipts=Count("pk"), total=Sum("amount"))
    totals = {means: (number, total) for means, number, total in found}
    return [
        ByMeans(label=str(Means(one).label), number=totals[one][0], amount=totals[one][1])
        for one in DESK_MEANS
        if one in totals
    ]


def expected_cash(office: CashOffice, *, day: date) -> Decimal:
    """The cash that a day's till should hold, its float left out."""
    rows = Payment.objects.filter(cash_office=office, day=day, means=Means.CASH)
    total: Decimal | None = rows.aggregate(total=Sum("amount"))["total"]
    return total or ZERO


def days(office: CashOffice) -> QuerySet[TillDay]:
    """The days of a till, the latest first."""
    return TillDay.objects.filter(cash_office=office).order_by("-day", "pk")


def forgotten(office: CashOffice, *, today: date) -> Sequence[TillDay]:
    """Days before this one that received something and were not closed, the oldest first."""
    received = Payment.objects.filter(cash_office=office, means__in=DESK_MEANS).values("day")
    return list(days(office).filter(day__lt=today, closed_at__isnull=True, day__in=received).order_by("day")[:31])


def agents(office: CashOffice, *, first: date, last: date) -> list[str]:
    """Who noted payments between two days."""
    rows = Payment.objects.filter(cash_office=office, day__range=(first, last), means__in=DESK_MEANS)
    return list(rows.order_by("noted_by").values_list("noted_by", flat=True).distinct())


def waiting_cheques(office: CashOffice) -> QuerySet[Payment]:
    """The cheques that went with no slip, those reversed left out, in the order of receipts."""
    rows = Payment.objects.filter(cash_office=office, means=Means.CHEQUE, reverses__isnull=True, reversal__isnull=True)
    return rows.filter(remitted__isnull=True).select_related("household").order_by("year", "rank")


def remittances(office: CashOffice) -> QuerySet[Any]:
    """The slips of a régie, the latest first, with how many cheques and their total."""
    rows = Remittance.objects.filter(cash_office=office).annotate(
        number=Count("cheques"), total=Sum("cheques__payment__amount")
    )
    return rows.order_by("-pk")


def cheques_of(remittance: Remittance) -> list[Payment]:
    """The cheques of a slip, in the order of receipts."""
    rows = Payment.objects.filter(remitted__remittance=remittance).select_related("household")
    return list(rows.order_by("year", "rank"))
