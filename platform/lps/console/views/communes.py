"""The communes on the console: the list, opening one, one in detail, its state, its first access."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lps.accounts.decorators import operator_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.accounts.services import AccountRefused
from lps.console import erasing, queries, states
from lps.console.figures import Figures
from lps.console.forms.communes import OpenForm, OpeningDayForm, StateForm, initial_of
from lps.console.opening import open_commune
from lps.console.rights import CHANGE_STATES, ENTER, ENTER_TOWNS, ERASE, EXPORT, OPEN_COMMUNES, RESEND, SET_OFFERS
from lps.console.services import CannotOpen
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.ui import saying
from lps.ui.bars import Chart
from notifications import sentences
from tenants import context
from tenants.models import Commune, CommuneState
from tenants.offers import OFFERS
from tenants.queries import UnknownCommune, commune_by_slug

PER_PAGE = 25
# Closed and erased, a commune lets nobody in.
SERVED = (CommuneState.TO_OPEN, CommuneState.ACTIVE, CommuneState.SUSPENDED)
USUAL = {"template": "jeudi-17h", "school_zone": "C"}
SAID = {
    "ouverte": _("La commune est ouverte. Son premier agent reçoit le lien de son accès par e-mail."),
    "etat": _("L'état est changé : les pages de la commune le disent dès maintenant."),
    "services": _("Les services sont enregistrés : les pages de la commune le disent dès maintenant."),
    "jour": _("Le jour d'ouverture est enregistré."),
}

REFUSED = {
    "unknown_step": _("L'état a changé entre-temps : rechargez la page."),
    "no_reason": _("Écrivez la phrase que les familles et les agents liront."),
    "erasure_planned": _("Son effacement est prévu : annulez-le d'abord, sur la page des effacements."),
}


@require_safe
@operator_required(ENTER)
def communes(request: DoorRequest) -> HttpResponse:
    """Every commune that is not erased, by name or by state, with what it counts this month."""
    asked, state = request.GET.get("q", "")[:80], request.GET.get("etat", "")
    page = Paginator(queries.found(asked, state=state), PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "page": page,
        "rows": queries.rows(list(page.object_list), today=timezone.localdate(request.received_at)),
        "asked": asked,
        "state": state,
        "states": [(one.value, one.label) for one in CommuneState if one != CommuneState.ERASED],
        "may_open": allowed(request.actor, OPEN_COMMUNES),
    }
    return rendered(request, "console/communes.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required(OPEN_COMMUNES)
def new(request: DoorRequest) -> HttpResponse:
    """Open a commune in one form."""
    form = OpenForm(request.POST if request.method == "POST" else None, initial=USUAL)
    if form.is_valid():
        try:
            opened = open_commune(
                identity=form.identity,
                template=form.cleaned_data["template"],
                school_zone=form.cleaned_data["school_zone"],
                agent=form.agent,
                number=form.cleaned_data["number"],
                by=operator_of(request),
                channel=Channel.WEB,
            )
        except (CannotOpen, AccountRefused) as error:
            form.refuse(error)
        else:
            return saying.done(_path(opened.commune), "ouverte")
    return rendered(request, "console/new.html", {"form": form}, status=400 if form.errors else 200)


@require_safe
@operator_required(ENTER)
def commune(request: DoorRequest, slug: str) -> HttpResponse:
    """One commune: its identity, its addresses, its year in figures, what was done to it."""
    found = commune_or_404(slug)
    detail = queries.detail(found, today=timezone.localdate(request.received_at))
    facts = {
        "detail": detail,
        "last_error": sentences.why(detail.row.figures.last_error) if detail.row.figures else "",
        "charts": _charts(detail.months),
        "offers": [offer.label for name, offer in OFFERS.items() if name not in found.closed_offers],
        "closed_offers": [offer.label for name, offer in OFFERS.items() if name in found.closed_offers],
        "may_offer": allowed(request.actor, SET_OFFERS),
        "may_change": allowed(request.actor, CHANGE_STATES) and bool(states.NEXT[found.state]),
        "may_enter": allowed(request.actor, ENTER_TOWNS) and found.state in SERVED,
        "may_erase": allowed(request.actor, ERASE) and found.state == CommuneState.CLOSED,
        "erasure": erasing.planned_for(found),
        "may_export": allowed(request.actor, EXPORT),
        "may_resend": allowed(request.actor, RESEND),
        "day_form": OpeningDayForm(initial=initial_of(found)) if found.state == CommuneState.TO_OPEN else None,
        "said": saying.said(request, SAID),
    }
    return rendered(request, "console/commune.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required(CHANGE_STATES)
def state(request: DoorRequest, slug: str) -> HttpResponse:
    """Suspend, reopen, close: what it does is said beside the choice."""
    found = commune_or_404(slug)
    form = StateForm(request.POST if request.method == "POST" else None, states=states.NEXT[found.state])
    if form.is_valid():
        try:
            states.change_state(slug=slug, wanted=form.wanted, by=operator_of(request))
        except states.StateRefused as refused:
            form.add_error(None, str(REFUSED[refused.refusal.code]))
        else:
            return saying.done(_path(found), "etat")
    facts = {"form": form, "commune": found}
    return rendered(request, "console/state.html", facts, status=400 if form.errors else 200)


@require_POST
@operator_required(CHANGE_STATES)
def opening_day(request: DoorRequest, slug: str) -> HttpResponse:
    """Say from which day families come in."""
    found, form = commune_or_404(slug), OpeningDayForm(request.POST)
    if not form.is_valid():
        facts = {
            "detail": queries.detail(found, today=timezone.localdate(request.received_at)),
            "may_change": True,
            "day_form": form,
        }
        return rendered(request, "console/commune.html", facts, status=400)
    states.set_opening_day(slug=slug, day=form.cleaned_data["opens_on"], by=operator_of(request))
    return saying.done(_path(found), "jour")


def _charts(months: Sequence[tuple[date, Figures]]) -> list[tuple[str, Chart]]:
    if not months:
        return []
    bookings, messages = str(_("Réservations par mois")), str(_("Messages par mois"))
    return [
        (bookings, queries.chart_of(months, title=bookings, number=lambda one: one.bookings)),
        (messages, queries.chart_of(months, title=messages, number=lambda one: one.messages)),
    ]


def commune_or_404(slug: str) -> Commune:
    """The commune of an address; one that is erased has its certificate alone."""
    try:
        with context.public():
            found = commune_by_slug(slug=slug)
    except UnknownCommune as error:
        raise Http404 from error
    if found.state == CommuneState.ERASED:
        raise Http404
    return found


def operator_of(request: DoorRequest) -> Actor:
    """Whoever opened the page: the door let in nobody else."""
    assert request.actor is not None
    return request.actor


def _path(found: Commune) -> str:
    return reverse("console:commune", args=[found.slug])


def rendered(request: DoorRequest, template: str, facts: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page of the console; its rail comes by `lps.console.frame`."""
    return render(request, template, facts, status=status)
