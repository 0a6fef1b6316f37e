"""What the demonstration's town has behind it and ahead: rolls, reminders that send nothing, periods to choose."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from billing.models import Reminder, ReminderLevel
from booking.models import Attendance, Booking, Period, ServiceDay
from booking.usage import days_not_called
from lps.console.demonstration import billing, bookings
from lps.families.models import Household
from lps.kernel import clock
from tenants.models import Commune
from tests.zone import PARIS


def test_the_rolls_of_a_month_are_called_and_none_of_the_next(in_buchelay: Commune) -> None:
    """Of the first month in which somebody is booked: last month may be one of holidays."""
    first = Booking.objects.standing().earliest("day").day.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    booked = Booking.objects.standing().filter(day__range=(first, following - timedelta(days=1)))
    Attendance.objects.all().delete()

    bookings.call_rolls(now=clock.now().astimezone(in_buchelay.zone), today=following)

    activities = set(booked.values_list("service_day__activity", flat=True))
    days = {"first_day": first, "last_day": following - timedelta(days=1)}
    assert activities and not days_not_called(**days, activities=activities).exists()
    assert Attendance.objects.count() == booked.count()
    present = Attendance.objects.filter(state="present")
    assert present.count() > booked.count() / 2
    assert not present.filter(service_day__activity__name="Accueil Soir", left_at__isnull=True).exists()


def test_levels_of_reminders_are_proposed_once_and_send_nothing(in_buchelay: Commune) -> None:
    billing.propose_reminders()
    number = ReminderLevel.objects.count()
    billing.propose_reminders()

    assert ReminderLevel.objects.count() == number >= 2
    assert not Reminder.objects.exists()


@pytest.mark.parametrize(("month", "day"), [(1, 20), (3, 30), (4, 9), (4, 14), (5, 20), (7, 15), (8, 31), (12, 31)])
def test_a_period_to_choose_has_mondays_and_thursdays_in_every_season(
    in_demo: Commune, marsone: Household, month: int, day: int
) -> None:
    loaded_on = clock.today(PARIS)
    today = date(loaded_on.year + (loaded_on >= date(loaded_on.year, month, day)), month, day)
    now = datetime.combine(today, time(12), UTC)

    bookings.open_days_ahead(today=today)
    bookings.offer_periods([marsone], now=now, today=today)

    period = Period.objects.latest("pk")
    days = ServiceDay.objects.filter(activity__name="Accueil Matin", open=True)
    held = days.filter(day__range=(period.first_day, period.last_day)).values_list("day", flat=True)
    assert {0, 3} <= {one.weekday() for one in held}
