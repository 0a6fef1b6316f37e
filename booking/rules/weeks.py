"""ISO weeks, written `2014-W42`: Monday to Sunday, numbered as on a French calendar."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

FIRST_YEAR, LAST_YEAR = 2000, 2199
"""The years an address may ask for: far enough from the ends of the calendar to page on from any of them."""

_WRITTEN = re.compile(r"([0-9]{4})-W([0-9]{2})")


class WeekError(ValueError):
    """This text or these numbers name no week."""


@dataclass(frozen=True, order=True)
class Week:
    """One ISO week. Its year is the week's: 29/12/2014 is in `2015-W01`."""

    year: int
    number: int

    def __post_init__(self) -> None:
        try:
            date.fromisocalendar(self.year, self.number, 1)
        except ValueError as error:
            raise WeekError(f"no week {self.number} in {self.year}") from error

    @classmethod
    def of(cls, day: date) -> "Week":
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @classmethod
    def parse(cls, text: str) -> "Week":
        """Read exactly what `str` writes; raise WeekError for anything else."""
        written = _WRITTEN.fullmatch(text)
        if written is None:
            raise WeekError(f"not a week: {text!r}")
        year, number = int(written[1]), int(written[2])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise WeekError(f"year out of reach: {text!r}")
        return cls(year, number)

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.number:02}"

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 7)

    @property
    def next(self) -> "Week":
        return self.shifted(1)

    @property
    def previous(self) -> "Week":
        return self.shifted(-1)

    def shifted(self, weeks: int) -> "Week":
        return Week.of(self.monday + timedelta(weeks=weeks))


def days_of(week: Week) -> tuple[date, ...]:
    """The seven days, Monday first."""
    monday = week.monday
    return tuple(monday + timedelta(days=n) for n in range(7))
