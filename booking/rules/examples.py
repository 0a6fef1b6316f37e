"""Which days of service show best what a deadline rule does: the next ones, and those that holidays move."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from booking.rules.calendar import SchoolCalendar

_NEAR = timedelta(days=7)


class Why(StrEnum):
    """Why a day is shown."""

    NEXT = "next"
    AFTER_PUBLIC_HOLIDAY = "after_public_holiday"
    AFTER_VACATION = "after_vacation"


@dataclass(frozen=True, slots=True)
class Example:
    """A day of service to try a rule on."""

    day: date
    why: Why


def example_days(days: Sequence[date], *, calendar: SchoolCalendar, number: int = 4) -> list[Example]:
    """The next days, then the first in the week after a public holiday and the first in the week after school holidays.

    `days` are days of service in order; none comes twice. A public holiday within school holidays shows nothing more.
    """
    ends = [last for _, last in calendar.vacations]
    holidays = calendar.public_holidays
    found = dict.fromkeys(days[:number], Why.NEXT)
    for why, is_such in (
        (Why.AFTER_PUBLIC_HOLIDAY, lambda day: _follows(day, holidays) and not _follows(day, ends)),
        (Why.AFTER_VACATION, lambda day: _follows(day, ends)),
    ):
        if (day := _first(days, is_such)) is not None:
            found[day] = why
    return [Example(day, found[day]) for day in sorted(found)]


def _first(days: Sequence[date], is_such: Callable[[date], bool]) -> date | None:
    return next((day for day in days if is_such(day)), None)


def _follows(day: date, dates: "Sequence[date] | frozenset[date]") -> bool:
    return any(other < day <= other + _NEAR for other in dates)
