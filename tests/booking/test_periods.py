"""Périscotidien periods, on the tables: chosen once, their bookings made in one go, what is left out listed."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from booking import catalogue
from booking.models import ActivityTie, JournalEntry, Period, PeriodChoice, Receipt, ServiceDay
from booking.rules.entitlements import Access
from booking.rules.periods import NotOffered, PeriodFacts
from booking.rules.planning import Cell
from booking.services.bookings import ForeignJeton
from booking.services.catalogue import entitle, tie
from booking.services.periods import PeriodSaved, add_period, choose_period
from lps.families.identity import actor_of
from lps.families.models import Child, Household
from lps.journal.channels import Channel
from tests.booking.october import (
    BUS_8H30,
    CANTEEN,
    EVENING,
    MONDAY,
    MORNING,
    NOW,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    Autumn,
    ask,
    closed,
    codes,
    make_days,
    paris,
    standing,
    written,
)
from tests.sql import counted

FIRST, LAST = date(2014, 11, 11), date(2014, 12, 31)
MONDAYS = [date(2014, 11, 17), date(2014, 11, 24), date(2014, 12, 1), date(2014, 12, 8), date(2014, 12, 15)]
THURSDAYS = [date(2014, 11, day) for day in (13, 20, 27)] + [date(2014, 12, day) for day in (4, 11, 18)]
CHRISTMAS = date(2014, 12, 25)


@pytest.fixture
def period(autumn: Autumn) -> PeriodFacts:
    """That of the town's presentation, for mornings and evenings."""
    return offered(autumn, MORNING, EVENING)


def offered(autumn: Autumn, *names: str, first: date = FIRST, last: date = LAST, **facts: datetime) -> PeriodFacts:
    made = add_period(first_day=first, last_day=last, activities=[autumn.activities[name] for name in names], **facts)
    found = catalogue.read().period(made.pk)
    assert found is not None
    return found


def choose(
    period: PeriodFacts,
    child: Child,
    home: Household,
    chosen: dict[int, Iterable[int]],
    *,
    at: datetime = NOW,
    jeton: uuid.UUID | None = None,
) -> PeriodSaved:
    return choose_period(
        period=period,
        child=child,
        household=home,
        chosen={activity: frozenset(weekdays) for activity, weekdays in chosen.items()},
        by=actor_of(home),
        channel=Channel.WEB,
        received_at=at,
        jeton=jeton or uuid.uuid4(),
    )


def mornings(autumn: Autumn, *weekdays: int) -> dict[int, Iterable[int]]:
    return {autumn.activities[MORNING]: weekdays}


def left_out(saved: PeriodSaved) -> list[tuple[date, str]]:
    return [(skipped.cell.day, skipped.why) for skipped in saved.skipped]


