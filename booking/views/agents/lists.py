"""Lists of the day on paper: choosing what to print, and the files."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from booking import catalogue, lists
from booking.lists import Wanted
from booking.rights import READ_DAY, READ_HEALTH
from booking.rules.weeks import Week
from booking.views.agents.days import day_asked
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.queries.school import schools
from lps.journal.channels import Channel
from lps.journal.services import Entry, record_many
from lps.kernel import clock
from lps.ui import downloads, pdf, saying
from tenants import context

BY_ACTIVITY, BY_CLASS, WEEK = "activite", "classe", "semaine"
ARRANGED = {
    BY_ACTIVITY: _("Une page par école et par activité, à cocher"),
    BY_CLASS: _("Une page par classe, avec les activités de chaque enfant"),
    WEEK: _("Feuille de la semaine, à afficher"),
}
# Drawing takes about seven milliseconds a line: more would keep a door busy for others.
MOST_LINES = 800
SAID = {
    "vide": _("Il n'y a rien à imprimer : personne n'est réservé pour ce choix."),
    "trop": _("Ce choix dépasse 800 lignes : choisissez une école ou une activité, et imprimez l'une après l'autre."),
}


@require_safe
@agent_required(READ_DAY)
def choose(request: DoorRequest) -> HttpResponse:
    """What to print: of which day, which activities, arranged how, with what beside the names."""
    wanted, is_bad = _wanted(request)
    agent = _agent(request)
    groups = [
        (group, [(f"a-{one.pk}", one.name) for one in group.activities if _is_theirs(agent, one.pk)])
        for group in catalogue.read().groups
    ]
    facts = {
        "day": wanted.day,
        "bad_day": is_bad,
        "choices": [(group, some) for group, some in groups if some],
        "what": request.GET.get("quoi", ""),
        "arranged": list(ARRANGED.items()),
        "how": _how(request),
        "schools": [one for one in schools() if not agent.sites or one.pk in agent.sites],
        "where": request.GET.get("lieu", ""),
        "may_read_health": allowed(request.actor, READ_HEALTH),
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/lists.html", facts)


@require_safe
@agent_required(READ_DAY)
def as_pdf(request: DoorRequest) -> HttpResponse:
    """The lists chosen, in one file; what nobody is booked for has no page."""
    wanted, _is_bad = _wanted(request)
    how = _how(request)
    facts: dict[str, Any] = {
        "commune": context.current(),
        "day": wanted.day,
        "now": clock.now(),
        "with_contacts": wanted.with_contacts,
        "monday": Week.of(wanted.day).monday,
        "sunday": Week.of(wanted.day).monday + timedelta(days=6),
    }
    if how == WEEK:
        wanted = replace(wanted, with_contacts=False, with_health=False)  # it hangs on a wall
        facts["sheets"] = lists.of_week(wanted)
    elif how == BY_CLASS:
        facts["sheets"] = lists.by_class(wanted)
    else:
        facts["sheets"] = lists.by_activity(wanted)
    number = sum(len(sheet.rows) for sheet in facts["sheets"])
    if not 0 < number <= MOST_LINES:
        back = f"{reverse('booking_office:lists')}?{request.GET.urlencode()}"
        return saying.done(back, "trop" if number else "vide")
    if wanted.with_health:
        _log_reading(request, wanted)
    return downloads.paper(pdf.render(f"booking/office/paper_{how}.html", facts), name=f"listes-{wanted.day:%Y-%m-%d}")


def _wanted(request: DoorRequest) -> tuple[Wanted, bool]:
    """What the address asks for; what it does not understand is left out. Health is for those who may read it."""
    agent, what = _agent(request), request.GET.get("quoi", "")
    day, is_bad = day_asked(request.GET.get("jour", ""))
    kind, _dash, name = what.partition("-")
    wanted = Wanted(
        day=day,
        sites=_sites(request, agent),
        activities=agent.activities,
        activity=int(name) if kind == "a" and name.isascii() and name.isdigit() and len(name) < 19 else None,
        group=name if kind == "g" else "",
        with_contacts="contacts" in request.GET,
        with_health="sante" in request.GET and allowed(agent, READ_HEALTH),
    )
    return wanted, is_bad


def _sites(request: DoorRequest, agent: Agent) -> frozenset[int]:
    """The school chosen, if the agent works there; else all of its own."""
    chosen = request.GET.get("lieu", "")
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19):
        return agent.sites
    return frozenset({int(chosen)}) if not agent.sites or int(chosen) in agent.sites else agent.sites


def _is_theirs(agent: Agent, activity: int) -> bool:
    return not agent.activities or activity in agent.activities


def _how(request: DoorRequest) -> str:
    asked = request.GET.get("disposition", "")
    return asked if asked in ARRANGED else BY_ACTIVITY


def _log_reading(request: DoorRequest, wanted: Wanted) -> None:
    """Health data on paper: who printed it, of which activities of which day."""
    agent = _agent(request)
    record_many(
        Entry(agent, Channel.OFFICE, "health_read", f"service_day:{held.pk}", after={"paper": True})
        for held in lists.held_on(wanted)
    )


def _agent(request: DoorRequest) -> Agent:
    assert isinstance(request.actor, Agent)
    return request.actor
