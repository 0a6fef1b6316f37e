"""`request.session`, `request.actor`, `request.account` of the door at which the request knocks."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from lps.accounts.attempts import Unavailable
from lps.accounts.doors import Door, door_of
from lps.accounts.identity import identify
from lps.accounts.requests import DoorRequest
from lps.accounts.sessions import Session


class DoorSessions:
    """Opens the door's session lazily, and keeps, renews or drops its cookie with the answer."""

    def __init__(self, get_response: Callable[[DoorRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: DoorRequest) -> HttpResponse:
        door = door_of(request)
        request.session = Session(door, request.COOKIES.get(door.cookie))
        request.actor = request.account = None
        response = self.get_response(request)
        if request.session.accessed:
            patch_vary_headers(response, ("Cookie",))
            response.headers.setdefault("Cache-Control", "private, no-store")
            _keep(request, response, door)
        return response

    def process_view(self, request: DoorRequest, *_: Any) -> None:
        """Say who is there; without a cookie nothing is read."""
        if request.session.session_key:
            identify(request)

    def process_exception(self, request: DoorRequest, exception: Exception) -> HttpResponse | None:
        """Failures cannot be counted: nobody signs in rather than everybody guessing."""
        if isinstance(exception, Unavailable):
            response = render(request, "accounts/unavailable.html", status=503)
            response.headers["Retry-After"] = "60"
            return response
        return None


def _keep(request: DoorRequest, response: HttpResponse, door: Door) -> None:
    """Write what was put, or the sign of life of the minute; drop the cookie of an ended session."""
    session = request.session
    if not session.is_empty() and response.status_code < 500 and (session.modified or session.is_stale()):
        session.save()
    if session.is_empty():
        if door.cookie in request.COOKIES:
            response.delete_cookie(door.cookie, path=door.path, samesite="Lax")
    elif session.session_key != request.COOKIES.get(door.cookie):
        _set_cookie(response, door, session.session_key)


def _set_cookie(response: HttpResponse, door: Door, value: str | None) -> None:
    """Host-only, gone when the browser closes, unread by scripts."""
    if value:
        response.set_cookie(
            door.cookie, value, path=door.path, secure=settings.PRODUCTION, httponly=True, samesite="Lax"
        )
