"""The days of the autumn of 2014: what patterns, holidays and closures make of them, made again and again."""

from datetime import date, timedelta

import pytest

from booking import catalogue
from booking.catalogue import Place
from booking.models import Closure, ServiceDay
from booking.services.days import horizon, materialize
from lps.families.models import Child, Household, Site
from tests.booking.october import (
    ARMISTICE,
    BUS_8H30,
    BUS_13H30,
    JEUDI_16,
    LUNDI_13,
    MARDI_14,
    MORNING,
    VENDREDI_17,
    Autumn,
    ask,
    closed,
    codes,
    make_days,
    standing,
)
from tests.sql import counted

WEEK = (LUNDI_13, MARDI_14, JEUDI_16, VENDREDI_17)


def held(autumn: Autumn, name: str, *, site: Site | None = None) -> list[date]:
    """The days on which an activity is held, at the MARSONE children's school unless another is named."""
    rows = ServiceDay.objects.filter(activity=autumn.activities[name], open=True, day__year=2014)
    return sorted(rows.filter(site=site or autumn.ce1.site).values_list("day", flat=True))


def october(*days: int) -> list[date]:
    return [date(2014, 10, day) for day in days]


def november(*days: int) -> list[date]:
    return [date(2014, 11, day) for day in days]


def within(days: list[date], first_day: date, last_day: date) -> list[date]:
    return [day for day in days if first_day <= day <= last_day]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (BUS_8H30, [*october(16, 17), *november(3, 4, 6, 7, 10, 13, 14)]),
        ("Mercredi", [*october(15), *november(5, 12)]),
        ("Petites vacances", october(20, 21, 22, 23, 24, 27, 28, 29, 30, 31)),
        ("Grandes vacances", []),
        ("Accueil 12h15", []),
    ],
)
def test_each_activity_is_held_on_its_weekdays_of_its_season(autumn: Autumn, name: str, expected: list[date]) -> None:
    assert within(held(autumn, name), date(2014, 10, 15), date(2014, 11, 14)) == expected


@pytest.mark.parametrize(
    ("today", "until"),
    [
        (date(2014, 10, 8), date(2015, 8, 31)),
        (date(2015, 4, 13), date(2015, 8, 31)),
        (date(2015, 4, 14), date(2015, 9, 1)),
        (date(2015, 7, 1), date(2015, 11, 18)),
        (date(2015, 8, 31), date(2016, 1, 18)),
        (date(2015, 9, 1), date(2016, 8, 31)),
    ],
)
def test_days_are_made_until_the_end_of_august_or_for_twenty_weeks(today: date, until: date) -> None:
    assert horizon(today) == until


class TestClosures:
    def test_of_one_activity_at_one_school_closes_it_there_and_nowhere_else(self, autumn: Autumn) -> None:
        elsewhere = Site.objects.create(name="École des Tilleuls")
        make_days()
        morning = autumn.activities[MORNING]
        closed(MARDI_14, JEUDI_16, "Travaux", site_id=elsewhere.pk, activity_id=morning)

        make_days()

        assert within(held(autumn, MORNING, site=elsewhere), *WEEK[::3]) == [LUNDI_13, VENDREDI_17]
        assert within(held(autumn, MORNING), *WEEK[::3]) == list(WEEK)
        assert within(held(autumn, BUS_8H30, site=elsewhere), *WEEK[::3]) == list(WEEK)
        explained = [
            catalogue.read().why_closed(MARDI_14, place=Place(site.pk), activity_id=morning)
            for site in (elsewhere, autumn.ce1.site)
        ]
        assert explained == ["Travaux", ""]

    def test_of_one_class_closes_no_day_and_its_children_alone_book_nothing(
        self, autumn: Autumn, marsone: Household, angeline: Child, bertrand: Child
    ) -> None:
        closed(LUNDI_13, LUNDI_13, "Classe de mer", school_class_id=autumn.ce1.pk)
        make_days()

        hers = ask(angeline, marsone, autumn.book(BUS_8H30, LUNDI_13, MARDI_14))
        his = ask(bertrand, marsone, autumn.book(BUS_8H30, LUNDI_13))

        assert (codes(hers.refused), standing(angeline, autumn.activities[BUS_8H30])) == (["no_service"], [MARDI_14])
        assert his.refused == ()

    def test_withdrawn_gives_its_days_back_when_they_are_made_again(self, autumn: Autumn) -> None:
        before = held(autumn, MORNING)
        closure = closed(LUNDI_13, VENDREDI_17, "Travaux")
        make_days()
        assert held(autumn, MORNING) == [day for day in before if day not in WEEK]

        Closure.objects.filter(pk=closure.pk).delete()
        make_days()

        assert held(autumn, MORNING) == before


