"""Changing what a town decides, with its entry in the journal, in one transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.journal.services import record, record_change
from tenants.town import services as town

SUBJECT, CHANGED = "town", "settings_changed"


def change_settings(*, by: Actor, channel: Channel, **wanted: Any) -> town.Changed:
    """Set the given fields of the town's settings and return (before, after) of what changed, version included.

    Nothing is written when nothing changes. Raises `ValidationError` for a value out of its bounds.
    """
    return _recorded(lambda: town.change_settings(**wanted), by=by, channel=channel)


def finish_set_up(*, now: datetime, by: Actor, channel: Channel) -> bool:
    """The town is ready for its families; False when it was already."""
    with transaction.atomic():
        done = town.finish_set_up(now=now)
        if done:
            record(by=by, channel=channel, action="set_up_finished", subject=SUBJECT, at=now)
    return done


def save_logo(*, content: bytes, by: Actor, channel: Channel) -> town.Changed:
    """Keep a new logo (PNG, JPEG or WebP); raises `PictureRefused`."""
    return _recorded(lambda: town.save_logo(content=content), by=by, channel=channel)


def remove_logo(*, by: Actor, channel: Channel) -> town.Changed:
    """Go back to the commune's initial."""
    return _recorded(town.remove_logo, by=by, channel=channel)


def changes(*, limit: int = 20) -> list[AuditEntry]:
    """The last changes of the town's settings, newest first."""
    found = AuditEntry.objects.filter(subject=SUBJECT, action=CHANGED)
    return list(found.order_by("-at", "-pk")[:limit])


def _recorded(change: Callable[[], town.Changed], *, by: Actor, channel: Channel) -> town.Changed:
    with transaction.atomic():
        changed = change()
        record_change(changed, by=by, channel=channel, action=CHANGED, subject=SUBJECT)
    return changed
