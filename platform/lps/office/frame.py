"""What frames every agent's page: the rail, joined from the lists that settings name, and who is there."""

from collections.abc import Iterable
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from lps.accounts.actors import Agent, Visitor
from lps.accounts.rights import allowed, may_for_all
from lps.office.rights import SET_UP
from lps.ui.nav import NavItem, by_heading, links
from tenants import context, offers
from tenants.town import queries as town

SET_UP_PAGE = "office:set_up"  # of no use in the rail once the town is set up; "Ma mairie" still leads there


def agent(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `rail`, `agent_name`, `setting_up`, `visitor` when an agent is signed in, nothing else."""
    actor = getattr(request, "actor", None)
    if not isinstance(actor, Agent):
        return {}
    setting_up = may_for_all(actor, SET_UP) and not town.settings().set_up_at
    commune, is_kept = context.current(), bool(actor.sites or actor.activities)
    items = [
        one
        for one in _items(tuple(settings.LPS_RAIL))
        if (setting_up or one.url_name != SET_UP_PAGE)
        and not offers.closed(commune, one.url_name)
        and not (one.of_all and is_kept)
    ]
    rail = links(items, path=request.path, may=partial(allowed, actor), counts=_waiting(items, actor))
    visitor = actor if isinstance(actor, Visitor) else None
    return {"rail": rail, "agent_name": actor.label, "setting_up": setting_up, "visitor": visitor}


def _waiting(items: Iterable[NavItem], actor: Agent) -> dict[str, int]:
    """What waits behind the items that this agent may open, by the names of their routes."""
    return {one.url_name: one.waiting(actor) for one in items if one.waiting and allowed(actor, one.permission)}


@cache
def _items(lists: tuple[str, ...]) -> tuple[NavItem, ...]:
    return tuple(by_heading(item for name in lists for item in import_string(name)))
