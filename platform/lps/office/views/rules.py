"""The rules that families accept online: versions, drafts, publication from a day, who accepted."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed, may_for_all
from lps.families import acceptances
from lps.families.acceptances import Acceptances
from lps.families.rights import FIND_FAMILIES, OPEN_FAMILY
from lps.journal import house_rules as journal
from lps.journal.actors import Actor
from lps.kernel import clock
from lps.office.forms.published import RulesForm
from lps.office.rights import READ_RULES, WRITE_RULES
from lps.ui import downloads, saying
from tenants import context
from tenants.town import house_rules as town
from tenants.town.house_rules import RulesRefused
from tenants.town.models import HouseRules

PER_PAGE = 100
SAID = {
    "garde": gettext_lazy("Votre brouillon est gardé. Voici ce que les familles liront."),
    "publie": gettext_lazy("Le règlement est publié. Les familles sont invitées à l'accepter dès son jour d'entrée."),
    "retire": gettext_lazy("Le règlement n'est plus publié. Il est revenu dans les brouillons."),
    "copie": gettext_lazy("Voici une nouvelle version, en brouillon. L'ancienne reste en vigueur jusqu'à son jour."),
    "supprime": gettext_lazy("Le brouillon est supprimé."),
}
REFUSED = {
    "day_past": gettext_lazy("Le jour d'entrée en vigueur est passé\u00a0: choisissez aujourd'hui ou un jour à venir."),
    "day_taken": gettext_lazy("Un autre règlement entre en vigueur ce jour-là\u00a0: choisissez un autre jour."),
    "published": gettext_lazy("Ce règlement est publié\u00a0: il ne change plus. Faites-en une nouvelle version."),
}


@require_safe
@agent_required(READ_RULES)
def versions(request: DoorRequest) -> HttpResponse:
    """All versions, with how many families accepted each."""
    page = Paginator(town.versions(), PER_PAGE).get_page(request.GET.get("page"))
    current, day = town.in_force(day=_today()), _today()
    facts = {
        "page": page,
        "rows": [(one, town.state(one, current=current, day=day).value) for one in page.object_list],
        "may_write": may_for_all(request.actor, WRITE_RULES),
        "said": saying.said(request, SAID),
    }
    return render(request, "office/rules.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(WRITE_RULES)
def new(request: DoorRequest) -> HttpResponse:
    """Write a first draft."""
    actor = _writer(request)
    form = RulesForm(request.POST if request.method == "POST" else None, initial={"in_force_from": _today()})
    if form.is_valid():
        return saying.done(_path(journal.write(text=form.text, by=actor)), "garde")
    return render(request, "office/rules_form.html", {"form": form, "rules": None, "said": ""})


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(WRITE_RULES)
def edit(request: DoorRequest, rules_id: int) -> HttpResponse:
    """Write a draft again; what is published is shown instead."""
    actor, found = _writer(request), _rules_or_404(rules_id)
    if found.published_at:
        return _show(request, found, refused="published")
    initial = {"title": found.title, "body": found.body, "in_force_from": found.in_force_from}
    form = RulesForm(request.POST if request.method == "POST" else None, initial=initial)
    if not form.is_valid():
        facts = {"form": form, "rules": found, "said": saying.said(request, SAID)}
        return render(request, "office/rules_form.html", facts)
    return _done(request, found, "garde", lambda: journal.change(pk=found.pk, text=form.text, by=actor))


@require_safe
@agent_required(READ_RULES)
def version(request: DoorRequest, rules_id: int) -> HttpResponse:
    """One version as families read it, and what can be done with it."""
    return _show(request, _rules_or_404(rules_id))


@require_POST
@agent_required(WRITE_RULES)
def publish(request: DoorRequest, rules_id: int) -> HttpResponse:
    """Put a draft in force from its day."""
    actor, found = _writer(request), _rules_or_404(rules_id)
    now = request.received_at
    return _done(request, found, "publie", lambda: journal.publish(pk=found.pk, now=now, day=_today(), by=actor))


@require_POST
@agent_required(WRITE_RULES)
def withdraw(request: DoorRequest, rules_id: int) -> HttpResponse:
    """Make a version a draft again, before its day."""
    actor, found = _writer(request), _rules_or_404(rules_id)
    return _done(request, found, "retire", lambda: journal.withdraw(pk=found.pk, day=_today(), by=actor))


@require_POST
@agent_required(WRITE_RULES)
def copy(request: DoorRequest, rules_id: int) -> HttpResponse:
    """Start a new version from the words of this one."""
    actor, found = _writer(request), _rules_or_404(rules_id)
    made = journal.copy(pk=found.pk, day=_today(), by=actor)
    return saying.done(reverse("office:rules_edit", args=[made.pk]), "copie")


@require_POST
@agent_required(WRITE_RULES)
def remove(request: DoorRequest, rules_id: int) -> HttpResponse:
    """Forget a draft."""
    actor, found = _writer(request), _rules_or_404(rules_id)
    try:
        journal.remove(pk=found.pk, by=actor)
    except RulesRefused as error:
        return _show(request, found, refused=error.code)
    return saying.done(reverse("office:rules"), "supprime")


@require_safe
@agent_required(READ_RULES)
def families(request: DoorRequest, rules_id: int) -> HttpResponse:
    """Who accepted and who has not, by class."""
    found, sites = _rules_or_404(rules_id), _kept(request)
    classes = acceptances.classes(day=_today(), sites=sites)
    chosen = next((one for one in classes if str(one.pk) == request.GET.get("classe")), None)
    asked = _asked(found, sites, chosen)
    waiting = "attente" in request.GET
    page = Paginator(asked.lines(waiting=waiting), PER_PAGE).get_page(request.GET.get("page"))
    facts: dict[str, Any] = {
        "rules": found,
        "classes": classes,
        "chosen": chosen,
        "waiting": waiting,
        "may_open": allowed(request.actor, OPEN_FAMILY),
        "number": asked.number(),
        "page": page,
        "lines": [acceptances.line(row) for row in page.object_list],
        "query": "".join([f"classe={chosen.pk}&" if chosen else "", "attente=1&" if waiting else ""]),
    }
    return render(request, "office/rules_families.html", facts)


@require_safe
@agent_required(READ_RULES)
def families_csv(request: DoorRequest, rules_id: int) -> HttpResponse:
    """The same lines as a table that a French spreadsheet opens."""
    found, sites = _rules_or_404(rules_id), _kept(request)
    classes = acceptances.classes(day=_today(), sites=sites)
    chosen = next((one for one in classes if str(one.pk) == request.GET.get("classe")), None)
    zone = context.current().zone
    head = (_("école"), _("classe"), _("nom"), _("prénom"), _("famille"), _("accepté le"))
    rows = [
        (
            one.school,
            one.school_class,
            one.last_name,
            one.first_name,
            one.household,
            f"{one.accepted_at.astimezone(zone):%d/%m/%Y %H:%M}" if one.accepted_at else "",
        )
        for one in map(acceptances.line, _asked(found, sites, chosen).lines(waiting="attente" in request.GET))
    ]
    return downloads.csv([head, *rows], name=f"reglement-{found.in_force_from}")


def _asked(rules: HouseRules, sites: frozenset[int], chosen: Any) -> Acceptances:
    return Acceptances(rules.pk, day=_today(), sites=sites, school_class=chosen.pk if chosen else None)


def _done(request: DoorRequest, found: HouseRules, word: str, act: Callable[[], HouseRules]) -> HttpResponse:
    """Do it and say so, or say why it cannot be done."""
    try:
        done = act()
    except HouseRules.DoesNotExist as error:
        raise Http404 from error
    except RulesRefused as error:
        return _show(request, found, refused=error.code)
    return saying.done(_path(done), word)


def _show(request: DoorRequest, found: HouseRules, *, refused: str = "") -> HttpResponse:
    day = _today()
    facts = {
        "rules": found,
        "state": town.state(found, current=town.in_force(day=day), day=day).value,
        "number": Acceptances(found.pk, day=day, sites=_sites(request)).number(),
        "may_write": may_for_all(request.actor, WRITE_RULES),
        "refused": REFUSED[refused] if refused else "",
        "said": saying.said(request, SAID),
    }
    return render(request, "office/rules_version.html", facts, status=400 if refused else 200)


def _writer(request: DoorRequest) -> Actor:
    """The agent, if what they write may reach every family."""
    if not may_for_all(request.actor, WRITE_RULES) or request.actor is None:
        raise PermissionDenied
    return request.actor


def _kept(request: DoorRequest) -> frozenset[int]:
    """The schools whose families the agent may read by name, none for all of them; who finds no family reads none."""
    if not allowed(request.actor, FIND_FAMILIES):
        raise PermissionDenied
    return _sites(request)


def _sites(request: DoorRequest) -> frozenset[int]:
    assert isinstance(request.actor, Agent)
    return request.actor.sites


def _rules_or_404(pk: int) -> HouseRules:
    found = town.find(pk)
    if found is None:
        raise Http404
    return found


def _path(rules: HouseRules) -> str:
    return reverse("office:rules_version", args=[rules.pk])


def _today() -> date:
    return clock.today(context.current().zone)
