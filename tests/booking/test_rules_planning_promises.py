"""The promises of `docs/rules/planning.md`, searched for a counter-example over whole situations."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from booking.rules.calendar import THURSDAY, SchoolCalendar
from booking.rules.deadlines import Action, DaysBefore, DeadlineRule, Open, SameDay, Weekly, judge
from booking.rules.planning import (
    OVERRIDABLE,
    Cell,
    Change,
    DayFacts,
    Outcome,
    PlanningRefusal,
    Situation,
    Timing,
    cell_state,
    decide,
)

PARIS = ZoneInfo("Europe/Paris")
MARSONE, FATHERS_HOUSEHOLD = 1, 2
ACTIVITIES = [10, 11, 12, 13]
DAYS = [date(2014, 10, 13), date(2014, 10, 16)]
CELLS = [Cell(activity, day) for activity in ACTIVITIES for day in DAYS]
PAIRS = [frozenset({first, second}) for first in ACTIVITIES for second in ACTIVITIES if first < second]

RULES = [
    DeadlineRule(book=Weekly(weekday=THURSDAY, at=time(17)), cancel=SameDay(at=time(9))),
    DeadlineRule(book=DaysBefore(days=1, at=time(17)), cancel=Weekly(weekday=THURSDAY, at=time(17))),
]
MOMENTS = [
    datetime(2014, 7, 1, tzinfo=UTC),  # before all opens
    datetime(2014, 10, 8, tzinfo=UTC),  # all is open
    datetime(2014, 10, 8, 12, tzinfo=UTC),
    datetime(2014, 10, 10, tzinfo=UTC),  # Thursday is over
    datetime(2014, 10, 13, 6, tzinfo=UTC),  # Monday may only be cancelled
]


@st.composite
def day_facts(draw: st.DrawFn) -> DayFacts:
    booked_by = draw(st.sampled_from([None, None, MARSONE, MARSONE, FATHERS_HOUSEHOLD]))
    mostly = st.sampled_from([True, True, True, True, False])
    return DayFacts(
        open=draw(mostly),
        rule=draw(st.sampled_from(RULES)),
        capacity=draw(st.sampled_from([None, None, 0, 1, 2])),
        taken=draw(st.integers(0, 2)) + (booked_by is not None),
        waiters=draw(st.sampled_from([0, 0, 0, 1])),
        booked_by=booked_by,
        entitled=draw(mostly),
        may_change=draw(mostly),
    )


SITUATIONS = st.builds(
    Situation,
    household_id=st.just(MARSONE),
    cells=st.dictionaries(st.sampled_from(CELLS), day_facts(), min_size=2),
    calendar=st.just(SchoolCalendar()),
    zone=st.just(PARIS),
    incompatible=st.frozensets(st.sampled_from(PAIRS), max_size=3),
    together=st.frozensets(st.sampled_from(PAIRS), max_size=3),
)
CHANGES = st.lists(
    st.builds(Change, st.sampled_from(CELLS), st.booleans(), st.sampled_from([None, None, True, False])),
    max_size=10,
    unique_by=lambda change: change.cell,
)
POWERS = st.just(frozenset[PlanningRefusal]()) | st.frozensets(st.sampled_from(sorted(OVERRIDABLE)))
RECEIVED = st.sampled_from(MOMENTS)

searched = settings(max_examples=60, deadline=None)


def saved(
    situation: Situation,
    changes: Sequence[Change],
    received_at: datetime,
    powers: frozenset[PlanningRefusal] = frozenset(),
) -> Outcome:
    return decide(situation=situation, changes=changes, received_at=received_at, powers=powers)


def resulting(situation: Situation, outcome: Outcome) -> Situation:
    """What stands once the accepted changes are written."""
    cells = dict(situation.cells)
    for change in outcome.accepted:
        facts = cells[change.cell]
        cells[change.cell] = facts._replace(
            booked_by=MARSONE if change.wanted else None,
            taken=facts.taken + (1 if change.wanted else -1),
        )
    return replace(situation, cells=cells)


@searched
@given(situation=SITUATIONS, changes=CHANGES, received_at=RECEIVED, powers=POWERS)
def test_each_change_has_exactly_one_answer(
    situation: Situation, changes: list[Change], received_at: datetime, powers: frozenset[PlanningRefusal]
) -> None:
    outcome = saved(situation, changes, received_at, powers)

    answered = [*outcome.accepted, *outcome.unchanged, *(change for change, _ in outcome.refused)]
    assert len(answered) == len(changes)
    assert set(answered) == set(changes)


@searched
@given(situation=SITUATIONS, changes=CHANGES, received_at=RECEIVED, randomly=st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_plays_a_part(
    situation: Situation, changes: list[Change], received_at: datetime, randomly: Random
) -> None:
    again = changes + changes[:3]
    randomly.shuffle(again)

    assert saved(situation, again, received_at) == saved(situation, changes, received_at)


@searched
@given(situation=SITUATIONS, changes=CHANGES, received_at=RECEIVED, powers=POWERS)
def test_planning_twice_is_planning_once(
    situation: Situation, changes: list[Change], received_at: datetime, powers: frozenset[PlanningRefusal]
) -> None:
    first = saved(situation, changes, received_at, powers)

    second = saved(resulting(situation, first), changes, received_at, powers)

    assert second.accepted == ()
    assert second.refused == first.refused
    assert set(second.unchanged) == {*first.accepted, *first.unchanged}


@searched
@given(situation=SITUATIONS, changes=CHANGES, received_at=RECEIVED, powers=POWERS)
def test_places_are_never_exceeded(
    situation: Situation, changes: list[Change], received_at: datetime, powers: frozenset[PlanningRefusal]
) -> None:
    after = resulting(situation, saved(situation, changes, received_at, powers))

    for cell, facts in after.cells.items():
        if facts.capacity is not None:
            assert facts.taken <= max(facts.capacity, situation.cells[cell].taken)


@searched
@given(situation=SITUATIONS, changes=CHANGES, received_at=RECEIVED, powers=POWERS)
def test_while_somebody_waits_a_limited_day_goes_to_nobody_to_whom_it_is_not_offered(
    situation: Situation, changes: list[Change], received_at: datetime, powers: frozenset[PlanningRefusal]
) -> None:
    for change in saved(situation, changes, received_at, powers).accepted:
        facts = situation.cells[change.cell]
        assert not change.wanted or facts.capacity is None or not facts.waiters


@searched
@given(facts=day_facts(), received_at=RECEIVED, others=st.integers(0, 3))
def test_an_offer_is_a_place_held_whoever_waits_and_whatever_is_taken(
    facts: DayFacts, received_at: datetime, others: int
) -> None:
    offered = facts._replace(capacity=2, taken=1, waiters=others, offered=True)
    without_limit = facts._replace(capacity=None, waiters=0)
    cell = Cell(ACTIVITIES[0], DAYS[0])

    outcomes = [
        saved(
            Situation(household_id=MARSONE, cells={cell: one}, calendar=SchoolCalendar(), zone=PARIS),
            [Change(cell, wanted=True)],
            received_at,
        )
        for one in (offered, without_limit)
    ]

    assert outcomes[0] == outcomes[1]


@searched
@given(situation=SITUATIONS, changes=CHANGES, received_at=RECEIVED)
def test_nothing_is_booked_without_service_entitlement_or_custody(
    situation: Situation, changes: list[Change], received_at: datetime
) -> None:
    for change in saved(situation, changes, received_at).accepted:
        facts = situation.cells[change.cell]
        assert facts.may_change
        assert not change.wanted or (facts.open and facts.entitled)


@searched
@given(situation=SITUATIONS, changes=CHANGES, received_at=RECEIVED, powers=POWERS)
def test_nothing_is_booked_beside_an_incompatible_activity(
    situation: Situation, changes: list[Change], received_at: datetime, powers: frozenset[PlanningRefusal]
) -> None:
    outcome = saved(situation, changes, received_at, powers)

    standing = {cell for cell, facts in resulting(situation, outcome).cells.items() if facts.booked_by is not None}
    for change in outcome.accepted:
        for pair in situation.incompatible:
            if change.wanted and change.cell.activity_id in pair:
                assert not {Cell(other, change.cell.day) for other in pair - {change.cell.activity_id}} & standing


@searched
@given(situation=SITUATIONS, changes=CHANGES, received_at=RECEIVED, powers=POWERS)
def test_no_change_parts_what_goes_together(
    situation: Situation, changes: list[Change], received_at: datetime, powers: frozenset[PlanningRefusal]
) -> None:
    outcome = saved(situation, changes, received_at, powers)

    changed = {change.cell for change in outcome.accepted}
    cells = resulting(situation, outcome).cells
    for day in DAYS:
        for pair in situation.together:
            tied = [Cell(activity, day) for activity in pair]
            if changed & set(tied) and all(cell in cells and cells[cell].open for cell in tied):
                assert len({cells[cell].booked_by == MARSONE for cell in tied}) == 1


@searched
@given(situation=SITUATIONS, changes=CHANGES, received_at=RECEIVED, powers=POWERS)
def test_a_form_undoes_nothing_that_it_did_not_show(
    situation: Situation, changes: list[Change], received_at: datetime, powers: frozenset[PlanningRefusal]
) -> None:
    outcome = saved(situation, changes, received_at, powers)

    for change in outcome.accepted:
        booked_by = situation.cells[change.cell].booked_by
        assert booked_by in (None, MARSONE)
        assert (booked_by == MARSONE) != change.wanted
        assert change.seen in (None, booked_by == MARSONE)


@searched
@given(situation=SITUATIONS, changes=CHANGES, received_at=RECEIVED)
def test_a_parent_changes_nothing_out_of_time(
    situation: Situation, changes: list[Change], received_at: datetime
) -> None:
    for change in saved(situation, changes, received_at).accepted:
        verdict = judge(
            action=Action.BOOK if change.wanted else Action.CANCEL,
            day=change.cell.day,
            rule=situation.cells[change.cell].rule,
            calendar=situation.calendar,
            zone=situation.zone,
            received_at=received_at,
        )
        assert isinstance(verdict, Open)


@searched
@given(facts=day_facts(), received_at=RECEIVED, powers=POWERS, day=st.sampled_from(DAYS), as_form=st.booleans())
def test_a_box_can_be_changed_if_and_only_if_the_save_accepts_it(
    facts: DayFacts, received_at: datetime, powers: frozenset[PlanningRefusal], day: date, as_form: bool
) -> None:
    cell = Cell(ACTIVITIES[0], day)
    situation = Situation(household_id=MARSONE, cells={cell: facts}, calendar=SchoolCalendar(), zone=PARIS)
    booked = facts.booked_by == MARSONE
    change = Change(cell, wanted=not booked, seen=booked if as_form else None)

    view = cell_state(
        facts,
        day=day,
        household_id=MARSONE,
        timing=Timing(calendar=situation.calendar, zone=situation.zone, at=received_at),
        powers=powers,
    )
    outcome = saved(situation, [change], received_at, powers)

    assert view.changeable == (outcome.accepted == (change,))
    assert outcome.refused == (() if view.reason is None else ((change, view.reason),))
