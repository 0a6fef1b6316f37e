"""The month's cap on SMS, which all workers hold together: a batch is paid for before its first SMS leaves.

What is being sent bears its price, and counts as spent. Whoever reserves holds the row of the settings: two batches
never spend the same euro. What does not leave after all gives its price back.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from notifications import queries
from notifications.models import Class, Kind, OutboxMessage, OutboxQuerySet, SendingSettings, State
from tenants import context

CAP = "monthly_cap"


def spent_this_month(*, now: datetime, besides: Sequence[OutboxMessage] = ()) -> Decimal:
    """What SMS cost since the first day of the commune's month, those that leave now included, in euros.

    `besides` are not counted: what a killed worker reserved for them is reserved again.
    """
    local = now.astimezone(context.current().zone)
    first = datetime.combine(local.date().replace(day=1), time(0), context.current().zone)
    rows = OutboxMessage.objects.filter(kind=Kind.SMS, cost__isnull=False, created_at__gte=first - timedelta(days=31))
    rows = rows.annotate(left_at=Coalesce("sent_at", "claimed_at"))
    counted = Q(state=State.SENDING) | Q(state__in=(State.SENT, State.UNKNOWN), left_at__gte=first)
    counted &= ~Q(pk__in=[message.pk for message in besides])
    return rows.filter(counted).aggregate(spent=Sum("cost"))["spent"] or Decimal(0)


def reserve(batch: Sequence[OutboxMessage], *, now: datetime) -> tuple[SendingSettings, list[OutboxMessage], int]:
    """Pay for a claimed batch: the settings of this instant, what may leave, and how many the cap gave up.

    Dangers pass the cap, and count. Nothing is paid for while the town stopped its SMS.
    """
    with transaction.atomic():
        sending = _held_settings()
        if sending.stopped_at is not None:
            return sending, list(batch), 0
        paid = _within_cap(batch, sending, spent_this_month(now=now, besides=batch))
        over = [message for message in batch if message not in paid]
        _held(paid).update(cost=F("parts") * sending.part_price)
        _held(over).update(state=State.DEAD, claim=None, claimed_at=None, cost=None, last_error=CAP)
    return sending, paid, len(over)


def _within_cap(batch: Sequence[OutboxMessage], sending: SendingSettings, spent: Decimal) -> list[OutboxMessage]:
    paid = []
    for message in batch:
        price = sending.part_price * message.parts
        if spent + price <= sending.monthly_cap or message.message_class == Class.DANGER:
            spent += price
            paid.append(message)
    return paid


def _held_settings() -> SendingSettings:
    """The settings, held against another worker that reserves at the same time."""
    held = SendingSettings.objects.select_for_update(of=("self",), no_key=True).filter(pk=1).first()
    return held or queries.sending()


def _held(messages: Sequence[OutboxMessage]) -> OutboxQuerySet:
    """The rows of claimed messages, unless another worker took them back meanwhile."""
    claims = {message.claim for message in messages}
    rows = OutboxMessage.objects.filter(pk__in=[message.pk for message in messages])
    return rows.filter(state=State.SENDING, claim__in=claims)
