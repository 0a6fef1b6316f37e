"""What a town shows to everyone, signed in or not."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import condition, require_safe

from tenants.town import queries

A_YEAR = 31_536_000  # seconds


def logo_address() -> str:
    """The address of the present logo, a new one for each new logo; empty when there is none."""
    version = queries.logo_version()
    return f"{reverse('logo')}?v={version}" if version else ""


def _etag(request: HttpRequest) -> str | None:
    version = queries.logo_version()
    return f'"{version}"' if version else None


@require_safe
@condition(etag_func=_etag)
def logo(request: HttpRequest) -> HttpResponse:
    """The town's logo. Under the address of its version it never changes; under another, ask again."""
    found = queries.logo()
    if found is None:
        return HttpResponseNotFound("Pas de logo.\n", content_type="text/plain; charset=utf-8")
    response = HttpResponse(found.content, content_type=found.media_type)
    if request.GET.get("v") == found.version:
        patch_cache_control(response, public=True, max_age=A_YEAR, immutable=True)
    else:
        patch_cache_control(response, public=True, no_cache=True)
    return response
