"""What the pages of quotients read: what a family proved, who proved nothing for a day, which invoices a day meets."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Exists, OuterRef, Q

from billing.models import BillingRun, BillingSettings, HouseholdTerms, Invoice, Quotient, Tariff, TariffPrice
from lps.families.models import Custody, Household


def of_household(household: Household) -> list[Quotient]:
    """Its quotients, the last one first."""
    return list(Quotient.objects.filter(household=household).order_by("-valid_during"))


def in_force(rows: list[Quotient], day: date) -> Quotient | None:
    """The one of that day."""
    return next((row for row in rows if _holds(row, day)), None)


def residence(household: Household) -> bool | None:
    """What an agent decided, None for nothing."""
    return HouseholdTerms.objects.filter(household=household).values_list("resident", flat=True).first()


def issued_since(household: Household, day: date) -> list[Invoice]:
    """The invoices issued for days from that one on, corrections apart: a quotient proved late may correct them."""
    states = (BillingRun.State.PUBLISHED, BillingRun.State.CLOSED, BillingRun.State.VALIDATED)
    rows = Invoice.objects.filter(household=household, run__state__in=states, run__last_day__gte=day)
    return list(rows.exclude(run__kind=BillingRun.Kind.CORRECTION).order_by("year", "rank"))


def without_proof(day: date) -> Any:
    """A queryset: the households that have a child on that day and no quotient, by name."""
    proved = Quotient.objects.filter(household=OuterRef("pk"), valid_during__contains=day)
    has_child = Custody.objects.filter(household=OuterRef("pk"), valid_during__contains=day)
    return Household.objects.filter(Exists(has_child), ~Q(Exists(proved))).order_by("name", "pk")


def horizon(today: date) -> date | None:
    """Until when a missing proof is announced; None when the town announces none, or no price depends on quotients."""
    found = BillingSettings.objects.filter(pk=1).first() or BillingSettings(pk=1)
    if not found.quotient_warning_days:
        return None
    last = today + timedelta(days=found.quotient_warning_days)
    versions = Tariff.objects.filter(valid_during__overlap=DateRange(today, last, "[]"))
    several = TariffPrice.objects.filter(tariff=OuterRef("pk"), qf__startswith__gt=0)
    return last if versions.filter(Q(basis=Tariff.Basis.EFFORT) | Exists(several)).exists() else None


def first_day_without(rows: Iterable[Quotient], today: date, last: date) -> date | None:
    """The first day from today to the last one that none of these quotients covers."""
    day = today
    for row in sorted(rows, key=lambda one: one.valid_during.lower or date.min):
        if _holds(row, day):
            if row.valid_during.upper is None:
                return None
            day = row.valid_during.upper
    return day if day <= last else None


def announced(household: Household, today: date) -> tuple[date, bool] | None:
    """From when a household pays the top bracket for want of a proof, and whether it has one until then; None for a
    household whose proofs go on, or in a town that announces nothing: three statements at most.
    """
    last = horizon(today)
    if last is None:
        return None
    day = first_day_without(of_household(household), today, last)
    return None if day is None else (day, day > today)


def _holds(row: Quotient, day: date) -> bool:
    first, end = row.valid_during.lower, row.valid_during.upper
    return (first is None or first <= day) and (end is None or day < end)
