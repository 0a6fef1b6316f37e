"""The town's style sheet, kept by browsers until its address changes."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from lps.ui.colors import theme_css
from tenants.town import queries as town

FOREVER = "public, max-age=31536000, immutable"


def version_of(color: str) -> str:
    """What `/theme.css?v=` says: another colour, or another way of shading it, is another address."""
    return hashlib.sha256(theme_css(color).encode()).hexdigest()[:12]


@require_safe
def theme(request: HttpRequest) -> HttpResponse:
    """The colours of the commune; an outdated address is answered but not kept."""
    color = town.settings().color
    is_present = request.GET.get("v") == version_of(color)
    headers = {"Cache-Control": FOREVER if is_present else "no-cache"}
    return HttpResponse(theme_css(color), content_type="text/css; charset=utf-8", headers=headers)
