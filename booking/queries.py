"""Reads about service days and bookings: what a page shows, what the rule needs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from booking import catalogue as town_catalogue
from booking.catalogue import ActivityFacts, Catalogue, Place
from booking.models import (
    Activity,
    Admission,
    Attendance,
    Booking,
    JournalEntry,
    PeriodChoice,
    Receipt,
    ServiceDay,
    WaitingEntry,
)
from booking.rules.entitlements import Pupil, is_entitled
from booking.rules.planning import Cell, DayFacts, Situation
from lps.families.models import Child, Household
from lps.families.queries.custody import custody_ranges, days_within
from lps.families.queries.pupils import Schooling, schooling_of
from lps.kernel.prepared import Prepared, any_of, given

JOURNAL_PAGE = 50


class Held(NamedTuple):
    """A service day, as a row: a page reads hundreds of them."""

    pk: int
    activity_id: int
    site_id: int
    day: date
    open: bool
    places: int | None


class Standing(NamedTuple):
    """A booking that stands, as a row."""

    pk: int
    activity_id: int
    day: date
    household_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFacts:
    """The waiting list of a service day as one household sees it for one child, at an instant.

    `held` counts the places held by offers to others; `position` is the child's rank, from 1, 0 when it does not wait
    there; `accept_by` is set while a place is held for it.
    """

    waiters: int = 0
    held: int = 0
    position: int = 0
    accept_by: datetime | None = None


NOBODY_WAITS = WaitingFacts()

_SERVICE_DAYS = Prepared(
    lambda: (
        ServiceDay.objects.filter(day=any_of("days"), site=any_of("sites"), activity=any_of("activities"))
        .order_by()
        .values_list(*Held._fields)
    )
)
_STANDING = Prepared(
    lambda: (
        Booking.objects.standing()
        .filter(child=given("child"), day=any_of("days"), activity=any_of("activities"))
        .order_by()
        .values_list(*Standing._fields)
    )
)
_CHOICES = Prepared(
    lambda: (
        PeriodChoice.objects.filter(child=given("child"), household=given("household"), period=any_of("periods"))
        .select_related("receipt", "reopening")
        .order_by("round")
    )
)


@dataclass(frozen=True, slots=True)
class Days:
    """What stands on some days for one child: its class, the service days of its sites, its bookings, places taken."""

    birth_date: date | None
    schooling: Mapping[date, Schooling]
    service_days: Mapping[Cell, Held]
    bookings: Mapping[Cell, Standing]
    taken: Mapping[int, int]
    owned: frozenset[date]
    lists: Mapping[int, "WaitingFacts"] = field(default_factory=dict)
    admissions: Mapping[int, Sequence[tuple[date, date]]] = field(default_factory=dict)

    def may_book(self, activity: ActivityFacts, day: date) -> bool:
        """Whether the child is entitled to that activity on that day, by what it is or by name."""
        return not activity.is_guarded or is_entitled(
            activity.ways,
            pupil=self.pupil(day),
            day=day,
            admitted=any(first <= day <= last for first, last in self.admissions.get(activity.pk, ())),
            reserved=activity.is_reserved(day),
        )

    def place(self, day: date) -> Place:
        """Where the child is on that day."""
        at_school = self.schooling.get(day)
        return Place(at_school.site_id, at_school.school_class_id) if at_school else Place()

    def pupil(self, day: date) -> Pupil:
        """What an entitlement asks of the child on that day."""
        at_school = self.schooling.get(day)
        return Pupil(
            site_id=at_school.site_id if at_school else None,
            level=at_school.level if at_school else "",
            birth_date=self.birth_date,
        )


def has_catalogue() -> bool:
    """Whether the town has an activity at all."""
    return Activity.objects.exists()


def days_of_child(
    *,
    child: Child,
    household: Household,
    days: Sequence[date],
    activities: Collection[int],
    at: datetime,
    lock: bool = False,
) -> Days:
    """Read these days and activities of a child's planning: six statements at most, however many, one more with
    `lock`, and one more for an activity that is not open to all.

    An offer to somebody who waits holds its place until its hour, judged at `at` (aware). With `lock`, the service
    days that have a number of places are locked in the order of their keys before their places are counted: two
    parents who want the last one are served one after the other.
    """
    schooling = schooling_of(child, days=days)
    service_days = _service_days(schooling, days, activities)
    limited = sorted(held.pk for held in service_days.values() if held.places is not None)
    if lock and limited:
        service_days |= {Cell(held.activity_id, held.day): held for held in _locked(limited)}
    found = map(Standing._make, _STANDING.rows(child=child.pk, days=list(days), activities=list(activities)))
    return Days(
        birth_date=child.birth_date,
        schooling=schooling,
        service_days=service_days,
        bookings={Cell(booking.activity_id, booking.day): booking for booking in found},
        taken=_places_taken(limited) if limited else {},
        owned=_days_owned(child, household, days),
        lists=_waiting_lists(limited, child=child, household=household, at=at) if limited else {},
        admissions=admissions_of(child, activities=activities),
    )


def situation(
    *, household: Household, days: Days, cells: Iterable[Cell], catalogue: Catalogue, zone: ZoneInfo
) -> Situation:
    """What the rule judges: the facts of each cell asked whose activity exists, and of those tied to it that day."""
    tied = {Cell(other, cell.day) for cell in cells for other in catalogue.tied_to([cell.activity_id])}
    known = {cell for cell in tied if cell.activity_id in catalogue.activities}
    return Situation(
        household_id=household.pk,
        cells={cell: facts(cell, days=days, catalogue=catalogue) for cell in known},
        calendar=catalogue.calendar,
        zone=zone,
        incompatible=catalogue.incompatible,
        together=catalogue.together,
    )


def facts(cell: Cell, *, days: Days, catalogue: Catalogue) -> DayFacts:
    """The facts of one cell, without any statement."""
    held = days.service_days.get(cell)
    booking = days.bookings.get(cell)
    activity = catalogue.activities[cell.activity_id]
    waiting = days.lists.get(held.pk, NOBODY_WAITS) if held else NOBODY_WAITS
    offered = waiting.accept_by is not None
    return DayFacts(
        open=held is not None
        and held.open
        and not activity.retired
        and not _is_closed_for_the_class(cell, days, catalogue),
        rule=activity.rule,
        capacity=held.places if held else None,
        taken=days.taken.get(held.pk, 0) + (0 if offered else waiting.held) if held else 0,
        waiters=waiting.waiters,
        offered=offered,
        booked_by=booking.household_id if booking else None,
        entitled=not activity.is_guarded or days.may_book(activity, cell.day),
        may_change=cell.day in days.owned,
    )


def _is_closed_for_the_class(cell: Cell, days: Days, catalogue: Catalogue) -> bool:
    return bool(catalogue.closures) and catalogue.is_closed_for_the_class(
        cell.day, place=days.place(cell.day), activity_id=cell.activity_id
    )


def admissions_of(child: Child, *, activities: Collection[int]) -> dict[int, list[tuple[date, date]]]:
    """The days on which the child is admitted by name, by activity: no statement when these are all open to all."""
    facts = town_catalogue.read()
    guarded = [pk for pk in activities if (known := facts.activities.get(pk)) and known.is_guarded]
    found: dict[int, list[tuple[date, date]]] = {}
    if guarded:
        rows = Admission.objects.filter(child=child, activity__in=guarded).order_by("pk")
        for activity, first, last in rows.values_list("activity", "first_day", "last_day"):
            found.setdefault(activity, []).append((first, last))
    return found


def choices_of(*, child: Child, household: Household, periods: Collection[int]) -> dict[int, PeriodChoice]:
    """What a household chose last of these periods for a child, by period, with its receipt: one statement at most.

    One that an agent reopened is among them (`PeriodChoice.reopened`): another may follow it.
    """
    if not periods:
        return {}
    chosen = _CHOICES.instances(child=child.pk, household=household.pk, periods=list(periods))
    return {choice.period_id: choice for choice in chosen}


def days_held(*, activity_id: int, site_id: int, after: date, number: int) -> list[date]:
    """The next days on which an activity is held at a site."""
    held = ServiceDay.objects.filter(activity=activity_id, site=site_id, open=True, day__gt=after).order_by("day")
    return list(held.values_list("day", flat=True)[:number])


def receipt_of(*, household: Household, number: str) -> Receipt | None:
    """The household's receipt of that number (`R-2026-000123`), or None: nobody else's is ever found."""
    head, _, pk = number.rpartition("-")
    if not (pk.isascii() and pk.isdigit() and len(pk) <= 18):
        return None
    rows = Receipt.objects.filter(household=household, pk=int(pk)).select_related("child", "period_choice__period")
    found = rows.first()
    return found if found and found.number == number else None


def canceled_though_seen(receipt: Receipt, *, only: Collection[int] = ()) -> list[Attendance]:
    """Where the roll says present on a day that this receipt canceled, and nothing was booked again since."""
    canceled = JournalEntry.objects.filter(
        receipt=receipt, after=False, activity=OuterRef("service_day__activity"), day=OuterRef("service_day__day")
    )
    booked = Booking.objects.standing().filter(child=OuterRef("child"), service_day=OuterRef("service_day"))
    seen = Attendance.objects.filter(
        Exists(canceled), ~Exists(booked), child=receipt.child_id, state=Attendance.State.PRESENT
    )
    kept = seen.filter(service_day__activity__in=only) if only else seen
    return list(kept.select_related("service_day__activity").order_by("service_day__day", "pk"))


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


def journal_of_family(
    *,
    household: Household,
    children: Collection[int],
    day: date | None = None,
    activities: Collection[int] = (),
    kept: bool = False,
    before: int | None = None,
    limit: int = JOURNAL_PAGE,
) -> list[JournalEntry]:
    """What a household changed and what changed for its children, newest first, one more than `limit` when there are
    others; of one booked day when it is given, of these activities when some are, of no other child when `kept`.
    """
    theirs = Q(child__in=list(children))
    found = JournalEntry.objects.filter(theirs if kept else theirs | Q(household=household))
    if activities:
        found = found.filter(activity__in=list(activities))
    if day is not None:
        found = found.filter(day=day)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.select_related("receipt", "child").order_by("-pk")[: limit + 1])


def _service_days(
    schooling: Mapping[date, Schooling], days: Sequence[date], activities: Collection[int]
) -> dict[Cell, Held]:
    """The service days of the child's site on each day."""
    if not schooling:
        return {}
    sites = {at_school.site_id for at_school in schooling.values()}
    rows = _SERVICE_DAYS.rows(days=list(days), sites=list(sites), activities=list(activities))
    found = map(Held._make, rows)
    return {
        Cell(held.activity_id, held.day): held
        for held in found
        if (at_school := schooling.get(held.day)) and at_school.site_id == held.site_id
    }


