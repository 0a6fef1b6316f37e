"""Host → commune. An unknown host gets a 404 that names nobody."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotFound, HttpResponsePermanentRedirect
from django.template.loader import get_template

from tenants import context, queries
from tenants.requests import CommuneRequest


class CommuneMiddleware:
    """Enters the commune of the request's host, or the registry on the console's host."""

    def __init__(self, get_response: Callable[[CommuneRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: CommuneRequest) -> HttpResponse:
        host = request.get_host().partition(":")[0].lower().rstrip(".")
        if elsewhere := _preferred_host(host):
            port = request.get_host().partition(":")[2]
            netloc = f"{elsewhere}:{port}" if port else elsewhere
            return HttpResponsePermanentRedirect(f"{request.scheme}://{netloc}{request.get_full_path()}")
        if host == settings.LPS_CONSOLE_HOST:
            return self._console(request)
        commune = queries.commune_of_host(host=host)
        if commune is None:
            return HttpResponseNotFound(get_template("unknown_host.html").render())
        request.commune = commune
        with context.use(commune):
            return self.get_response(request)

    def _console(self, request: CommuneRequest) -> HttpResponse:
        request.commune = None
        request.urlconf = settings.LPS_CONSOLE_URLCONF
        with context.public():
            return self.get_response(request)


def answers_at(host: str) -> bool:
    """Whether a page of ours is at this name (lower case, no port): a commune's, the console's, one that leads there.

    Raises DatabaseError when the registry cannot be read.
    """
    if "\0" in host:
        return False
    host = _preferred_host(host) or host
    return host == settings.LPS_CONSOLE_HOST or queries.commune_of_host(host=host) is not None


def _preferred_host(host: str) -> str | None:
    """The same name under the first base domain, for the domains that only redirect (`.fr` → `.com`)."""
    for domain in settings.LPS_REDIRECTED_DOMAINS:
        if host == domain or host.endswith(f".{domain}"):
            return host[: -len(domain)] + settings.LPS_BASE_DOMAINS[0]
    return None
