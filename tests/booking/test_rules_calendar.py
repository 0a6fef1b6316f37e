"""Working days, school days, terms: what deadlines count with."""

from datetime import date

import pytest

from booking.rules.calendar import MONDAY, SATURDAY, SchoolCalendar
from booking.rules.weeks import Week

ARMISTICE = date(2014, 11, 11)
BUCHELAY = SchoolCalendar(
    public_holidays=frozenset({ARMISTICE, date(2014, 12, 25), date(2015, 1, 1)}),
    vacations=((date(2014, 10, 18), date(2014, 11, 2)), (date(2014, 12, 20), date(2015, 1, 4))),
)


def test_a_public_holiday_is_neither_worked_nor_a_school_day() -> None:
    assert BUCHELAY.is_public_holiday(ARMISTICE)
    assert not BUCHELAY.is_working_day(ARMISTICE)
    assert not BUCHELAY.is_school_day(ARMISTICE)


def test_wednesday_is_worked_without_school() -> None:
    wednesday = date(2014, 10, 15)

    assert BUCHELAY.is_working_day(wednesday)
    assert not BUCHELAY.is_school_day(wednesday)
    assert BUCHELAY.is_in_term(wednesday)


def test_saturday_is_not_a_working_day_even_where_there_is_school() -> None:
    with_saturdays = SchoolCalendar(school_weekdays=frozenset({MONDAY, SATURDAY}))

    assert with_saturdays.is_school_day(date(2014, 10, 18))
    assert not with_saturdays.is_working_day(date(2014, 10, 18))


def test_both_ends_of_school_holidays_are_holidays() -> None:
    assert [BUCHELAY.is_vacation(date(2014, 10, day)) for day in (17, 18, 31)] == [False, True, True]
    assert [BUCHELAY.is_vacation(date(2014, 11, day)) for day in (1, 2, 3)] == [True, True, False]


def test_knows_a_week_without_school() -> None:
    assert BUCHELAY.week_has_school(Week.parse("2014-W42"))
    assert not BUCHELAY.week_has_school(Week.parse("2014-W43"))
    assert BUCHELAY.week_has_school(Week.parse("2014-W46"))


def test_counts_around_holidays_and_ends_of_week() -> None:
    assert BUCHELAY.working_day_before(date(2014, 11, 12)) == date(2014, 11, 10)
    assert BUCHELAY.working_day_before(date(2014, 11, 10)) == date(2014, 11, 7)
    assert BUCHELAY.working_day_after(date(2014, 11, 7)) == date(2014, 11, 10)
    assert BUCHELAY.working_day_after(date(2014, 11, 10)) == date(2014, 11, 12)
    assert BUCHELAY.school_day_before(date(2014, 11, 3)) == date(2014, 10, 17)


def test_refuses_a_calendar_that_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="end before they begin"):
        SchoolCalendar(vacations=((date(2014, 11, 2), date(2014, 10, 18)),))
    for weekdays in (frozenset(), frozenset({7})):
        with pytest.raises(ValueError, match="one to seven weekdays"):
            SchoolCalendar(school_weekdays=weekdays)
