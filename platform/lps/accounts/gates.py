"""The gate of pages whose every form reaches all families: an agent kept to some schools or activities stays out."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http.response import HttpResponseBase

from lps.accounts.decorators import View, agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import may_for_all


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
