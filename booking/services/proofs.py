"""The proofs of what the town does to many bookings: a receipt for each child of each household, and the journal."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from booking.models import Booking, Receipt
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants import context

BATCH = 2000
# Of thousands of entries, models and their checks took two thirds of the time of a closure.
_ENTRIES = """
COPY booking_journalentry
    (receipt_id, at, channel, author, child_id, household_id, activity_id, activity_name, day, before, after) FROM STDIN
"""


def write(
    bookings: Sequence[Booking],
    *,
    booked: bool,
    reason: str,
    by: Actor,
    at: datetime,
    channel: Channel = Channel.OFFICE,
) -> None:
    """Write that these were booked, or canceled, and why, in words that families read: two statements."""
    owners = list(dict.fromkeys((booking.household_id, booking.child_id) for booking in bookings))
    year = at.astimezone(context.current().zone).year
    made = Receipt.objects.bulk_create(
        (
            Receipt(
                jeton=uuid.uuid4(),
                year=year,
                received_at=at,
                channel=channel,
                author=by.label,
                household_id=household,
                child_id=child,
                reason=reason,
            )
            for household, child in owners
        ),
        batch_size=BATCH,
    )
    receipts = dict(zip(owners, made, strict=True))
    with connection.cursor() as cursor, cursor.copy(_ENTRIES) as copy:
        for booking in bookings:
            copy.write_row(_entry(booking, receipts[booking.household_id, booking.child_id], booked))


def _entry(booking: Booking, receipt: Receipt, booked: bool) -> tuple[Any, ...]:
    said = (receipt.pk, receipt.received_at, receipt.channel, receipt.author)
    what = (booking.child_id, booking.household_id, booking.activity_id, booking.activity.name, booking.day)
    return (*said, *what, not booked, booked)
