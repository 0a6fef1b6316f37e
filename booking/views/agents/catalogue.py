"""Activities and deadlines: the list that every agent reads, and its groups."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import catalogue_page, catalogue_templates
from booking.forms.catalogue import GroupForm
from booking.models import Activity, ActivityGroup
from booking.rights import CHANGE_CATALOGUE, READ_CATALOGUE, Reach, may_reach
from booking.rules.deadlines import DeadlineRule, from_json
from booking.services import groups as services
from booking.services.catalogue import CatalogueNotEmpty, apply_template
from booking.services.groups import NameTaken, NotEmpty
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.ui import saying

SAID = {
    "commence": gettext_lazy("Le catalogue est prêt. Les jours de chaque école s'ouvrent dans la minute."),
    "groupe": gettext_lazy("Le groupe est enregistré."),
    "supprime": gettext_lazy("C'est supprimé."),
    "deplace": gettext_lazy("L'ordre est changé : les familles voient le même."),
    "rempli": gettext_lazy("Le catalogue contenait déjà des groupes : rien n'a été changé."),
    "retiree": gettext_lazy(
        "L'activité est retirée : elle n'est plus proposée aux familles. Ses réservations restent."
    ),
}
TEMPLATE_WORDS = {
    "jeudi-17h": gettext_lazy(
        "Avec cantine ; réserver et annuler jusqu'au jeudi à 17h00 pour toute la semaine suivante"
    ),
    "veille-17h": gettext_lazy("Sans cantine ; réserver et annuler jusqu'à la veille à 17h00"),
}


@require_safe
@agent_required(READ_CATALOGUE)
def catalogue(request: DoorRequest) -> HttpResponse:
    """Groups and activities in the town's order, with their deadlines."""
    agent = actor_of(request)
    everything = may_reach(agent, CHANGE_CATALOGUE, Reach())
    mine = {pk for pk in agent.activities if may_reach(agent, CHANGE_CATALOGUE, Reach(activity_id=pk))}
    groups = catalogue_page.groups_seen(activities=agent.activities, changeable=None if everything else mine)
    facts = {
        "shown": groups,
        "may_change": everything,
        "templates": [(key, TEMPLATE_WORDS[key]) for key in catalogue_templates.TEMPLATES],
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/catalogue.html", facts)


@require_POST
@agent_required(CHANGE_CATALOGUE)
def start(request: DoorRequest) -> HttpResponse:
    """Fill an empty catalogue with a template."""
    actor, name = changer(request), request.POST.get("modele", "")
    if name not in catalogue_templates.TEMPLATES:
        return render(request, "400.html", status=400)
    try:
        apply_template(catalogue_templates.TEMPLATES[name], name=name, by=actor, at=request.received_at)
    except CatalogueNotEmpty:
        return saying.done(reverse("booking_office:catalogue"), "rempli")
    return saying.done(reverse("booking_office:catalogue"), "commence")


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(CHANGE_CATALOGUE)
def group_new(request: DoorRequest) -> HttpResponse:
    """Make a group, with the deadline of the first one until its own is chosen."""
    actor, form = changer(request), GroupForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            rule = _first_rule()
            services.add_group(name=form.cleaned_data["name"], rule=rule, by=actor, at=request.received_at)
            return saying.done(reverse("booking_office:catalogue"), "groupe")
        except NameTaken:
            form.add_error("name", _("Un autre groupe porte déjà ce nom : choisissez-en un autre."))
    return render(request, "booking/office/group.html", {"form": form}, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(CHANGE_CATALOGUE)
def group(request: DoorRequest, group_id: int) -> HttpResponse:
    """Rename a group."""
    actor, found = changer(request), group_or_404(group_id)
    form = GroupForm(request.POST if request.method == "POST" else None, initial={"name": found.name})
    if form.is_valid():
        try:
            services.rename_group(group_id=group_id, name=form.cleaned_data["name"], by=actor, at=request.received_at)
            return saying.done(reverse("booking_office:catalogue"), "groupe")
        except NameTaken:
            form.add_error("name", _("Un autre groupe porte déjà ce nom : choisissez-en un autre."))
    facts = {"form": form, "group": found, "is_empty": not Activity.objects.filter(group=found).exists()}
    return render(request, "booking/office/group.html", facts, status=400 if form.is_bound else 200)


@require_POST
@agent_required(CHANGE_CATALOGUE)
def group_move(request: DoorRequest, group_id: int) -> HttpResponse:
    """Move a group up or down by one."""
    actor, found = changer(request), group_or_404(group_id)
    services.move_group(group_id=found.pk, up=is_up(request), by=actor, at=request.received_at)
    return saying.done(reverse("booking_office:catalogue"), "deplace")


@require_POST
@agent_required(CHANGE_CATALOGUE)
def group_remove(request: DoorRequest, group_id: int) -> HttpResponse:
    """Remove a group that holds nothing."""
    actor, found = changer(request), group_or_404(group_id)
    try:
        services.remove_group(group_id=found.pk, by=actor, at=request.received_at)
    except NotEmpty:
        form = GroupForm({"name": found.name})
        form.is_valid()
        form.add_error(None, _("Ce groupe contient encore des activités : supprimez-les ou retirez-les d'abord."))
        return render(request, "booking/office/group.html", {"form": form, "group": found}, status=400)
    return saying.done(reverse("booking_office:catalogue"), "supprime")


def changer(request: DoorRequest, *, activity_id: int | None = None) -> Agent:
    """The agent, if it may change this activity, or what all activities share."""
    if not may_reach(request.actor, CHANGE_CATALOGUE, Reach(activity_id=activity_id)):
        raise PermissionDenied
    return actor_of(request)


def actor_of(request: DoorRequest) -> Agent:
    assert isinstance(request.actor, Agent)
    return request.actor


def group_or_404(pk: int) -> ActivityGroup:
    found = ActivityGroup.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def is_up(request: DoorRequest) -> bool:
    """Which button was pressed."""
    return request.POST.get("sens") == "haut"


def _first_rule() -> DeadlineRule:
    first = ActivityGroup.objects.first()
    if first is None:
        return DeadlineRule(book=catalogue_templates.DAY_BEFORE, cancel=catalogue_templates.DAY_BEFORE)
    return from_json(first.deadline)
