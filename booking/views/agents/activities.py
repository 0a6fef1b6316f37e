"""One activity: making it, changing it after its effects were read, retiring it, removing it while unused."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from booking import catalogue_page
from booking.forms.catalogue import ActivityForm, activity_initial
from booking.models import Activity
from booking.rights import CHANGE_CATALOGUE
from booking.services import activities as services
from booking.services.activities import EverUsed
from booking.services.groups import NameTaken
from booking.views.agents.catalogue import changer, group_or_404, is_up
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.ui import saying
from tenants import context

STEP, ACCEPT, MEND, REMOVE = "etape", "accepter", "corriger", "supprimer"
SAID = {
    "creee": gettext_lazy(
        "L'activité est créée et ses jours sont ouverts : les familles la voient dans leur planning."
    ),
    "changee": gettext_lazy("Les changements sont enregistrés."),
    "remise": gettext_lazy("L'activité est de nouveau proposée aux familles."),
    "limite": gettext_lazy("La date limite est enregistrée."),
    "acces": gettext_lazy("Les droits d'accès sont enregistrés."),
    "liens": gettext_lazy("Les liens sont enregistrés."),
    "servie": gettext_lazy("Cette activité a déjà servi : elle ne peut pas être supprimée, seulement retirée."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(CHANGE_CATALOGUE)
def activity_new(request: DoorRequest, group_id: int) -> HttpResponse:
    """Make an activity in a group; its days open at once."""
    actor, group = changer(request), group_or_404(group_id)
    form = ActivityForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = services.add_activity(group_id=group.pk, wanted=form.wanted, by=actor, at=request.received_at)
            return saying.done(path_of(made), "creee")
        except NameTaken:
            _name_taken(form)
    facts = {"form": form, "group": group}
    return render(request, "booking/office/activity_new.html", facts, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(CHANGE_CATALOGUE)
def activity(request: DoorRequest, activity_id: int) -> HttpResponse:
    """Change an activity; what this does to its days is read first."""
    actor, found = changer(request, activity_id=activity_id), activity_or_404(activity_id)
    if request.method != "POST":
        return _shown(request, found, ActivityForm(initial=activity_initial(found)))
    form, step = ActivityForm(request.POST), request.POST.get(STEP)
    if not form.is_valid():
        return _shown(request, found, form, status=400)
    if step == MEND:
        return _shown(request, found, form)
    if step != ACCEPT and _touches_days(found, form):
        return _previewed(request, found, form)
    return _saved(request, found, form, actor)


@require_POST
@agent_required(CHANGE_CATALOGUE)
def activity_move(request: DoorRequest, activity_id: int) -> HttpResponse:
    """Move an activity up or down by one within its group."""
    actor, found = changer(request), activity_or_404(activity_id)
    services.move_activity(activity_id=found.pk, up=is_up(request), by=actor, at=request.received_at)
    return saying.done(reverse("booking_office:catalogue"), "deplace")


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(CHANGE_CATALOGUE)
def activity_retire(request: DoorRequest, activity_id: int) -> HttpResponse:
    """Offer it no more, or remove it when nothing was ever asked of it; what this does is read first."""
    actor, found = changer(request, activity_id=activity_id), activity_or_404(activity_id)
    if request.method == "POST":
        if request.POST.get(STEP) == REMOVE:
            return _removed(request, found, actor)
        services.retire_activity(activity_id=found.pk, by=actor, at=request.received_at)
        return saying.done(reverse("booking_office:catalogue"), "retiree")
    plan = services.preview_retiring(activity=found, today=today(request), at=request.received_at)
    facts = {
        "activity": found,
        "effects": catalogue_page.effects(plan),
        "listed": catalogue_page.LISTED,
        "is_unused": services.is_unused(found.pk),
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/activity_retire.html", facts)


@require_POST
@agent_required(CHANGE_CATALOGUE)
def activity_restore(request: DoorRequest, activity_id: int) -> HttpResponse:
    """Offer it again."""
    actor, found = changer(request, activity_id=activity_id), activity_or_404(activity_id)
    services.restore_activity(activity_id=found.pk, by=actor, at=request.received_at)
    return saying.done(path_of(found), "remise")


def activity_or_404(pk: int) -> Activity:
    found = Activity.objects.select_related("group").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def path_of(activity: Activity) -> str:
    """Where an activity is changed."""
    return reverse("booking_office:activity", args=[activity.pk])


def today(request: DoorRequest) -> Any:
    """The commune's day at which the request came."""
    return request.received_at.astimezone(context.current().zone).date()


def _touches_days(found: Activity, form: ActivityForm) -> bool:
    wanted = Activity(
        name=form.wanted.name,
        weekdays=sorted(form.wanted.weekdays),
        season=form.wanted.season,
        places=form.wanted.places,
        is_meal=form.wanted.is_meal,
    )
    return found.retired_at is None and services.changes_days(services.written(found), services.written(wanted))


def _shown(request: DoorRequest, found: Activity, form: ActivityForm, *, status: int = 200) -> HttpResponse:
    facts = {"activity": found, "form": form, "said": saying.said(request, SAID)}
    return render(request, "booking/office/activity.html", facts, status=status)


def _previewed(request: DoorRequest, found: Activity, form: ActivityForm) -> HttpResponse:
    plan = services.preview_change(activity=found, wanted=form.wanted, today=today(request))
    facts = {
        "activity": found,
        "form": form,
        "when": catalogue_page.when_words(found),
        "effects": catalogue_page.effects(plan),
        "listed": catalogue_page.LISTED,
    }
    return render(request, "booking/office/activity_preview.html", facts)


def _saved(request: DoorRequest, found: Activity, form: ActivityForm, actor: Agent) -> HttpResponse:
    try:
        services.change_activity(activity_id=found.pk, wanted=form.wanted, by=actor, at=request.received_at)
    except NameTaken:
        _name_taken(form)
        return _shown(request, found, form, status=400)
    return saying.done(path_of(found), "changee")


def _removed(request: DoorRequest, found: Activity, actor: Agent) -> HttpResponse:
    try:
        services.remove_activity(activity_id=found.pk, by=actor, at=request.received_at)
    except EverUsed:
        return saying.done(reverse("booking_office:activity_retire", args=[found.pk]), "servie")
    return saying.done(reverse("booking_office:catalogue"), "supprime")


def _name_taken(form: ActivityForm) -> None:
    form.add_error("name", _("Une autre activité de ce groupe porte déjà ce nom : choisissez-en un autre."))
