"""Agents of the town: inviting them, what each may do, their access and their sessions."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lps.accounts import access, agents, queries
from lps.accounts import words as refusals
from lps.accounts.agents import Profile
from lps.accounts.decorators import agent_required
from lps.accounts.links import LIFE, Purpose
from lps.accounts.models import Account
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import may_for_all
from lps.accounts.services import AccountRefused, holder_of
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from lps.office import words
from lps.office.forms.agents import InvitationForm, ProfileForm, all_activities, all_sites, chosen, initial_of
from lps.office.rights import MANAGE_AGENTS
from lps.ui import saying

PER_PAGE = 50
STEP, SEND, MEND = "etape", "envoyer", "corriger"
SAID = {
    "invite": _("L'invitation est partie. L'agent apparaît « invité » jusqu'à ce qu'il ouvre son accès."),
    "renvoye": _("Un nouveau lien est parti ; le précédent ne sert plus."),
    "acces": _("L'ancien accès ne sert plus. Un lien est parti pour en choisir un nouveau."),
    "change": _("Les changements sont enregistrés : ils valent dès la prochaine page que l'agent ouvrira."),
    "arrete": _("L'accès est arrêté et ses sessions sont fermées."),
    "repris": _("L'accès est remis en service, avec le mot de passe et le téléphone d'avant."),
    "fermee": _("La session est fermée."),
    "fermees": _("Toutes ses sessions sont fermées."),
}


@require_safe
@agent_required(MANAGE_AGENTS)
def agent_list(request: DoorRequest) -> HttpResponse:
    """Every agent: roles, where, last sign-in, state."""
    _manager(request)
    page = Paginator(queries.agents(), PER_PAGE).get_page(request.GET.get("page"))
    sites, activities = all_sites(), all_activities()
    rows = [
        {
            "account": one,
            "roles": words.role_names(one.roles),
            "places": [*chosen(sites, one.sites), *chosen(activities, one.activities)],
            "state": queries.state_of(one),
        }
        for one in page.object_list
    ]
    return render(request, "office/agents.html", {"page": page, "rows": rows, "said": saying.said(request, SAID)})


@require_safe
@agent_required(MANAGE_AGENTS)
def rights(request: DoorRequest) -> HttpResponse:
    """What each role may do."""
    _manager(request)
    facts = {"roles": words.role_names(words.ROLES), "rows": words.table_of_rights()}
    return render(request, "office/rights.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(MANAGE_AGENTS)
def invite(request: DoorRequest) -> HttpResponse:
    """Invite an agent: the form, what it will do, then the mail."""
    actor = _manager(request)
    form, step = InvitationForm(request.POST if request.method == "POST" else None), request.POST.get(STEP, "")
    if not form.is_valid() or step == MEND:
        return render(request, "office/agent_invite.html", {"form": form})
    email = form.cleaned_data["email"]
    try:
        if step != SEND:
            agents.check_invitation(email=email, profile=form.profile)
            return render(request, "office/agent_preview.html", {"form": form, **_told(form.profile, email)})
        invited = agents.invite(email=email, profile=form.profile, by=actor, channel=Channel.OFFICE)
    except AccountRefused as error:
        form.refuse(error)
        return render(request, "office/agent_invite.html", {"form": form})
    return saying.done(_path(invited.account.pk), "invite")


@require_safe
@agent_required(MANAGE_AGENTS)
def agent(request: DoorRequest, account_id: int) -> HttpResponse:
    """One agent, and what can be done about its access."""
    _manager(request)
    return _show(request, _account_or_404(account_id))


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(MANAGE_AGENTS)
def edit(request: DoorRequest, account_id: int) -> HttpResponse:
    """Change name, roles, schools and activities."""
    actor, account = _manager(request), _account_or_404(account_id)
    if request.method != "POST":
        form = ProfileForm(initial=initial_of(account))
    else:
        form = ProfileForm(request.POST)
        if form.is_valid():
            try:
                agents.change(pk=account.pk, profile=form.profile, by=actor, channel=Channel.OFFICE)
                return saying.done(_path(account.pk), "change")
            except AccountRefused as error:
                form.refuse(error)
    return render(request, "office/agent_edit.html", {"form": form, "account": account})


@require_POST
@agent_required(MANAGE_AGENTS)
def invite_again(request: DoorRequest, account_id: int) -> HttpResponse:
    """Mail the invitation again."""
    return _done(request, account_id, agents.invite_again, "renvoye")


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(MANAGE_AGENTS)
def new_access(request: DoorRequest, account_id: int) -> HttpResponse:
    """Password or telephone lost: what giving a new access will do, then the mail."""
    if request.method != "POST":
        return _confirm(request, account_id, "office/agent_new_access.html")
    return _done(request, account_id, agents.give_new_access, "acces")


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(MANAGE_AGENTS)
def switch_off(request: DoorRequest, account_id: int) -> HttpResponse:
    """Stop an access: what it will do, then do it."""
    if request.method != "POST":
        return _confirm(request, account_id, "office/agent_off.html")
    return _done(request, account_id, agents.switch_off, "arrete")


@require_POST
@agent_required(MANAGE_AGENTS)
def switch_on(request: DoorRequest, account_id: int) -> HttpResponse:
    """Let an agent come in again."""
    return _done(request, account_id, agents.switch_on, "repris")


@require_POST
@agent_required(MANAGE_AGENTS)
def end_sessions(request: DoorRequest, account_id: int) -> HttpResponse:
    """Close all the sessions of an agent."""
    account = _account_or_404(account_id)
    access.end_sessions(account=account, by=_manager(request), channel=Channel.OFFICE)
    return saying.done(_path(account.pk), "fermees")


@require_POST
@agent_required(MANAGE_AGENTS)
def end_session(request: DoorRequest, account_id: int, key: uuid.UUID) -> HttpResponse:
    """Close one session of an agent."""
    account = _account_or_404(account_id)
    if not access.end_session(account=account, key=key, by=_manager(request), channel=Channel.OFFICE):
        raise Http404
    return saying.done(_path(account.pk), "fermee")


def _done(request: DoorRequest, account_id: int, act: Callable[..., object], word: str) -> HttpResponse:
    """Do one thing to an account and say so on its page, or say there why not."""
    actor = _manager(request)
    try:
        act(pk=account_id, by=actor, channel=Channel.OFFICE)
    except Account.DoesNotExist as error:
        raise Http404 from error
    except AccountRefused as error:
        return _show(request, _account_or_404(account_id), refused=refusals.account_refused(error.refusal))
    return saying.done(_path(account_id), word)


def _confirm(request: DoorRequest, account_id: int, template: str) -> HttpResponse:
    _manager(request)
    return render(request, template, {"account": _account_or_404(account_id), "days": _days(Purpose.RESET)})


def _show(request: DoorRequest, account: Account, *, refused: str = "") -> HttpResponse:
    facts = {
        "account": account,
        "state": queries.state_of(account),
        "link": queries.link_of(account=account),
        "now": clock.real_now(),
        "roles": words.role_names(account.roles),
        "sites": chosen(all_sites(), account.sites),
        "activities": chosen(all_activities(), account.activities),
        "does": words.what_roles_do(account.roles),
        "sessions": queries.sessions_of(holder=holder_of(account), now=clock.real_now()),
        "refused": refused,
        "said": saying.said(request, SAID),
    }
    return render(request, "office/agent.html", facts, status=400 if refused else 200)


def _told(profile: Profile, email: str) -> dict[str, Any]:
    """What the invitation will do."""
    return {
        "email": email,
        "name": profile.name,
        "roles": words.role_names(profile.roles),
        "sites": chosen(all_sites(), profile.sites),
        "activities": chosen(all_activities(), profile.activities),
        "does": words.what_roles_do(profile.roles),
        "days": _days(Purpose.INVITATION),
    }


def _days(purpose: Purpose) -> int:
    return LIFE[purpose] // timedelta(days=1)


def _manager(request: DoorRequest) -> Actor:
    """The administrator; one kept to some schools could give itself the others."""
    if request.actor is None or not may_for_all(request.actor, MANAGE_AGENTS):
        raise PermissionDenied
    return request.actor


def _account_or_404(pk: int) -> Account:
    found = queries.account(pk=pk)
    if found is None:
        raise Http404
    return found


def _path(pk: int) -> str:
    return reverse("office:agent", args=[pk])
