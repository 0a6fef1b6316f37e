"""The outermost middleware: when the request was received, which one it is, how it ended."""

import ipaddress
import logging
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from lps.kernel import clock, log_context
from lps.kernel.requests import StampedRequest

access_log = logging.getLogger("lps.access")
_STAMP = re.compile(r"^t=(\d{10})(?:\.?(\d{1,6}))?$")
_MAX_QUEUE = timedelta(minutes=2)


class RequestStamp:
    """Gives each request `received_at` (aware, UTC), `client_address` and `request_id`, and logs it.

    The receipt time is the one stamped by the outermost trusted proxy (`X-Request-Start: t=<POSIX
    seconds>[.fraction]`), believed only from `LPS_TRUSTED_PROXIES`, else now. So is what it says of the
    scheme (`X-Forwarded-Proto`): without it, forms sent to the https address would be refused.
    """

    def __init__(self, get_response: Callable[[StampedRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.trusted = _networks(settings.LPS_TRUSTED_PROXIES)

    def __call__(self, request: StampedRequest) -> HttpResponse:
        arrived = clock.now()
        peer = request.META.get("REMOTE_ADDR", "")
        trusted = _within(peer, self.trusted)
        request.received_at = _received_at(request, arrived) if trusted else arrived
        request.client_address = self._client_address(request) if trusted else peer
        if trusted and request.headers.get("X-Forwarded-Proto") == "https":
            request.META["wsgi.url_scheme"] = "https"
        request.request_id = log_context.new_id()
        token = log_context.request_id.set(request.request_id)
        try:
            response = self.get_response(request)
            _log_access(request, response.status_code, milliseconds=(clock.now() - arrived).total_seconds() * 1000)
        finally:
            log_context.request_id.reset(token)
        response.headers["X-Request-Id"] = request.request_id
        return response

    def _client_address(self, request: HttpRequest) -> str:
        """The last address of X-Forwarded-For that is not one of our own proxies."""
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        outside = (hop for hop in reversed(hops) if not _within(hop, self.trusted))
        return next(outside, request.META.get("REMOTE_ADDR", ""))


def _log_access(request: HttpRequest, status: int, *, milliseconds: float) -> None:
    """One line, with the commune that was entered and the route rather than the address, which may hold a code."""
    commune = getattr(request, "commune", None)
    token = log_context.commune_slug.set(commune.slug if commune else "-")
    try:
        route = request.resolver_match
        where = f"/{route.route}" if route else log_context.mask_path(request.path)
        access_log.info("%s %s %s %.0f ms", request.method, where, status, milliseconds)
    finally:
        log_context.commune_slug.reset(token)


def _received_at(request: HttpRequest, arrived: datetime) -> datetime:
    """The proxy's stamp, moved like the clock; ignored when it is in the future or absurdly old."""
    match = _STAMP.match(request.headers.get("X-Request-Start", ""))
    if not match:
        return arrived
    stamped = datetime.fromtimestamp(int(match[1]), UTC) + clock.shift()
    stamped += timedelta(microseconds=int((match[2] or "0").ljust(6, "0")))
    return stamped if arrived - _MAX_QUEUE <= stamped <= arrived else arrived


def _networks(names: Iterable[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(name) for name in names]


def _within(address: str, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
