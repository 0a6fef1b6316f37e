"""Périscotidien periods at the town hall: offering them, who has chosen, reopening one for a child."""

from datetime import date
from functools import partial
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.backends.postgresql.psycopg_any import DateRange
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import periods_office as page
from booking.forms.periods import PeriodForm, ReopenForm, initial_of
from booking.models import Period, PeriodChoice
from booking.recap import chosen_lines
from booking.rights import READ_PERIODS, SET_PERIODS, Reach, may_reach, serves_all_of, serves_one_of
from booking.services import offering
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.gates import theirs_or_404
from lps.accounts.requests import DoorRequest
from lps.families.access import may_at
from lps.families.models import Enrollment
from lps.ui import downloads, saying
from tenants import context

PER_PAGE, CHILDREN = 50, 100
SAID = {
    "creee": gettext_lazy("La période est prête. Les familles la voient dans leur planning."),
    "changee": gettext_lazy("La période est changée."),
    "supprimee": gettext_lazy("La période est supprimée. Personne ne l'avait choisie."),
    "rouverte": gettext_lazy(
        "La période est rouverte pour cet enfant. Sa famille est prévenue ; ses réservations restent."
    ),
    "deja": gettext_lazy("Cette période était déjà rouverte pour cet enfant : rien n'a changé."),
    "choisie": gettext_lazy("Une famille vient de la choisir : elle ne peut plus être supprimée."),
}
WHO_WORDS = {
    "": gettext_lazy("Tous les enfants"),
    "silent": gettext_lazy("N'ont pas choisi"),
    "chosen": gettext_lazy("Ont choisi"),
    "reopened": gettext_lazy("À choisir de nouveau"),
}


@require_safe
@agent_required(READ_PERIODS)
def periods(request: DoorRequest) -> HttpResponse:
    """Every period, the latest first."""
    agent = _agent(request)
    rows = page.all_periods(today=_today(request), sites=agent.sites, activities=agent.activities)
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    zone = context.current().zone
    facts = {
        "page": shown,
        "rows": [(one, page.state(one, at=request.received_at, zone=zone)) for one in shown.object_list],
        "may_set": may_reach(request.actor, SET_PERIODS, Reach()),
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/periods.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_PERIODS)
def new(request: DoorRequest) -> HttpResponse:
    """Offer a period."""
    actor = _setter(request)
    form = PeriodForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        made = offering.offer(spec=form.spec, by=actor, at=request.received_at)
        return saying.done(_path(made), "creee")
    return _form(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_PERIODS)
def edit(request: DoorRequest, period_id: int) -> HttpResponse:
    """Change a period; when it may be chosen alone, once somebody has."""
    actor, period = _setter(request), _period_or_404(period_id)
    is_chosen = period.choices.exists()
    form = PeriodForm(
        request.POST if request.method == "POST" else None,
        initial=initial_of(period),
        period=period,
        is_chosen=is_chosen,
    )
    if form.is_valid():
        try:
            offering.change(period=period, spec=form.spec, by=actor, at=request.received_at)
            return saying.done(_path(period), "changee")
        except offering.PeriodChosen:
            form.add_error(
                None, _("Une famille vient de choisir cette période\u00a0: ses jours et ses activités restent.")
            )
    return _form(request, form, period)


