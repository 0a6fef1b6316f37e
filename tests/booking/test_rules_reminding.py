"""When a week needs a reminder: the usual week, what differs from it, the eve of a deadline through the year."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.reminding import Pattern, Why, is_eve, usual, why

PARIS = ZoneInfo("Europe/Paris")
REUNION, TAHITI = ZoneInfo("Indian/Reunion"), ZoneInfo("Pacific/Tahiti")
MON, TUE, WED = (1, 0), (1, 1), (2, 2)
patterns = st.frozensets(st.tuples(st.integers(1, 3), st.integers(0, 6)), max_size=6)


def of(*slots: tuple[int, int]) -> Pattern:
    return frozenset(slots)


def test_the_usual_week_is_the_most_frequent_then_the_latest() -> None:
    assert usual([of(TUE), of(MON), of(MON)]) == of(MON)
    assert usual([of(TUE), of(MON)]) == of(TUE)
    assert usual([]) == of()


@pytest.mark.parametrize(
    ("offered", "booked", "habit", "expected"),
    [
        (of(MON, TUE), of(), of(MON), Why.EMPTY),
        (of(MON, TUE), of(), of(), Why.EMPTY),
        (of(MON, TUE), of(MON), of(MON), None),
        (of(MON, TUE), of(MON), of(MON, TUE), Why.DIFFERS),
        (of(MON, TUE), of(MON, TUE), of(MON), Why.DIFFERS),
        (of(MON, TUE), of(MON), of(), None),  # no habit: what was chosen was chosen
        (of(TUE), of(), of(MON), None),  # a holiday on the only usual day
        (of(TUE), of(TUE), of(MON, TUE), None),
        (of(), of(), of(MON), None),
    ],
)
def test_why(offered: Pattern, booked: Pattern, habit: Pattern, expected: Why | None) -> None:
    assert why(offered=offered, booked=booked, habit=habit) is expected


@given(patterns, patterns)
def test_booking_the_usual_week_ends_the_reminder(offered: Pattern, habit: Pattern) -> None:
    assert habit & offered == of() or why(offered=offered, booked=habit, habit=habit) is None


@given(patterns, patterns, patterns, patterns)
def test_what_is_not_offered_changes_nothing(offered: Pattern, booked: Pattern, habit: Pattern, more: Pattern) -> None:
    beyond = more - offered

    assert why(offered=offered, booked=booked | beyond, habit=habit) is why(offered=offered, booked=booked, habit=habit)


@given(st.lists(patterns, max_size=8))
def test_the_usual_week_is_one_that_was(weeks: list[Pattern]) -> None:
    found = usual(weeks)

    assert found in weeks or (not weeks and found == of())
    assert all(weeks.count(found) >= weeks.count(one) for one in weeks)


@given(
    st.dates(date(2001, 1, 3), date(2198, 1, 1)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.sampled_from([PARIS, REUNION, TAHITI]),
)
def test_a_deadline_has_one_eve_and_comes_after_it(day: date, at: time, zone: ZoneInfo) -> None:
    closes_at = datetime.combine(day, at, zone).astimezone(UTC)

    eves = [day + timedelta(days=n) for n in range(-3, 3)]
    [eve] = [one for one in eves if is_eve(closes_at, today=one, zone=zone)]

    assert datetime.combine(eve + timedelta(days=1), time(0), zone) < closes_at


@pytest.mark.parametrize("sunday", [date(2026, 3, 29), date(2026, 10, 25)])
def test_the_eve_of_a_deadline_on_the_day_the_clocks_change(sunday: date) -> None:
    for at in (time(0, 1), time(2, 30), time(17), time(23, 59)):
        closes_at = datetime.combine(sunday, at, PARIS).astimezone(UTC)

        assert is_eve(closes_at, today=sunday - timedelta(days=1), zone=PARIS)
        assert not is_eve(closes_at, today=sunday, zone=PARIS)


def test_a_deadline_at_midnight_is_that_of_the_day_that_ends() -> None:
    closes_at = datetime(2026, 11, 12, 0, 0, tzinfo=PARIS)

    assert is_eve(closes_at, today=date(2026, 11, 10), zone=PARIS)
