"""What the page of an activity's places shows: its days of a month at a school, and who has the places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from booking import api_queries
from booking.catalogue_page import Effects, touched
from booking.models import Activity, Closure, ServiceDay
from booking.services.places import Decided
from lps.families.queries.school import site_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A day: open or not, set by hand or not, its places and who has them; `left` None without a limit."""

    day: date
    is_open: bool
    by_hand: bool
    places: int | None
    booked: int
    offered: int
    waiting: int
    left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """A day of the grid, `is_in` the month or beside it: what is held on it, and the closure that shut it, if any."""

    day: date
    is_in: bool
    line: Line | None
    closure: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month and its neighbors, each by its first day."""

    first: date

    @classmethod
    def asked(cls, written: str, *, today: date) -> "Month":
        """The month asked for (`2026-12`), this one by default and for what is none."""
        try:
            first = date.fromisoformat(f"{written}-01")
        except ValueError:
            return cls(first=today.replace(day=1))
        return cls(first=first) if 2000 <= first.year <= 2199 else cls(first=today.replace(day=1))

    @property
    def last(self) -> date:
        return self.next - timedelta(days=1)

    @property
    def next(self) -> date:
        return (self.first + timedelta(days=31)).replace(day=1)

    @property
    def previous(self) -> date:
        return (self.first - timedelta(days=1)).replace(day=1)


def lines(activity: Activity, *, site_id: int, month: Month, at: datetime) -> list[Line]:
    """The days of the month: three statements."""
    rows = ServiceDay.objects.filter(activity=activity, site=site_id, day__range=(month.first, month.last))
    days = list(rows.order_by("day"))
    occupied = api_queries.occupied(days, at=at) if days else {}
    return [_line(row, occupied.get(row.pk, api_queries.FREE)) for row in days]


def weeks(month: Month, shown: Sequence[Line], closed: Mapping[date, int]) -> list[list[Square]]:
    """The month by weeks, Monday first; Saturdays and Sundays only where something is held on one of them."""
    lines, monday = {line.day: line for line in shown}, month.first - timedelta(days=month.first.weekday())
    weekdays = max([4, *(day.weekday() for day in lines)]) + 1
    return [
        [
            Square(day=day, is_in=day.month == month.first.month, line=lines.get(day), closure=closed.get(day))
            for day in (start + timedelta(days=rank) for rank in range(weekdays))
        ]
        for start in (monday + timedelta(weeks=rank) for rank in range(6))
        if start + timedelta(days=weekdays - 1) >= month.first and start <= month.last
    ]


def closed_by(activity: Activity, *, site_id: int, month: Month) -> dict[date, int]:
    """The closure that shuts each day of the month for this activity at this school: one statement."""
    standing = Closure.objects.filter(undone_at=None, school_class=None, first_day__lte=month.last)
    here = Q(site=None) | Q(site=site_id), Q(activity=None) | Q(activity=activity)
    rows = standing.filter(*here, last_day__gte=month.first).order_by("pk")
    return {
        first + timedelta(days=rank): pk
        for pk, first, last in rows.values_list("pk", "first_day", "last_day")
        for rank in range((last - first).days + 1)
    }


def effects(decided: Decided) -> Effects:
    """What setting days does, in numbers and names."""
    names = site_names()
    if decided.model is not None:
        plan = decided.model
        return Effects(
            opening=plan.opening,
            changing=plan.changing,
            closing=len(plan.close),
            kept=touched(plan.kept, names),
            crowded=touched(plan.crowded, names),
        )
    hand = decided.hand
    return Effects(
        opening=len(hand.create) + hand.reopened,
        changing=hand.changed,
        closing=len(hand.close),
        kept=touched(hand.held, names),
        crowded=touched(hand.crowded, names),
    )


def _line(row: ServiceDay, occupied: api_queries.Occupied) -> Line:
    return Line(
        day=row.day,
        is_open=row.open,
        by_hand=row.by_hand,
        places=row.places,
        booked=occupied.booked,
        offered=occupied.offered,
        waiting=occupied.waiting,
        left=occupied.left(row.places),
    )
