"""Sending many dead letters again at once: those that somebody chose, or all of one campaign.

An SMS of unknown fate is never among them: its provider is asked first. Nor is who asked to be sent nothing more, nor a
code that was to be typed within minutes.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.functions import RandomUUID
from django.db import transaction
from django.db.models import CharField, Count, Q, Sum, Value
from django.db.models.functions import Cast, Coalesce, Left, Replace

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from notifications import queries
from notifications.carriers import CARRIERS
from notifications.delivery import BLOCKED
from notifications.models import Kind, OutboxQuerySet, State
from notifications.services.subscriptions import CODE_TEMPLATE
from notifications.services.writing import OWN_ID_DIGITS
from notifications.sms_cap import spent_this_month
from notifications.wakeup import ASK_BACK
from tenants.wakeup import wake_after_commit

_IS_SMS, _IS_EMAIL = Q(kind=Kind.SMS), Q(kind=Kind.EMAIL)
_MAY_LEAVE = Q(state=State.DEAD) & ~Q(last_error=BLOCKED) & ~Q(template=CODE_TEMPLATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """What sending some messages again would be: how many leave, for how much, and what stays where it is.

    `left` is what the month's cap still allows, in euros.
    """

    emails: int
    sms: int
    cost: Decimal
    left: Decimal
    unknown: int
    kept: int

    @property
    def number(self) -> int:
        """How many leave."""
        return self.emails + self.sms

    @property
    def passes_cap(self) -> bool:
        """Whether the month's cap would hold some of them back again."""
        return self.cost > self.left


def look(rows: OutboxQuerySet, *, now: datetime) -> Bulk:
    """Count before anything leaves: three statements, whatever their number."""
    counted = rows.order_by().aggregate(
        emails=Count("pk", filter=_MAY_LEAVE & _IS_EMAIL),
        sms=Count("pk", filter=_MAY_LEAVE & _IS_SMS),
        parts=Coalesce(Sum("parts", filter=_MAY_LEAVE & _IS_SMS), 0),
        unknown=Count("pk", filter=Q(state=State.UNKNOWN)),
        dead=Count("pk", filter=Q(state=State.DEAD)),
    )
    sending = queries.sending()
    emails, sms = counted["emails"], counted["sms"]
    return Bulk(
        emails=emails,
        sms=sms,
        cost=counted["parts"] * sending.part_price,
        left=max(sending.monthly_cap - spent_this_month(now=now), Decimal(0)),
        unknown=counted["unknown"],
        kept=counted["dead"] - emails - sms,
    )


def resend_many(rows: OutboxQuerySet, *, subject: str, by: Actor, channel: Channel, at: datetime) -> int:
    """Put dead letters back in the queue, in a constant number of statements; how many. Twice sends none again.

    An e-mail keeps its Message-ID; an SMS gets another mark, so that late words on the first are not said of it. The
    SMS of unknown fate among them are asked about at once, and stay.
    """
    again: dict[str, Any] = {"state": State.WAITING, "attempts": 0, "due_at": at, "claim": None, "claimed_at": None}
    fresh = {"message_id": _new_own_ids(), "provider_ref": "", "cost": None, "outcome": "", "outcome_reason": ""}
    with transaction.atomic():
        unordered = rows.order_by()
        numbers = {
            carrier: unordered.filter(_MAY_LEAVE, kind=kind).update(**again, **(fresh if carrier.at_most_once else {}))
            for kind, carrier in CARRIERS.items()
        }
        asked = unordered.filter(state=State.UNKNOWN).update(due_at=at)
        if any(numbers.values()):
            told = {carrier.fact: number for carrier, number in numbers.items()}
            record(by=by, channel=channel, action="messages_sent_again", subject=subject, after=told, at=at)
        for task, number in (*((carrier.task, number) for carrier, number in numbers.items()), (ASK_BACK, asked)):
            if number:
                wake_after_commit(task)
    return sum(numbers.values())


def _new_own_ids() -> Left:
    """A mark drawn by the database for each row."""
    digits = Replace(Cast(RandomUUID(), CharField()), Value("-"), Value(""))
    return Left(digits, OWN_ID_DIGITS)
