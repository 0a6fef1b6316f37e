"""What the demonstration's town has behind it: last month's rolls, and levels of reminders that send nothing."""

from datetime import timedelta

from billing.models import Reminder, ReminderLevel
from booking.models import Attendance, Booking
from booking.usage import days_not_called
from lps.console import demonstration_billing
from lps.kernel import clock
from tenants.models import Commune


def test_last_months_rolls_were_called_and_this_months_were_not(in_buchelay: Commune) -> None:
    last = clock.today(in_buchelay.zone).replace(day=1) - timedelta(days=1)
    days = (last.replace(day=1), last)
    booked = Booking.objects.standing().filter(day__range=days)

    activities = set(booked.values_list("service_day__activity", flat=True))

    assert activities
    assert not days_not_called(first_day=days[0], last_day=last, activities=activities).exists()
    assert Attendance.objects.count() == booked.count()
    assert {row.state for row in Attendance.objects.all()} == set(Attendance.State)
    evenings = Attendance.objects.filter(service_day__activity__name="Accueil Soir", state="present")
    assert evenings.exists() and not evenings.filter(left_at__isnull=True).exists()


def test_levels_of_reminders_are_proposed_once_and_send_nothing(in_buchelay: Commune) -> None:
    demonstration_billing.propose_reminders()
    number = ReminderLevel.objects.count()
    demonstration_billing.propose_reminders()

    assert ReminderLevel.objects.count() == number >= 2
    assert not Reminder.objects.exists()
