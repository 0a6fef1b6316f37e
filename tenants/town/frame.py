"""What the frame of every page shows of the town."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from tenants import context
from tenants.town.views import logo_address


def logo(_request: HttpRequest) -> Mapping[str, Any]:
    """Context processor: `logo_url`, asked only by a page that shows it; empty on the console."""
    return {"logo_url": logo_address if context.current_or_none() else ""}
