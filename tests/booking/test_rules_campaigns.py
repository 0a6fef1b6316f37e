"""Préinscription campaigns: when one may answer, what is kept of an answer, and what a decision does to bookings."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.rules.campaigns import (
    CampaignFacts,
    Phase,
    Wish,
    changes,
    days_wanted,
    offered,
    phase,
    understood,
    why_not,
)
from booking.rules.periods import NotOffered, Weekdays
from booking.rules.planning import Cell
from lps.kernel.refusals import Refusal

MATIN, MERCREDI = 10, 12
OFFERED = {MATIN: frozenset({0, 1, 3, 4}), MERCREDI: frozenset({2})}
OPENS = datetime(2026, 5, 1, 6, tzinfo=UTC)
TICK = timedelta(microseconds=1)
searched = settings(max_examples=80, deadline=None)


def campaign(
    first: date = date(2026, 9, 1), days: int = 120, open_for: timedelta = timedelta(days=30)
) -> CampaignFacts:
    return CampaignFacts(
        first_day=first,
        last_day=first + timedelta(days=days),
        opens_at=OPENS,
        closes_at=OPENS + open_for,
        offered=OFFERED,
    )


CAMPAIGNS = st.builds(campaign, st.dates(date(2010, 1, 1), date(2030, 12, 31)), st.integers(0, 120))
CHOSEN = st.fixed_dictionaries(
    {}, optional={activity: st.frozensets(st.sampled_from(sorted(days))) for activity, days in OFFERED.items()}
)
CELLS = st.sets(st.builds(Cell, st.sampled_from([MATIN, MERCREDI]), st.dates(date(2026, 9, 1), date(2026, 9, 30))))


@searched
@given(open_for=st.timedeltas(TICK, timedelta(days=400)), at=st.timedeltas(timedelta(days=-2), timedelta(days=402)))
def test_answers_are_taken_from_the_opening_included_to_the_end_excluded(open_for: timedelta, at: timedelta) -> None:
    facts, instant = campaign(open_for=open_for), OPENS + at

    is_open = facts.opens_at <= instant < facts.closes_at

    assert (why_not(facts, at=instant) is None) == is_open == (phase(facts, at=instant) is Phase.OPEN)


@pytest.mark.parametrize(
    ("at", "code"), [(OPENS - TICK, "not_yet_open"), (OPENS + timedelta(days=30), "closed"), (OPENS, None)]
)
def test_the_edges_of_a_campaign(at: datetime, code: str | None) -> None:
    refusal = why_not(campaign(), at=at)

    assert (refusal.code if refusal else None) == code


@searched
@given(chosen=CHOSEN)
def test_a_yes_asks_for_one_day_at_least_and_a_no_for_none(chosen: Weekdays) -> None:
    yes = understood(campaign(), Wish(returns=True, chosen=chosen))
    no = understood(campaign(), Wish(returns=False, chosen=chosen))

    assert no == Wish(returns=False)
    if any(chosen.values()):
        assert yes == Wish(returns=True, chosen={pk: days for pk, days in chosen.items() if days})
    else:
        assert yes == Refusal("no_day")


@searched
@given(chosen=CHOSEN, stray=st.sampled_from([(MATIN, 2), (MERCREDI, 0), (99, 0)]), returns=st.booleans())
def test_what_is_not_offered_spoils_the_whole_answer(chosen: Weekdays, stray: tuple[int, int], returns: bool) -> None:
    activity, weekday = stray
    with pytest.raises(NotOffered):
        understood(campaign(), Wish(returns=returns, chosen={**chosen, activity: frozenset({weekday})}))


@searched
@given(facts=CAMPAIGNS, chosen=CHOSEN, after=st.integers(-30, 150))
def test_wants_each_day_to_come_on_a_weekday_chosen_and_no_other(
    facts: CampaignFacts, chosen: Weekdays, after: int
) -> None:
    today = facts.first_day + timedelta(days=after)

    wanted = days_wanted(facts, chosen, after=today)

    length = (facts.last_day - facts.first_day).days + 1
    days = [facts.first_day + timedelta(days=number) for number in range(length)]
    assert wanted == {
        Cell(activity, day)
        for activity, weekdays in chosen.items()
        for day in days
        if day > today and day.weekday() in weekdays
    }


@searched
@given(wanted=CELLS, before=CELLS, after=st.dates(date(2026, 8, 25), date(2026, 10, 5)))
def test_books_what_is_wanted_and_cancels_only_what_was_booked_before_and_is_to_come(
    wanted: set[Cell], before: set[Cell], after: date
) -> None:
    asked = changes(wanted, booked_before=before, after=after)

    assert {change.cell for change in asked if change.wanted} == wanted
    assert {change.cell for change in asked if not change.wanted} == {
        cell for cell in before - wanted if cell.day > after
    }
    assert len({change.cell for change in asked}) == len(asked)


def test_an_activity_offers_the_weekdays_of_the_campaign_on_which_it_is_held() -> None:
    assert offered({MATIN: [0, 1, 3, 4], MERCREDI: [2]}, weekdays=[0, 2, 5]) == {
        MATIN: frozenset({0}),
        MERCREDI: frozenset({2}),
    }
