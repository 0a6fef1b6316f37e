"""Activities that exclude each other or go together, on the tables: one day is judged as a whole."""

import pytest
from django.db import IntegrityError, transaction

from booking.models import ActivityTie, JournalEntry
from booking.services.catalogue import tie
from lps.families.models import Child, Household
from tests.booking.october import (
    BUS_11H30,
    BUS_16H30,
    CANTEEN,
    EVENING,
    LUNDI_13,
    MARDI_14,
    Autumn,
    ask,
    codes,
    paris,
    standing,
    written,
)

Kind = ActivityTie.Kind


@pytest.fixture
def never_both(autumn: Autumn) -> None:
    """The bus of 11h30 takes children home: it does not go with the canteen."""
    tie(one=autumn.activities[CANTEEN], other=autumn.activities[BUS_11H30], kind=Kind.INCOMPATIBLE)


@pytest.fixture
def always_both(autumn: Autumn) -> None:
    """The bus of 16h30 leaves from the evening's accueil."""
    tie(one=autumn.activities[BUS_16H30], other=autumn.activities[EVENING], kind=Kind.TOGETHER)


def both(autumn: Autumn, child: Child, one: str, other: str) -> list[bool]:
    """Whether each of the two stands on Monday."""
    return [LUNDI_13 in standing(child, autumn.activities[name]) for name in (one, other)]


@pytest.mark.usefixtures("never_both")
class TestNeverBoth:
    def test_the_second_is_refused_and_named(self, autumn: Autumn, marsone: Household, angeline: Child) -> None:
        ask(angeline, marsone, autumn.book(BUS_11H30, LUNDI_13))

        saved = ask(angeline, marsone, [*autumn.book(CANTEEN, LUNDI_13), *autumn.book(CANTEEN, MARDI_14)])

        [(_, refusal)] = saved.refused
        assert (refusal.code, refusal.facts) == ("incompatible", {"activity": autumn.activities[BUS_11H30]})
        assert standing(angeline, autumn.activities[CANTEEN]) == [MARDI_14]

    def test_both_at_once_are_both_refused_and_nothing_is_written(
        self, autumn: Autumn, marsone: Household, angeline: Child
    ) -> None:
        before = written()

        saved = ask(angeline, marsone, [*autumn.book(BUS_11H30, LUNDI_13), *autumn.book(CANTEEN, LUNDI_13)])

        assert codes(saved.refused) == ["incompatible", "incompatible"]
        assert (saved.receipt, written()) == (None, before)

    def test_one_is_taken_for_the_other_under_one_receipt(
        self, autumn: Autumn, marsone: Household, angeline: Child
    ) -> None:
        ask(angeline, marsone, autumn.book(BUS_11H30, LUNDI_13))

        saved = ask(angeline, marsone, [*autumn.cancel(BUS_11H30, LUNDI_13), *autumn.book(CANTEEN, LUNDI_13)])

        assert both(autumn, angeline, BUS_11H30, CANTEEN) == [False, True]
        assert JournalEntry.objects.filter(receipt=saved.receipt).count() == 2

    def test_what_the_other_household_booked_is_in_the_way_too(
        self, autumn: Autumn, marsone: Household, durand: Household, angeline: Child
    ) -> None:
        ask(angeline, durand, autumn.book(BUS_11H30, LUNDI_13))

        saved = ask(angeline, marsone, autumn.book(CANTEEN, LUNDI_13))

        assert codes(saved.refused) == ["incompatible"]
        assert both(autumn, angeline, BUS_11H30, CANTEEN) == [True, False]

    def test_a_brother_is_another_child(
        self, autumn: Autumn, marsone: Household, angeline: Child, bertrand: Child
    ) -> None:
        ask(angeline, marsone, autumn.book(BUS_11H30, LUNDI_13))

        assert ask(bertrand, marsone, autumn.book(CANTEEN, LUNDI_13)).receipt


