"""The same for the town itself."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.console import retention
from lps.console.rights import READ_PURGES
from lps.kernel import clock


@require_safe
@agent_required(READ_PURGES)
def purges(request: DoorRequest) -> HttpResponse:
    """Each term, and what its purge erased in twelve months."""
    return render(request, "console/office/purges.html", {"lines": retention.report(now=clock.now())})
