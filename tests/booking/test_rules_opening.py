"""Making the days again: what is created, opened, closed and kept, searched for a counter-example."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from booking.rules.opening import DaysPlan, Made, Pattern, Slot, plan, slots

MONDAY = date(2014, 10, 13)
SLOTS = [(activity, site, MONDAY + timedelta(days=day)) for activity in (1, 2) for site in (1, 2) for day in range(3)]
PLACES = st.sampled_from([None, 0, 12, 30])
WANTED = st.dictionaries(st.sampled_from(SLOTS), PLACES)
STANDING = st.dictionaries(
    st.sampled_from(SLOTS),
    st.builds(
        Made,
        pk=st.just(0),
        open=st.booleans(),
        places=PLACES,
        by_hand=st.sampled_from([False, False, False, True]),
        booked=st.sampled_from([0, 0, 1, 5]),
    ),
).map(lambda found: {slot: replace(made, pk=100 + rank) for rank, (slot, made) in enumerate(found.items())})
searched = settings(max_examples=100, deadline=None)


def made_again(standing: Mapping[Slot, Made], decided: DaysPlan) -> dict[Slot, Made]:
    """What stands once the plan is carried out."""
    after = {
        slot: replace(
            made,
            open=made.pk in decided.open or (made.open and made.pk not in decided.close),
            places=decided.open.get(made.pk, made.places),
        )
        for slot, made in standing.items()
    }
    new = {
        slot: Made(pk=500 + rank, open=True, places=places, by_hand=False, booked=0)
        for rank, (slot, places) in enumerate(decided.create.items())
    }
    return after | new


@searched
@given(wanted=WANTED, standing=STANDING)
def test_each_day_has_one_fate(wanted: dict[Slot, int | None], standing: dict[Slot, Made]) -> None:
    decided = plan(wanted, standing)

    kept = {made.pk for made in decided.kept.values()}
    assert not set(decided.create) & set(standing)
    assert not decided.open.keys() & set(decided.close)
    assert not kept & (decided.open.keys() | set(decided.close))
    assert len(decided.close) == len(set(decided.close))


@searched
@given(wanted=WANTED, standing=STANDING)
def test_afterwards_what_is_wanted_is_open_and_the_rest_closed_but_by_hand_or_for_a_booking(
    wanted: dict[Slot, int | None], standing: dict[Slot, Made]
) -> None:
    decided = plan(wanted, standing)

    for slot, made in made_again(standing, decided).items():
        if made.by_hand:
            assert made == standing[slot]
        elif slot in wanted:
            assert (made.open, made.places) == (True, wanted[slot])
        else:
            assert made.open == (slot in decided.kept)
    assert set(wanted) <= made_again(standing, decided).keys()


@searched
@given(wanted=WANTED, standing=STANDING)
def test_nothing_booked_ever_closes_and_what_the_patterns_would_close_is_listed(
    wanted: dict[Slot, int | None], standing: dict[Slot, Made]
) -> None:
    decided = plan(wanted, standing)

    booked = {slot: made for slot, made in standing.items() if made.booked and made.open}
    assert not {made.pk for made in booked.values()} & set(decided.close)
    assert decided.kept == {slot: made for slot, made in booked.items() if slot not in wanted and not made.by_hand}


@searched
@given(wanted=WANTED, standing=STANDING)
def test_making_twice_is_making_once(wanted: dict[Slot, int | None], standing: dict[Slot, Made]) -> None:
    first = plan(wanted, standing)

    again = plan(wanted, made_again(standing, first))

    assert (again.create, again.open, again.close) == ({}, {}, [])
    assert again.kept == first.kept


@searched
@given(
    weekdays=st.frozensets(st.integers(0, 6)),
    length=st.integers(0, 30),
    holidays=st.frozensets(st.integers(0, 30)),
    closed=st.frozensets(st.sampled_from([(site, day) for site in (1, 2) for day in range(31)])),
)
def test_a_pattern_is_held_on_its_weekdays_in_its_season_outside_holidays_and_closures(
    weekdays: frozenset[int], length: int, holidays: frozenset[int], closed: frozenset[tuple[int, int]]
) -> None:
    autumn = MONDAY + timedelta(days=14)

    def number(day: date) -> int:
        return (day - MONDAY).days

    def season_of(day: date) -> str | None:
        return None if number(day) in holidays else "term" if day < autumn else "short_vacation"

    found = list(
        slots(
            [Pattern(activity_id=1, season="term", weekdays=weekdays, places=12)],
            sites=[1, 2],
            first_day=MONDAY,
            last_day=MONDAY + timedelta(days=length),
            season_of=season_of,
            is_closed=lambda slot: (slot[1], number(slot[2])) in closed,
        )
    )

    days = [day for day in range(min(length + 1, 14)) if day % 7 in weekdays and day not in holidays]
    expected = {(1, site, MONDAY + timedelta(days=day)) for day in days for site in (1, 2) if (site, day) not in closed}
    assert {slot for slot, _ in found} == expected
    assert len(found) == len(expected)
    assert {places for _, places in found} <= {12}
