"""Whether a week needs a reminder: still empty, or unlike the weeks before it.

Explained with examples in `docs/rules/reminders.md`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from booking.rules.planning import Cell

# Activities with their weekdays, 0 being Monday: what a week looks like, whichever week it is.
Pattern = frozenset[tuple[int, int]]
_LAST_INSTANT = timedelta(microseconds=1)


class Why(StrEnum):
    EMPTY = "empty"
    DIFFERS = "differs"


def pattern(cells: Iterable[Cell]) -> Pattern:
    """What these cells look like, without their dates."""
    return frozenset((cell.activity_id, cell.day.weekday()) for cell in cells)


def usual(weeks: Sequence[Pattern]) -> Pattern:
    """The most frequent of these weeks, given from the latest to the oldest; of equals, the one seen last."""
    counted = Counter(weeks)
    return max(weeks, key=lambda week: counted[week]) if weeks else frozenset()


def why(*, offered: Pattern, booked: Pattern, habit: Pattern) -> Why | None:
    """Why a family is reminded of a week, None when nothing needs be said.

    Only what may be booked that week is compared: a public holiday or a closure is no difference. A family without a
    habit is reminded of an empty week alone; one whose usual days are all closed is not.
    """
    here, expected = booked & offered, habit & offered
    if not offered or here == expected != frozenset():
        return None
    if not here:
        return None if habit and not expected else Why.EMPTY
    return Why.DIFFERS if habit and here != expected else None


def is_eve(closes_at: datetime, *, today: date, zone: ZoneInfo) -> bool:
    """Whether the last day on which one is in time is tomorrow; the deadline itself (aware) is too late."""
    return (closes_at - _LAST_INSTANT).astimezone(zone).date() == today + timedelta(days=1)
