"""A child of two households: each books its own part, and neither undoes the other's."""

from datetime import date

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from booking.models import Booking, JournalEntry, ServiceDay, WaitingEntry
from booking.rules.planning import PlanningRefusal
from lps.families.models import Child, Custody, Household
from lps.families.queries.households import emails_of
from lps.families.services import children
from lps.journal.actors import Actor
from lps.kernel import clock
from notifications.models import OutboxMessage
from tests.booking.october import (
    BUS_8H30,
    BUS_13H30,
    JEUDI_16,
    LUNDI_13,
    MARDI_14,
    VENDREDI_17,
    Autumn,
    ask,
    codes,
    standing,
    written,
)

BEFORE, SINCE = DateRange(date(2000, 1, 1), JEUDI_16), DateRange(JEUDI_16, None)


@pytest.fixture
def halves(marsone: Household, durand: Household, angeline: Child) -> None:
    """Angéline is at her mother's until Wednesday and at her father's from Thursday 16 on."""
    Custody.objects.filter(child=angeline, household=marsone).update(valid_during=BEFORE)
    Custody.objects.filter(child=angeline, household=durand).update(valid_during=SINCE)


def test_each_household_books_in_its_own_name(
    autumn: Autumn, marsone: Household, durand: Household, angeline: Child
) -> None:
    ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13))
    ask(angeline, durand, autumn.book(BUS_13H30, MARDI_14))

    rows = Booking.objects.standing().filter(child=angeline, activity=autumn.activities[BUS_13H30], day__year=2014)
    assert dict(rows.values_list("day", "household__name")) == {LUNDI_13: "MARSONE", MARDI_14: "DURAND"}
    entries = JournalEntry.objects.filter(child=angeline, day__year=2014)
    assert {(entry.day, entry.household_id, entry.author) for entry in entries} == {
        (LUNDI_13, marsone.pk, "famille MARSONE"),
        (MARDI_14, durand.pk, "famille DURAND"),
    }


@pytest.mark.parametrize(("seen", "why"), [(True, "changed_meanwhile"), (None, "other_household")])
def test_the_others_booking_is_never_canceled_and_the_rest_is_saved(
    autumn: Autumn, marsone: Household, durand: Household, angeline: Child, seen: bool | None, why: str
) -> None:
    ask(angeline, durand, autumn.book(BUS_13H30, LUNDI_13))

    asked = [*autumn.cancel(BUS_13H30, LUNDI_13, seen=seen), *autumn.book(BUS_13H30, MARDI_14)]
    saved = ask(angeline, marsone, asked)

    assert codes(saved.refused) == [why]
    assert standing(angeline, autumn.activities[BUS_13H30]) == [LUNDI_13, MARDI_14]
    assert saved.receipt and [told["code"] for told in saved.receipt.refused] == [why]


def test_a_day_booked_by_both_is_booked_once_by_the_first(
    autumn: Autumn, marsone: Household, durand: Household, angeline: Child
) -> None:
    ask(angeline, durand, autumn.book(BUS_13H30, LUNDI_13))
    before = written()

    saved = ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13))

    assert codes(saved.refused) == ["other_household"]
    assert written() == before


def test_once_left_by_one_household_a_day_may_be_booked_by_the_other(
    autumn: Autumn, marsone: Household, durand: Household, angeline: Child
) -> None:
    ask(angeline, durand, autumn.book(BUS_13H30, LUNDI_13))
    ask(angeline, durand, autumn.cancel(BUS_13H30, LUNDI_13))

    assert ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13)).receipt

    assert Booking.objects.standing().get(child=angeline, day=LUNDI_13).household == marsone


@pytest.mark.usefixtures("halves")
def test_a_household_changes_the_days_on_which_it_has_the_child_and_no_other(
    autumn: Autumn, marsone: Household, durand: Household, angeline: Child
) -> None:
    week = (LUNDI_13, MARDI_14, JEUDI_16, VENDREDI_17)

    hers = ask(angeline, marsone, autumn.book(BUS_8H30, *week))
    his = ask(angeline, durand, autumn.book(BUS_13H30, *week))

    assert standing(angeline, autumn.activities[BUS_8H30]) == [LUNDI_13, MARDI_14]
    assert standing(angeline, autumn.activities[BUS_13H30]) == [JEUDI_16, VENDREDI_17]
    for saved in (hers, his):
        assert [refusal.facts for _, refusal in saved.refused] == [{"booked": False}] * 2


