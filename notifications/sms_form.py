"""The public form of the SMS service as the town set it: what it shows, requires and fills in."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from notifications.models import SendingSettings, Topic
from tenants import context

HIDDEN, SHOWN, REQUIRED = "hidden", "shown", "required"
# In the order of the screen; the mobile number is always there.
FIELDS: Mapping[str, str] = {
    "title": REQUIRED,
    "last_name": REQUIRED,
    "first_name": REQUIRED,
    "street": REQUIRED,
    "postal_code": REQUIRED,
    "city": REQUIRED,
    "country": SHOWN,
    "landline": SHOWN,
    "email": REQUIRED,
}
# Written beforehand by the town, in the same row: {"filled_city": "Buchelay"}.
FILLED = ("postal_code", "city", "country")


def fields(row: SendingSettings) -> dict[str, str]:
    """Each field and how the form holds it."""
    known = {HIDDEN, SHOWN, REQUIRED}
    return {name: row.fields[name] if row.fields.get(name) in known else usual for name, usual in FIELDS.items()}


def filled(row: SendingSettings) -> dict[str, Any]:
    """What the form says before one writes: what the town chose, or what the product knows of it."""
    known = {"city": context.current().place_name, "country": _("France")}
    return {name: row.fields.get(f"filled_{name}", known.get(name, "")) for name in FILLED}


def topics() -> list[Topic]:
    """What is offered, in the town's order."""
    return list(Topic.objects.filter(retired_at=None).order_by("order", "pk"))
