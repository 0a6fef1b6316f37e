"""Who may book what, on the tables: by school, level and age, judged on the day booked."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from booking.models import Booking, Entitlement, ServiceDay
from booking.rules.entitlements import Access
from booking.rules.planning import PlanningRefusal
from booking.services.catalogue import entitle
from lps.families.models import Child, Enrollment, Household, SchoolClass, Site
from tests.booking.october import (
    BUS_13H30,
    JEUDI_16,
    LUNDI_13,
    MARDI_14,
    MORNING,
    VENDREDI_17,
    Autumn,
    ask,
    codes,
    make_days,
    standing,
    written,
)


@pytest.fixture
def elsewhere(autumn: Autumn) -> SchoolClass:
    """A CE1 of another school, where all activities are held too."""
    site = Site.objects.create(name="École des Tilleuls")
    found = SchoolClass.objects.create(name="CE1", level="CE1", site=site, school_year=autumn.ce1.school_year)
    make_days()
    return found


def moves(child: Child, school_class: SchoolClass, *, on: date) -> None:
    """The child sits in another class from a day on."""
    before = Enrollment.objects.get(child=child, valid_during__contains=on)
    Enrollment.objects.filter(pk=before.pk).update(valid_during=DateRange(before.valid_during.lower, on))
    Enrollment.objects.create(
        child=child, school_class=school_class, valid_during=DateRange(on, before.valid_during.upper)
    )


def test_a_level_opens_an_activity_to_its_children_alone(
    autumn: Autumn, marsone: Household, angeline: Child, bertrand: Child
) -> None:
    entitle(activity_id=autumn.activities[BUS_13H30], ways=[Access(level="CE2")])

    refused = ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13))
    saved = ask(bertrand, marsone, autumn.book(BUS_13H30, LUNDI_13))

    assert codes(refused.refused) == ["not_entitled"]
    assert refused.receipt is None
    assert saved.receipt and standing(bertrand, autumn.activities[BUS_13H30]) == [LUNDI_13]
    assert standing(angeline, autumn.activities[BUS_13H30]) == []


def test_a_school_opens_an_activity_to_its_children_alone(
    autumn: Autumn, marsone: Household, angeline: Child, bertrand: Child, elsewhere: SchoolClass
) -> None:
    entitle(activity_id=autumn.activities[BUS_13H30], ways=[Access(site_id=elsewhere.site_id)])
    moves(bertrand, elsewhere, on=date(2014, 9, 15))

    assert codes(ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13)).refused) == ["not_entitled"]
    assert ask(bertrand, marsone, autumn.book(BUS_13H30, LUNDI_13)).receipt


def test_an_age_is_that_of_the_day_booked(autumn: Autumn, marsone: Household, angeline: Child) -> None:
    Child.objects.filter(pk=angeline.pk).update(birth_date=date(2007, 10, 16))
    angeline.refresh_from_db()
    entitle(activity_id=autumn.activities[BUS_13H30], ways=[Access(youngest=7)])

    saved = ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13, MARDI_14, JEUDI_16, VENDREDI_17))

    assert codes(saved.refused) == ["not_entitled", "not_entitled"]
    assert standing(angeline, autumn.activities[BUS_13H30]) == [JEUDI_16, VENDREDI_17]


def test_a_class_changed_within_the_week_entitles_from_that_day(
    autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    entitle(activity_id=autumn.activities[BUS_13H30], ways=[Access(level="CE2")])
    moves(angeline, autumn.ce2, on=JEUDI_16)

    saved = ask(angeline, marsone, autumn.book(BUS_13H30, MARDI_14, JEUDI_16))

    assert codes(saved.refused) == ["not_entitled"]
    assert standing(angeline, autumn.activities[BUS_13H30]) == [JEUDI_16]


def test_a_school_changed_within_the_week_books_each_day_where_the_child_is(
    autumn: Autumn, marsone: Household, angeline: Child, elsewhere: SchoolClass
) -> None:
    moves(angeline, elsewhere, on=JEUDI_16)
    autumn.places(BUS_13H30, JEUDI_16, 0)
    ServiceDay.objects.filter(activity=autumn.activities[BUS_13H30], site=elsewhere.site).update(places=1)

    saved = ask(angeline, marsone, autumn.book(BUS_13H30, MARDI_14, JEUDI_16))

    assert saved.refused == ()
    sites = Booking.objects.standing().filter(child=angeline, day__in=(MARDI_14, JEUDI_16)).order_by("day")
    assert [booking.service_day.site_id for booking in sites] == [autumn.ce1.site_id, elsewhere.site_id]


def test_without_a_class_there_is_no_day_to_book(autumn: Autumn, marsone: Household, angeline: Child) -> None:
    Enrollment.objects.filter(child=angeline).delete()

    assert codes(ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13)).refused) == ["no_service"]


def test_a_booking_under_a_right_since_lost_is_kept_and_may_be_left(
    autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13, MARDI_14))
    entitle(activity_id=autumn.activities[BUS_13H30], ways=[Access(level="CE2")])

    assert ask(angeline, marsone, autumn.cancel(BUS_13H30, LUNDI_13)).receipt

    assert standing(angeline, autumn.activities[BUS_13H30]) == [MARDI_14]
    assert codes(ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13)).refused) == ["not_entitled"]


def test_said_again_rights_replace_what_was_said_and_none_open_to_all(
    autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    entitle(activity_id=autumn.activities[BUS_13H30], ways=[Access(level="CE2")])
    entitle(activity_id=autumn.activities[BUS_13H30], ways=[Access(level="CM1"), Access(level="CE1")])
    assert ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13)).receipt

    entitle(activity_id=autumn.activities[BUS_13H30], ways=[])

    assert Entitlement.objects.count() == 0
    assert ask(angeline, marsone, autumn.book(BUS_13H30, MARDI_14)).receipt


def test_an_agent_may_pass_over_a_right_and_over_nothing_else(
    autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    entitle(activity_id=autumn.activities[BUS_13H30], ways=[Access(level="CE2")])
    autumn.places(BUS_13H30, MARDI_14, 0)
    power = frozenset({PlanningRefusal.NOT_ENTITLED})

    saved = ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13, MARDI_14), powers=power)

    assert codes(saved.refused) == ["full"]
    assert standing(angeline, autumn.activities[BUS_13H30]) == [LUNDI_13]


@pytest.mark.parametrize(
    ("named", "facts"),
    [("entitlement_says_something", {}), ("entitlement_ages_in_order", {"youngest": 8, "oldest": 7})],
)
def test_a_right_that_says_nothing_or_the_impossible_is_not_kept(
    autumn: Autumn, named: str, facts: dict[str, int]
) -> None:
    before = written()

    with pytest.raises(IntegrityError, match=named), transaction.atomic():
        entitle(activity_id=autumn.activities[MORNING], ways=[Access(**facts)])

    assert (Entitlement.objects.count(), written()) == (0, before)
