"""How a commune sends: its provider, its sender's name, its price and cap, its hours, and its stop button."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record, record_change
from notifications.models import CREDENTIALS_PURPOSE, Kind, OutboxMessage, SendingSettings, State
from notifications.wakeup import SEND_SMS
from tenants import context, keys
from tenants.offers import SMS
from tenants.wakeup import wake_after_commit

SUBJECT = "sending"
CHANGEABLE = (
    "email_name",
    "email_local",
    "reply_to",
    "provider",
    "sender",
    "part_price",
    "monthly_cap",
    "opens",
    "closes",
)


def change_sending(
    *, by: Actor, channel: Channel = Channel.OFFICE, credentials: Mapping[str, str] | None = None, **wanted: Any
) -> SendingSettings:
    """Set the given fields; the journal says which, and of credentials only that they changed.

    `credentials` replaces what the provider was given. Raises `ValidationError`.
    """
    if unknown := set(wanted) - set(CHANGEABLE):
        raise TypeError(f"not a setting of sending: {', '.join(sorted(unknown))}")
    with transaction.atomic():
        settings = _locked()
        before = {name: str(getattr(settings, name)) for name in wanted if getattr(settings, name) != wanted[name]}
        for name, value in wanted.items():
            setattr(settings, name, value)
        settings.full_clean()
        after = {name: str(getattr(settings, name)) for name in before}
        if credentials is not None:
            settings.credentials = keys.encrypt(json.dumps(dict(credentials)), purpose=CREDENTIALS_PURPOSE)
            before["credentials"], after["credentials"] = "…", "…"
        settings.save()
        record_change((before, after), by=by, channel=channel, action="sending_changed", subject=SUBJECT)
    return settings


def stop_sms(*, by: Actor, at: datetime) -> bool:
    """Nothing leaves by SMS from now on; False when it was stopped already."""
    with transaction.atomic():
        settings = _locked()
        if settings.stopped_at is not None:
            return False
        settings.stopped_at, settings.stopped_by = at, by.label[:120]
        settings.save(update_fields=["stopped_at", "stopped_by"])
        record(by=by, channel=Channel.OFFICE, action="sms_stopped", subject=SUBJECT, at=at)
    return True


class ServiceClosed(Exception):
    """The vendor closed the SMS service to this commune: nothing leaves until it is open again."""


def resume_sms(*, by: Actor, at: datetime, drop_waiting: bool) -> int:
    """SMS leave again. With `drop_waiting`, those that wait are given up first: how many. An agent may resend them.

    Raises `ServiceClosed`.
    """
    if SMS in context.current().closed_offers:
        raise ServiceClosed
    with transaction.atomic():
        settings = _locked()
        dropped = 0
        if drop_waiting:
            waiting = OutboxMessage.objects.filter(kind=Kind.SMS, state=State.WAITING)
            dropped = waiting.update(state=State.DEAD, last_error="stopped")
        if settings.stopped_at is not None:
            settings.stopped_at, settings.stopped_by = None, ""
            settings.save(update_fields=["stopped_at", "stopped_by"])
            after = {"dropped": dropped}
            record(by=by, channel=Channel.OFFICE, action="sms_resumed", subject=SUBJECT, after=after, at=at)
        wake_after_commit(SEND_SMS)
    return dropped


def _locked() -> SendingSettings:
    """The one row, held: two agents at once each keep what the other set."""
    SendingSettings.objects.get_or_create(pk=1, defaults={"webhook_token": secrets.token_urlsafe(32)})
    settings = SendingSettings.objects.select_for_update(of=("self",), no_key=True).get(pk=1)
    if not settings.webhook_token:
        settings.webhook_token = secrets.token_urlsafe(32)
    return settings
