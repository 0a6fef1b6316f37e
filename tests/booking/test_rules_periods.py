"""Périscotidien periods: which days a choice of weekdays asks for, and when one may choose."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.rules.periods import NotOffered, PeriodFacts, PeriodRefusal, Weekdays, days_asked, why_not
from lps.kernel.refusals import Refusal

MATIN, SOIR, MERCREDI = 10, 11, 12
OFFERED = {MATIN: frozenset({0, 1, 3, 4}), SOIR: frozenset({0, 1, 3, 4}), MERCREDI: frozenset({2})}
PARIS = ZoneInfo("Europe/Paris")
ZONES = ("Europe/Paris", "Indian/Reunion", "America/Guadeloupe", "Pacific/Noumea", "Pacific/Tahiti", "America/Miquelon")
MOMENT = timedelta(microseconds=1)

PERIODS = st.builds(
    lambda first_day, length: PeriodFacts(
        pk=1, first_day=first_day, last_day=first_day + timedelta(days=length), offered=OFFERED
    ),
    st.dates(date(2010, 1, 1), date(2030, 12, 31)),
    st.integers(0, 120),
)
CHOSEN = st.fixed_dictionaries(
    {}, optional={activity: st.frozensets(st.sampled_from(sorted(days))) for activity, days in OFFERED.items()}
)
searched = settings(max_examples=80, deadline=None)


def autumn(**facts: datetime) -> PeriodFacts:
    """That of the town's presentation: from 11/11 to 31/12/2014."""
    return PeriodFacts(pk=1, first_day=date(2014, 11, 11), last_day=date(2014, 12, 31), offered=OFFERED, **facts)


