"""A flat price of a child of two households: asked once, whoever of them used the service."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from billing.charges import Asked, owed
from booking.models import Activity, Booking, ServiceDay
from lps.families.models import Child, Custody, Household
from tests.billing import factories
from tests.billing.factories import ISSUED

JANUARY = (date(2012, 1, 1), date(2012, 1, 31))
ALWAYS = DateRange(date(2000, 1, 1), None)


@pytest.fixture
def month(morning: Activity) -> Activity:
    factories.tariff(morning, price="10.01", unit="month")
    return morning


@pytest.fixture
def angeline(marsone: Household, stranger: Household) -> Child:
    """At both households, every day."""
    child = marsone.custodies.order_by("pk")[0].child
    Custody.objects.filter(child=child).update(valid_during=ALWAYS)
    Custody.objects.create(child=child, household=stranger, valid_during=ALWAYS)
    return child


def book(child: Child, home: Household, activity: Activity, days: Sequence[int]) -> None:
    site = child.enrollments.order_by("pk")[0].school_class.site
    for number in days:
        day = date(2012, 1, number)
        held, _ = ServiceDay.objects.get_or_create(activity=activity, site=site, day=day)
        Booking.of(child_id=child.pk, household_id=home.pk, service_day=held, booked_at=ISSUED).save()


def asked_of(*homes: Household) -> list[Decimal]:
    asked = Asked(factories.cash_office(), *JANUARY, "Europe/Paris")
    with transaction.atomic():
        totals = {one.payer.household_id: one.total for one in owed(asked)}
    return [totals.get(home.pk, Decimal(0)) for home in homes]


def test_both_used_it_and_share_it_to_the_cent(
    month: Activity, angeline: Child, marsone: Household, stranger: Household
) -> None:
    book(angeline, marsone, month, [2, 3])
    book(angeline, stranger, month, [9])

    assert sorted(asked_of(marsone, stranger)) == [Decimal("5.00"), Decimal("5.01")]


def test_one_alone_used_it_and_pays_it(
    month: Activity, angeline: Child, marsone: Household, stranger: Household
) -> None:
    book(angeline, stranger, month, [9])

    assert asked_of(marsone, stranger) == [Decimal(0), Decimal("10.01")]


def test_days_apart_weigh_as_many_as_they_are(
    month: Activity, angeline: Child, marsone: Household, stranger: Household
) -> None:
    Custody.objects.filter(household=marsone, child=angeline).update(
        valid_during=DateRange(date(2000, 1, 1), date(2012, 1, 11))
    )
    Custody.objects.filter(household=stranger).update(valid_during=DateRange(date(2012, 1, 11), None))
    book(angeline, marsone, month, [2])
    book(angeline, stranger, month, [23])

    ours, theirs = asked_of(marsone, stranger)

    assert ours + theirs == Decimal("10.01")
    assert ours == Decimal("3.23")  # ten days of thirty-one
