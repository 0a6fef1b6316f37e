"""The agents' page of the day."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.kernel import clock
from tenants import context


@require_GET
@agent_required("office.enter")
def today(request: DoorRequest) -> HttpResponse:
    """Good morning, the day in the commune's zone, and where one may go."""
    commune = context.current()
    facts = {"commune": commune, "today": clock.today(commune.zone), "account": request.account}
    return render(request, "office/today.html", facts)