def _locked(pks: Collection[int]) -> list[Held]:
    """Lock these service days and read them again: their places may have changed while we waited."""
    rows = ServiceDay.objects.filter(pk__in=pks).select_for_update(of=("self",), no_key=True).order_by("pk")
    return [Held._make(row) for row in rows.values_list(*Held._fields)]


def _places_taken(service_days: Collection[int]) -> dict[int, int]:
    counted = Booking.objects.standing().filter(service_day__in=service_days).values_list("service_day")
    return dict(counted.annotate(number=Count("pk")).order_by())


def _waiting_lists(
    service_days: Collection[int], *, child: Child, household: Household, at: datetime
) -> dict[int, WaitingFacts]:
    """The lists of these days in their provable order: one statement."""
    rows = WaitingEntry.objects.filter(service_day__in=service_days, state__in=WaitingEntry.OPEN)
    by_day: dict[int, list[WaitingEntry]] = {}
    for entry in rows.order_by("service_day", "priority", "joined_at", "pk"):
        by_day.setdefault(entry.service_day_id, []).append(entry)
    return {pk: _waiting_facts(entries, child, household, at) for pk, entries in by_day.items()}


def _waiting_facts(entries: Sequence[WaitingEntry], child: Child, household: Household, at: datetime) -> WaitingFacts:
    offers = [entry for entry in entries if entry.accept_by is not None and entry.accept_by > at]
    waiting = [entry for entry in entries if entry.state == WaitingEntry.State.WAITING]
    mine = next((entry for entry in offers if _is_of(entry, child, household)), None)
    ranks = [rank for rank, entry in enumerate(waiting, start=1) if _is_of(entry, child, household)]
    return WaitingFacts(
        waiters=len(waiting),
        held=len(offers) - (mine is not None),
        position=ranks[0] if ranks else 0,
        accept_by=mine.accept_by if mine else None,
    )


def _is_of(entry: WaitingEntry, child: Child, household: Household) -> bool:
    return (entry.child_id, entry.household_id) == (child.pk, household.pk)


def _days_owned(child: Child, household: Household, days: Sequence[date]) -> frozenset[date]:
    """The days on which the household has the child."""
    if not days:
        return frozenset()
    held = custody_ranges(child, household=household)
    return frozenset(day for during in held for day in days_within(during, days))


def bookings_by(household: Household) -> QuerySet[Booking]:
    """Every booking that the household made, canceled or not, for its own data."""
    return Booking.objects.filter(household=household).select_related("child", "activity", "service_day__site")


def changes_by(household: Household) -> QuerySet[JournalEntry]:
    """Every change that the household made or that was made in its name, for its own data."""
    return JournalEntry.objects.filter(household=household).select_related("child", "receipt")
