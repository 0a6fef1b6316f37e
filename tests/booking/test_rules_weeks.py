"""ISO weeks through the turns of years."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.rules.weeks import FIRST_YEAR, LAST_YEAR, Week, WeekError, days_of

DAYS = st.dates(min_value=date(2000, 1, 10), max_value=date(2199, 12, 20))


def test_week_42_of_2014_goes_from_13_to_19_october() -> None:
    week = Week.parse("2014-W42")

    assert (week.monday, week.sunday) == (date(2014, 10, 13), date(2014, 10, 19))
    assert days_of(week)[3] == date(2014, 10, 16)


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2014, 12, 28), "2014-W52"),
        (date(2014, 12, 29), "2015-W01"),
        (date(2015, 12, 31), "2015-W53"),
        (date(2016, 1, 3), "2015-W53"),
        (date(2016, 1, 4), "2016-W01"),
    ],
)
def test_the_year_of_a_week_is_not_always_that_of_its_days(day: date, written: str) -> None:
    assert str(Week.of(day)) == written


def test_pages_over_the_turn_of_a_year_of_53_weeks() -> None:
    week = Week.parse("2015-W52")

    assert [str(week.shifted(n)) for n in range(4)] == ["2015-W52", "2015-W53", "2016-W01", "2016-W02"]
    assert week.next.previous == week


@settings(max_examples=60, deadline=None)
@given(day=DAYS)
def test_each_day_is_in_its_week_and_a_week_reads_back(day: date) -> None:
    week = Week.of(day)

    assert days_of(week)[day.weekday()] == day
    assert Week.parse(str(week)) == week


@settings(max_examples=60, deadline=None)
@given(day=DAYS, weeks=st.integers(-20, 20))
def test_weeks_are_ordered_as_their_mondays(day: date, weeks: int) -> None:
    week, other = Week.of(day), Week.of(day + timedelta(weeks=weeks))

    assert (week < other) == (week.monday < other.monday)
    assert week.shifted(weeks) == other


@pytest.mark.parametrize(
    "text",
    ["", "2014", "2014-42", "2014-w42", "2014-W4", "2014-W00", "2014-W53", "2015-W54", " 2014-W42", "2014-W42\n",
     "٢٠١٤-W42", "1999-W52", "2200-W01", "0000-W01", "9999-W52"],
)  # fmt: skip
def test_refuses_a_text_that_names_no_week(text: str) -> None:
    with pytest.raises(WeekError):
        Week.parse(text)


def test_one_can_page_on_from_any_week_that_can_be_asked() -> None:
    assert Week.parse(f"{FIRST_YEAR}-W01").shifted(-1040).next
    assert Week.parse(f"{LAST_YEAR}-W52").shifted(1040).previous
