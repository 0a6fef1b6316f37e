"""Which days have school, which are worked: the facts that deadlines count with."""

from dataclasses import dataclass
from datetime import date, timedelta

from booking.rules.weeks import Week, days_of

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)


@dataclass(frozen=True, kw_only=True)
class SchoolCalendar:
    """One school's calendar: public holidays, school holidays (both ends included) and the weekdays of class."""

    public_holidays: frozenset[date] = frozenset()
    vacations: tuple[tuple[date, date], ...] = ()
    school_weekdays: frozenset[int] = frozenset({MONDAY, TUESDAY, THURSDAY, FRIDAY})

    def __post_init__(self) -> None:
        if not self.school_weekdays or not self.school_weekdays <= frozenset(range(7)):
            raise ValueError("a school week has one to seven weekdays, Monday being 0")
        if any(first > last for first, last in self.vacations):
            raise ValueError("school holidays end before they begin")

    def is_public_holiday(self, day: date) -> bool:
        return day in self.public_holidays

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday outside public holidays (jour ouvré)."""
        return day.weekday() <= FRIDAY and day not in self.public_holidays

    def is_vacation(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.vacations)

    def is_school_day(self, day: date) -> bool:
        return day.weekday() in self.school_weekdays and day not in self.public_holidays and not self.is_vacation(day)

    def week_has_school(self, week: Week) -> bool:
        return any(self.is_school_day(day) for day in days_of(week))

    def is_in_term(self, day: date) -> bool:
        """Outside school holidays, in a week that has school: so Wednesdays and Saturdays may be in term too."""
        return not self.is_vacation(day) and self.week_has_school(Week.of(day))

    def working_day_before(self, day: date) -> date:
        """The last working day strictly before this one."""
        day -= timedelta(days=1)
        while not self.is_working_day(day):
            day -= timedelta(days=1)
        return day

    def working_day_after(self, day: date) -> date:
        """The first working day strictly after this one."""
        day += timedelta(days=1)
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day

    def school_day_before(self, day: date) -> date:
        """The last school day strictly before this one."""
        day -= timedelta(days=1)
        while not self.is_school_day(day):
            day -= timedelta(days=1)
        return day
