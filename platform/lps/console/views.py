"""The operators' door, and the list of communes."""

from functools import partial

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lps.accounts.decorators import operator_required
from lps.accounts.doors import CONSOLE
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.accounts.views import door as door_views
from lps.console import nav, queries
from lps.journal.channels import Channel
from lps.ui.nav import links


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: DoorRequest) -> HttpResponse:
    """E-mail, password and one-time code."""
    return door_views.sign_in(request, door=CONSOLE, template="console/sign_in.html", channel=Channel.WEB)


@require_POST
def sign_out(request: DoorRequest) -> HttpResponse:
    """End the operator's session."""
    return door_views.sign_out(request, door=CONSOLE, channel=Channel.WEB)


@require_GET
@operator_required("console.enter")
def communes(request: DoorRequest) -> HttpResponse:
    """Every commune, with its hosts, its state and its zone."""
    assert request.actor is not None
    facts = {
        "rows": queries.rows(),
        "agent_name": request.actor.label,
        "rail": links(nav.RAIL, path=request.path, may=partial(allowed, request.actor)),
    }
    return render(request, "console/communes.html", facts)