@searched
@given(period=PERIODS, chosen=CHOSEN)
def test_asks_each_day_of_the_period_on_a_weekday_chosen_once_and_no_other(
    period: PeriodFacts, chosen: Weekdays
) -> None:
    asked = days_asked(period, chosen)

    assert set(asked) == {activity for activity, weekdays in chosen.items() if weekdays}
    for activity, days in asked.items():
        assert list(days) == sorted(set(days))
        assert all(period.first_day <= day <= period.last_day for day in days)
        assert all(day.weekday() in chosen[activity] for day in days)
        length = (period.last_day - period.first_day).days + 1
        for weekday in chosen[activity]:
            missing = (weekday - period.first_day.weekday()) % 7
            assert sum(day.weekday() == weekday for day in days) == max(0, -(-(length - missing) // 7))


@searched
@given(period=PERIODS, chosen=CHOSEN, stray=st.sampled_from([(MATIN, 2), (SOIR, 6), (MERCREDI, 0), (99, 0)]))
def test_a_weekday_or_an_activity_that_is_not_offered_spoils_the_whole_choice(
    period: PeriodFacts, chosen: Weekdays, stray: tuple[int, int]
) -> None:
    activity, weekday = stray

    with pytest.raises(NotOffered):
        days_asked(period, {**chosen, activity: chosen.get(activity, frozenset()) | {weekday}})


def test_the_monday_and_thursday_mornings_of_the_presentation() -> None:
    [days] = days_asked(autumn(), {MATIN: frozenset({0, 3}), SOIR: frozenset()}).values()

    assert days[:3] == (date(2014, 11, 13), date(2014, 11, 17), date(2014, 11, 20))
    assert (len(days), days[-1]) == (14, date(2014, 12, 29))


def test_a_period_of_one_day_has_its_own_weekday_and_no_other() -> None:
    one = PeriodFacts(pk=1, first_day=date(2014, 11, 13), last_day=date(2014, 11, 13), offered=OFFERED)

    assert days_asked(one, {MATIN: frozenset({3})}) == {MATIN: (date(2014, 11, 13),)}
    assert days_asked(one, {MATIN: frozenset({0})}) == {MATIN: ()}


def test_opens_at_its_instant_and_not_before() -> None:
    opens_at = datetime(2014, 10, 20, 7, tzinfo=UTC)

    assert why_not(autumn(opens_at=opens_at), is_chosen=False, at=opens_at - MOMENT, zone=PARIS) == Refusal(
        PeriodRefusal.NOT_YET_OPEN, opens_at=opens_at
    )
    assert why_not(autumn(opens_at=opens_at), is_chosen=False, at=opens_at, zone=PARIS) is None


def test_closes_at_its_instant_itself_too_late() -> None:
    closes_at = datetime(2014, 11, 6, 16, tzinfo=UTC)

    assert why_not(autumn(closes_at=closes_at), is_chosen=False, at=closes_at - MOMENT, zone=PARIS) is None
    assert why_not(autumn(closes_at=closes_at), is_chosen=False, at=closes_at, zone=PARIS) == Refusal(
        PeriodRefusal.TOO_LATE, closed_at=closes_at
    )


@pytest.mark.parametrize(
    ("zone", "last_day", "end"),
    [
        ("Europe/Paris", date(2014, 12, 31), datetime(2014, 12, 31, 23, tzinfo=UTC)),
        ("Europe/Paris", date(2014, 10, 25), datetime(2014, 10, 25, 22, tzinfo=UTC)),
        ("Europe/Paris", date(2014, 10, 26), datetime(2014, 10, 26, 23, tzinfo=UTC)),  # the day of 25 hours
        ("Europe/Paris", date(2015, 3, 29), datetime(2015, 3, 29, 22, tzinfo=UTC)),  # the day of 23 hours
        ("Indian/Reunion", date(2014, 12, 31), datetime(2014, 12, 31, 20, tzinfo=UTC)),
        ("America/Guadeloupe", date(2014, 12, 31), datetime(2015, 1, 1, 4, tzinfo=UTC)),
        ("Pacific/Noumea", date(2014, 12, 31), datetime(2014, 12, 31, 13, tzinfo=UTC)),
    ],
)
def test_without_an_end_one_chooses_until_midnight_of_the_last_day_on_the_walls_of_the_commune(
    zone: str, last_day: date, end: datetime
) -> None:
    period = PeriodFacts(pk=1, first_day=last_day - timedelta(days=20), last_day=last_day, offered=OFFERED)

    assert why_not(period, is_chosen=False, at=end - MOMENT, zone=ZoneInfo(zone)) is None
    assert why_not(period, is_chosen=False, at=end, zone=ZoneInfo(zone)) == Refusal(
        PeriodRefusal.TOO_LATE, closed_at=end
    )


@searched
@given(
    opens_at=st.none() | st.datetimes(datetime(2014, 9, 1), datetime(2015, 2, 1), timezones=st.just(UTC)),
    closes_at=st.none() | st.datetimes(datetime(2014, 9, 1), datetime(2015, 2, 1), timezones=st.just(UTC)),
    at=st.datetimes(datetime(2014, 8, 1), datetime(2015, 3, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(ZONES),
)
def test_one_chooses_from_the_opening_included_to_the_end_excluded_and_never_twice(
    opens_at: datetime | None, closes_at: datetime | None, at: datetime, zone: str
) -> None:
    period = PeriodFacts(
        pk=1,
        first_day=date(2014, 11, 11),
        last_day=date(2014, 12, 31),
        offered=OFFERED,
        opens_at=opens_at,
        closes_at=closes_at,
    )
    midnight = datetime(2015, 1, 1, tzinfo=ZoneInfo(zone))

    open_now = (opens_at is None or opens_at <= at) and at < (closes_at or midnight)

    assert (why_not(period, is_chosen=False, at=at, zone=ZoneInfo(zone)) is None) == open_now
    assert why_not(period, is_chosen=True, at=at, zone=ZoneInfo(zone)) == Refusal(PeriodRefusal.ALREADY_CHOSEN)
