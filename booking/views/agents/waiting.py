"""Waiting lists at the town hall: who waits for what, since when, and what an agent may do at a family's request."""

from datetime import date
from functools import partial
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import catalogue, sentences
from booking import waiting_page as page
from booking.forms.waiting import CRITERIA, RankForm, ReasonForm
from booking.models import ServiceDay, WaitingEntry
from booking.rights import MOVE_WAITING, READ_WAITING
from booking.rules.planning import Cell
from booking.services import waiting as services
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.gates import theirs_or_404
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.models import Custody
from lps.journal.channels import Channel
from lps.kernel.refusals import Refusal
from lps.ui import saying
from tenants import context

PER_PAGE = 50
RANK = "ordre_%s"  # two forms of one page bear the reason
SAID = {
    "inscrit": gettext_lazy("L'enfant est sur la liste d'attente."),
    "retire": gettext_lazy("L'enfant n'est plus sur la liste. La place qui lui était gardée passe au suivant."),
    "range": gettext_lazy("La priorité est changée. La nouvelle place est ci-dessous."),
    "parti": gettext_lazy("Cet enfant n'était plus sur la liste : rien n'a changé."),
}
HAPPENED = {
    "joined": gettext_lazy("inscription sur la liste"),
    "left": gettext_lazy("sortie de la liste"),
    "offered": gettext_lazy("place proposée"),
    "withdrawn": gettext_lazy("place retirée : il y en a moins"),
    "booked": gettext_lazy("place acceptée"),
    "expired": gettext_lazy("place non acceptée à temps"),
    "closed": gettext_lazy("liste close"),
    "ranked": gettext_lazy("priorité changée"),
}


@require_safe
@agent_required(READ_WAITING)
def lists(request: DoorRequest) -> HttpResponse:
    """The days that somebody waits for, the nearest first; or those that are full and have no list yet."""
    agent, full = _agent(request), "complets" in request.GET
    rows = page.days(today=_today(request), sites=agent.sites, activities=agent.activities, full=full)
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    facts = {"page": shown, "full": full, "query": "complets=1" if full else ""}
    return render(request, "booking/office/waiting_lists.html", facts)


