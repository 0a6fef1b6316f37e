"""The parents' page of a full day: joining its waiting list, the child's place in it, leaving it."""

import logging

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from booking import catalogue, planning_form, queries, sentences
from booking.rules.planning import Cell
from booking.rules.weeks import Week
from booking.services import waiting as lists
from lps.families.decorators import child_or_404, household_required
from lps.families.identity import FamilyRequest
from lps.families.queries.children import ChildAtSchool
from lps.journal.channels import Channel
from lps.kernel.refusals import Refusal
from lps.ui import saying
from tenants import context

log = logging.getLogger(__name__)
LEAVE = "quitter"
JOINED, LEFT = "inscrit", "quitte"
SAID = {
    JOINED: _("C'est fait : votre enfant est sur la liste d'attente de ce jour."),
    LEFT: _("C'est fait : votre enfant n'est plus sur la liste d'attente de ce jour."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@household_required
def waiting(request: FamilyRequest, code: str, box: str) -> HttpResponse:
    """One day of one activity: wait for a place, or stop waiting."""
    child, cell = child_or_404(request, code), _cell_or_404(box)
    if request.method != "POST":
        return _show(request, child, cell)
    if LEAVE in request.POST:
        lists.leave(
            child=child.child,
            household=request.household,
            cell=cell,
            by=request.actor,
            channel=Channel.WEB,
            at=request.received_at,
        )
        return saying.done(request.path, LEFT)
    joined = lists.join(
        child=child.child,
        household=request.household,
        cell=cell,
        by=request.actor,
        channel=Channel.WEB,
        at=request.received_at,
    )
    if joined.refusal:
        log.info("waiting list refused: %s", joined.refusal.code)
        return _show(request, child, cell, refusal=joined.refusal)
    return saying.done(request.path, JOINED)


def _show(request: FamilyRequest, child: ChildAtSchool, cell: Cell, *, refusal: Refusal | None = None) -> HttpResponse:
    facts, zone = catalogue.read(), context.current().zone
    days = queries.days_of_child(
        child=child.child,
        household=request.household,
        days=[cell.day],
        activities=[cell.activity_id],
        at=request.received_at,
    )
    held = days.service_days.get(cell)
    if held is None:
        raise Http404
    week = f"?semaine={Week.of(cell.day)}"
    place = days.lists.get(held.pk, queries.NOBODY_WAITS)
    shown = {
        "child": child,
        "activity": facts.activities[cell.activity_id].name,
        "day": cell.day,
        "waiting": place,
        "booked": cell in days.bookings,
        "said": saying.said(request, SAID, over={LEFT if place.position else JOINED}),
        "back": reverse("booking:planning", args=[child.code]) + week,
        "refused": refusal
        and sentences.waiting_refusal_sentence(refusal.code, refusal.facts, zone=zone, names=facts.activity_names),
    }
    return render(request, "booking/waiting.html", shown)


def _cell_or_404(box: str) -> Cell:
    try:
        cell = planning_form.read_box(box)
    except planning_form.BadForm as error:
        raise Http404 from error
    if cell.activity_id not in catalogue.read().activities:
        raise Http404
    return cell
