"""The operators of the console: inviting them, what each may do, their access and their sessions."""

import uuid
from collections.abc import Callable

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lps.accounts import access, agents, queries
from lps.accounts.decorators import operator_required
from lps.accounts.models import Account
from lps.accounts.requests import DoorRequest
from lps.accounts.services import AccountRefused, holder_of
from lps.console import operators, words
from lps.console.forms.operators import InvitationForm, OperatorForm, initial_of
from lps.console.rights import MANAGE_OPERATORS
from lps.console.views.communes import operator_of, rendered
from lps.journal.channels import Channel
from lps.kernel import clock
from lps.ui import saying

PER_PAGE = 50
_UNSENT = _("Le courriel n'est pas parti : le serveur d'envoi ne répond pas. Renvoyez un lien dans un instant.")
SAID = {
    "invite": _(
        "Le compte est créé et son lien est parti par e-mail. Il reste « invité » jusqu'à ce qu'il soit ouvert."
    ),
    "lien": _("Un nouveau lien est parti ; le précédent ne sert plus."),
    "change": _("Les changements sont enregistrés : ils valent dès la prochaine page ouverte."),
    "arrete": _("L'accès est arrêté et ses sessions sont fermées."),
    "repris": _("L'accès est remis en service, avec le mot de passe et le téléphone d'avant."),
    "fermee": _("La session est fermée."),
    "fermees": _("Toutes ses sessions sont fermées."),
}
UNSENT = {"nonparti": _UNSENT}


@require_safe
@operator_required(MANAGE_OPERATORS)
def operator_list(request: DoorRequest) -> HttpResponse:
    """Every account of the console: roles, last sign-in, state."""
    page = Paginator(queries.agents(), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(one, words.role_names(one.roles), queries.state_of(one)) for one in page.object_list]
    facts = {"page": page, "rows": rows, "said": saying.said(request, SAID)}
    return rendered(request, "console/operators.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required(MANAGE_OPERATORS)
def invite(request: DoorRequest) -> HttpResponse:
    """Make an account, whose owner opens it behind a link."""
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            invited, left = operators.invite(
                email=form.cleaned_data["email"], profile=form.profile, by=operator_of(request)
            )
        except AccountRefused as error:
            form.refuse(error)
        else:
            return saying.done(_path(invited.account.pk), "invite" if left else "nonparti")
    return rendered(request, "console/operator_invite.html", {"form": form}, status=400 if form.errors else 200)


@require_safe
@operator_required(MANAGE_OPERATORS)
def operator(request: DoorRequest, account_id: int) -> HttpResponse:
    """One account, and what can be done about its access."""
    return _show(request, _account_or_404(account_id))


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required(MANAGE_OPERATORS)
def edit(request: DoorRequest, account_id: int) -> HttpResponse:
    """Change name and roles."""
    account = _account_or_404(account_id)
    form = OperatorForm(request.POST if request.method == "POST" else None, initial=initial_of(account))
    if form.is_valid():
        try:
            agents.change(pk=account.pk, profile=form.profile, by=operator_of(request), channel=Channel.WEB)
        except AccountRefused as error:
            form.refuse(error)
        else:
            return saying.done(_path(account.pk), "change")
    facts = {"form": form, "account": account}
    return rendered(request, "console/operator_edit.html", facts, status=400 if form.errors else 200)


@require_POST
@operator_required(MANAGE_OPERATORS)
def invite_again(request: DoorRequest, account_id: int) -> HttpResponse:
    """Mail another link."""
    return _done(request, account_id, lambda: operators.invite_again(pk=account_id, by=operator_of(request)), "lien")


@require_POST
@operator_required(MANAGE_OPERATORS)
def new_access(request: DoorRequest, account_id: int) -> HttpResponse:
    """Password or telephone lost: the old ones serve no more, a link leaves."""
    return _done(request, account_id, lambda: operators.give_new_access(pk=account_id, by=operator_of(request)), "lien")


@require_POST
@operator_required(MANAGE_OPERATORS)
def switch_off(request: DoorRequest, account_id: int) -> HttpResponse:
    """Stop an access, never the last operator's."""
    return _done(
        request,
        account_id,
        lambda: agents.switch_off(pk=account_id, by=operator_of(request), channel=Channel.WEB),
        "arrete",
    )


@require_POST
@operator_required(MANAGE_OPERATORS)
def switch_on(request: DoorRequest, account_id: int) -> HttpResponse:
    """Let an operator come in again."""
    return _done(
        request,
        account_id,
        lambda: agents.switch_on(pk=account_id, by=operator_of(request), channel=Channel.WEB),
        "repris",
    )


@require_POST
@operator_required(MANAGE_OPERATORS)
def end_sessions(request: DoorRequest, account_id: int) -> HttpResponse:
    """Close all the sessions of an account."""
    access.end_sessions(account=_account_or_404(account_id), by=operator_of(request), channel=Channel.WEB)
    return saying.done(_path(account_id), "fermees")


@require_POST
@operator_required(MANAGE_OPERATORS)
def end_session(request: DoorRequest, account_id: int, key: uuid.UUID) -> HttpResponse:
    """Close one session of an account."""
    if not access.end_session(
        account=_account_or_404(account_id), key=key, by=operator_of(request), channel=Channel.WEB
    ):
        raise Http404
    return saying.done(_path(account_id), "fermee")


def _done(request: DoorRequest, account_id: int, act: Callable[[], object], word: str) -> HttpResponse:
    """Do one thing to an account and say so on its page, or say there why not; False is a mail that did not leave."""
    try:
        done = act()
    except Account.DoesNotExist as error:
        raise Http404 from error
    except AccountRefused as error:
        return _show(request, _account_or_404(account_id), refused=words.account_refused(error.refusal))
    return saying.done(_path(account_id), "nonparti" if done is False else word)


def _show(request: DoorRequest, account: Account, *, refused: str = "") -> HttpResponse:
    facts = {
        "account": account,
        "state": queries.state_of(account),
        "link": queries.link_of(account=account),
        "now": clock.real_now(),
        "roles": words.role_names(account.roles),
        "does": words.what_roles_do(account.roles),
        "sessions": queries.sessions_of(holder=holder_of(account), now=clock.real_now()),
        "refused": refused or saying.said(request, UNSENT),
        "said": saying.said(request, SAID),
    }
    return rendered(request, "console/operator.html", facts, status=400 if refused else 200)


def _account_or_404(pk: int) -> Account:
    found = queries.account(pk=pk)
    if found is None:
        raise Http404
    return found


def _path(pk: int) -> str:
    return reverse("console:operator", args=[pk])
