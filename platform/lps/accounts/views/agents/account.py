"""An agent's own access, or an operator's on the console: password, telephone, recovery codes, open sessions."""

import uuid

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lps.accounts import access, queries, recovery, services, words
from lps.accounts.decorators import own_account_required
from lps.accounts.doors import door_of
from lps.accounts.forms import PasswordForm, ProofForm
from lps.accounts.models import Account
from lps.accounts.requests import DoorRequest
from lps.accounts.roles import Role
from lps.accounts.services import AccountRefused, holder_of
from lps.accounts.views import door
from lps.accounts.views.agents.access import show_codes
from lps.journal.actors import Actor
from lps.kernel import clock
from lps.ui import saying

SAID = {
    "motdepasse": _("Votre nouveau mot de passe est enregistré. Vos sessions ouvertes ailleurs sont fermées."),
    "fermee": _("La session est fermée."),
    "fermees": _("Toutes vos autres sessions sont fermées."),
    door.BY_RECOVERY: _(
        "Vous êtes entré avec un code de secours : il ne servira plus. Si votre téléphone est perdu, choisissez "
        "« Changer de téléphone »."
    ),
}


@require_safe
@own_account_required
def account(request: DoorRequest) -> HttpResponse:
    """One's name and roles, and what one can do with one's access."""
    own = _account(request)
    facts = {
        "account": own,
        "roles": [Role(role).label for role in own.roles],
        "remaining": recovery.remaining(account=own),
        "sessions": queries.sessions_of(holder=holder_of(own), now=clock.real_now()),
        "present": request.session.row_key,
        "said": saying.said(request, SAID),
    }
    return render(request, "accounts/account.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@own_account_required
def password(request: DoorRequest) -> HttpResponse:
    """Change one's password; this browser stays signed in, the others do not."""
    own, form = _account(request), PasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        current, new = form.cleaned_data["current"], form.cleaned_data["new"]
        try:
            services.change_password(
                account=own, current=current, new=new, by=_actor(request), channel=door_of(request).channel
            )
        except AccountRefused as error:
            proof = error.refusal.code in ("wrong_password", "wait")
            form.add_error("current" if proof else "new", words.account_refused(error.refusal))
        else:
            door.begin(request, own)
            return saying.done(reverse("accounts_office:account"), "motdepasse")
    return render(request, "accounts/password.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@own_account_required
def recovery_codes(request: DoorRequest) -> HttpResponse:
    """Draw new recovery codes, the password being asked again."""
    own, form = _account(request), ProofForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            codes = access.renew_recovery_codes(
                account=own, password=form.cleaned_data["current"], channel=door_of(request).channel
            )
        except AccountRefused as error:
            form.add_error("current", words.account_refused(error.refusal))
        else:
            return show_codes(request, codes)
    return render(request, "accounts/renew_codes.html", {"form": form, "remaining": recovery.remaining(account=own)})


@require_http_methods(["GET", "HEAD", "POST"])
@own_account_required
def telephone(request: DoorRequest) -> HttpResponse:
    """Go and enter another telephone, the password being asked again."""
    own, form = _account(request), ProofForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            token = access.ask_for_new_telephone(
                account=own, password=form.cleaned_data["current"], channel=door_of(request).channel
            )
        except AccountRefused as error:
            form.add_error("current", words.account_refused(error.refusal))
        else:
            return HttpResponseRedirect(reverse("accounts_office:access", args=[token]))
    return render(request, "accounts/telephone.html", {"form": form})


@require_POST
@own_account_required
def end_session(request: DoorRequest, key: uuid.UUID) -> HttpResponse:
    """Close one of one's sessions."""
    if not access.end_session(account=_account(request), key=key, by=_actor(request), channel=door_of(request).channel):
        raise Http404
    return saying.done(reverse("accounts_office:account"), "fermee")


@require_POST
@own_account_required
def end_other_sessions(request: DoorRequest) -> HttpResponse:
    """Close all of one's sessions but the present one."""
    present = request.session.row_key
    access.end_sessions(account=_account(request), but=present, by=_actor(request), channel=door_of(request).channel)
    return saying.done(reverse("accounts_office:account"), "fermees")


def _account(request: DoorRequest) -> Account:
    assert request.account is not None
    return request.account


def _actor(request: DoorRequest) -> Actor:
    assert request.actor is not None
    return request.actor