@require_safe
@agent_required(READ_PERIODS)
def period(request: DoorRequest, period_id: int) -> HttpResponse:
    """One period: who has chosen what, and who has not, by class."""
    found = _period_seen(request, period_id)
    every = _lines(request, found)
    who, school_class = _filters(request)
    kept = [line for line in every if _is_asked(line, who, school_class)]
    facts = {
        "period": found,
        "state": page.state(found, at=request.received_at, zone=context.current().zone),
        "counts": {key: sum(line.who == key for line in every) for key in ("chosen", "silent", "reopened")},
        "classes": page.classes_of(every),
        "school_class": school_class,
        "who": who,
        "whos": WHO_WORDS.items(),
        "page": Paginator(kept, CHILDREN).get_page(request.GET.get("page")),
        "query": urlencode({"qui": who, "classe": school_class or ""}),
        "is_chosen": found.choices.exists(),
        "may_set": may_reach(request.actor, SET_PERIODS, Reach()),
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/period.html", facts)


@require_safe
@agent_required(READ_PERIODS)
def as_csv(request: DoorRequest, period_id: int) -> HttpResponse:
    """The same lines as a table that a French spreadsheet opens."""
    found = _period_seen(request, period_id)
    who, school_class = _filters(request)
    every = _lines(request, found)
    head = (_("école"), _("classe"), _("enfant"), _("famille"), _("état"), _("choix"), _("reçu"))
    rows = [
        (
            line.school_class.site.name,
            line.school_class.name,
            str(line.child),
            line.household.name,
            str(WHO_WORDS[line.who]),
            " ; ".join(line.lines),
            line.choice.receipt.number if line.choice else "",
        )
        for line in every
        if _is_asked(line, who, school_class)
    ]
    return downloads.csv([head, *rows], name=f"periode-{found.first_day:%Y-%m-%d}")


@require_POST
@agent_required(SET_PERIODS)
def remove(request: DoorRequest, period_id: int) -> HttpResponse:
    """Withdraw a period that nobody has chosen."""
    actor, found = _setter(request), _period_or_404(period_id)
    try:
        offering.remove(period=found, by=actor, at=request.received_at)
    except offering.PeriodChosen:
        return saying.done(_path(found), "choisie")
    return saying.done(reverse("booking_office:periods"), "supprimee")


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_PERIODS)
def reopen(request: DoorRequest, choice_id: int) -> HttpResponse:
    """Let a household choose again for a child, with the reason that it reads."""
    actor, choice = _agent(request), _choice_or_404(request, choice_id)
    if choice.reopened:
        return saying.done(_path(choice.period), "deja")
    form = ReopenForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            offering.reopen(choice=choice, reason=form.cleaned_data["reason"], by=actor, at=request.received_at)
        except offering.NotReopened:
            return saying.done(_path(choice.period), "deja")
        return saying.done(_path(choice.period), "rouverte")
    facts = {"choice": choice, "lines": chosen_lines(choice), "form": form}
    return render(request, "booking/office/period_reopen.html", facts, status=400 if form.is_bound else 200)


def _form(request: DoorRequest, form: PeriodForm, period: Period | None) -> HttpResponse:
    facts = {"form": form, "period": period}
    return render(request, "booking/office/period_form.html", facts, status=400 if form.is_bound else 200)


def _filters(request: DoorRequest) -> tuple[str, int | None]:
    """Which lines are asked for; anything unreadable asks for all."""
    who, school_class = request.GET.get("qui", ""), request.GET.get("classe", "")
    is_number = school_class.isascii() and school_class.isdigit() and len(school_class) < 19
    return who if who in page.WHO else "", int(school_class) if is_number else None


def _lines(request: DoorRequest, found: Period) -> list[page.Line]:
    """The children of the agent's schools, with what was chosen of its activities."""
    agent = _agent(request)
    return page.lines(found, today=_today(request), sites=agent.sites, activities=agent.activities)


def _is_asked(line: page.Line, who: str, school_class: int | None) -> bool:
    return who in ("", line.who) and school_class in (None, line.school_class.pk)


def _period_or_404(pk: int) -> Period:
    found = Period.objects.prefetch_related("activities").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _period_seen(request: DoorRequest, pk: int) -> Period:
    """The period, if an activity of it is the agent's."""
    found = _period_or_404(pk)
    return theirs_or_404(
        request.actor, READ_PERIODS, found, lambda one: serves_one_of(request.actor, one.activities.all())
    )


def _choice_or_404(request: DoorRequest, pk: int) -> PeriodChoice:
    """The choice, if the child sits where this agent works, and all that was chosen is theirs to open again."""
    rows = PeriodChoice.objects.select_related("period", "child", "household", "receipt", "reopening")
    return theirs_or_404(request.actor, SET_PERIODS, rows.filter(pk=pk).first(), partial(_is_theirs, request))


def _setter(request: DoorRequest) -> Agent:
    """The agent, if a period that every school's families read is theirs to set."""
    if not may_reach(request.actor, SET_PERIODS, Reach()):
        raise PermissionDenied
    return _agent(request)


def _is_theirs(request: DoorRequest, choice: PeriodChoice) -> bool:
    if not serves_all_of(request.actor, choice.period.activities.all()):
        return False
    seats = Enrollment.objects.filter(
        child=choice.child_id, valid_during__overlap=DateRange(choice.period.first_day, choice.period.last_day, "[]")
    )
    return may_at(request.actor, SET_PERIODS, set(seats.values_list("school_class__site", flat=True)))


def _agent(request: DoorRequest) -> Agent:
    assert isinstance(request.actor, Agent)
    return request.actor


def _today(request: DoorRequest) -> date:
    return request.received_at.astimezone(context.current().zone).date()


def _path(period: Period) -> str:
    return reverse("booking_office:period", args=[period.pk])
