"""Answering the offer of a place by the link of its message, without signing in: the same rules as in the planning."""

import uuid
from datetime import datetime

from booking.models import WaitingEntry
from booking.rules.planning import Cell, Change
from booking.services import waiting
from booking.services.bookings import Saved, change_bookings
from lps.families.identity import actor_of
from lps.journal.channels import Channel
from tenants import context


def is_open(entry: WaitingEntry, *, at: datetime) -> bool:
    """Whether the place is still kept for this child at an instant (aware)."""
    return entry.state == WaitingEntry.State.OFFERED and entry.accept_by is not None and entry.accept_by > at


def accept(*, entry: WaitingEntry, received_at: datetime) -> Saved:
    """Book the place, as the planning would: what refuses there refuses here. Twice gives the first receipt."""
    saved = change_bookings(
        child=entry.child,
        household=entry.household,
        changes=[Change(_cell(entry), wanted=True, seen=False)],
        by=actor_of(entry.household),
        channel=Channel.WEB,
        received_at=received_at,
        jeton=uuid.uuid5(context.current().pk, f"offer:{entry.pk}:{entry.offered_at}"),
    )
    if not saved.refused:  # the save itself looks at lists only where places are counted, and a limit may be lifted
        waiting.note_booked([entry.service_day_id], child=entry.child, at=received_at)
    return saved


def refuse(*, entry: WaitingEntry, received_at: datetime) -> bool:
    """Leave the place to the next family; False when the child waited there no more."""
    return waiting.leave(
        child=entry.child,
        household=entry.household,
        cell=_cell(entry),
        by=actor_of(entry.household),
        channel=Channel.WEB,
        at=received_at,
    )


def _cell(entry: WaitingEntry) -> Cell:
    return Cell(entry.service_day.activity_id, entry.service_day.day)
