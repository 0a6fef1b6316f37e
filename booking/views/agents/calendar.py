"""The school calendar: a year at a glance, and its corrections, each after its effects were read."""

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from booking import calendar_page as page
from booking import catalogue_page, closures_page
from booking.forms.calendar import HolidayForm, VacationForm
from booking.models import PublicHoliday, SchoolVacation
from booking.rights import READ_CALENDAR, SET_CALENDAR, Reach, may_reach
from booking.services import calendar as services
from booking.services.calendar import Change, NotLocal, Taken
from booking.services.days import school_year_of
from booking.views.agents.activities import ACCEPT, MEND, STEP, today
from booking.views.agents.catalogue import actor_of
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.ui import saying

FIRST, LAST = 2000, 2198
SAID = {
    "enregistre": gettext_lazy("Le calendrier est enregistré, et les jours sont refaits."),
    "supprime": gettext_lazy("C'est supprimé, et les jours sont refaits."),
}


@require_safe
@agent_required(READ_CALENDAR)
def calendar(request: DoorRequest) -> HttpResponse:
    """A school year: school holidays, public holidays and the closures that concern this agent."""
    agent, present = actor_of(request), school_year_of(today(request))[0].year
    asked = request.GET.get("annee", "")
    start = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else present
    start = min(max(start, FIRST), LAST)
    first, last = date(start, 9, 1), date(start + 1, 8, 31)
    closures = closures_page.closures(sites=agent.sites, activities=agent.activities)
    closures = closures.filter(first_day__lte=last, last_day__gte=first, undone_at__isnull=True)
    facts = {
        "year": page.year(first_day=first, last_day=last, closures=list(closures.order_by("first_day", "pk"))),
        "start": start,
        "end": start + 1,
        "before": start - 1 if start > FIRST else None,
        "after": start + 1 if start < LAST else None,
        "may_set": may_reach(agent, SET_CALENDAR, Reach()),
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/calendar.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_CALENDAR)
def vacation_new(request: DoorRequest) -> HttpResponse:
    """Enter school holidays."""
    return _vacation(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_CALENDAR)
def vacation(request: DoorRequest, vacation_id: int) -> HttpResponse:
    """Correct school holidays."""
    return _vacation(request, _vacation_or_404(vacation_id))


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_CALENDAR)
def vacation_remove(request: DoorRequest, vacation_id: int) -> HttpResponse:
    """Remove school holidays that the town entered."""
    found = _vacation_or_404(vacation_id)
    return _removal(request, found, found.first_day)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_CALENDAR)
def holiday_new(request: DoorRequest) -> HttpResponse:
    """Enter a public holiday of the town's own."""
    actor = _setter(request)
    form = HolidayForm(request.POST if request.method == "POST" else None, today=today(request))
    facts = {"title": _("Ajouter un jour férié"), "form": form, "back": _path(None)}
    if not form.is_valid():
        return _form(request, facts, status=400 if form.is_bound else 200)
    day, name = form.cleaned_data["day"], form.cleaned_data["name"]
    return _step(request, actor, services.add_holiday(day=day, name=name), facts, day)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_CALENDAR)
def holiday_remove(request: DoorRequest, holiday_id: int) -> HttpResponse:
    """Remove a public holiday that the town entered."""
    found = PublicHoliday.objects.filter(pk=holiday_id).first()
    if found is None:
        raise Http404
    return _removal(request, found, found.day)


def _vacation(request: DoorRequest, found: SchoolVacation | None) -> HttpResponse:
    actor = _setter(request)
    names = ("name", "first_day", "last_day", "is_summer")
    initial = {name: getattr(found, name) for name in names} if found else None
    form = VacationForm(request.POST if request.method == "POST" else None, initial=initial, today=today(request))
    title = _("Corriger des vacances scolaires") if found else _("Ajouter des vacances scolaires")
    facts = {"title": title, "form": form, "back": _path(found.first_day if found else None)}
    if not form.is_valid():
        return _form(request, facts, status=400 if form.is_bound else 200)
    change = services.set_vacation(found, form.wanted)
    return _step(request, actor, change, facts, form.wanted.first_day)


def _step(request: DoorRequest, actor: Agent, change: Change, facts: dict[str, Any], day: date) -> HttpResponse:
    """Show what a change does, mend it, or accept it."""
    step, form = request.POST.get(STEP), facts["form"]
    if step == MEND:
        return _form(request, facts)
    try:
        if step == ACCEPT:
            services.apply(change, today=today(request), by=actor, at=request.received_at)
            return saying.done(_path(day), "enregistre")
        plan = services.preview(change, today=today(request))
    except Taken as taken:
        words = _("Ces jours touchent déjà « %(name)s » : changez les jours, ou corrigez ce qui s'y trouve.")
        form.add_error(None, words % {"name": taken})
        return _form(request, facts, status=400)
    except SchoolVacation.DoesNotExist as gone:
        raise Http404 from gone
    shown = {
        **facts,
        "effects": page.effects(plan),
        "listed": catalogue_page.LISTED,
        "subject": form.cleaned_data["name"],
    }
    return render(request, "booking/office/calendar_preview.html", shown)


def _removal(request: DoorRequest, found: SchoolVacation | PublicHoliday, day: date) -> HttpResponse:
    """What removing does, then removing; 404 for what the national calendar brings."""
    actor = _setter(request)
    try:
        if isinstance(found, SchoolVacation):
            change = services.remove_vacation(found)
        else:
            change = services.remove_holiday(found)
    except NotLocal as national:
        raise Http404 from national
    if request.method == "POST":
        services.apply(change, today=today(request), by=actor, at=request.received_at)
        return saying.done(_path(day), "supprime")
    facts = {
        "title": _("Supprimer du calendrier"),
        "subject": found.name,
        "effects": page.effects(services.preview(change, today=today(request))),
        "listed": catalogue_page.LISTED,
        "back": _path(day),
    }
    return render(request, "booking/office/calendar_preview.html", facts)


def _form(request: DoorRequest, facts: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, "booking/office/calendar_form.html", facts, status=status)


def _setter(request: DoorRequest) -> Agent:
    """The agent, if it may change what every school shares."""
    if not may_reach(request.actor, SET_CALENDAR, Reach()):
        raise PermissionDenied
    return actor_of(request)


def _vacation_or_404(pk: int) -> SchoolVacation:
    found = SchoolVacation.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _path(day: date | None) -> str:
    """The calendar, at the school year of a day."""
    path = reverse("booking_office:calendar")
    return f"{path}?annee={school_year_of(day)[0].year}" if day else path