@require_safe
@agent_required(READ_WAITING)
def one_list(request: DoorRequest, service_day_id: int) -> HttpResponse:
    """One list: who waits in which order, who was there, all that happened; children to put on it."""
    held = _held_or_404(request, service_day_id, READ_WAITING)
    there, gone = page.lines(held)
    asked = request.GET.get("q", "").strip().replace("\x00", "")[:80]
    may_move = allowed(request.actor, MOVE_WAITING, held)
    facts = {
        "held": held,
        "there": [(line, CRITERIA[line.criterion]) for line in there],
        "gone": gone,
        "events": [_told(event) for event in page.history(held)],
        "q": asked,
        "found": page.found(asked, held=held, there=there) if may_move else [],
        "may_move": may_move,
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/waiting_list.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(MOVE_WAITING)
def join(request: DoorRequest, service_day_id: int, child_id: int, household_id: int) -> HttpResponse:
    """Put a child on the list, as its family asks."""
    held = _held_or_404(request, service_day_id, MOVE_WAITING)
    whose = page.custody(child_id=child_id, household_id=household_id, held=held)
    if whose is None:
        raise Http404
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _join_form(request, held, whose, form)
    joined = services.join(
        child=whose.child,
        household=whose.household,
        cell=Cell(held.activity_id, held.day),
        by=_agent(request),
        channel=Channel.OFFICE,
        at=request.received_at,
        reason=form.cleaned_data["reason"],
    )
    if joined.refusal:
        return _join_form(request, held, whose, form, refusal=joined.refusal)
    return saying.done(_path(held), "inscrit")


@require_safe
@agent_required(MOVE_WAITING)
def entry(request: DoorRequest, entry_id: int) -> HttpResponse:
    """One who waits: its rank, and what may be done."""
    return _show(request, _entry_or_404(request, entry_id))


@require_POST
@agent_required(MOVE_WAITING)
def rank(request: DoorRequest, entry_id: int) -> HttpResponse:
    """Give it a stated criterion."""
    found, form = _entry_or_404(request, entry_id), RankForm(request.POST, auto_id=RANK)
    if not form.is_valid():
        return _show(request, found, rank_form=form)
    refusal = services.set_priority(
        entry=found,
        criterion=form.cleaned_data["criterion"],
        reason=form.cleaned_data["reason"],
        by=_agent(request),
        at=request.received_at,
    )
    if refusal and refusal.code == "not_met":
        form.add_error(
            "criterion", _("Ce critère n'est pas rempli pour cet enfant ce jour-là\u00a0: vérifiez, ou gardez l'ordre.")
        )
        return _show(request, found, rank_form=form)
    return saying.done(_path(found.service_day), "parti" if refusal else "range")


@require_POST
@agent_required(MOVE_WAITING)
def leave(request: DoorRequest, entry_id: int) -> HttpResponse:
    """Take it off the list, as its family asks; a place that was offered goes to the next."""
    found, form = _entry_or_404(request, entry_id), ReasonForm(request.POST)
    if not form.is_valid():
        return _show(request, found, leave_form=form)
    held = found.service_day
    left = services.leave(
        child=found.child,
        household=found.household,
        cell=Cell(held.activity_id, held.day),
        by=_agent(request),
        channel=Channel.OFFICE,
        at=request.received_at,
        reason=form.cleaned_data["reason"],
    )
    return saying.done(_path(held), "retire" if left else "parti")


def _join_form(
    request: DoorRequest, held: ServiceDay, whose: Custody, form: ReasonForm, *, refusal: Refusal | None = None
) -> HttpResponse:
    facts = {"held": held, "whose": whose, "form": form, "refused": refusal and _sentence(refusal)}
    return render(request, "booking/office/waiting_join.html", facts, status=400 if form.is_bound else 200)


def _sentence(refusal: Refusal) -> str:
    zone, names = context.current().zone, catalogue.read().activity_names
    return sentences.waiting_refusal_sentence(refusal.code, refusal.facts, zone=zone, names=names)


def _show(
    request: DoorRequest,
    found: WaitingEntry,
    *,
    rank_form: RankForm | None = None,
    leave_form: ReasonForm | None = None,
) -> HttpResponse:
    there, _gone = page.lines(found.service_day)
    line = next((line for line in there if line.entry.pk == found.pk), None)
    bad = rank_form or leave_form
    facts = {
        "held": found.service_day,
        "entry": found,
        "line": line,
        "criterion": CRITERIA[page.criterion_of(found.priority)],
        "rank_form": rank_form or RankForm(auto_id=RANK, initial={"criterion": int(page.criterion_of(found.priority))}),
        "leave_form": leave_form or ReasonForm(),
        "form": bad,
    }
    return render(request, "booking/office/waiting_entry.html", facts, status=400 if bad else 200)


def _told(event: page.Event) -> dict[str, Any]:
    return {
        "event": event,
        "words": HAPPENED.get(event.action, event.action),
        "criterion": CRITERIA[event.criterion] if event.criterion is not None else "",
    }


def _held_or_404(request: DoorRequest, pk: int, action: str) -> ServiceDay:
    """The service day, if this agent works there."""
    held = ServiceDay.objects.select_related("activity", "site").filter(pk=pk).first()
    return theirs_or_404(request.actor, action, held, partial(allowed, request.actor, action))


def _entry_or_404(request: DoorRequest, pk: int) -> WaitingEntry:
    rows = WaitingEntry.objects.select_related("child", "household", "service_day__activity", "service_day__site")
    return theirs_or_404(
        request.actor,
        MOVE_WAITING,
        rows.filter(pk=pk).first(),
        lambda found: allowed(request.actor, MOVE_WAITING, found.service_day),
    )


def _agent(request: DoorRequest) -> Agent:
    assert isinstance(request.actor, Agent)
    return request.actor


def _today(request: DoorRequest) -> date:
    return request.received_at.astimezone(context.current().zone).date()


def _path(held: ServiceDay) -> str:
    return reverse("booking_office:waiting_list", args=[held.pk])
