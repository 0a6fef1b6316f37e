"""Gates of pages: signed in at this door, and allowed to do what the page does."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from lps.accounts.actors import Agent, Operator
from lps.accounts.doors import CONSOLE, OFFICE, Door, door_of
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.journal.actors import Actor

View = Callable[..., HttpResponseBase]
NEXT = "suivant"
# Says on the sign-in page that a form came too late, and that nothing of it was kept.
LOST = "perdu"


def agent_required(action: str) -> Callable[[View], View]:
    """An agent of this commune with the right to `action`: else the sign-in page, or 403."""
    return _gate(OFFICE, Agent, action)


def operator_required(action: str) -> Callable[[View], View]:
    """An operator on the console's host with the right to `action`: else the sign-in page, or 403."""
    return _gate(CONSOLE, Operator, action)


def own_account_required(view: View) -> View:
    """Whoever signed in at this door with an account of its own, agent or operator: else the sign-in page."""

    @wraps(view)
    def behind(request: DoorRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(request.actor, (Agent, Operator)):
            return _to_sign_in(request, door_of(request))
        if request.account is None:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return behind


def wanted_page(request: DoorRequest, *, default: str) -> str:
    """Where to go after sign-in: the page asked for, if it is behind this very door."""
    door = door_of(request)
    asked = request.POST.get(NEXT) or request.GET.get(NEXT) or ""
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if safe and asked.startswith(door.path) else default


def _gate(door: Door, kind: type[Actor], action: str) -> Callable[[View], View]:
    def gated(view: View) -> View:
        @wraps(view)
        def behind(request: DoorRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = request.actor
            if not isinstance(actor, kind):
                return _to_sign_in(request, door)
            if not allowed(actor, action):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return behind

    return gated


def _to_sign_in(request: DoorRequest, door: Door) -> HttpResponseRedirect:
    """The door's sign-in page, which comes back here; a form sent too late comes back to the start."""
    if request.method in ("GET", "HEAD"):
        return HttpResponseRedirect(f"{door.sign_in_path}?{urlencode({NEXT: request.get_full_path()})}")
    return HttpResponseRedirect(f"{door.sign_in_path}?{LOST}=1")
