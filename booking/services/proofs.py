"""The proofs of what the town does to many bookings: a receipt for each child of each household, and the journal."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from booking.models import Booking, JournalEntry, Receipt
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants import context

BATCH = 2000


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
    JournalEntry.objects.bulk_create(
        (_entry(booking, receipts[booking.household_id, booking.child_id], booked) for booking in bookings),
        batch_size=BATCH,
    )


def _entry(booking: Booking, receipt: Receipt, booked: bool) -> JournalEntry:
    return JournalEntry(
        receipt=receipt,
        at=receipt.received_at,
        channel=receipt.channel,
        author=receipt.author,
        child_id=booking.child_id,
        household_id=booking.household_id,
        activity_id=booking.activity_id,
        activity_name=booking.activity.name,
        day=booking.day,
        before=not booked,
        after=booked,
    )
