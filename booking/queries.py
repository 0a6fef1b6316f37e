"""Reads about service days and bookings: what a page shows, what the rule needs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from booking.catalogue import Catalogue
from booking.models import Booking, JournalEntry, Receipt, ServiceDay
from booking.rules.planning import Cell, DayFacts, Situation
from lps.families.models import Child, Household
from lps.families.queries import custodies_of, sites_of

JOURNAL_PAGE = 50


@dataclass(frozen=True, slots=True)
class Days:
    """What stands on some days for one child: the service days of its sites, its bookings, the places taken."""

    service_days: Mapping[Cell, ServiceDay]
    bookings: Mapping[Cell, Booking]
    taken: Mapping[int, int]
    owned: frozenset[date]


def days_of_child(*, child: Child, household: Household, days: Sequence[date], lock: bool = False) -> Days:
    """Read these days of a child's planning: five statements, one more with `lock`, whatever their number.

    With `lock`, the service days that have a number of places are locked in the order of their keys
    before their places are counted: two parents who want the last one are served one after the other.
    """
    sites = sites_of(child, days=days)
    candidates = ServiceDay.objects.filter(day__in=days, site__in=set(sites.values()))
    service_days = {
        Cell(found.activity_id, found.day): found for found in candidates if sites.get(found.day) == found.site_id
    }
    limited = sorted(found.pk for found in service_days.values() if found.places is not None)
    if lock and limited:
        _lock_service_days(limited)
    standing = Booking.objects.standing().filter(child=child, day__in=days)
    return Days(
        service_days=service_days,
        bookings={Cell(booking.activity_id, booking.day): booking for booking in standing},
        taken=_places_taken(limited) if limited else {},
        owned=_days_owned(child, household, days),
    )


def situation(
    *, household: Household, days: Days, cells: Iterable[Cell], catalogue: Catalogue, zone: ZoneInfo
) -> Situation:
    """What the rule judges: the facts of each cell whose activity exists."""
    known = {cell for cell in cells if cell.activity_id in catalogue.activities}
    return Situation(
        household_id=household.pk,
        cells={cell: facts(cell, days=days, catalogue=catalogue) for cell in known},
        calendar=catalogue.calendar,
        zone=zone,
    )


def facts(cell: Cell, *, days: Days, catalogue: Catalogue) -> DayFacts:
    """The facts of one cell, without any statement."""
    service_day = days.service_days.get(cell)
    booking = days.bookings.get(cell)
    return DayFacts(
        open=service_day is not None and service_day.open,
        rule=catalogue.activities[cell.activity_id].rule,
        capacity=service_day.places if service_day else None,
        taken=days.taken.get(service_day.pk, 0) if service_day else 0,
        booked_by=booking.household_id if booking else None,
        may_change=cell.day in days.owned,
    )


def days_held(*, activity_id: int, site_id: int, after: date, number: int) -> list[date]:
    """The next days on which an activity is held at a site."""
    held = ServiceDay.objects.filter(activity=activity_id, site=site_id, open=True, day__gt=after).order_by("day")
    return list(held.values_list("day", flat=True)[:number])


def receipt_of(*, household: Household, number: str) -> Receipt | None:
    """The household's receipt of that number (`R-2026-000123`), or None: nobody else's is ever found."""
    head, _, pk = number.rpartition("-")
    if not (pk.isascii() and pk.isdigit() and len(pk) <= 18):
        return None
    found = Receipt.objects.filter(household=household, pk=int(pk)).select_related("child").first()
    return found if found and found.number == number else None


def receipts_of(household: Household, *, before: int | None = None, limit: int = JOURNAL_PAGE) -> list[Receipt]:
    """The household's receipts, newest first, one more than `limit` when there are others."""
    found = Receipt.objects.filter(household=household).select_related("child").annotate(changes=Count("entries"))
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[: limit + 1])


def journal_of(
    *, child: Child, household: Household, before: int | None = None, limit: int = JOURNAL_PAGE
) -> list[JournalEntry]:
    """What changed in a child's planning, newest first, one more than `limit` when there are others.

    The other household's changes are told too (the days are the child's), without its receipt.
    """
    found = JournalEntry.objects.filter(child=child).select_related("receipt")
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found[: limit + 1])


def _lock_service_days(pks: Collection[int]) -> None:
    list(
        ServiceDay.objects.filter(pk__in=pks)
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
        .values_list("pk")
    )


def _places_taken(service_days: Collection[int]) -> dict[int, int]:
    counted = Booking.objects.standing().filter(service_day__in=service_days).values_list("service_day")
    return dict(counted.annotate(number=Count("pk")).order_by())


def _days_owned(child: Child, household: Household, days: Sequence[date]) -> frozenset[date]:
    """The days on which the household has the child."""
    if not days:
        return frozenset()
    held = custodies_of(child).filter(household=household).values_list("valid_during", flat=True)
    return frozenset(day for day in days if any(day in during for during in held))


def standing_bookings_of(household: Household) -> list[Booking]:
    """Every booking that the household made and did not cancel, for its own data."""
    return list(
        Booking.objects.standing().filter(Q(household=household)).select_related("child", "activity", "service_day")
    )
