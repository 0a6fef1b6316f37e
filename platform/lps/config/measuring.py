"""Each answer is counted and timed: by door and by route, never by commune, family or address."""

import time
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from lps.kernel.metrics import counted
from lps.kernel.requests import is_announced

_BY_PATH = (("/mairie/", "office"), ("/api/", "api"))


class Measured:
    """Stands within `RequestStamp`. A body that is streamed is sent after the count."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        seconds, status = time.perf_counter() - began, _status(response)
        counted.WEB.labels(door=_door(request), status=status).observe(seconds)
        counted.ROUTES.labels(route=_route(request), status=status).observe(seconds)
        _count_connections()
        return response


def _status(response: HttpResponse) -> str:
    """The class of the status; a 503 that says what was decided for a town is nobody's failure."""
    is_decided = response.status_code == HTTPStatus.SERVICE_UNAVAILABLE and is_announced(response)
    return "announced" if is_decided else f"{response.status_code // 100}xx"


def _door(request: HttpRequest) -> str:
    """families, office, api, console, or none: a static file, an unknown host, an address that leads nowhere."""
    if request.resolver_match is None:
        return "none"
    if getattr(request, "urlconf", None) == settings.LPS_CONSOLE_URLCONF:
        return "console"
    return next((door for start, door in _BY_PATH if request.path.startswith(start)), "families")


def _route(request: HttpRequest) -> str:
    """The name of the route, which our code bounds; the address might hold a code, and is anybody's to invent."""
    match = request.resolver_match
    return (match.view_name or match.route) if match else "none"


def _count_connections() -> None:
    """How full the pool of this process is, where there is one."""
    pool = getattr(connection, "pool", None)
    if pool is None:
        return
    stats = pool.get_stats()
    for state, name in (("open", "pool_size"), ("idle", "pool_available"), ("waiting", "requests_waiting")):
        counted.CONNECTIONS.labels(state=state).set(stats.get(name, 0))
