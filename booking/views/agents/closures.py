"""Closing days: the list, the form, the preview that names every booking touched, closing, and undoing.

What a worker does is followed on a page of its own, which leads to the closure once it is done.
"""

import uuid
from collections.abc import Mapping
from datetime import date
from itertools import chain
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import closures_page as page
from booking.forms.closures import REASONS, CloseForm, ClosureForm
from booking.models import Closure, ClosureWork
from booking.rights import CLOSE_DAYS, READ_CLOSURES, Reach, may_reach
from booking.rules.reopening import Why
from booking.services import closure_work, reopening
from booking.services import closures as services
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.ui import saying
from tenants import context

PER_PAGE, BOOKINGS = 50, 100
FIELDS = ("first_day", "last_day", "place", "activity", "reason")
SAID = {
    "ferme": _("C'est fermé. Les réservations sont annulées, rien ne sera facturé, et les familles sont prévenues."),
    "annulee": _(
        "La fermeture est annulée. Les familles qui retrouvent une réservation reçoivent un e-mail, "
        "si la mairie connaît leur adresse."
    ),
    "deja": _("Cette fermeture était déjà annulée : rien n'a changé."),
}
FAILED: Mapping[str, str | Promise] = {
    "undone": SAID["deja"],
    "internal": _(
        "Une erreur est survenue et rien n'a changé : réessayez. Si elle revient, prévenez votre fournisseur."
    ),
    "stopped": _("Le travail s'est arrêté trois fois et rien n'a changé : prévenez votre fournisseur."),
}
WHY: Mapping[Why, str | Promise] = {
    Why.PAST: _("Le jour est passé"),
    Why.LEFT: _("L'enfant n'est plus dans cette école ce jour-là"),
    Why.OTHER_HOUSEHOLD: _("Ce jour revient désormais à l'autre foyer de l'enfant"),
    Why.BOOKED_AGAIN: _("La famille a réservé de nouveau"),
    Why.CLOSED: _("Une autre fermeture couvre ce jour : l'annuler à son tour les remettra"),
    Why.NO_SERVICE: _("L'activité n'a plus lieu ce jour-là"),
    Why.INCOMPATIBLE: _("La famille a réservé depuis une activité qui ne va pas avec"),
    Why.FULL: _("Il n'y a plus de place"),
}


@require_safe
@agent_required(READ_CLOSURES)
def closures(request: DoorRequest) -> HttpResponse:
    """The closures that concern this agent, with their state."""
    agent, today = _agent(request), _today(request)
    rows = page.closures(sites=agent.sites, activities=agent.activities)
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "page": shown,
        "rows": [(one, page.state(one, today=today)) for one in shown.object_list],
        "works": page.to_follow(_works(request), now=request.received_at),
        "may_close": _closes_somewhere(request),
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/closures.html", facts)


@require_safe
@agent_required(CLOSE_DAYS)
def new(request: DoorRequest) -> HttpResponse:
    """Say what is to be closed; what was said before comes back in the address."""
    given = {name: request.GET[name] for name in FIELDS if name in request.GET}
    return _form(request, _closure_form(request, ClosureForm, initial=given))


@require_safe
@agent_required(CLOSE_DAYS)
def preview(request: DoorRequest) -> HttpResponse:
    """Every booking that would be canceled, and who is written to."""
    form = _closure_form(request, ClosureForm, data=request.GET)
    if not form.is_valid():
        return _form(request, form, status=400)
    scope = form.scope
    _closer(request, Reach(site_id=form.site_id, activity_id=scope.activity_id))
    touched = services.touched(scope)
    facts = {
        "form": form,
        "jeton": uuid.uuid4(),
        "closure": _unsaved(scope, form.cleaned_data["reason"], form),
        "counts": page.count(touched),
        "page": Paginator(touched, BOOKINGS).get_page(request.GET.get("page")),
        "query": urlencode({name: form.data.get(name, "") for name in FIELDS}),
        "is_past": scope.first_day < _today(request),
        "nothing_held": not scope.service_days().filter(open=True).exists(),
    }
    return render(request, "booking/office/closure_preview.html", facts)


@require_POST
@agent_required(CLOSE_DAYS)
def close(request: DoorRequest) -> HttpResponse:
    """Close what the preview showed, or have a worker do it; the same form sent twice closes once."""
    form = _closure_form(request, CloseForm, data=request.POST)
    if not form.is_valid():
        return _form(request, form, status=400)
    scope, given = form.scope, form.cleaned_data
    actor = _closer(request, Reach(site_id=form.site_id, activity_id=scope.activity_id))
    asked = closure_work.close(
        scope=scope, reason=given["reason"], jeton=given["jeton"], by=actor, at=request.received_at
    )
    return _after(asked)


@require_safe
@agent_required(READ_CLOSURES)
def work(request: DoorRequest, work_id: int) -> HttpResponse:
    """What a worker does, until it is done: the page of the closure then says so."""
    found = _works(request).filter(pk=work_id).first()
    if found is None:
        raise Http404
    if found.state == ClosureWork.State.DONE:
        return _after(found)
    facts = {
        "work": found,
        "waits": not found.is_over,
        "step": closure_work.progress(found),
        "steps": closure_work.STEPS,
        "failed": FAILED.get(found.failure, ""),
        "again": _again(found),
        "may_close": _closes_somewhere(request),
    }
    return render(request, "booking/office/closure_work.html", facts)


