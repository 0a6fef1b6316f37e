"""Open a régie, say who collects and under which decision, and what the town decides for all its billing."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from billing.models import BillingSettings, CashOffice
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record, record_change
from tenants.town.services import lock_settings, renew_catalogue_stamp

# What its page sets; online payment has its own.
FIELDS = (
    "name",
    "collectivity",
    "siret",
    "decision",
    "revenue_code",
    "treasury_name",
    "treasury_address",
    "treasury_hours",
    "treasury_phone",
)
ONLINE = (
    "online",
    "collectivity",
    "numcli",
    "protocol",
    "mode",
    "subject",
    "revenue_code",
    "minimum",
    "maximum",
    "online_limit_day",
    "pop_up",
    "treasury_name",
    "treasury_address",
    "treasury_hours",
    "treasury_phone",
)
SETTINGS = ("resident_postal_codes", "show_prices", "quotient_warning_days", "unusual_amount")


def save_office(
    *, office: CashOffice | None, facts: Mapping[str, Any], by: Actor, channel: Channel = Channel.OFFICE
) -> CashOffice:
    """Open a régie, the first one being the principal, or change what is known of one."""
    with transaction.atomic():
        row = office or CashOffice(is_default=not CashOffice.objects.filter(is_default=True).exists())
        before = {name: getattr(row, name) for name in FIELDS} if office else None
        for name, value in facts.items():
            setattr(row, name, value)
        row.save()
        action = "cash_office_changed" if office else "cash_office_opened"
        after = {name: getattr(row, name) for name in FIELDS}
        record(by=by, channel=channel, action=action, subject=f"cash_office:{row.pk}", before=before, after=after)
    return row


def save_online(
    *, office: CashOffice, facts: Mapping[str, Any], by: Actor, channel: Channel = Channel.OFFICE
) -> CashOffice:
    """Change how a régie's families pay online; what changed is written in the journal. Raises `ValidationError`."""
    with transaction.atomic():
        row = CashOffice.objects.select_for_update().get(pk=office.pk)
        before = {name: _plain(getattr(row, name)) for name in ONLINE}
        for name in ONLINE:
            setattr(row, name, facts[name])
        row.full_clean()
        row.save()
        after = {name: _plain(getattr(row, name)) for name in ONLINE}
        changed = [name for name in ONLINE if before[name] != after[name]]
        record_change(
            ({name: before[name] for name in changed}, {name: after[name] for name in changed}),
            by=by,
            channel=channel,
            action="online_settings_changed",
            subject=f"cash_office:{row.pk}",
        )
    return row


def save_settings(*, facts: Mapping[str, Any], by: Actor, channel: Channel = Channel.OFFICE) -> BillingSettings:
    """Change what the town decides for all its billing."""
    with transaction.atomic():
        lock_settings()
        row = BillingSettings.objects.select_for_update().filter(pk=1).first() or BillingSettings(pk=1)
        before = {name: _plain(getattr(row, name)) for name in SETTINGS}
        for name, value in facts.items():
            setattr(row, name, value)
        row.save()
        renew_catalogue_stamp()
        after = {name: _plain(getattr(row, name)) for name in SETTINGS}
        action = "billing_settings_changed"
        record(by=by, channel=channel, action=action, subject="town", before=before, after=after)
    return row


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, list)) else str(value)
