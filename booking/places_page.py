"""What the page of an activity's places shows: its days of a month at a school, and who has the places."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from booking import api_queries
from booking.catalogue_page import Effects, touched
from booking.models import Activity, ServiceDay
from booking.services.places import Decided
from lps.families.queries import site_names


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
