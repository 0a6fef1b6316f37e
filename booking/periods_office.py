"""What agents read about périscotidien periods: where each one is, who has chosen and who has not."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, Least

from booking import catalogue
from booking.models import Admission, Period, PeriodChoice
from booking.recap import chosen_lines
from booking.rules.entitlements import Pupil, is_entitled
from booking.rules.periods import PeriodFacts, PeriodRefusal, why_not
from lps.families.models import Child, Custody, Enrollment, Household, SchoolClass
from lps.families.queries.school import in_school_order

Who = Literal["", "chosen", "silent", "reopened"]
WHO: tuple[Who, ...] = ("", "chosen", "silent", "reopened")


@dataclass(frozen=True, slots=True)
class Line:
    """A child of a household that may choose the period, with its last choice."""

    child: Child
    household: Household
    school_class: SchoolClass
    choice: PeriodChoice | None
    only: Collection[int] = ()

    @property
    def who(self) -> Who:
        """Whether it chose, must choose again, or has not chosen."""
        if self.choice is None:
            return "silent"
        return "reopened" if self.choice.reopened else "chosen"

    @property
    def lines(self) -> list[str]:
        """What it chose."""
        return chosen_lines(self.choice, only=self.only) if self.choice else []


def all_periods(*, today: date, sites: Collection[int] = (), activities: Collection[int] = ()) -> QuerySet[Period]:
    """Every period, the latest first, with how many choices of it stand.

    For an agent kept to some schools, choices for who sits there on its day nearest to today; kept to some activities,
    periods of these.
    """
    choices = PeriodChoice.objects.filter(period=OuterRef("pk"), reopening__isnull=True)
    if sites:
        nearest = Enrollment.objects.filter(
            child=OuterRef("child"),
            valid_during__contains=OuterRef(OuterRef("nearest_day")),
            school_class__site__in=list(sites),
        )
        choices = choices.filter(Exists(nearest))
    counted = choices.order_by().values("period").annotate(number=Count("pk")).values("number")
    rows = Period.objects.annotate(
        nearest_day=Least(Greatest(Value(today), F("first_day")), F("last_day")), chosen=Coalesce(Subquery(counted), 0)
    )
    if activities:
        offered = Period.activities.through.objects.filter(period=OuterRef("pk"), activity__in=list(activities))
        rows = rows.filter(Exists(offered))
    return rows.prefetch_related("activities").order_by("-first_day", "-pk")


def state(period: Period, *, at: datetime, zone: ZoneInfo) -> str:
    """In one word: "coming", "open", "closed" to families, "over"."""
    if at.astimezone(zone).date() > period.last_day:
        return "over"
    facts = PeriodFacts(
        pk=period.pk,
        first_day=period.first_day,
        last_day=period.last_day,
        offered={},
        opens_at=period.opens_at,
        closes_at=period.closes_at,
    )
    refusal = why_not(facts, is_chosen=False, at=at, zone=zone)
    if refusal is None:
        return "open"
    return "coming" if refusal.code == PeriodRefusal.NOT_YET_OPEN else "closed"


def lines(
    period: Period,
    *,
    today: date,
    sites: Collection[int] = (),
    activities: Collection[int] = (),
    school_class: int | None = None,
) -> list[Line]:
    """Every child who may choose it, by school, class and name, once a household: five statements, however many.

    The class and the household are those of today while the period lasts, else of its nearest day. What was chosen is
    told of these activities alone, where some are given.
    """
    day = min(max(today, period.first_day), period.last_day)
    seats = Enrollment.objects.filter(valid_during__contains=day, child__anonymized_at__isnull=True)
    if sites:
        seats = seats.filter(school_class__site__in=sites)
    if school_class is not None:
        seats = seats.filter(school_class=school_class)
    seats = seats.select_related("child", "school_class__site", "school_class__teacher")
    rows = list(seats.order_by("school_class__site__name", "school_class__name", "child__name_sort", "pk"))
    rows = _entitled(rows, period)
    homes = _homes(rows, day=day)
    last = _last_choices(period)
    return [
        Line(seat.child, home, seat.school_class, last.get((seat.child_id, home.pk)), activities)
        for seat in rows
        for home in homes.get(seat.child_id, ())
    ]


def classes_of(found: Iterable[Line]) -> list[SchoolClass]:
    """The classes of these children, by school and level."""
    return in_school_order({line.school_class.pk: line.school_class for line in found}.values())


def _entitled(seats: Iterable[Enrollment], period: Period) -> list[Enrollment]:
    facts = catalogue.read()
    offered = [facts.activities[one.pk] for one in period.activities.all() if one.pk in facts.activities]
    day = period.last_day
    named = set(
        Admission.objects.filter(
            activity__in=[activity.pk for activity in offered if activity.is_guarded],
            first_day__lte=day,
            last_day__gte=day,
        ).values_list("child", "activity")
    )
    return [
        seat
        for seat in seats
        if any(
            is_entitled(
                activity.ways,
                pupil=Pupil(
                    site_id=seat.school_class.site_id,
                    level=seat.school_class.level,
                    birth_date=seat.child.birth_date,
                ),
                day=day,
                admitted=(seat.child_id, activity.pk) in named,
                reserved=activity.is_reserved(day),
            )
            for activity in offered
        )
    ]


def _homes(seats: Iterable[Enrollment], *, day: date) -> dict[int, list[Household]]:
    found: dict[int, list[Household]] = {}
    held = Custody.objects.filter(child__in=[seat.child_id for seat in seats], valid_during__contains=day)
    for custody in held.select_related("household").order_by("household__name_sort", "pk"):
        found.setdefault(custody.child_id, []).append(custody.household)
    return found


def _last_choices(period: Period) -> dict[tuple[int, int], PeriodChoice]:
    rows = PeriodChoice.objects.filter(period=period.pk).select_related("receipt", "reopening").order_by("round", "pk")
    return {(choice.child_id, choice.household_id): choice for choice in rows}
