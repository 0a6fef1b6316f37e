"""The passage to the next school year: prepared, seen, applied, undone."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.gates import theirs_or_404
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families import passage, words
from lps.families.forms.rollover import (
    ClassForm,
    DayForm,
    LevelsForm,
    TargetsForm,
    YearForm,
    child_fields,
    class_fields,
)
from lps.families.models import Child, Rollover, SchoolClass
from lps.families.passage import Passage
from lps.families.rights import ROLL_OVER
from lps.families.services import rollover as services
from lps.families.services.rollover import ClassWanted, RolloverRefused
from lps.kernel import clock
from lps.ui import saying
from tenants import context

SENTENCES: Mapping[str, str | Promise] = {
    "prepared": gettext_lazy("L'année suivante est prête. Vérifiez les classes ; les familles ne voient rien encore."),
    "day": gettext_lazy("Le jour est enregistré."),
    "levels": gettext_lazy("Les niveaux sont enregistrés, et les classes proposées de nouveau."),
    "classes": gettext_lazy("Les classes sont enregistrées."),
    "children": gettext_lazy("Les enfants de la classe sont enregistrés."),
    "class": gettext_lazy("La classe est enregistrée."),
    "removed": gettext_lazy("La classe est supprimée."),
    "applied": gettext_lazy("Le passage est fait. Vous pouvez l'annuler tant que rien n'en dépend."),
    "undone": gettext_lazy("Le passage est annulé : tout est comme avant. Vos choix sont gardés, corrigez-les."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(ROLL_OVER)
def rollover(request: DoorRequest) -> HttpResponse:
    """Where the passage stands: to be prepared, prepared, or done. A POST prepares it."""
    row = passage.current()
    years = passage.years_at(_today())
    if row is None or (row.applied_at and _is_over(row, years)):
        return _to_prepare(request, years)
    if request.method == "POST":
        return HttpResponseRedirect(request.path)
    told = passage.read(row).within(_agent(request).sites)
    facts = {"told": told, "said": saying.said(request, SENTENCES), "everywhere": _works_everywhere(request)}
    if row.applied_at:
        return render(request, "families/office/rollover_done.html", facts)
    lines = told.lines
    form = TargetsForm(fields=class_fields(told, lines))
    new = [one for one in told.new.values() if _may(request, one)]
    bound = zip(lines, (field for _key, field in form.lines()), strict=True)
    facts |= {"lines": list(bound), "new": new, "day": DayForm(initial={"day": row.day})}
    return render(request, "families/office/rollover.html", facts)


@require_POST
@agent_required(ROLL_OVER)
def day(request: DoorRequest) -> HttpResponse:
    """Say from which day the new classes are in force."""
    told = _told_or_404(request, everywhere=True)
    form = DayForm(request.POST)
    if form.is_valid():
        try:
            services.set_day(row=told.row, day=form.cleaned_data["day"], today=_today(), by=_agent(request))
            return saying.done(_home(), "day")
        except RolloverRefused as refused:
            form.add_error("day", words.rollover(refused.refusal))
    facts = {"form": form, "title": _("Jour du passage"), "back": _home()}
    return render(request, "families/office/rollover_form.html", facts, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(ROLL_OVER)
def levels(request: DoorRequest) -> HttpResponse:
    """Which level follows which."""
    told = _told_or_404(request, everywhere=True)
    form = LevelsForm(request.POST if request.method == "POST" else None, told=told)
    if form.is_valid():
        return _done_or_gone(
            request, "levels", lambda: services.set_levels(row=told.row, levels=form.said(), by=_agent(request))
        )
    facts = {
        "form": form,
        "title": _("Niveaux"),
        "help": _("Enregistrer propose de nouveau une classe à chaque classe."),
        "back": _home(),
    }
    return render(request, "families/office/rollover_form.html", facts, status=400 if form.is_bound else 200)


@require_POST
@agent_required(ROLL_OVER)
def classes(request: DoorRequest) -> HttpResponse:
    """Say to which class the pupils of each class go."""
    told = _told_or_404(request)
    form = TargetsForm(request.POST, fields=class_fields(told, told.within(_agent(request).sites).lines))
    if not form.is_valid():
        return render(request, "400.html", status=400)
    return _done_or_gone(
        request, "classes", lambda: services.set_classes(row=told.row, targets=form.said(), by=_agent(request))
    )


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(ROLL_OVER)
def children(request: DoorRequest, class_id: int) -> HttpResponse:
    """The children of a class: who repeats, leaves, goes to another school."""
    told = _told_or_404(request)
    one = theirs_or_404(request.actor, ROLL_OVER, told.old.get(class_id), partial(_may, request))
    seated = [seat.child_id for seat in told.seats if seat.class_id == class_id]
    rows = list(Child.objects.filter(pk__in=seated).order_by("name_sort", "pk"))
    form = TargetsForm(request.POST if request.method == "POST" else None, fields=child_fields(told, one, rows))
    if form.is_valid():
        return _done_or_gone(
            request, "children", lambda: services.set_children(row=told.row, targets=form.said(), by=_agent(request))
        )
    facts = {"form": form, "one": one, "lines": form.lines(), "told": told}
    return render(request, "families/office/rollover_children.html", facts, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(ROLL_OVER)
def add_class(request: DoorRequest) -> HttpResponse:
    """Add a class to the next year."""
    return _class_form(request, _told_or_404(request), None)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(ROLL_OVER)
def change_class(request: DoorRequest, class_id: int) -> HttpResponse:
    """Change a class of the next year: its name, its level, its teacher."""
    told = _told_or_404(request)
    one = theirs_or_404(request.actor, ROLL_OVER, told.new.get(class_id), partial(_may, request))
    return _class_form(request, told, one)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(ROLL_OVER)
def apply(request: DoorRequest) -> HttpResponse:
    """What the passage will do, in numbers; a POST does it."""
    told = _told_or_404(request, everywhere=True)
    refused = ""
    if request.method == "POST":
        try:
            services.apply(row=told.row, by=_agent(request), at=request.received_at)
            return saying.done(_home(), "applied")
        except RolloverRefused as error:
            if error.refusal.code == "already_applied":
                return HttpResponseRedirect(_home())
            refused = words.rollover(error.refusal)
    facts = {"told": told, "effects": services.preview_effects(told), "refused": refused}
    return render(request, "families/office/rollover_apply.html", facts, status=400 if refused else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(ROLL_OVER)
def undo(request: DoorRequest) -> HttpResponse:
    """What undoing puts back, or why it cannot be done any more; a POST does it."""
    row = passage.current()
    if not _works_everywhere(request):
        raise PermissionDenied
    refused, before = "", row.before if row else {}
    try:
        if row is None or row.applied_at is None:
            raise RolloverRefused("not_applied")
        if request.method == "POST":
            services.undo(row=row, by=_agent(request), at=request.received_at)
            return saying.done(_home(), "undone")
        services.check_undo(row, passage.read(row).leaving)
    except RolloverRefused as error:
        refused = words.rollover(error.refusal)
    facts = {"refused": refused, "children": len(before.get("made", ())), "left": len(before.get("left", ()))}
    status = 400 if refused and request.method == "POST" else 200
    return render(request, "families/office/rollover_undo.html", facts, status=status)


def _to_prepare(request: DoorRequest, years: passage.Years | None) -> HttpResponse:
    """The form that opens the next year."""
    form = YearForm(request.POST if request.method == "POST" else None, initial=_next_year(years))
    refused = ""
    if form.is_valid() and _works_everywhere(request):
        facts = form.cleaned_data
        try:
            services.prepare(
                first_day=facts["first_day"],
                last_day=facts["last_day"],
                keep_teachers=facts["keep_teachers"],
                today=_today(),
                by=_agent(request),
            )
            return saying.done(_home(), "prepared")
        except RolloverRefused as error:
            refused = words.rollover(error.refusal)
    shown = {"form": form, "years": years, "refused": refused, "everywhere": _works_everywhere(request)}
    return render(request, "families/office/rollover_new.html", shown, status=400 if form.is_bound else 200)


def _class_form(request: DoorRequest, told: Passage, one: SchoolClass | None) -> HttpResponse:
    form = ClassForm(
        request.POST if request.method == "POST" else None,
        sites=_agent(request).sites,
        initial=_class_facts(one) if one else None,
    )
    refused = ""
    try:
        if one and "supprimer" in request.POST:
            services.remove_class(row=told.row, school_class=one, by=_agent(request))
            return saying.done(_home(), "removed")
        if form.is_valid():
            services.save_class(
                row=told.row, school_class=one, wanted=_class_wanted(form.cleaned_data), by=_agent(request)
            )
            return saying.done(_home(), "class")
    except RolloverRefused as error:
        refused = words.rollover(error.refusal)
    facts = {"form": form, "one": one, "refused": refused, "told": told}
    return render(request, "families/office/rollover_class.html", facts, status=400 if form.is_bound else 200)


def _class_facts(one: SchoolClass) -> dict[str, Any]:
    return {
        "site": one.site_id,
        "name": one.name,
        "level": one.level,
        "teacher_title": one.teacher.title if one.teacher else "",
        "teacher_name": one.teacher.last_name if one.teacher else "",
    }


def _class_wanted(facts: Mapping[str, Any]) -> ClassWanted:
    return ClassWanted(
        site_id=facts["site"].pk,
        name=facts["name"],
        level=facts["level"],
        teacher_title=facts["teacher_title"],
        teacher_name=facts["teacher_name"],
    )


def _next_year(years: passage.Years | None) -> dict[str, date]:
    """The next year as it is open, else a year from the end of this one."""
    if years is None:
        return {}
    if years.entering:
        return {"first_day": years.entering.during.lower, "last_day": passage.last_day(years.entering)}
    first = years.leaving.during.upper
    last = date(first.year + 1, first.month, 1) + timedelta(days=first.day - 2)  # a 29 February has no next year
    return {"first_day": first, "last_day": last}


def _done_or_gone(request: HttpRequest, word: str, action: Any) -> HttpResponse:
    """Do it and say so; when the passage was applied meanwhile, or the class taken away, the page says what stands."""
    try:
        action()
    except RolloverRefused as refused:
        return render(
            request,
            "families/office/rollover_form.html",
            {"refused": words.rollover(refused.refusal), "title": _("Passage à l'année suivante"), "back": _home()},
            status=400,
        )
    return saying.done(_home(), word)


def _told_or_404(request: DoorRequest, *, everywhere: bool = False) -> Passage:
    """The passage that is prepared; what is of the whole town is for agents of the whole town."""
    row = passage.current()
    if row is None or row.applied_at is not None:
        raise Http404
    if everywhere and not _works_everywhere(request):
        raise PermissionDenied
    return passage.read(row)


def _is_over(row: Rollover, years: passage.Years | None) -> bool:
    """Whether the year of a passage is the one that now ends: the next one is to be prepared."""
    return years is not None and years.leaving.pk == row.school_year_id


def _works_everywhere(request: DoorRequest) -> bool:
    return not _agent(request).sites


def _may(request: DoorRequest, one: SchoolClass) -> bool:
    return allowed(request.actor, ROLL_OVER, one)


def _agent(request: DoorRequest) -> Agent:
    assert isinstance(request.actor, Agent)
    return request.actor


def _today() -> date:
    return clock.today(context.current().zone)


def _home() -> str:
    return reverse("families_office:rollover")