@require_safe
@agent_required(READ_CLOSURES)
def closure(request: DoorRequest, closure_id: int) -> HttpResponse:
    """One closure: what it canceled, and what undoing it left out."""
    found = _closure_or_404(request, closure_id)
    canceled = page.canceled_by(found)
    facts = {
        "closure": found,
        "state": page.state(found, today=_today(request)),
        "counts": page.count(canceled),
        "page": Paginator(canceled, BOOKINGS).get_page(request.GET.get("page")),
        "left_out": [(WHY[why], rows) for why, rows in page.left_out(found)],
        "undoing": page.undoing(found),
        "may_undo": found.undone_at is None and may_reach(request.actor, CLOSE_DAYS, _reach(found)),
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/closure.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(CLOSE_DAYS)
def undo(request: DoorRequest, closure_id: int) -> HttpResponse:
    """What comes back and what cannot, and why; a POST undoes, or has a worker do it."""
    found = _closure_or_404(request, closure_id)
    actor = _closer(request, _reach(found))
    if found.undone_at:
        return saying.done(_path(found), "deja")
    if request.method == "POST":
        try:
            return _after(closure_work.undo(closure=found, by=actor, at=request.received_at))
        except reopening.AlreadyUndone:
            return saying.done(_path(found), "deja")
    if asked := page.undoing(found):
        return _after(asked)
    verdicts = reopening.preview(found, at=request.received_at)
    back, kept = page.by_reason(verdicts)
    shown = Paginator(back, BOOKINGS).get_page(request.GET.get("page"))
    rows = page.named(chain(shown, *(keys[:BOOKINGS] for _why, keys in kept)))
    facts = {
        "closure": found,
        "counts": page.told_of_undo(found, verdicts),
        "back": shown,
        "lines": [rows[key] for key in shown],
        "kept": [(WHY[why], [rows[key] for key in keys[:BOOKINGS]], len(keys), why is Why.FULL) for why, keys in kept],
    }
    return render(request, "booking/office/closure_undo.html", facts)


def _form(request: DoorRequest, form: ClosureForm, *, status: int = 200) -> HttpResponse:
    return render(request, "booking/office/closure_form.html", {"form": form, "reasons": REASONS}, status=status)


Form = TypeVar("Form", bound=ClosureForm)


def _closure_form(request: DoorRequest, kind: type[Form], **given: Any) -> Form:
    agent, today = _agent(request), _today(request)
    return kind(
        classes=page.classes(today),
        activities=page.activities(),
        today=today,
        sites=agent.sites,
        of_activities=agent.activities,
        **given,
    )


def _unsaved(scope: services.Scope, reason: str, form: ClosureForm) -> Closure:
    """The closure as the page names it."""
    school_class = form.classes.get(scope.school_class_id or 0)
    site = next((row.site for row in form.classes.values() if row.site_id == scope.site_id), None)
    return Closure(
        first_day=scope.first_day,
        last_day=scope.last_day,
        reason=reason,
        school_class=school_class,
        site=site,
        activity=form.activities.get(scope.activity_id or 0),
    )


def _closure_or_404(request: DoorRequest, pk: int) -> Closure:
    """The closure, if it concerns this agent."""
    agent = _agent(request)
    found = page.closures(sites=agent.sites, activities=agent.activities).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _works(request: DoorRequest) -> QuerySet[ClosureWork]:
    """What was asked that concerns this agent."""
    agent = _agent(request)
    return page.works(sites=agent.sites, activities=agent.activities)


def _after(work: ClosureWork) -> HttpResponse:
    """Where what was asked is seen: the closure once it is done, else the page that follows its worker."""
    if work.state == ClosureWork.State.DONE and work.closure:
        return saying.done(_path(work.closure), "ferme" if work.kind == ClosureWork.Kind.CLOSE else "annulee")
    return HttpResponseRedirect(reverse("booking_office:closure_work", args=[work.pk]))


def _again(work: ClosureWork) -> str:
    """Where what failed is asked again: the form as it was filled in, or the closure."""
    if work.closure:
        return _path(work.closure)
    place = (
        f"ecole-{work.site_id}" if work.site_id else f"classe-{work.school_class_id}" if work.school_class_id else ""
    )
    given = {
        "first_day": work.first_day,
        "last_day": work.last_day,
        "place": place,
        "activity": work.activity_id or "",
        "reason": work.reason,
    }
    return f"{reverse('booking_office:closure_new')}?{urlencode(given)}"


def _reach(closure: Closure) -> Reach:
    return Reach(site_id=page.site_of(closure), activity_id=closure.activity_id)


def _closer(request: DoorRequest, reach: Reach) -> Agent:
    """The agent, if all that the closure reaches is theirs."""
    if not may_reach(request.actor, CLOSE_DAYS, reach):
        raise PermissionDenied
    return _agent(request)


def _closes_somewhere(request: DoorRequest) -> bool:
    agent = _agent(request)
    reach = Reach(site_id=next(iter(agent.sites), None), activity_id=next(iter(agent.activities), None))
    return may_reach(agent, CLOSE_DAYS, reach)


def _agent(request: DoorRequest) -> Agent:
    assert isinstance(request.actor, Agent)
    return request.actor


def _today(request: DoorRequest) -> date:
    return request.received_at.astimezone(context.current().zone).date()


def _path(closure: Closure) -> str:
    return reverse("booking_office:closure", args=[closure.pk])