def test_a_day_kept_for_its_booking_closes_once_it_is_left(autumn: Autumn, marsone: Household, angeline: Child) -> None:
    ask(angeline, marsone, autumn.book(BUS_8H30, MARDI_14))
    autumn.pattern(BUS_8H30, weekdays=[0])
    assert len(make_days().kept) == 1

    ask(angeline, marsone, autumn.cancel(BUS_8H30, MARDI_14))
    again = make_days()

    assert (again.closed, len(again.kept)) == (1, 0)
    assert codes(ask(angeline, marsone, autumn.book(BUS_8H30, MARDI_14)).refused) == ["no_service"]


class TestPlaces:
    def test_follow_the_activity_on_booked_days_too(self, autumn: Autumn, marsone: Household, angeline: Child) -> None:
        ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13))
        autumn.pattern(BUS_13H30, places=1)

        done = make_days()

        assert (done.made, done.closed, dict(done.kept)) == (0, 0, {})
        assert {autumn.held(BUS_13H30, day).places for day in WEEK} == {1}

    def test_fewer_than_bookings_cancel_nothing_and_the_day_is_full_until_enough_leave(
        self, autumn: Autumn, marsone: Household, angeline: Child, bertrand: Child, stranger: Household, zoe: Child
    ) -> None:
        for child in (angeline, bertrand):
            ask(child, marsone, autumn.book(BUS_13H30, LUNDI_13))
        autumn.pattern(BUS_13H30, places=1)
        make_days()

        assert standing(angeline, autumn.activities[BUS_13H30]) == [LUNDI_13]
        assert codes(ask(zoe, stranger, autumn.book(BUS_13H30, LUNDI_13)).refused) == ["full"]
        ask(angeline, marsone, autumn.cancel(BUS_13H30, LUNDI_13))
        assert codes(ask(zoe, stranger, autumn.book(BUS_13H30, LUNDI_13)).refused) == ["full"]
        ask(bertrand, marsone, autumn.cancel(BUS_13H30, LUNDI_13))
        assert ask(zoe, stranger, autumn.book(BUS_13H30, LUNDI_13)).receipt

    def test_without_a_number_any_more_the_day_is_open_to_all(
        self, autumn: Autumn, marsone: Household, angeline: Child
    ) -> None:
        autumn.pattern(BUS_13H30, places=0)
        make_days()
        assert codes(ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13)).refused) == ["full"]

        autumn.pattern(BUS_13H30, places=None)
        make_days()

        assert ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13)).receipt


def test_days_set_by_hand_stay_as_they_are_open_on_a_holiday_or_closed_on_a_school_day(autumn: Autumn) -> None:
    ServiceDay.objects.filter(activity=autumn.activities[MORNING], day=LUNDI_13).update(open=False, by_hand=True)
    ServiceDay.objects.create(
        activity_id=autumn.activities[MORNING], site=autumn.ce1.site, day=ARMISTICE, places=8, by_hand=True
    )

    done = make_days()

    assert not autumn.held(MORNING, LUNDI_13).open
    assert (autumn.held(MORNING, ARMISTICE).open, autumn.held(MORNING, ARMISTICE).places) == (True, 8)
    assert (done.made, done.opened, done.closed, dict(done.kept)) == (0, 0, 0, {})


def test_the_statements_do_not_grow_with_the_days(autumn: Autumn) -> None:
    opened, cost = [], []
    for weeks in (1, 10):
        autumn.pattern(MORNING, places=weeks)
        with counted() as statements:
            opened.append(materialize(first_day=LUNDI_13, last_day=LUNDI_13 + timedelta(weeks=weeks)).opened)
        cost.append(len(statements))

    assert opened == [4, 31]
    assert cost[0] == cost[1]
