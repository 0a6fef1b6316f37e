"""The one action that changes bookings, for every door."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from booking import catalogue, queries
from booking.models import Booking, JournalEntry, Receipt
from booking.rules.planning import NO_POWERS, Change, Outcome, PlanningRefusal, decide
from lps.families.models import Child, Household
from lps.families.queries import lock_child
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel.refusals import Refusal
from tenants import context


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What a save did. `receipt` is None when nothing changed; `replayed` when it had been done before."""

    receipt: Receipt | None
    entries: tuple[JournalEntry, ...] = ()
    refused: tuple[tuple[Change, Refusal], ...] = ()
    replayed: bool = False


def change_bookings(
    *,
    child: Child,
    household: Household,
    changes: Sequence[Change],
    by: Actor,
    channel: Channel,
    received_at: datetime,
    jeton: uuid.UUID,
    powers: frozenset[PlanningRefusal] = NO_POWERS,
) -> Saved:
    """Apply what may still be changed in a child's planning, and say why the rest may not.

    `received_at` is the aware instant taken at the door. The same `jeton` again, even after the
    deadline, changes nothing and gives the first receipt back. Raises `ContradictoryChanges`.
    """
    zone = context.current().zone
    facts = catalogue.read()
    with transaction.atomic():
        lock_child(child)  # serialises the doors of this child: stale forms, replays, pairs of activities
        if first := _already_saved(jeton, household=household, child=child):
            return first
        cells = {change.cell for change in changes}
        days = queries.days_of_child(
            child=child, household=household, days=sorted({cell.day for cell in cells}), lock=True
        )
        situation = queries.situation(household=household, days=days, cells=cells, catalogue=facts, zone=zone)
        outcome = decide(situation=situation, changes=changes, received_at=received_at, powers=powers)
        if not outcome.accepted:
            return Saved(receipt=None, refused=outcome.refused)
        receipt = Receipt.objects.create(
            jeton=jeton,
            year=received_at.astimezone(zone).year,
            received_at=received_at,
            channel=channel,
            author=by.label,
            household=household,
            child=child,
            refused=[written_refusal(change, refusal) for change, refusal in outcome.refused],
        )
        entries = _apply(outcome, days=days, receipt=receipt, facts=facts)
    return Saved(receipt=receipt, entries=entries, refused=outcome.refused)


def written_refusal(change: Change, refusal: Refusal) -> dict[str, Any]:
    """A refusal as the receipt keeps it: codes and plain facts, no sentence."""
    return {
        "activity": change.cell.activity_id,
        "day": change.cell.day.isoformat(),
        "wanted": change.wanted,
        "code": str(refusal.code),
        "facts": {name: _plain(value) for name, value in refusal.facts.items()},
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _already_saved(jeton: uuid.UUID, *, household: Household, child: Child) -> Saved | None:
    """What the same form did the first time; a jeton of another family or child is no replay and is refused."""
    receipt = Receipt.objects.filter(jeton=jeton).first()
    if receipt is None:
        return None
    if (receipt.household_id, receipt.child_id) != (household.pk, child.pk):
        raise ForeignJeton(receipt.pk)
    return Saved(receipt=receipt, entries=tuple(receipt.entries.order_by("day", "pk")), replayed=True)


class ForeignJeton(ValueError):
    """The form's token was used for another child: nothing is done."""


def _apply(
    outcome: Outcome, *, days: queries.Days, receipt: Receipt, facts: catalogue.Catalogue
) -> tuple[JournalEntry, ...]:
    """Write bookings, cancellations and the journal: three statements, whatever their number."""
    booked = [change.cell for change in outcome.accepted if change.wanted]
    canceled = [days.bookings[change.cell].pk for change in outcome.accepted if not change.wanted]
    if booked:
        Booking.objects.bulk_create(
            Booking.of(
                child_id=receipt.child_id,
                household_id=receipt.household_id,
                service_day=days.service_days[cell],
                day=cell.day,
                booked_at=receipt.received_at,
            )
            for cell in booked
        )
    if canceled:
        Booking.objects.filter(pk__in=canceled).update(canceled_at=receipt.received_at)
    return tuple(
        JournalEntry.objects.bulk_create(_entry(change, receipt=receipt, facts=facts) for change in outcome.accepted)
    )


def _entry(change: Change, *, receipt: Receipt, facts: catalogue.Catalogue) -> JournalEntry:
    activity = facts.activities[change.cell.activity_id]
    return JournalEntry(
        receipt=receipt,
        at=receipt.received_at,
        channel=receipt.channel,
        author=receipt.author,
        child_id=receipt.child_id,
        household_id=receipt.household_id,
        activity_id=activity.pk,
        activity_name=activity.name,
        day=change.cell.day,
        before=not change.wanted,
        after=change.wanted,
    )
