"""What the nights erased of a commune, on the console."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from lps.accounts.decorators import operator_required
from lps.accounts.requests import DoorRequest
from lps.console import retention
from lps.console.rights import ENTER
from lps.console.views.communes import commune_or_404, rendered
from lps.kernel import clock
from tenants import context


@require_safe
@operator_required(ENTER)
def purges(request: DoorRequest, slug: str) -> HttpResponse:
    """Each term, and what its purge erased in twelve months: numbers, no name."""
    found = commune_or_404(slug)
    with context.use(found):
        lines = retention.report(now=clock.now())
    return rendered(request, "console/purges.html", {"commune": found, "lines": lines})
