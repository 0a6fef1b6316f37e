"""What frames every page of the console: its rail, and who is there."""

from functools import partial
from typing import Any

from django.http import HttpRequest

from lps.accounts.actors import Operator
from lps.accounts.rights import allowed
from lps.console import nav
from lps.ui.nav import links


def operator(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `rail` and `agent_name` when an operator is signed in, nothing else."""
    actor = getattr(request, "actor", None)
    if not isinstance(actor, Operator):
        return {}
    return {"rail": links(nav.RAIL, path=request.path, may=partial(allowed, actor)), "agent_name": actor.label}
