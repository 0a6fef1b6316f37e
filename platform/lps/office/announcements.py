"""What the vendor tells agents on their first page. What one has read is kept by the browser: no statement is made."""

from collections.abc import Collection

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from lps.accounts.doors import OFFICE
from lps.kernel import clock
from tenants import context
from tenants.notices import Told, announcements_of

COOKIE = "lps_annonces"
_YEAR = 365 * 24 * 3600
_MOST = 50


def all_of() -> list[Told]:
    """Those that stand for the commune entered."""
    return announcements_of(context.current(), at=clock.real_now())


def unread(request: HttpRequest) -> list[Told]:
    """Those that this browser did not say it had read."""
    read = read_in(request)
    return [one for one in all_of() if one.pk not in read]


def read_in(request: HttpRequest) -> set[int]:
    """The keys that the cookie holds; whatever else it holds is nothing."""
    told = request.COOKIES.get(COOKIE, "").split(".")[:_MOST]
    return {int(key) for key in told if key.isascii() and key.isdigit() and len(key) < 10}


def remember(response: HttpResponse, read: Collection[int]) -> None:
    """Keep what was read for a year, in this browser alone, on the agents' side."""
    value = ".".join(map(str, sorted(read)[-_MOST:]))
    response.set_cookie(
        COOKIE,
        value,
        max_age=_YEAR,
        path=OFFICE.path,
        secure=settings.PRODUCTION,
        httponly=True,
        samesite="Lax",
    )