class TestChosenOnce:
    def test_the_bookings_of_the_whole_period_exist_under_one_receipt(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        saved = choose(period, angeline, marsone, mornings(autumn, MONDAY, THURSDAY))

        assert standing(angeline, autumn.activities[MORNING]) == sorted(MONDAYS + THURSDAYS)
        assert standing(angeline, autumn.activities[EVENING]) == []
        assert (left_out(saved), saved.refused) == ([(CHRISTMAS, "Jour de Noël")], ())
        entries = JournalEntry.objects.filter(receipt=saved.receipt)
        assert {(entry.before, entry.after, entry.author) for entry in entries} == {(False, True, "famille MARSONE")}
        assert sorted(entry.day for entry in entries) == sorted(MONDAYS + THURSDAYS)
        [choice] = PeriodChoice.objects.filter(period=period.pk)
        assert (choice.child, choice.household, choice.receipt) == (angeline, marsone, saved.receipt)
        assert choice.chosen == [{"activity": autumn.activities[MORNING], "name": MORNING, "weekdays": [0, 3]}]
        assert choice.skipped == [{"activity": autumn.activities[MORNING], "day": "2014-12-25", "why": "Jour de Noël"}]

    def test_a_second_choice_is_refused_and_changes_nothing(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        choose(period, angeline, marsone, mornings(autumn, MONDAY))
        before = written()

        again = choose(period, angeline, marsone, mornings(autumn, TUESDAY))

        assert again.refusal and again.refusal.code == "already_chosen"
        assert (again.receipt, written()) == (None, before)

    def test_a_brother_chooses_his_own(
        self, autumn: Autumn, marsone: Household, angeline: Child, bertrand: Child, period: PeriodFacts
    ) -> None:
        choose(period, angeline, marsone, mornings(autumn, MONDAY))
        choose(period, bertrand, marsone, mornings(autumn, THURSDAY))

        assert standing(angeline, autumn.activities[MORNING]) == MONDAYS
        assert standing(bertrand, autumn.activities[MORNING]) == THURSDAYS

    def test_another_period_of_the_same_days_is_chosen_apart_and_books_nothing_twice(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        choose(period, angeline, marsone, mornings(autumn, MONDAY))

        saved = choose(offered(autumn, MORNING), angeline, marsone, mornings(autumn, MONDAY, THURSDAY))

        assert [entry.day for entry in saved.entries] == THURSDAYS
        assert standing(angeline, autumn.activities[MORNING]) == sorted(MONDAYS + THURSDAYS)

    def test_a_choice_of_days_all_booked_already_is_kept_with_a_receipt_and_books_nothing(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        ask(angeline, marsone, autumn.book(MORNING, *MONDAYS))

        saved = choose(period, angeline, marsone, mornings(autumn, MONDAY))

        assert (saved.receipt is not None, saved.entries, saved.refused) == (True, (), ())
        assert PeriodChoice.objects.filter(period=period.pk).count() == 1

    def test_its_days_are_then_ordinary_bookings(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        choose(period, angeline, marsone, mornings(autumn, MONDAY))

        ask(angeline, marsone, autumn.cancel(MORNING, MONDAYS[0]))

        assert standing(angeline, autumn.activities[MORNING]) == MONDAYS[1:]
        again = choose(period, angeline, marsone, mornings(autumn, MONDAY))
        assert again.refusal and again.refusal.code == "already_chosen"

    def test_the_database_keeps_one_choice_and_changes_none(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        saved = choose(period, angeline, marsone, mornings(autumn, MONDAY))
        other = ask(angeline, marsone, autumn.book(BUS_8H30, MONDAYS[0]))
        assert saved.receipt and other.receipt

        with pytest.raises(IntegrityError, match="period_choice_once"), transaction.atomic():
            PeriodChoice.objects.create(
                period_id=period.pk, child=angeline, household=marsone, receipt=other.receipt, chosen=[]
            )
        for change in (lambda rows: rows.update(chosen=[]), lambda rows: rows.delete()):
            with pytest.raises(IntegrityError, match="refuse_change"), transaction.atomic():
                change(PeriodChoice.objects.filter(period=period.pk))


class TestWhatIsLeftOut:
    def test_public_holidays_are_listed_by_their_names_and_school_holidays_are_not(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        saved = choose(period, angeline, marsone, mornings(autumn, TUESDAY, THURSDAY))

        assert left_out(saved) == [(FIRST, "11 novembre"), (CHRISTMAS, "Jour de Noël")]
        assert FIRST not in standing(angeline, autumn.activities[MORNING])
        assert max(standing(angeline, autumn.activities[MORNING])) == date(2014, 12, 18)

    def test_closures_are_listed_with_their_reason_of_the_town_the_school_or_the_class(
        self, autumn: Autumn, marsone: Household, angeline: Child, bertrand: Child, period: PeriodFacts
    ) -> None:
        first, second, third, *_ = MONDAYS
        closed(first, first, "Grève")
        closed(second, second, "Travaux", site_id=autumn.ce1.site_id)
        closed(third, third, "Classe de mer", school_class_id=autumn.ce1.pk)
        make_days()

        hers = choose(period, angeline, marsone, mornings(autumn, MONDAY))
        his = choose(period, bertrand, marsone, mornings(autumn, MONDAY))

        assert left_out(hers) == [(first, "Grève"), (second, "Travaux"), (third, "Classe de mer")]
        assert left_out(his) == [(first, "Grève"), (second, "Travaux")]
        assert standing(angeline, autumn.activities[MORNING]) == MONDAYS[3:]
        assert standing(bertrand, autumn.activities[MORNING]) == MONDAYS[2:]

    def test_a_day_closed_by_hand_is_listed_without_a_reason(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        ServiceDay.objects.filter(day=MONDAYS[0]).update(open=False, by_hand=True)

        saved = choose(period, angeline, marsone, mornings(autumn, MONDAY))

        assert left_out(saved) == [(MONDAYS[0], "")]
        assert standing(angeline, autumn.activities[MORNING]) == MONDAYS[1:]

    def test_full_days_come_back_refused_and_the_receipt_keeps_them(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        autumn.places(MORNING, THURSDAYS[1], 0)

        saved = choose(period, angeline, marsone, mornings(autumn, THURSDAY))

        [(change, refusal)] = saved.refused
        assert (change.cell, refusal.code) == (autumn.cell(MORNING, THURSDAYS[1]), "full")
        assert saved.receipt and [told["day"] for told in saved.receipt.refused] == [str(THURSDAYS[1])]
        assert standing(angeline, autumn.activities[MORNING]) == [THURSDAYS[0], *THURSDAYS[2:]]

    def test_days_past_their_deadline_come_back_refused(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        saved = choose(period, angeline, marsone, mornings(autumn, MONDAY), at=paris(date(2014, 11, 23), 17))

        assert codes(saved.refused) == ["too_late", "too_late"]
        assert standing(angeline, autumn.activities[MORNING]) == MONDAYS[2:]

    def test_the_week_that_buchelay_closes_on_its_thursday(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        closing = {"type": "weekly", "weekday": 3, "at": "17:00"}
        autumn.pattern(MORNING, deadline={"book": closing, "cancel": closing})

        saved = choose(period, angeline, marsone, mornings(autumn, MONDAY, THURSDAY), at=paris(date(2014, 11, 7), 9))

        [(change, refusal)] = saved.refused
        assert (change.cell.day, refusal.code) == (date(2014, 11, 13), "too_late")
        assert refusal.facts == {"closed_at": paris(date(2014, 11, 6), 17)}
        assert len(saved.entries) == 10

    def test_days_beyond_the_ordinary_opening_are_booked_and_may_be_canceled_at_once(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        early = paris(date(2014, 8, 25), 9)
        assert codes(ask(angeline, marsone, autumn.book(BUS_8H30, MONDAYS[-1]), at=early).refused) == ["not_yet_open"]

        choose(period, angeline, marsone, mornings(autumn, MONDAY), at=early)

        assert standing(angeline, autumn.activities[MORNING]) == MONDAYS
        assert ask(angeline, marsone, autumn.cancel(MORNING, MONDAYS[-1]), at=early).receipt

    def test_a_child_without_the_right_to_an_activity_gets_the_other(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        entitle(activity_id=autumn.activities[EVENING], ways=[Access(level="CE2")])
        chosen = {autumn.activities[name]: (MONDAY,) for name in (MORNING, EVENING)}

        saved = choose(period, angeline, marsone, chosen)

        assert codes(saved.refused) == ["not_entitled"] * len(MONDAYS)
        assert standing(angeline, autumn.activities[MORNING]) == MONDAYS
        assert standing(angeline, autumn.activities[EVENING]) == []

    def test_activities_that_go_together_are_booked_on_the_days_when_both_can_be(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        morning, evening = autumn.activities[MORNING], autumn.activities[EVENING]
        tie(one=morning, other=evening, kind=ActivityTie.Kind.TOGETHER)
        autumn.places(EVENING, MONDAYS[0], 0)

        saved = choose(period, angeline, marsone, {morning: (MONDAY, THURSDAY), evening: (MONDAY,)})

        assert standing(angeline, morning) == standing(angeline, evening) == MONDAYS[1:]
        assert sorted(codes(saved.refused)) == ["full", "together", *["together"] * len(THURSDAYS)]

    def test_days_that_hold_an_incompatible_activity_are_refused(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        tie(one=autumn.activities[MORNING], other=autumn.activities[BUS_8H30], kind=ActivityTie.Kind.INCOMPATIBLE)
        ask(angeline, marsone, autumn.book(BUS_8H30, MONDAYS[1]))

        saved = choose(period, angeline, marsone, mornings(autumn, MONDAY))

        assert codes(saved.refused) == ["incompatible"]
        assert standing(angeline, autumn.activities[MORNING]) == [MONDAYS[0], *MONDAYS[2:]]


class TestNothing:
    def is_free(self, period: PeriodFacts, before: tuple[int, int, int]) -> bool:
        return written() == before and not PeriodChoice.objects.filter(period=period.pk).exists()

    def test_left_nothing_is_written_and_the_period_may_be_chosen_again(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        ServiceDay.objects.filter(activity=autumn.activities[MORNING]).update(places=0)
        before = written()

        saved = choose(period, angeline, marsone, mornings(autumn, MONDAY))

        assert saved.refusal and saved.refusal.code == "nothing_left"
        assert codes(saved.refused) == ["full"] * len(MONDAYS)
        assert self.is_free(period, before)
        assert choose(period, angeline, marsone, {autumn.activities[EVENING]: (MONDAY,)}).receipt

    @pytest.mark.parametrize("chosen", [(), (MORNING,)])
    def test_ticked_nothing_is_written(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts, chosen: tuple[str, ...]
    ) -> None:
        before = written()

        saved = choose(period, angeline, marsone, {autumn.activities[name]: () for name in chosen})

        assert saved.refusal and saved.refusal.code == "no_day"
        assert self.is_free(period, before)

    @pytest.mark.parametrize(("name", "weekday"), [(MORNING, WEDNESDAY), (CANTEEN, MONDAY)])
    def test_that_is_not_offered_is_asked_and_the_rest_is_not_saved_either(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts, name: str, weekday: int
    ) -> None:
        before = written()
        chosen = mornings(autumn, MONDAY) | {autumn.activities[name]: (MONDAY, weekday)}

        with pytest.raises(NotOffered):
            choose(period, angeline, marsone, chosen)

        assert self.is_free(period, before)

    @pytest.mark.parametrize(
        ("moment", "code"),
        [(timedelta(microseconds=-1), "not_yet_open"), (timedelta(days=14), "too_late")],
    )
    def test_is_chosen_before_the_opening_or_from_the_end_on(
        self, autumn: Autumn, marsone: Household, angeline: Child, moment: timedelta, code: str
    ) -> None:
        opens_at = paris(date(2014, 10, 13), 8)
        short = offered(autumn, MORNING, opens_at=opens_at, closes_at=opens_at + timedelta(days=14))
        before = written()

        saved = choose(short, angeline, marsone, mornings(autumn, MONDAY), at=opens_at + moment)

        assert saved.refusal and saved.refusal.code == code
        assert self.is_free(short, before)

    @pytest.mark.parametrize("moment", [timedelta(0), timedelta(days=14, microseconds=-1)])
    def test_is_lost_at_the_opening_nor_at_the_last_instant(
        self, autumn: Autumn, marsone: Household, angeline: Child, moment: timedelta
    ) -> None:
        opens_at = paris(date(2014, 10, 13), 8)
        short = offered(autumn, MORNING, opens_at=opens_at, closes_at=opens_at + timedelta(days=14))

        assert choose(short, angeline, marsone, mornings(autumn, MONDAY), at=opens_at + moment).receipt


class TestJetons:
    def test_the_same_form_again_gives_the_first_receipt_even_after_the_end(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        jeton = uuid.uuid4()
        first = choose(period, angeline, marsone, mornings(autumn, MONDAY), jeton=jeton)
        before = written()

        again = choose(period, angeline, marsone, mornings(autumn, MONDAY), jeton=jeton, at=paris(date(2015, 6, 1), 9))

        assert (again.replayed, again.receipt, again.refusal) == (True, first.receipt, None)
        assert [entry.day for entry in again.entries] == MONDAYS
        assert written() == before

    def test_the_jeton_of_another_child_or_household_does_nothing(
        self,
        autumn: Autumn,
        marsone: Household,
        durand: Household,
        angeline: Child,
        bertrand: Child,
        period: PeriodFacts,
    ) -> None:
        jeton = uuid.uuid4()
        choose(period, angeline, marsone, mornings(autumn, MONDAY), jeton=jeton)
        before = written()

        for child, home in ((bertrand, marsone), (angeline, durand)):
            with pytest.raises(ForeignJeton):
                choose(period, child, home, mornings(autumn, THURSDAY), jeton=jeton)

        assert (written(), PeriodChoice.objects.filter(period=period.pk).count()) == (before, 1)

    def test_the_jeton_of_a_planning_is_no_periods(
        self, autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        """The form of the planning was saved under it: its receipt is shown, no period is chosen."""
        jeton = uuid.uuid4()
        first = ask(angeline, marsone, autumn.book(BUS_8H30, MONDAYS[0]), jeton=jeton)

        saved = choose(period, angeline, marsone, mornings(autumn, MONDAY), jeton=jeton)

        assert (saved.replayed, saved.receipt) == (True, first.receipt)
        assert standing(angeline, autumn.activities[MORNING]) == []


class TestTwoHouseholds:
    def test_each_chooses_its_own_and_the_days_of_the_other_are_listed(
        self, autumn: Autumn, marsone: Household, durand: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        choose(period, angeline, marsone, mornings(autumn, MONDAY))

        saved = choose(period, angeline, durand, mornings(autumn, MONDAY, THURSDAY))

        assert codes(saved.refused) == ["other_household"] * len(MONDAYS)
        assert [entry.day for entry in saved.entries] == THURSDAYS
        assert {entry.household_id for entry in saved.entries} == {durand.pk}
        assert PeriodChoice.objects.filter(period=period.pk, child=angeline).count() == 2

    def test_a_stranger_chooses_nothing_for_a_child_that_is_not_its_own(
        self, autumn: Autumn, stranger: Household, angeline: Child, period: PeriodFacts
    ) -> None:
        before = written()

        saved = choose(period, angeline, stranger, mornings(autumn, MONDAY))

        assert saved.refusal and saved.refusal.code == "nothing_left"
        assert codes(saved.refused) == ["other_household"] * len(MONDAYS)
        assert written() == before


def test_a_period_costs_the_same_for_one_week_and_for_two_months(
    autumn: Autumn, marsone: Household, angeline: Child, bertrand: Child
) -> None:
    cost = []
    for child, last in ((angeline, FIRST + timedelta(days=7)), (bertrand, LAST)):
        facts = offered(autumn, MORNING, EVENING, last=last)
        catalogue.read()
        with counted() as statements:
            assert choose(facts, child, marsone, mornings(autumn, MONDAY, TUESDAY, THURSDAY)).receipt
        cost.append(len(statements))

    assert cost[0] == cost[1]


@pytest.mark.parametrize(
    ("named", "facts"),
    [
        ("period_days", {"first_day": LAST, "last_day": FIRST}),
        ("period_closes_after_opening", {"first_day": FIRST, "last_day": LAST, "opens_at": NOW, "closes_at": NOW}),
    ],
)
def test_a_period_that_ends_before_it_begins_is_not_kept(autumn: Autumn, named: str, facts: dict[str, object]) -> None:
    before = Period.objects.count()

    with pytest.raises(IntegrityError, match=named), transaction.atomic():
        add_period(activities=[], **facts)  # type: ignore[arg-type]

    assert Period.objects.count() == before


def test_the_receipt_says_which_weekdays_were_chosen(
    autumn: Autumn, marsone: Household, angeline: Child, period: PeriodFacts
) -> None:
    chosen = {autumn.activities[EVENING]: (), **mornings(autumn, THURSDAY, MONDAY)}

    saved = choose(period, angeline, marsone, chosen)

    receipt = Receipt.objects.get(pk=saved.receipt.pk if saved.receipt else 0)
    assert receipt.period_choice.chosen == [
        {"activity": autumn.activities[MORNING], "name": MORNING, "weekdays": [0, 3]}
    ]
    assert {Cell(entry.activity_id, entry.day) for entry in saved.entries} == {
        autumn.cell(MORNING, day) for day in MONDAYS + THURSDAYS
    }