@pytest.mark.usefixtures("always_both")
class TestAlwaysBoth:
    def test_they_are_booked_and_left_as_one(self, autumn: Autumn, marsone: Household, angeline: Child) -> None:
        ask(angeline, marsone, [*autumn.book(EVENING, LUNDI_13), *autumn.book(BUS_16H30, LUNDI_13)])
        assert both(autumn, angeline, EVENING, BUS_16H30) == [True, True]

        ask(angeline, marsone, [*autumn.cancel(EVENING, LUNDI_13), *autumn.cancel(BUS_16H30, LUNDI_13)])

        assert both(autumn, angeline, EVENING, BUS_16H30) == [False, False]

    @pytest.mark.parametrize("alone", [EVENING, BUS_16H30])
    def test_one_alone_neither_comes_nor_goes(
        self, autumn: Autumn, marsone: Household, angeline: Child, alone: str
    ) -> None:
        assert codes(ask(angeline, marsone, autumn.book(alone, LUNDI_13)).refused) == ["together"]
        ask(angeline, marsone, [*autumn.book(EVENING, LUNDI_13), *autumn.book(BUS_16H30, LUNDI_13)])
        before = written()

        assert codes(ask(angeline, marsone, autumn.cancel(alone, LUNDI_13)).refused) == ["together"]

        assert written() == before

    def test_when_one_is_full_neither_is_booked_and_other_days_are(
        self, autumn: Autumn, marsone: Household, angeline: Child
    ) -> None:
        autumn.places(BUS_16H30, LUNDI_13, 0)
        asked = [change for name in (EVENING, BUS_16H30) for change in autumn.book(name, LUNDI_13, MARDI_14)]

        saved = ask(angeline, marsone, asked)

        assert sorted(codes(saved.refused)) == ["full", "together"]
        assert both(autumn, angeline, EVENING, BUS_16H30) == [False, False]
        assert [standing(angeline, autumn.activities[name]) for name in (EVENING, BUS_16H30)] == [[MARDI_14]] * 2

    def test_on_a_day_without_the_bus_the_evening_comes_alone(
        self, autumn: Autumn, marsone: Household, angeline: Child
    ) -> None:
        held = autumn.held(BUS_16H30, LUNDI_13)
        held.open = False
        held.save()

        assert ask(angeline, marsone, autumn.book(EVENING, LUNDI_13)).receipt

    def test_a_half_held_by_the_other_household_does_not_count_as_ours(
        self, autumn: Autumn, marsone: Household, durand: Household, angeline: Child
    ) -> None:
        ask(angeline, durand, [*autumn.book(EVENING, LUNDI_13), *autumn.book(BUS_16H30, LUNDI_13)])
        before = written()

        saved = ask(angeline, marsone, autumn.cancel(EVENING, LUNDI_13, seen=None))

        assert codes(saved.refused) == ["other_household"]
        assert written() == before

    def test_a_pair_whose_one_half_may_no_longer_be_left_stands(
        self, autumn: Autumn, marsone: Household, angeline: Child
    ) -> None:
        ask(angeline, marsone, [*autumn.book(EVENING, LUNDI_13), *autumn.book(BUS_16H30, LUNDI_13)])
        closing = {"type": "days_before", "days": 5, "at": "17:00"}
        autumn.pattern(EVENING, deadline={"book": closing, "cancel": closing})
        asked = [*autumn.cancel(EVENING, LUNDI_13), *autumn.cancel(BUS_16H30, LUNDI_13)]

        saved = ask(angeline, marsone, asked, at=paris(LUNDI_13.replace(day=9), 9))

        assert sorted(codes(saved.refused)) == ["together", "too_late"]
        assert both(autumn, angeline, EVENING, BUS_16H30) == [True, True]


def test_two_activities_are_tied_once_whichever_is_named_first(autumn: Autumn) -> None:
    one, other = autumn.activities[BUS_11H30], autumn.activities[CANTEEN]
    made = tie(one=max(one, other), other=min(one, other), kind=Kind.TOGETHER)
    assert made.first_id < made.second_id

    with pytest.raises(IntegrityError, match="activity_tie_once"), transaction.atomic():
        tie(one=one, other=other, kind=Kind.INCOMPATIBLE)

    with pytest.raises(IntegrityError, match="activity_tie_in_order"), transaction.atomic():
        tie(one=one, other=one, kind=Kind.INCOMPATIBLE)
