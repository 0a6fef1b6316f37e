"""What the pages of quotients read: what a family proved, who proved nothing for a day, which invoices a day meets."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.models import (
    BillingRun,
    BillingSettings,
    HouseholdTerms,
    Invoice,
    Quotient,
    QuotientProof,
    Tariff,
    TariffPrice,
)
from lps.accounts.actors import Agent
from lps.families.models import Custody, Household
from lps.families.queries.pupils import households_at
from lps.journal.actors import Actor
from lps.kernel import clock
from tenants import context

PROOFS_SHOWN = 10


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
    return last if matter(today, last) else None


def matter(first_day: date, last_day: date) -> bool:
    """Whether some price of these days depends on the quotient: one statement."""
    versions = Tariff.objects.filter(valid_during__overlap=DateRange(first_day, last_day, "[]"))
    several = TariffPrice.objects.filter(tariff=OuterRef("pk"), qf__startswith__gt=0)
    return versions.filter(Q(basis=Tariff.Basis.EFFORT) | Exists(several)).exists()


def proofs_seen_by(agent: Actor | None) -> QuerySet[QuotientProof]:
    """The proofs that an agent may read: of the families that have a child at its schools, where it is kept to some."""
    found = QuotientProof.objects.select_related("household")
    if not isinstance(agent, Agent):
        return found.none()
    if agent.sites:
        found = found.filter(household__in=households_at(agent.sites, day=clock.today(context.current().zone)))
    return found


def proofs_to_examine(agent: Actor | None) -> QuerySet[QuotientProof]:
    """Those that wait for an answer, the oldest first."""
    return proofs_seen_by(agent).filter(state=QuotientProof.State.SENT).order_by("sent_at", "pk")


def proofs_examined(agent: Actor | None) -> QuerySet[QuotientProof]:
    """Those that were answered, the last one first."""
    answered = (QuotientProof.State.ACCEPTED, QuotientProof.State.REFUSED)
    return proofs_seen_by(agent).filter(state__in=answered).order_by("-answered_at", "-pk")


def proofs_of(household: Household) -> list[QuotientProof]:
    """What a family sent, the last one first."""
    return list(QuotientProof.objects.filter(household=household).order_by("-sent_at", "-pk")[:PROOFS_SHOWN])


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
