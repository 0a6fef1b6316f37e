"""What every page may show: the town, its theme, the tabs of the family signed in, a moved clock."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.defaultfilters import date as as_text
from django.utils.module_loading import import_string

from lps.config.theme import version_of
from lps.families.identity import household_at
from lps.kernel import clock
from lps.ui.nav import NavItem, NavLink, links
from tenants import context, offers
from tenants.town import queries as town
from tenants.town.models import TownSettings


def page(request: HttpRequest) -> dict[str, Any]:
    """Context processor: one statement at most, the town's settings."""
    commune = context.current_or_none()
    facts: dict[str, Any] = {"clock_moved": clock.moved(), "layout": "ui/plain.html", "desk": "ui/agent.html"}
    if clock.moved():
        here = clock.now().astimezone(commune.zone if commune else None)
        facts["clock_now"] = as_text(here, "l d/m/Y H:i")
    if commune is None:
        return facts | {"desk": "console/base.html"}
    row = town.settings()
    facts |= {"town": row, "theme_version": version_of(row.color)}
    if household_at(request):
        facts |= {"layout": "ui/parent.html", "tabs": _tabs(row, request.path)}
    return facts


def _tabs(row: TownSettings, path: str) -> list[NavLink]:
    """The tabs that the town shows; one that has chosen none shows them all."""
    commune = context.current()
    items = [one for one in _items(tuple(settings.LPS_TABS)) if not offers.closed(commune, one.url_name)]
    return links(items, path=path, may=lambda name: not row.tabs or name in row.tabs)


@cache
def _items(lists: tuple[str, ...]) -> tuple[NavItem, ...]:
    return tuple(item for name in lists for item in import_string(name))
