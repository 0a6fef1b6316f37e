"""Gates of pages for agents who are kept to some schools or activities.

What reaches all families is not theirs. What is of another school is not there.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.http.response import HttpResponseBase

from lps.accounts.decorators import View, agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed, may_for_all
from lps.journal.actors import Actor

Found = TypeVar("Found")


def whole_town_required(action: str) -> Callable[[View], View]:
    """An agent of the whole town with the right to `action`: else the sign-in page, or 403."""

    def gated(view: View) -> View:
        @agent_required(action)
        @wraps(view)
        def behind(request: DoorRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not may_for_all(request.actor, action):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return behind

    return gated


def theirs_or_404(actor: Actor | None, action: str, found: Found | None, may: Callable[[Found], bool]) -> Found:
    """What a key of an address names, if it is there and is of the schools and activities of whoever asks.

    Another's answers as what is not there: a refusal would tell which keys exist. 403 for a role that does this to
    nothing, whatever the key.
    """
    if not allowed(actor, action):
        raise PermissionDenied
    if found is None or not may(found):
        raise Http404
    return found
