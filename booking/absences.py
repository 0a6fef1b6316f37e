"""Reads about absences: those of a family, those to examine, the bookings that each is about."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import DateField, Exists, OuterRef, Q, QuerySet

from booking import catalogue
from booking.models import Absence, Booking
from booking.rules.deadlines import Action
from booking.rules.planning import Cell, Timing
from lps.accounts.actors import Agent
from lps.families.models import Household
from lps.families.queries.pupils import pupils_at
from lps.journal.actors import Actor
from lps.kernel.prepared import Prepared, given

State = Absence.State


@dataclass(frozen=True, slots=True)
class Concerned:
    """A booking that an absence is about; `cancelable` while the family may still cancel it itself."""

    activity: str
    day: date
    cancelable: bool


def of_household(household: Household) -> QuerySet[Absence]:
    """What a family declared, or an agent noted for it, the latest first."""
    rows = Absence.objects.filter(household=household).select_related("child")
    return rows.prefetch_related("activities").order_by("-declared_at", "-pk")


def seen_by(agent: Actor | None) -> QuerySet[Absence]:
    """The absences that an agent may read: of its schools and its activities, where it is kept to some."""
    found = Absence.objects.select_related("child", "household").prefetch_related("activities")
    if not isinstance(agent, Agent):
        return found.none()
    if agent.sites:
        found = found.filter(child__in=pupils_at(agent.sites))
    if agent.activities:
        named = Absence.activities.through.objects.filter(absence=OuterRef("pk"))
        theirs = named.filter(activity__in=list(agent.activities))
        found = found.filter(Exists(theirs) | ~Exists(named))
    return found


def to_examine(agent: Actor | None) -> QuerySet[Absence]:
    """Those that wait for an answer, the oldest first."""
    return seen_by(agent).filter(state=State.DECLARED).order_by("declared_at", "pk")


def examined(agent: Actor | None) -> QuerySet[Absence]:
    """The others, the last answered first."""
    return seen_by(agent).exclude(state=State.DECLARED).order_by("-answered_at", "-pk")


def standing(
    *, child: int, household: int, first_day: date, last_day: date, activities: Collection[int]
) -> QuerySet[Booking]:
    """The bookings of a child by a household on these days, both included; of all activities when none is given."""
    found = Booking.objects.standing().filter(child=child, household=household, day__range=(first_day, last_day))
    return found.filter(activity__in=list(activities)) if activities else found


def concerned(absence: Absence, *, zone: ZoneInfo, at: datetime, only: Collection[int] = ()) -> list[Concerned]:
    """The bookings that an absence is about, by day: one statement beside the catalogue's.

    Of these activities alone when some are given.
    """
    facts = catalogue.read()
    timing = Timing(calendar=facts.calendar, zone=zone, at=at)
    rows = standing(
        child=absence.child_id,
        household=absence.household_id,
        first_day=absence.first_day,
        last_day=absence.last_day,
        activities=[one.pk for one in absence.activities.all()],
    )
    return [
        Concerned(
            activity.name,
            booking.day,
            timing.refusal(Action.CANCEL, day=booking.day, rule=activity.rule) is None,
        )
        for booking in rows.order_by("day", "activity__order", "pk")
        if (activity := facts.activities.get(booking.activity_id)) and (not only or activity.pk in only)
    ]


class Declared(NamedTuple):
    """A declaration, as a row: one for each activity that it names, one without any when it is about all."""

    pk: int
    child_id: int
    first_day: date
    last_day: date
    state: str
    declared_at: datetime
    answered_at: datetime | None
    activity_id: int | None

    def is_about(self, child_id: int, cell: Cell) -> bool:
        """Whether it is about a booking of this child."""
        return (
            self.child_id == child_id
            and self.first_day <= cell.day <= self.last_day
            and self.activity_id in (None, cell.activity_id)
        )

    @property
    def number(self) -> str:
        """What the family quotes."""
        return Absence(pk=self.pk).number

    @property
    def stands(self) -> bool:
        """Whether its family left it, whatever the town answered."""
        return self.state != State.WITHDRAWN

    @property
    def said_at(self) -> datetime:
        """Since when the family says so, or no longer does."""
        return self.declared_at if self.stands or self.answered_at is None else self.answered_at


_DECLARED = Prepared(
    lambda: (
        Absence.objects.filter(
            household=given("household"),
            first_day__lte=given("last_day", DateField()),
            last_day__gte=given("first_day", DateField()),
        )
        .order_by("pk")
        .values_list(*Declared._fields[:-1], "activities")
    )
)


def declared(household_id: int, *, first_day: date, last_day: date) -> list[Declared]:
    """What a household declared of these days, both included, withdrawn or not, in the order of declaration.

    One statement. What the other household of a child declared is not among it.
    """
    return [Declared(*row) for row in _DECLARED.rows(household=household_id, first_day=first_day, last_day=last_day)]


def told_of(cells: Iterable[Cell], rows: Iterable[Declared], *, child_id: int) -> Mapping[Cell, Declared]:
    """The last declaration that stands of each of these bookings of a child, for those that have one."""
    asked = list(cells)
    return {cell: row for row in rows if row.stands for cell in asked if row.is_about(child_id, cell)}


@dataclass(frozen=True, slots=True)
class Excused:
    """A booking that an accepted absence excuses: what billing asks."""

    booking_id: int
    child_id: int
    household_id: int
    activity_id: int
    day: date


def excused(*, first_day: date, last_day: date, households: Sequence[int] | None = None) -> list[Excused]:
    """The bookings that stand on these days, both included, and that an accepted absence of the same family excuses.

    One statement; of these households alone when some are given.
    """
    accepted = Absence.objects.filter(
        child=OuterRef("child"),
        household=OuterRef("household"),
        first_day__lte=OuterRef("day"),
        last_day__gte=OuterRef("day"),
        state=State.ACCEPTED,
    )
    of_activity = accepted.filter(Q(activities=OuterRef("activity")) | Q(activities__isnull=True))
    rows = Booking.objects.standing().filter(Exists(of_activity), day__range=(first_day, last_day))
    if households is not None:
        rows = rows.filter(household__in=list(households))
    fields = rows.order_by("day", "pk").values_list("pk", "child", "household", "activity", "day")
    return [Excused(*row) for row in fields]
