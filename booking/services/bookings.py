"""The one action that changes bookings, for every door."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from booking import catalogue
from booking.catalogue import Catalogue
from booking.models import JournalEntry, Receipt
from booking.rules.planning import NO_POWERS, Change, PlanningRefusal
from booking.services import confirming, saving
from booking.services.saving import ForeignJeton, Request, written_refusal
from lps.families.models import Child, Household
from lps.families.queries.locks import lock_child
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel.metrics import counted
from lps.kernel.refusals import Refusal

__all__ = ("ForeignJeton", "Saved", "change_bookings", "written_refusal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What a save did. `receipt` is None when nothing changed; `replayed` when it had been done before.

    `needs_reason`: nothing was done, for it would pass over a rule and the agent did not say why.
    """

    receipt: Receipt | None
    entries: tuple[JournalEntry, ...] = ()
    refused: tuple[tuple[Change, Refusal], ...] = ()
    replayed: bool = False
    needs_reason: bool = False
    # How many addresses of the household are sent its receipt because they asked for each save's.
    confirmed: int = 0


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
    powers_since: date = date.min,
    reason: str = "",
) -> Saved:
    """Apply what may still be changed in a child's planning, and say why the rest may not.

    With `powers`, which hold from the day `powers_since` on, some rules are passed over: never without a `reason`.

    `received_at` is the aware instant taken at the door. The same `jeton` again, even after the
    deadline, changes nothing and gives the first receipt back. Raises `ContradictoryChanges`, `ForeignJeton`.
    """
    request = Request(child=child, household=household, by=by, channel=channel, received_at=received_at, jeton=jeton)
    given = _Powers(powers, powers_since, reason)
    saved = saving.settled(lambda: _change(request, changes, catalogue.read(), given))
    transaction.on_commit(lambda: _count(saved, channel))  # an agent's trial, undone, is no save
    return saved


def _count(saved: Saved, channel: Channel) -> None:
    outcome = "replayed" if saved.replayed else "saved" if saved.receipt else "nothing"
    counted.SAVES.labels(channel=str(channel), outcome=outcome).inc()
    for _, refusal in saved.refused:
        counted.CHANGES_REFUSED.labels(channel=str(channel), reason=str(refusal.code)).inc()


@dataclass(frozen=True, slots=True)
class _Powers:
    """What may be passed over, from which day on, and why it is."""

    over: frozenset[PlanningRefusal]
    since: date
    reason: str


def _change(request: Request, changes: Sequence[Change], facts: Catalogue, powers: _Powers) -> Saved:
    with transaction.atomic():
        # Serialises the doors of this child: stale forms, replays, pairs of activities.
        is_asked = lock_child(request.child, asking=confirming.is_asked(request.household))
        if first := saving.first_receipt(request):
            return Saved(receipt=first, entries=saving.entries_of(first), replayed=True)
        judged = saving.judge(request, changes, facts=facts, powers=powers.over, powers_since=powers.since)
        refused = judged.outcome.refused
        if not judged.outcome.accepted:
            return Saved(receipt=None, refused=refused)
        if judged.passed_over and not powers.reason:
            return Saved(receipt=None, refused=refused, needs_reason=True)
        receipt = saving.write_receipt(request, refused=refused, reason=powers.reason, over=judged.passed_over)
        entries = saving.apply(judged, receipt=receipt, facts=facts)
        told = confirming.confirm(receipt, entries=entries, facts=facts, by=request.by) if is_asked else 0
    return Saved(receipt=receipt, entries=entries, refused=refused, confirmed=told)
