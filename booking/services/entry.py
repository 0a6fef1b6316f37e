"""Entering many bookings at once, as they stood elsewhere: a town's first day, the demonstration."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from booking.models import Booking, ServiceDay
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record

_BATCH = 5000


@dataclass(frozen=True, slots=True)
class Entered:
    """A booking to enter: a child of a household, at its school's site, for an activity on a day."""

    child_id: int
    household_id: int
    site_id: int
    activity_id: int
    day: date


def enter_bookings(entered: Sequence[Entered], *, by: Actor, channel: Channel, at: datetime) -> int:
    """Write bookings without judging deadlines or places; days without service and bookings that stand are left out.

    Returns how many were written. They have no receipt: nobody asked for them here.
    """
    if not entered:
        return 0
    with transaction.atomic():
        wanted = {(new.site_id, new.day, new.activity_id) for new in entered}
        days = ServiceDay.objects.filter(
            open=True, day__range=(min(new.day for new in entered), max(new.day for new in entered))
        )
        held = {
            key: found for found in days.iterator() if (key := (found.site_id, found.day, found.activity_id)) in wanted
        }
        rows = [
            Booking.of(
                child_id=new.child_id,
                household_id=new.household_id,
                service_day=service_day,
                booked_at=at,
            )
            for new in entered
            if (service_day := held.get((new.site_id, new.day, new.activity_id)))
        ]
        before = Booking.objects.count()
        Booking.objects.bulk_create(rows, batch_size=_BATCH, ignore_conflicts=True)
        written = Booking.objects.count() - before
        record(by=by, channel=channel, action="bookings_entered", subject="bookings", after={"number": written}, at=at)
    return written
