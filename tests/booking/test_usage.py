"""What became of each day, as billing asks it: called, absent, excused with its rank, late, unbooked, shared."""

from datetime import date, datetime

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from booking.models import Absence, Attendance, Booking, ServiceDay
from booking.rules.planning import OVERRIDABLE
from booking.usage import Usage, absences_to_examine, days_not_called, usage
from lps.families.models import Child, Custody, Household
from tests.booking.october import (
    BUS_8H30,
    JEUDI_16,
    LUNDI_13,
    MARDI_14,
    NOW,
    VENDREDI_17,
    Autumn,
    ask,
    paris,
)

DAYS = (LUNDI_13, MARDI_14, JEUDI_16, VENDREDI_17)


@pytest.fixture
def bus(autumn: Autumn, marsone: Household, angeline: Child) -> int:
    """Angéline takes the bus on four days."""
    Booking.objects.filter(household=marsone, day__range=(LUNDI_13, VENDREDI_17)).update(canceled_at=NOW)
    ask(angeline, marsone, autumn.book(BUS_8H30, *DAYS))
    return autumn.activities[BUS_8H30]


def read(activity: int, **kept: object) -> list[Usage]:
    found = usage(first_day=LUNDI_13, last_day=VENDREDI_17, activities=[activity], zone="Europe/Paris", **kept)
    return list(found)


def noted(child: Child, held: ServiceDay, state: str, **hours: datetime) -> None:
    unbooked = not Booking.objects.standing().filter(service_day=held, child=child).exists()
    Attendance.objects.create(
        service_day=held, child=child, state=state, unbooked=unbooked, noted_at=NOW, noted_by="Nadia", **hours
    )


def absent(child: Child, household: Household, first: date, last: date, **facts: object) -> Absence:
    return Absence.objects.create(
        **{
            "child": child,
            "household": household,
            "first_day": first,
            "last_day": last,
            "reason": "Maladie",
            "declared_at": NOW,
            "channel": "web",
            "state": "accepted",
            "answered_at": NOW,
            **facts,
        }
    )


def test_a_day_is_what_the_roll_call_said(bus: int, autumn: Autumn, angeline: Child, marsone: Household) -> None:
    for day, state in ((LUNDI_13, "present"), (MARDI_14, "absent"), (JEUDI_16, "excused")):
        noted(angeline, autumn.held(BUS_8H30, day), state)

    found = {(row.use, row.days, row.ranks) for row in read(bus)}

    assert found == {
        ("attended", (LUNDI_13,), ()),
        ("absent", (MARDI_14,), ()),
        ("excused", (JEUDI_16,), (1,)),
        ("not_called", (VENDREDI_17,), ()),
    }
    assert {row.household_id for row in read(bus)} == {marsone.pk}


def test_hours_are_minutes_of_the_towns_day(bus: int, autumn: Autumn, angeline: Child) -> None:
    noted(angeline, autumn.held(BUS_8H30, LUNDI_13), "present", left_at=paris(LUNDI_13, 17, 5))
    noted(angeline, autumn.held(BUS_8H30, MARDI_14), "present")

    [row] = [row for row in read(bus) if row.use == "attended"]

    assert row.hours == ((None, 17 * 60 + 5), (None, None))


def test_an_accepted_absence_excuses_with_the_rank_of_each_day(bus: int, angeline: Child, marsone: Household) -> None:
    absent(angeline, marsone, MARDI_14, JEUDI_16, document="certificat.pdf")
    waiting = absent(angeline, marsone, VENDREDI_17, VENDREDI_17, state="declared", answered_at=None)

    found = {(row.use, row.days, row.ranks, row.proved) for row in read(bus)}

    assert found == {
        ("not_called", (LUNDI_13, VENDREDI_17), (), False),
        ("excused", (MARDI_14, JEUDI_16), (1, 3), True),
    }
    assert list(absences_to_examine(first_day=LUNDI_13, last_day=VENDREDI_17)) == [waiting]


def test_an_absence_of_other_activities_excuses_nothing(
    bus: int, autumn: Autumn, angeline: Child, marsone: Household
) -> None:
    other = next(pk for name, pk in autumn.activities.items() if name != BUS_8H30)
    absent(angeline, marsone, LUNDI_13, VENDREDI_17).activities.set([other])

    assert [row.use for row in read(bus)] == ["not_called"]


def test_who_came_unbooked_is_of_the_household_that_has_it_that_day(
    bus: int, autumn: Autumn, angeline: Child, bertrand: Child, marsone: Household
) -> None:
    noted(bertrand, autumn.held(BUS_8H30, LUNDI_13), "present")

    assert [(row.household_id, row.days) for row in read(bus) if row.use == "unbooked"] == [(marsone.pk, (LUNDI_13,))]


def test_an_unbooked_child_of_two_households_is_nobodys(
    bus: int, autumn: Autumn, bertrand: Child, stranger: Household
) -> None:
    Custody.objects.create(child=bertrand, household=stranger, valid_during=DateRange(LUNDI_13, None))
    noted(bertrand, autumn.held(BUS_8H30, LUNDI_13), "present")

    last = read(bus)[-1]
    assert (last.household_id, last.use, last.child_id) == (None, "unbooked", bertrand.pk)


def test_a_canceled_booking_is_nothing_and_others_are_not_read(bus: int, marsone: Household) -> None:
    Booking.objects.filter(activity=bus, day=LUNDI_13).update(canceled_at=NOW)

    assert [row.days for row in read(bus)] == [(MARDI_14, JEUDI_16, VENDREDI_17)]
    assert read(bus, households=[marsone.pk + 1]) == []
    assert read(bus + 1000) == []


def test_the_days_without_a_roll_call_are_named(bus: int, autumn: Autumn, angeline: Child) -> None:
    noted(angeline, autumn.held(BUS_8H30, LUNDI_13), "present")

    missing = days_not_called(first_day=LUNDI_13, last_day=VENDREDI_17, activities=[bus])

    assert [held.day for held in missing] == [MARDI_14, JEUDI_16, VENDREDI_17]


def test_what_an_agent_books_after_the_deadline_is_late(
    bus: int, autumn: Autumn, bertrand: Child, marsone: Household
) -> None:
    ask(bertrand, marsone, autumn.book(BUS_8H30, MARDI_14))

    ask(bertrand, marsone, autumn.book(BUS_8H30, LUNDI_13), at=paris(LUNDI_13, 6), powers=OVERRIDABLE)

    found = [(row.late, row.days) for row in read(bus) if row.child_id == bertrand.pk]
    assert found == [(False, (MARDI_14,)), (True, (LUNDI_13,))]
