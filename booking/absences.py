"""Reads about absences: those of a family, those to examine, the bookings that each is about."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from booking import catalogue
from booking.models import Absence, Booking
from booking.rules.deadlines import Action
from booking.rules.planning import Timing
from lps.accounts.actors import Agent
from lps.families.models import Household
from lps.families.queries.pupils import pupils_at
from lps.journal.actors import Actor

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
