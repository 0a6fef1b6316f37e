"""Changing what a town decides. The journal stands above this app: callers write the entry."""

from datetime import datetime
from typing import Any

from django.db import transaction

from lps.kernel import clock
from tenants import context
from tenants.town.models import Message, TownSettings


def open_town() -> TownSettings:
    """Write the settings row of a commune just made, with the values by default."""
    return TownSettings.objects.create(pk=1)


def change_settings(**wanted: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set the given fields, raise the version, and return (before, after) of what changed.

    Raises `ValidationError` for a value out of its bounds; nothing is saved then.
    """
    with transaction.atomic():
        row = TownSettings.objects.select_for_update().get(pk=1)
        before = {name: getattr(row, name) for name in wanted if getattr(row, name) != wanted[name]}
        for name in before:
            setattr(row, name, wanted[name])
        if before:
            row.version += 1
            row.changed_at = clock.now()
            row.full_clean()
            row.save()
    context.entry().pop("town", None)
    return before, {name: wanted[name] for name in before}


def publish_message(*, title: str, body: str, starts_at: datetime, ends_at: datetime | None = None) -> Message:
    """Put a message on the home page from one instant to another."""
    return Message.objects.create(title=title, body=body, starts_at=starts_at, ends_at=ends_at)
