"""Keys of the API, for the town's other software: given, shown once, revoked."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from lps.accounts import queries, services
from lps.accounts.decorators import agent_required
from lps.accounts.models import ApiToken
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import may_for_all
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from lps.office.forms.tokens import TokenForm
from lps.office.rights import MANAGE_TOKENS
from lps.office.words import SCOPES
from lps.ui import saying

PER_PAGE = 50
SAID = {"revoque": _("Le jeton est révoqué : ce logiciel n'a plus accès à rien.")}


@require_safe
@agent_required(MANAGE_TOKENS)
def tokens(request: DoorRequest) -> HttpResponse:
    """The software that has a key, what each may do, and when it last came."""
    _manager(request)
    page = Paginator(queries.tokens(), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(one, _state(one), _in_words(one.scopes)) for one in page.object_list]
    return render(request, "office/tokens.html", {"page": page, "rows": rows, "said": saying.said(request, SAID)})


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(MANAGE_TOKENS)
def issue(request: DoorRequest) -> HttpResponse:
    """Give a key; the answer is the only page that ever shows it."""
    actor, form = _manager(request), TokenForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "office/token_form.html", {"form": form})
    given = form.cleaned_data
    made = services.issue_api_token(
        name=given["name"],
        scopes=given["scopes"],
        expires_at=form.expires_at,
        by=actor,
        channel=Channel.OFFICE,
    )
    return render(request, "office/token_shown.html", {"made": made, "scopes": _in_words(made.token.scopes)})


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(MANAGE_TOKENS)
def revoke(request: DoorRequest, token_id: int) -> HttpResponse:
    """Take a key back: what it will do, then do it. There is no way back."""
    actor, token = _manager(request), queries.api_token(pk=token_id)
    if token is None:
        raise Http404
    if request.method != "POST":
        return render(request, "office/token_revoke.html", {"token": token})
    services.revoke_api_token(token=token, by=actor, channel=Channel.OFFICE)
    return saying.done(reverse("office:tokens"), "revoque")


def _state(token: ApiToken) -> str:
    if token.revoked_at:
        return "revoked"
    return "over" if token.expires_at and token.expires_at <= clock.real_now() else "in_force"


def _in_words(scopes: list[str]) -> list[str]:
    return [str(SCOPES.get(scope, scope)) for scope in scopes]


def _manager(request: DoorRequest) -> Actor:
    """An administrator of the whole town: software sees all its schools."""
    if request.actor is None or not may_for_all(request.actor, MANAGE_TOKENS):
        raise PermissionDenied
    return request.actor
