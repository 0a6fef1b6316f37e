"""What the pages of quotients read: what a family proved, who proved nothing for a day, which invoices a day meets."""

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q

from billing.models import BillingRun, HouseholdTerms, Invoice, Quotient
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


def _holds(row: Quotient, day: date) -> bool:
    first, end = row.valid_during.lower, row.valid_during.upper
    return (first is None or first <= day) and (end is None or day < end)
