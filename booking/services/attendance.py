"""Calling the roll: what is said of a child last is what stands, and each word is audited."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from booking.models import Attendance, Booking, ServiceDay
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import Entry, record_many

State = Attendance.State


class BadHours(ValueError):
    """The child left before it came, or an absent child has hours."""


def note(
    *,
    service_day: ServiceDay,
    children: Sequence[int],
    state: str,
    by: Actor,
    at: datetime,
    arrived_at: datetime | None = None,
    left_at: datetime | None = None,
    channel: Channel = Channel.OFFICE,
) -> int:
    """Say what these children are that day: present, absent, excused, or "" to take back what was said.

    Hours, aware, belong to one who is present. A child present without booking is marked so. Four statements,
    whatever their number; returns how many children were noted. Raises `BadHours`.
    """
    if (arrived_at or left_at) and state != State.PRESENT:
        raise BadHours(state)
    if arrived_at and left_at and left_at < arrived_at:
        raise BadHours("left before arriving")
    with transaction.atomic():
        bookings = Booking.objects.standing().filter(service_day=service_day, child__in=children)
        booked = set(bookings.values_list("child", flat=True))
        noted = Attendance.objects.filter(service_day=service_day, child__in=children)
        before = dict(noted.values_list("child", "state"))
        if state:
            _upsert(service_day, children, State(state), booked, by=by, at=at, arrived_at=arrived_at, left_at=left_at)
        else:
            noted.delete()
        record_many(
            Entry(
                by,
                channel,
                "roll_called",
                f"child:{child}",
                before={"state": before.get(child, "")},
                after={"state": state, "service_day": service_day.pk},
                at=at,
            )
            for child in children
        )
    return len(children)


def _upsert(
    service_day: ServiceDay,
    children: Sequence[int],
    state: State,
    booked: set[int],
    *,
    by: Actor,
    at: datetime,
    arrived_at: datetime | None,
    left_at: datetime | None,
) -> None:
    Attendance.objects.bulk_create(
        (
            Attendance(
                service_day=service_day,
                child_id=child,
                state=state,
                unbooked=state == State.PRESENT and child not in booked,
                arrived_at=arrived_at,
                left_at=left_at,
                noted_at=at,
                noted_by=by.label,
            )
            for child in children
        ),
        update_conflicts=True,
        unique_fields=["service_day", "child"],
        update_fields=["state", "unbooked", "arrived_at", "left_at", "noted_at", "noted_by"],
    )
