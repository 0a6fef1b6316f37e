"""What frames every agent's page: the rail, joined from the lists that settings name, and who is there."""

from functools import cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from lps.accounts.actors import Agent
from lps.accounts.rights import allowed
from lps.ui.nav import NavItem, by_heading, links


def agent(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `rail` and `agent_name` when an agent is signed in, nothing else."""
    actor = getattr(request, "actor", None)
    if not isinstance(actor, Agent):
        return {}
    rail = links(_items(tuple(settings.LPS_RAIL)), path=request.path, may=partial(allowed, actor))
    return {"rail": rail, "agent_name": actor.label}


@cache
def _items(lists: tuple[str, ...]) -> tuple[NavItem, ...]:
    return tuple(by_heading(item for name in lists for item in import_string(name)))
