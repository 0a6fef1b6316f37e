"""Booking for a family at the counter (guichet): the families' one action, by an agent who may pass over some rules.

The deadline, the opening, the entitlement and the days of custody may be passed over by whoever has the right, with a
reason that the family reads. Never the places, nor a closed day.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from booking import queries
from booking.models import Receipt
from booking.rights import BOOK_AT_COUNTER, PASS_OVER_RULES
from booking.rules.planning import NO_POWERS, OVERRIDABLE, Change, PlanningRefusal
from booking.services.bookings import Saved, change_bookings
from lps.accounts.rights import allowed
from lps.families.models import Child, Household
from lps.families.queries.households import emails_of
from lps.families.queries.pupils import schooling_of
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from notifications.services import Post, post_many
from tenants import context
from tenants.queries import url_of

REASON_LENGTH = 200


class NotTheirs(PermissionError):
    """A change of a school or an activity to which the agent is not kept."""


@dataclass(frozen=True, slots=True)
class Spot:
    """An activity at a school, as `allowed` asks for it."""

    site_id: int | None
    activity_id: int


def powers_of(by: Actor | None) -> frozenset[PlanningRefusal]:
    """What an agent may pass over."""
    return OVERRIDABLE if allowed(by, PASS_OVER_RULES) else NO_POWERS


def first_day_to_correct(today: date) -> date:
    """The bound of corrections: the first day of the month before, which is the last one that may not be billed yet."""
    return date(today.year, today.month - 1, 1) if today.month > 1 else date(today.year - 1, 12, 1)


def may_change(by: Actor | None, *, site_id: int | None, activity_id: int) -> bool:
    """Whether an agent books at this school and this activity."""
    return allowed(by, BOOK_AT_COUNTER, Spot(site_id, activity_id))


def book_at_counter(
    *,
    child: Child,
    household: Household,
    changes: Sequence[Change],
    by: Actor,
    received_at: datetime,
    jeton: uuid.UUID,
    reason: str = "",
) -> Saved:
    """Change a child's bookings in the name of a household, rules passed over where the agent may and says why.

    Raises `NotTheirs`, `ContradictoryChanges`, `ForeignJeton`, and then nothing is done.
    """
    _refuse_other_spots(child, changes, by)
    today = received_at.astimezone(context.current().zone).date()
    with transaction.atomic():
        saved = change_bookings(
            child=child,
            household=household,
            changes=changes,
            by=by,
            channel=Channel.OFFICE,
            received_at=received_at,
            jeton=jeton,
            powers=powers_of(by),
            powers_since=first_day_to_correct(today),
            reason=reason,
        )
        if saved.receipt and not saved.replayed:
            facts: dict[str, Any] = {
                "receipt": saved.receipt.number,
                "reason": reason,
                "passed_over": saved.receipt.passed_over,
            }
            if any(not entry.after for entry in saved.entries) and (
                seen := queries.canceled_though_seen(saved.receipt)
            ):
                facts["canceled_though_seen"] = [
                    {"activity": one.service_day.activity.name, "day": one.service_day.day.isoformat()} for one in seen
                ]
            subject = f"child:{child.pk}"
            record(by=by, channel=Channel.OFFICE, action="booked_at_counter", subject=subject, after=facts)
    return saved


def send_receipt(
    *, receipt: Receipt, by: Actor, channel: Channel = Channel.OFFICE, to: Sequence[str] | None = None
) -> int:
    """Send a receipt by e-mail to these addresses of its household, or to all that are known; how many there are."""
    entries = receipt.entries.order_by("day", "pk")
    lines = [{"booked": entry.after, "activity": entry.activity_name, "day": entry.day} for entry in entries]
    facts = {
        "child": receipt.child.first_name,
        "number": receipt.number,
        "reason": receipt.reason,
        "lines": lines,
        "url": url_of(context.current(), f"/recus/{receipt.number}/"),
    }
    addresses = emails_of(receipt.household) if to is None else to
    with transaction.atomic():
        posts = [Post(to=email, facts=facts) for email in addresses]
        sent = post_many(posts, template="booking/emails/receipt", by=by)
        subject = f"receipt:{receipt.pk}"
        record(by=by, channel=channel, action="receipt_sent", subject=subject, after={"addresses": sent})
    return sent


def _refuse_other_spots(child: Child, changes: Sequence[Change], by: Actor) -> None:
    schools = schooling_of(child, days=sorted({change.cell.day for change in changes}))
    for change in changes:
        at_school = schools.get(change.cell.day)
        site_id = at_school.site_id if at_school else None
        if not may_change(by, site_id=site_id, activity_id=change.cell.activity_id):
            raise NotTheirs(change.cell)
