"""Families that can be written to at once by what they booked: an activity from now on, or tomorrow's."""

from datetime import date, timedelta

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from booking import catalogue
from booking.models import Booking
from lps.families.audiences import recipients_of
from notifications.audiences import Audience, Choice, Recipients
from notifications.models import Class

# Who booked an activity in the coming weeks is who it matters to now.
AHEAD = timedelta(days=60)
ALL = 0


def _activities(today: date) -> list[Choice]:
    return [
        Choice(kind="activity", key=one.pk, label=one.name, activity_id=one.pk)
        for group in catalogue.read().groups
        for one in group.activities
    ]


def _tomorrow(today: date) -> list[Choice]:
    every = Choice(kind="tomorrow", key=ALL, label=_now("Toutes les familles réservées demain"))
    return [
        every,
        *(
            Choice(
                kind="tomorrow",
                key=one.key,
                label=_now("%(activity)s, demain") % {"activity": one.label},
                activity_id=one.key,
            )
            for one in _activities(today)
        ),
    ]


def _of_activity(key: int, today: date) -> Recipients:
    return _homes(today, today + AHEAD, key)


def _of_tomorrow(key: int, today: date) -> Recipients:
    day = today + timedelta(days=1)
    return _homes(day, day, key)


def _homes(first_day: date, last_day: date, activity: int) -> Recipients:
    booked = Booking.objects.standing().filter(day__range=(first_day, last_day)).order_by()
    if activity != ALL:
        booked = booked.filter(activity=activity)
    return recipients_of(booked.values_list("household", flat=True).distinct())


OWN = (
    Audience(
        kind="tomorrow",
        label=_("Familles réservées demain"),
        of=Class.SERVICE,
        choices=_tomorrow,
        recipients=_of_tomorrow,
    ),
    Audience(
        kind="activity",
        label=_("Familles qui ont réservé une activité"),
        of=Class.SERVICE,
        choices=_activities,
        recipients=_of_activity,
    ),
)
