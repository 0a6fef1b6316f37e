"""Note that an incident of online payment was looked at."""

from datetime import datetime

from django.db import transaction

from billing import incidents
from billing.models import IncidentNote, PaymentAttempt
from lps.journal import services as journal
from lps.journal.actors import Actor
from lps.journal.channels import Channel


class IncidentRefused(Exception):
    """Nothing was noted: it was noted already, or there is nothing to look at any more."""


def acknowledge(
    *, attempt: PaymentAttempt, kind: IncidentNote.Kind, note: str, by: Actor, at: datetime
) -> IncidentNote:
    """Note what was done about an incident, once. Raises `IncidentRefused`.

    The attempt is held: two agents at once note it once. A mismatch that was looked at bars its invoice no more; a
    payment announced and never proved ends there, and the Treasury's file may still prove it.
    """
    with transaction.atomic():
        rows = PaymentAttempt.objects.select_for_update(of=("self",), no_key=True)
        held = rows.select_related("invoice__household").get(pk=attempt.pk)
        if kind not in incidents.kinds_of(held, now=at):
            raise IncidentRefused
        made = IncidentNote.objects.create(attempt=held, kind=kind, note=note, at=at, by=by.label)
        if kind == IncidentNote.Kind.UNPROVED:
            held.state, held.paid_at = PaymentAttempt.State.EXPIRED, None
        if kind in (IncidentNote.Kind.MISMATCH, IncidentNote.Kind.UNPROVED):
            held.bar_ends_at = None
            held.save(update_fields=("state", "paid_at", "bar_ends_at"))
        journal.record(
            action="online_incident_examined",
            subject=held.invoice.household.holder,
            by=by,
            channel=Channel.OFFICE,
            at=at,
            after={"ticket": held.ticket, "invoice": held.invoice.number, "incident": kind.value, "note": note},
        )
    return made
