"""The days that a deadline's preview shows: the next ones, and those that holidays move."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from booking.rules.calendar import SchoolCalendar
from booking.rules.examples import Example, Why, example_days

TOUSSAINT = (date(2026, 10, 17), date(2026, 11, 1))
ARMISTICE = date(2026, 11, 11)
CALENDAR = SchoolCalendar(public_holidays=frozenset({ARMISTICE}), vacations=(TOUSSAINT,))
DAYS = st.lists(st.dates(date(2026, 9, 1), date(2027, 8, 31)), unique=True, max_size=60).map(sorted)


def school_days(first: date, number: int) -> list[date]:
    days = (first + timedelta(days=offset) for offset in range(number))
    return [day for day in days if CALENDAR.is_school_day(day)]


def test_the_next_days_then_one_after_holidays_and_one_after_a_public_holiday() -> None:
    shown = example_days(school_days(date(2026, 10, 5), 60), calendar=CALENDAR, number=2)

    assert shown == [
        Example(date(2026, 10, 5), Why.NEXT),
        Example(date(2026, 10, 6), Why.NEXT),
        Example(date(2026, 11, 2), Why.AFTER_VACATION),
        Example(date(2026, 11, 12), Why.AFTER_PUBLIC_HOLIDAY),
    ]


def test_a_public_holiday_within_school_holidays_leaves_room_for_one_in_term() -> None:
    christmas, easter = date(2026, 12, 25), date(2027, 3, 29)
    calendar = SchoolCalendar(
        public_holidays=frozenset({christmas, date(2027, 1, 1), easter}),
        vacations=((date(2026, 12, 19), date(2027, 1, 3)),),
    )
    days = [day for day in (date(2026, 12, 14) + timedelta(days=n) for n in range(120)) if calendar.is_school_day(day)]

    shown = example_days(days, calendar=calendar, number=0)

    assert shown == [
        Example(date(2027, 1, 4), Why.AFTER_VACATION),
        Example(date(2027, 3, 30), Why.AFTER_PUBLIC_HOLIDAY),
    ]


def test_without_any_day_of_service_there_is_nothing_to_show() -> None:
    assert example_days([], calendar=CALENDAR) == []


@given(days=DAYS, number=st.integers(0, 6))
def test_they_are_days_of_service_in_order_each_once(days: list[date], number: int) -> None:
    shown = [example.day for example in example_days(days, calendar=CALENDAR, number=number)]

    assert shown == sorted(set(shown)) and set(shown) <= set(days)
    assert set(days[:number]) <= set(shown) and len(shown) <= number + 2
