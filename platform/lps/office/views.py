"""The agents' door and their page of the day."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lps.accounts import views as door_views
from lps.accounts.decorators import agent_required
from lps.accounts.doors import OFFICE
from lps.accounts.requests import DoorRequest
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants import context


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: DoorRequest) -> HttpResponse:
    """E-mail, password and one-time code."""
    return door_views.sign_in(request, door=OFFICE, template="office/sign_in.html", channel=Channel.OFFICE)


@require_POST
def sign_out(request: DoorRequest) -> HttpResponse:
    """End the agent's session; the family's, in the same browser, goes on."""
    return door_views.sign_out(request, door=OFFICE, channel=Channel.OFFICE)


@require_GET
@agent_required("office.enter")
def today(request: DoorRequest) -> HttpResponse:
    """Good morning, the day in the commune's zone, and where one may go."""
    commune = context.current()
    facts = {"commune": commune, "today": clock.today(commune.zone), "account": request.account}
    return render(request, "office/today.html", facts)
