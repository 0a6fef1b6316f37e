"""What a save of Angéline MARSONE's planning may change, case by case."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from booking.rules.calendar import SchoolCalendar
from booking.rules.deadlines import DaysBefore, DeadlineRule
from booking.rules.planning import (
    OVERRIDABLE,
    Cell,
    CellView,
    Change,
    ContradictoryChanges,
    DayFacts,
    Outcome,
    PlanningRefusal,
    Situation,
    Timing,
    cell_state,
    decide,
)
from lps.kernel.refusals import Refusal

MARSONE, FATHERS_HOUSEHOLD = 1, 2
CANTINE, BUS_11H30, ACCUEIL_SOIR, TRANSPORT_16H30 = 10, 11, 12, 13
MONDAY, TUESDAY = date(2014, 10, 13), date(2014, 10, 14)

PARIS = ZoneInfo("Europe/Paris")
CALENDAR = SchoolCalendar()
EVE_17H = DeadlineRule(book=DaysBefore(days=1, at=time(17)), cancel=DaysBefore(days=1, at=time(17)))
IN_TIME = datetime(2014, 10, 8, 11, 20, tzinfo=UTC)
SUNDAY_17H = datetime(2014, 10, 12, 15, tzinfo=UTC)

FREE = DayFacts(open=True, rule=EVE_17H)
OURS = DayFacts(open=True, rule=EVE_17H, booked_by=MARSONE, taken=1)
THE_FATHERS = OURS._replace(booked_by=FATHERS_HOUSEHOLD)


def on(activity_id: int, day: date = MONDAY) -> Cell:
    return Cell(activity_id, day)


def book(activity_id: int, day: date = MONDAY, *, seen: bool | None = False) -> Change:
    return Change(on(activity_id, day), wanted=True, seen=seen)


def cancel(activity_id: int, day: date = MONDAY, *, seen: bool | None = True) -> Change:
    return Change(on(activity_id, day), wanted=False, seen=seen)


def save(
    *changes: Change,
    standing: Mapping[Cell, DayFacts],
    incompatible: tuple[int, int] | None = None,
    together: tuple[int, int] | None = None,
    at: datetime = IN_TIME,
    powers: frozenset[PlanningRefusal] = frozenset(),
) -> Outcome:
    situation = Situation(
        household_id=MARSONE,
        cells=standing,
        calendar=CALENDAR,
        zone=PARIS,
        incompatible=frozenset({frozenset(incompatible)} if incompatible else ()),
        together=frozenset({frozenset(together)} if together else ()),
    )
    return decide(situation=situation, changes=changes, received_at=at, powers=powers)


def drawn(facts: DayFacts, *, at: datetime = IN_TIME) -> CellView:
    return cell_state(facts, day=MONDAY, household_id=MARSONE, timing=Timing(calendar=CALENDAR, zone=PARIS, at=at))


class TestOneCell:
    def test_books_a_free_cell_and_cancels_a_booked_one(self) -> None:
        outcome = save(cancel(TRANSPORT_16H30), book(CANTINE), standing={on(CANTINE): FREE, on(TRANSPORT_16H30): OURS})

        assert outcome == Outcome(accepted=(book(CANTINE), cancel(TRANSPORT_16H30)))

    @pytest.mark.parametrize(
        ("change", "facts", "refusal"),
        [
            (book(CANTINE), FREE._replace(open=False), Refusal("no_service")),
            (book(CANTINE), FREE._replace(entitled=False), Refusal("not_entitled")),
            (book(CANTINE), FREE._replace(capacity=40, taken=40), Refusal("full")),
            (book(CANTINE), FREE._replace(capacity=0), Refusal("full")),
            (book(CANTINE), FREE._replace(may_change=False), Refusal("other_household", booked=False)),
            (cancel(CANTINE), OURS._replace(may_change=False), Refusal("other_household", booked=False)),
            (book(CANTINE), THE_FATHERS, Refusal("other_household", booked=True)),
            (cancel(CANTINE, seen=None), THE_FATHERS, Refusal("other_household", booked=True)),
        ],
    )
    def test_says_why_not(self, change: Change, facts: DayFacts, refusal: Refusal) -> None:
        assert save(change, standing={on(CANTINE): facts}) == Outcome(refused=((change, refusal),))

    @pytest.mark.parametrize(
        ("change", "facts"),
        [
            (cancel(CANTINE), OURS._replace(open=False)),
            (cancel(CANTINE), OURS._replace(entitled=False)),
            (cancel(CANTINE), OURS._replace(capacity=1, taken=3)),
            (book(CANTINE), FREE._replace(capacity=40, taken=39)),
        ],
    )
    def test_what_may_still_be_done(self, change: Change, facts: DayFacts) -> None:
        assert save(change, standing={on(CANTINE): facts}).accepted == (change,)

    @pytest.mark.parametrize(("change", "facts"), [(book(CANTINE), FREE), (cancel(CANTINE), OURS)])
    def test_too_late_says_since_when(self, change: Change, facts: DayFacts) -> None:
        outcome = save(change, standing={on(CANTINE): facts}, at=SUNDAY_17H)

        assert outcome.refused == ((change, Refusal("too_late", closed_at=SUNDAY_17H)),)

    def test_a_closed_service_is_cancelled_until_its_deadline_only(self) -> None:
        outcome = save(cancel(CANTINE), standing={on(CANTINE): OURS._replace(open=False)}, at=SUNDAY_17H)

        assert outcome.refused == ((cancel(CANTINE), Refusal("too_late", closed_at=SUNDAY_17H)),)

    def test_not_yet_open_says_from_when(self) -> None:
        in_june = datetime(2014, 6, 2, tzinfo=UTC)

        outcome = save(book(CANTINE), standing={on(CANTINE): FREE}, at=in_june)

        opens_at = datetime(2014, 7, 13, 22, tzinfo=UTC)
        assert outcome.refused == ((book(CANTINE), Refusal("not_yet_open", opens_at=opens_at)),)

    def test_refuses_what_it_knows_nothing_of_and_saves_the_rest(self) -> None:
        outcome = save(book(99), book(CANTINE), standing={on(CANTINE): FREE})

        assert outcome.accepted == (book(CANTINE),)
        assert outcome.refused == ((book(99), Refusal("unknown")),)


class TestStaleForms:
    """Each case reads: what the form showed, what it asks, what stands by now."""

    @pytest.mark.parametrize("facts", [FREE, OURS, THE_FATHERS, FREE._replace(open=False)])
    @pytest.mark.parametrize("state", [True, False])
    def test_a_box_left_alone_asks_nothing(self, state: bool, facts: DayFacts) -> None:
        untouched = Change(on(CANTINE), wanted=state, seen=state)

        assert save(untouched, standing={on(CANTINE): facts}) == Outcome(unchanged=(untouched,))

    def test_a_box_left_alone_asks_nothing_of_a_day_since_withdrawn(self) -> None:
        untouched = cancel(CANTINE, seen=False)

        assert save(untouched, standing={}) == Outcome(unchanged=(untouched,))

    @pytest.mark.parametrize("at", [IN_TIME, SUNDAY_17H])
    def test_what_is_already_so_is_done_even_after_the_deadline(self, at: datetime) -> None:
        standing = {on(CANTINE): OURS, on(BUS_11H30): FREE}

        outcome = save(book(CANTINE), cancel(BUS_11H30), standing=standing, at=at)

        assert outcome == Outcome(unchanged=(book(CANTINE), cancel(BUS_11H30)))

    def test_a_booking_that_became_the_other_households_is_not_cancelled(self) -> None:
        outcome = save(cancel(CANTINE), standing={on(CANTINE): THE_FATHERS})

        assert outcome.refused == ((cancel(CANTINE), Refusal("changed_meanwhile", by_other_household=True)),)

    def test_without_form_the_change_is_judged_on_what_stands(self) -> None:
        outcome = save(
            book(CANTINE, seen=None), cancel(BUS_11H30, seen=None), standing={on(CANTINE): FREE, on(BUS_11H30): FREE}
        )

        assert outcome == Outcome(accepted=(book(CANTINE, seen=None),), unchanged=(cancel(BUS_11H30, seen=None),))


class TestRequests:
    def test_the_same_change_twice_is_one(self) -> None:
        assert save(book(CANTINE), book(CANTINE), standing={on(CANTINE): FREE}).accepted == (book(CANTINE),)

    @pytest.mark.parametrize("other", [cancel(CANTINE), book(CANTINE, seen=None)])
    def test_two_changes_of_one_cell_that_differ_cannot_stand(self, other: Change) -> None:
        with pytest.raises(ContradictoryChanges) as raised:
            save(book(CANTINE), other, standing={on(CANTINE): FREE})

        assert raised.value.cell == on(CANTINE)

    def test_an_empty_request_changes_nothing(self) -> None:
        assert save(standing={on(CANTINE): FREE}) == Outcome()

    def test_comes_back_by_day_then_activity(self) -> None:
        standing = {on(activity, day): FREE for activity in (CANTINE, BUS_11H30) for day in (MONDAY, TUESDAY)}

        outcome = save(
            book(BUS_11H30, TUESDAY), book(CANTINE, TUESDAY), book(BUS_11H30), book(CANTINE), standing=standing
        )

        assert [change.cell for change in outcome.accepted] == [
            on(CANTINE),
            on(BUS_11H30),
            on(CANTINE, TUESDAY),
            on(BUS_11H30, TUESDAY),
        ]


class TestIncompatibleActivities:
    """The 11h30 bus takes children home: it does not go with the canteen."""

    PAIR = (CANTINE, BUS_11H30)

    @pytest.mark.parametrize("standing", [OURS, THE_FATHERS, OURS._replace(open=False)])
    def test_refuses_beside_what_stands_whoever_booked_it(self, standing: DayFacts) -> None:
        outcome = save(book(CANTINE), standing={on(CANTINE): FREE, on(BUS_11H30): standing}, incompatible=self.PAIR)

        assert outcome.refused == ((book(CANTINE), Refusal("incompatible", activity=BUS_11H30)),)

    def test_refuses_both_when_both_are_asked(self) -> None:
        outcome = save(
            book(CANTINE),
            book(BUS_11H30),
            standing={on(CANTINE): FREE, on(BUS_11H30): FREE},
            incompatible=self.PAIR,
        )

        assert outcome.refused == (
            (book(CANTINE), Refusal("incompatible", activity=BUS_11H30)),
            (book(BUS_11H30), Refusal("incompatible", activity=CANTINE)),
        )

    def test_takes_one_for_the_other_in_one_save(self) -> None:
        outcome = save(
            book(CANTINE),
            cancel(BUS_11H30),
            standing={on(CANTINE): FREE, on(BUS_11H30): OURS},
            incompatible=self.PAIR,
        )

        assert outcome.accepted == (book(CANTINE), cancel(BUS_11H30))

    def test_does_not_take_one_when_the_other_may_no_longer_be_left(self) -> None:
        no_cancelling = replace(EVE_17H, cancel=DaysBefore(days=30, at=time(17)))

        outcome = save(
            book(CANTINE),
            cancel(BUS_11H30),
            standing={on(CANTINE): FREE, on(BUS_11H30): OURS._replace(rule=no_cancelling)},
            incompatible=self.PAIR,
        )

        assert outcome.accepted == ()
        assert [refusal.code for _, refusal in outcome.refused] == ["incompatible", "too_late"]

    def test_one_that_is_refused_for_itself_stands_in_nobodys_way(self) -> None:
        outcome = save(
            book(CANTINE),
            book(BUS_11H30),
            standing={on(CANTINE): FREE, on(BUS_11H30): FREE._replace(entitled=False)},
            incompatible=self.PAIR,
        )

        assert outcome.accepted == (book(CANTINE),)
        assert outcome.refused == ((book(BUS_11H30), Refusal("not_entitled")),)

    def test_another_day_is_another_matter(self) -> None:
        standing = {on(CANTINE): FREE, on(BUS_11H30): FREE, on(BUS_11H30, TUESDAY): FREE}

        outcome = save(book(CANTINE), book(BUS_11H30, TUESDAY), standing=standing, incompatible=self.PAIR)

        assert len(outcome.accepted) == 2

    def test_two_that_already_stand_may_be_left_one_by_one(self) -> None:
        outcome = save(cancel(CANTINE), standing={on(CANTINE): OURS, on(BUS_11H30): OURS}, incompatible=self.PAIR)

        assert outcome.accepted == (cancel(CANTINE),)


class TestActivitiesThatGoTogether:
    """The evening's transport leaves from the evening's accueil: neither comes without the other."""

    PAIR = (ACCUEIL_SOIR, TRANSPORT_16H30)

    @pytest.mark.parametrize(
        ("facts", "changes"),
        [
            (FREE, (book(ACCUEIL_SOIR), book(TRANSPORT_16H30))),
            (OURS, (cancel(ACCUEIL_SOIR), cancel(TRANSPORT_16H30))),
        ],
    )
    def test_come_and_go_as_one(self, facts: DayFacts, changes: tuple[Change, Change]) -> None:
        outcome = save(*changes, standing={on(ACCUEIL_SOIR): facts, on(TRANSPORT_16H30): facts}, together=self.PAIR)

        assert outcome.accepted == changes

    @pytest.mark.parametrize(("facts", "change"), [(FREE, book(ACCUEIL_SOIR)), (OURS, cancel(ACCUEIL_SOIR))])
    def test_refuses_one_alone(self, facts: DayFacts, change: Change) -> None:
        outcome = save(change, standing={on(ACCUEIL_SOIR): facts, on(TRANSPORT_16H30): facts}, together=self.PAIR)

        assert outcome.refused == ((change, Refusal("together", activity=TRANSPORT_16H30)),)

    def test_refuses_both_when_one_is_full(self) -> None:
        outcome = save(
            book(ACCUEIL_SOIR),
            book(TRANSPORT_16H30),
            standing={on(ACCUEIL_SOIR): FREE, on(TRANSPORT_16H30): FREE._replace(capacity=50, taken=50)},
            together=self.PAIR,
        )

        assert outcome.refused == (
            (book(ACCUEIL_SOIR), Refusal("together", activity=TRANSPORT_16H30)),
            (book(TRANSPORT_16H30), Refusal("full")),
        )

    def test_completes_a_pair_that_was_parted(self) -> None:
        standing = {on(ACCUEIL_SOIR): OURS, on(TRANSPORT_16H30): FREE}

        assert save(book(TRANSPORT_16H30), standing=standing, together=self.PAIR).accepted
        assert save(cancel(ACCUEIL_SOIR), standing=standing, together=self.PAIR).accepted

    @pytest.mark.parametrize("elsewhere", [{}, {on(TRANSPORT_16H30): FREE._replace(open=False)}])
    def test_one_may_come_alone_on_a_day_when_the_other_is_closed(self, elsewhere: dict[Cell, DayFacts]) -> None:
        outcome = save(book(ACCUEIL_SOIR), standing={on(ACCUEIL_SOIR): FREE} | elsewhere, together=self.PAIR)

        assert outcome.accepted == (book(ACCUEIL_SOIR),)

    def test_the_other_households_half_does_not_count_as_ours(self) -> None:
        standing = {on(ACCUEIL_SOIR): FREE, on(TRANSPORT_16H30): THE_FATHERS}

        outcome = save(book(ACCUEIL_SOIR), standing=standing, together=self.PAIR)

        assert outcome.refused == ((book(ACCUEIL_SOIR), Refusal("together", activity=TRANSPORT_16H30)),)

    def test_a_half_that_cannot_come_stands_in_nobodys_way(self) -> None:
        outcome = save(
            book(ACCUEIL_SOIR),
            book(TRANSPORT_16H30),
            book(CANTINE),
            standing={
                on(ACCUEIL_SOIR): FREE,
                on(TRANSPORT_16H30): FREE._replace(entitled=False),
                on(CANTINE): FREE,
            },
            together=self.PAIR,
            incompatible=(ACCUEIL_SOIR, CANTINE),
        )

        assert outcome.accepted == (book(CANTINE),)

    def test_a_half_refused_as_incompatible_takes_the_other_along(self) -> None:
        outcome = save(
            book(ACCUEIL_SOIR),
            book(TRANSPORT_16H30),
            standing={on(ACCUEIL_SOIR): FREE, on(TRANSPORT_16H30): FREE, on(CANTINE): OURS},
            together=self.PAIR,
            incompatible=(ACCUEIL_SOIR, CANTINE),
        )

        assert outcome.refused == (
            (book(ACCUEIL_SOIR), Refusal("incompatible", activity=CANTINE)),
            (book(TRANSPORT_16H30), Refusal("together", activity=ACCUEIL_SOIR)),
        )


class TestPowers:
    @pytest.mark.parametrize(
        ("power", "facts", "at"),
        [
            (PlanningRefusal.TOO_LATE, FREE, SUNDAY_17H),
            (PlanningRefusal.NOT_YET_OPEN, FREE, datetime(2014, 6, 2, tzinfo=UTC)),
            (PlanningRefusal.NOT_ENTITLED, FREE._replace(entitled=False), IN_TIME),
            (PlanningRefusal.OTHER_HOUSEHOLD, FREE._replace(may_change=False), IN_TIME),
        ],
    )
    def test_an_agent_passes_over_what_the_power_names(
        self, power: PlanningRefusal, facts: DayFacts, at: datetime
    ) -> None:
        standing = {on(CANTINE): facts}

        assert save(book(CANTINE), standing=standing, at=at, powers=frozenset({power})).accepted
        assert save(book(CANTINE), standing=standing, at=at, powers=OVERRIDABLE - {power}).refused

    @pytest.mark.parametrize("facts", [FREE._replace(capacity=1, taken=1), FREE._replace(open=False), THE_FATHERS])
    def test_nobody_passes_over_places_services_or_the_other_households_booking(self, facts: DayFacts) -> None:
        assert save(book(CANTINE), standing={on(CANTINE): facts}, powers=OVERRIDABLE).refused

    @pytest.mark.parametrize("power", sorted(set(PlanningRefusal) - OVERRIDABLE))
    def test_no_other_power_can_be_given(self, power: PlanningRefusal) -> None:
        with pytest.raises(ValueError, match=power):
            save(standing={}, powers=frozenset({power}))


class TestCellsAsDrawn:
    def test_a_free_cell_can_be_ticked_until_its_deadline(self) -> None:
        assert drawn(FREE) == CellView(booked=False, by_other_household=False, changeable=True, reason=None)

    def test_a_booked_cell_is_locked_at_its_deadline(self) -> None:
        too_late = Refusal("too_late", closed_at=SUNDAY_17H)

        assert drawn(OURS, at=SUNDAY_17H) == CellView(
            booked=True, by_other_household=False, changeable=False, reason=too_late
        )

    def test_the_other_households_booking_is_shown_and_locked(self) -> None:
        theirs = Refusal("other_household", booked=True)

        assert drawn(THE_FATHERS) == CellView(booked=True, by_other_household=True, changeable=False, reason=theirs)

    def test_without_service_nothing_can_be_asked(self) -> None:
        assert drawn(FREE._replace(open=False)).reason == Refusal("no_service")

    def test_a_booked_cell_of_a_closed_service_can_still_be_unticked(self) -> None:
        assert drawn(OURS._replace(open=False)).changeable

    def test_judges_the_change_that_can_be_asked(self) -> None:
        cancelled_two_days_before = replace(EVE_17H, cancel=DaysBefore(days=2, at=time(17)))
        on_saturday_night = datetime(2014, 10, 11, 22, tzinfo=UTC)

        assert drawn(FREE._replace(rule=cancelled_two_days_before), at=on_saturday_night).changeable
        assert not drawn(OURS._replace(rule=cancelled_two_days_before), at=on_saturday_night).changeable
