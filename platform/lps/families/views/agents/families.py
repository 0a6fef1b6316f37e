"""Finding a family, and its page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.families import family_page
from lps.families.rights import FIND_FAMILIES, OPEN_FAMILY
from lps.families.views.agents.frame import frame, household_or_404
from lps.kernel import clock
from tenants import context


@require_safe
@agent_required(FIND_FAMILIES)
def families(request: DoorRequest) -> HttpResponse:
    """The search."""
    return render(request, "families/office/families.html", {})


@require_safe
@agent_required(OPEN_FAMILY)
def family(request: DoorRequest, household_id: int) -> HttpResponse:
    """One family: who belongs to it."""
    household = household_or_404(request, household_id)
    page = family_page.read(household, day=clock.today(context.current().zone))
    return render(request, "families/office/family.html", {**frame(request, household), "page": page})
