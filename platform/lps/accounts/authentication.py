"""How the town's other software is known: a Bearer token and its scopes."""

from typing import Any

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from lps.accounts import queries, services
from lps.accounts.actors import Integration, integration_of
from lps.accounts.api import throttling
from lps.accounts.models import ApiToken
from lps.accounts.rights import allowed
from lps.kernel import clock


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer lps_…`: the actor becomes `request.user` and `request.actor`."""

    def authenticate(self, request: Request) -> tuple[Integration, ApiToken] | None:
        """The actor and its token; None without a token, a refusal for one that is not in force.

        Every call is counted here, before its rights are looked at.
        """
        value = _bearer(request.headers.get("Authorization", ""))
        if value is None:
            return None
        now = clock.real_now()
        token = queries.token_in_force(token=value, now=now)
        if token is None:
            throttling.count_bad_token(address=request._request.client_address)
            raise AuthenticationFailed
        throttling.count_call(token)
        services.note_use(token=token, now=now)
        actor = integration_of(token)
        request._request.actor = actor
        return actor, token

    def authenticate_header(self, request: HttpRequest) -> str:
        return 'Bearer realm="api"'


class HasScope(BasePermission):
    """The token may do the view's `right` (an action of `rights`); a view without one only needs a token."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.user, Integration):
            return False
        action = getattr(view, "right", None)
        return action is None or allowed(request.user, action)


def _bearer(header: str) -> str | None:
    scheme, _space, value = header.partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None
