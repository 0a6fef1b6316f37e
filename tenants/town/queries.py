"""What the town decided, read once per entry into the commune."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from tenants import context
from tenants.town.models import Message, TownSettings


def settings() -> TownSettings:
    """The commune's settings row: one statement per request or task, then from memory."""
    entry = context.entry()
    if "town" not in entry:
        entry["town"] = TownSettings.objects.get(pk=1)
    row = entry["town"]
    assert isinstance(row, TownSettings)
    return row


def messages_shown(*, now: datetime) -> Sequence[Message]:
    """The messages published at that instant, newest first."""
    return list(Message.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), starts_at__lte=now))