@pytest.mark.usefixtures("halves")
def test_an_agent_may_pass_over_the_days_of_custody_but_not_over_a_booking(
    autumn: Autumn, marsone: Household, durand: Household, angeline: Child
) -> None:
    ask(angeline, durand, autumn.book(BUS_13H30, JEUDI_16))
    power = frozenset({PlanningRefusal.OTHER_HOUSEHOLD})

    asked = [*autumn.book(BUS_13H30, VENDREDI_17), *autumn.cancel(BUS_13H30, JEUDI_16, seen=None)]
    saved = ask(angeline, marsone, asked, powers=power)

    assert [refusal.facts for _, refusal in saved.refused] == [{"booked": True}]
    assert standing(angeline, autumn.activities[BUS_13H30]) == [JEUDI_16, VENDREDI_17]


def test_the_bookings_of_a_custody_that_ends_stay_and_are_the_other_households_day(
    autumn: Autumn, marsone: Household, durand: Household, angeline: Child
) -> None:
    ask(angeline, marsone, autumn.book(BUS_13H30, JEUDI_16))
    Custody.objects.filter(child=angeline, household=marsone).update(valid_during=BEFORE)

    for home, changes in (
        (marsone, autumn.cancel(BUS_13H30, JEUDI_16)),
        (durand, autumn.cancel(BUS_13H30, JEUDI_16, seen=None)),
    ):
        assert codes(ask(angeline, home, changes).refused) == ["other_household"]

    assert standing(angeline, autumn.activities[BUS_13H30]) == [JEUDI_16]


def test_a_stranger_books_and_cancels_nothing(
    autumn: Autumn, marsone: Household, stranger: Household, angeline: Child
) -> None:
    ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13))
    before = written()

    asked = [*autumn.cancel(BUS_13H30, LUNDI_13, seen=None), *autumn.book(BUS_13H30, MARDI_14)]

    assert codes(ask(angeline, stranger, asked).refused) == ["other_household", "other_household"]
    assert written() == before


def test_the_end_of_a_custody_cancels_what_that_household_booked_later_and_nothing_else(
    autumn: Autumn, marsone: Household, durand: Household, angeline: Child
) -> None:
    ask(angeline, durand, autumn.book(BUS_13H30, LUNDI_13, JEUDI_16))
    ask(angeline, marsone, autumn.book(BUS_13H30, MARDI_14, VENDREDI_17))
    told = children.preview_end(child=angeline, household=durand, last_day=MARDI_14)
    assert (told["bookings_canceled"], told["waiting_ended"]) == (1, 0)

    children.end_custody(child=angeline, household=durand, last_day=MARDI_14, by=Actor.system("essai"), at=clock.now())

    activity = autumn.activities[BUS_13H30]
    assert standing(angeline, activity) == [LUNDI_13, MARDI_14, VENDREDI_17]
    entry = JournalEntry.objects.get(child=angeline, household=durand, day=JEUDI_16, after=False)
    assert entry.receipt.reason == "Fin de la garde dans cette famille"
    mails = OutboxMessage.objects.filter(template="booking/emails/parted")
    assert mails.count() == len(emails_of(durand))


def test_whoever_waited_waits_no_more_after_the_end_of_its_custody(
    autumn: Autumn, marsone: Household, durand: Household, angeline: Child
) -> None:
    held = ServiceDay.objects.filter(activity=autumn.activities[BUS_13H30], day=JEUDI_16)[0]
    WaitingEntry.objects.create(service_day=held, child=angeline, household=durand, joined_at=clock.now())

    children.end_custody(child=angeline, household=durand, last_day=MARDI_14, by=Actor.system("essai"), at=clock.now())

    assert WaitingEntry.objects.get(child=angeline, household=durand).state == WaitingEntry.State.LEFT
