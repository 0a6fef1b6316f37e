"""Making the days again from patterns, calendar and closures: no booking is lost, what it would cancel is listed."""

import uuid
from datetime import date, timedelta

import pytest

from booking.models import Activity, Booking, PublicHoliday, ServiceDay
from booking.rules.planning import Cell, Change
from booking.services.bookings import change_bookings
from booking.services.days import Materialized, extend_days, materialize, preview_days
from lps.families.identity import actor_of
from lps.families.models import Child, Household
from lps.journal.channels import Channel
from lps.kernel import clock
from tests.zone import PARIS

MONDAY, THURSDAY = 0, 3


@pytest.fixture
def bus(activity: dict[str, int]) -> int:
    return activity["Transport scolaire 13h30"]


@pytest.fixture
def first_day(bus: int) -> date:
    """The next Thursday of the bus, a week ahead or after the holidays: before its deadline."""
    after = clock.today(PARIS) + timedelta(days=7)
    held = ServiceDay.objects.filter(activity=bus, day__gte=after, open=True, day__iso_week_day=THURSDAY + 1)
    return held.order_by("day")[0].day


def make(first_day: date) -> Materialized:
    return materialize(first_day=first_day, last_day=first_day + timedelta(weeks=4))


def open_days(bus: int, first_day: date) -> set[date]:
    last_day = first_day + timedelta(weeks=4)
    held = ServiceDay.objects.filter(activity=bus, open=True, day__range=(first_day, last_day))
    return set(held.values_list("day", flat=True))


def book(child: Child, household: Household, bus: int, day: date) -> None:
    saved = change_bookings(
        child=child,
        household=household,
        changes=[Change(Cell(bus, day), wanted=True)],
        by=actor_of(household),
        channel=Channel.WEB,
        received_at=clock.now(),
        jeton=uuid.uuid4(),
    )
    assert saved.receipt


def test_a_day_no_longer_wanted_closes_unless_somebody_is_booked(
    angeline: Child, marsone: Household, bus: int, first_day: date
) -> None:
    thursdays = sorted(day for day in open_days(bus, first_day) if day.weekday() == THURSDAY)
    booked = thursdays[0]
    book(angeline, marsone, bus, booked)
    Activity.objects.filter(pk=bus).update(weekdays=[MONDAY])

    done = make(first_day)

    left = open_days(bus, first_day)
    assert {day for day in left if day.weekday() != MONDAY} == {booked}
    assert {day for (activity, _site, day) in done.kept if activity == bus} == {booked}
    assert Booking.objects.standing().filter(child=angeline, activity=bus, day=booked).exists()


def test_the_preview_lists_the_same_and_changes_nothing(
    angeline: Child, marsone: Household, bus: int, first_day: date
) -> None:
    before = open_days(bus, first_day)
    booked = min(day for day in before if day.weekday() == THURSDAY)
    book(angeline, marsone, bus, booked)
    Activity.objects.filter(pk=bus).update(weekdays=[MONDAY])

    plan = preview_days(first_day=first_day, last_day=first_day + timedelta(weeks=4))

    assert {day for (activity, _site, day) in plan.kept if activity == bus} == {booked}
    assert open_days(bus, first_day) == before


def test_making_twice_is_making_once(bus: int, first_day: date) -> None:
    Activity.objects.filter(pk=bus).update(weekdays=[MONDAY], places=12)
    make(first_day)

    again = make(first_day)

    assert (again.made, again.opened, again.closed) == (0, 0, 0)


def test_a_day_set_by_hand_is_left_alone(bus: int, first_day: date) -> None:
    day = min(open_days(bus, first_day))
    ServiceDay.objects.filter(activity=bus, day=day).update(by_hand=True, places=3)
    Activity.objects.filter(pk=bus).update(weekdays=[], places=12)

    make(first_day)

    assert open_days(bus, first_day) == {day}
    assert set(ServiceDay.objects.filter(activity=bus, day=day).values_list("places", flat=True)) == {3}


def test_a_public_holiday_closes_its_day_and_opens_it_when_it_goes(bus: int, first_day: date) -> None:
    before = open_days(bus, first_day)
    day = min(before)
    holiday = PublicHoliday.objects.create(day=day, name="Fête du village")

    make(first_day)
    assert open_days(bus, first_day) == before - {day}

    holiday.delete()
    make(first_day)
    assert open_days(bus, first_day) == before


def test_the_night_makes_the_weeks_ahead(bus: int) -> None:
    today = clock.today(PARIS)
    ServiceDay.objects.filter(activity=bus, day__gt=today + timedelta(weeks=6), bookings__isnull=True).delete()
    before = ServiceDay.objects.filter(activity=bus).count()

    done = extend_days(today=today)

    assert done.made > 0 and ServiceDay.objects.filter(activity=bus).count() == before + done.made
