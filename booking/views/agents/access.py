"""Who may book an activity, and its ties with others: previewed, then saved; what is booked stays."""

from collections.abc import Sequence

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from booking import sentences
from booking.campaigns import activities_by_group
from booking.forms.catalogue import TieForm, WayChoices, WayFormSet
from booking.models import Activity
from booking.rights import CHANGE_CATALOGUE
from booking.rules.entitlements import Access
from booking.services import access as services
from booking.services.access import AlreadyTied
from booking.views.agents.activities import ACCEPT, MEND, STEP, activity_or_404, today
from booking.views.agents.catalogue import changer
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.families.queries.school import levels, schools
from lps.ui import saying

SAID = {
    "acces": gettext_lazy("C'est enregistré. Ce qui est déjà réservé reste réservé."),
    "lien": gettext_lazy("Le lien est enregistré. Ce qui est déjà réservé reste réservé."),
    "delie": gettext_lazy("Le lien est retiré."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(CHANGE_CATALOGUE)
def access(request: DoorRequest, activity_id: int) -> HttpResponse:
    """Which children may book: any one line is enough, none opens it to all."""
    actor, activity = changer(request, activity_id=activity_id), activity_or_404(activity_id)
    standing = services.ways_of(activity.pk)
    choices = _choices(standing)
    if request.method != "POST":
        return _access(request, activity, _lines(choices, standing), choices)
    cut_short = {"missing_management_form": _("Le formulaire est arrivé incomplet : revoyez-le, puis renvoyez-le.")}
    form = WayFormSet(request.POST, prefix="acces", form_kwargs={"choices": choices}, error_messages=cut_short)
    step = request.POST.get(STEP)
    if not form.is_valid():
        return _access(request, activity, form, choices, status=400)
    ways = list(dict.fromkeys(one.way for one in form if one.way is not None))
    if step == MEND:
        return _access(request, activity, _lines(choices, ways), choices)
    if step == ACCEPT:
        services.set_ways(activity_id=activity.pk, ways=ways, by=actor, at=request.received_at)
        return saying.done(request.path, "acces")
    facts = {
        "activity": activity,
        "form": form,
        "sentences": [way_words(way, dict(choices.sites)) for way in ways],
        "effect": services.preview_ways(activity_id=activity.pk, ways=ways, today=today(request)),
    }
    return render(request, "booking/office/access_preview.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(CHANGE_CATALOGUE)
def ties(request: DoorRequest, activity_id: int) -> HttpResponse:
    """The ties of an activity; a POST adds one."""
    actor, activity = changer(request, activity_id=activity_id), activity_or_404(activity_id)
    standing = services.ties_of(activity.pk)
    tied = {other.pk for _tie, other in standing} | {activity.pk}
    others = [one for one in activities_by_group() if one.pk not in tied]
    form = TieForm(request.POST if request.method == "POST" else None, others=others)
    step = request.POST.get(STEP)
    if form.is_valid() and step != MEND:
        other, kind = form.cleaned_data["other"], form.cleaned_data["kind"]
        if step != ACCEPT:
            facts = {
                "activity": activity,
                "form": form,
                "sentence": sentences.tie_words(kind, one=activity.name, other=_name_of(other, others)),
                "against": services.count_against(one=activity.pk, other=other, kind=kind, today=today(request)),
            }
            return render(request, "booking/office/tie_preview.html", facts)
        try:
            services.add_tie(one=activity.pk, other=other, kind=kind, by=actor, at=request.received_at)
            return saying.done(request.path, "lien")
        except AlreadyTied:
            form.add_error("other", _("Ces deux activités sont déjà liées."))
    facts = {
        "activity": activity,
        "rows": [(one, sentences.tie_words(one.kind, one=activity.name, other=other.name)) for one, other in standing],
        "form": form,
        "others": others,
        "said": saying.said(request, SAID),
    }
    failed = form.is_bound and bool(form.errors)
    return render(request, "booking/office/ties.html", facts, status=400 if failed else 200)


@require_POST
@agent_required(CHANGE_CATALOGUE)
def untie(request: DoorRequest, activity_id: int, tie_id: int) -> HttpResponse:
    """Take a tie away; what is booked stays."""
    actor, activity = changer(request, activity_id=activity_id), activity_or_404(activity_id)
    if not services.remove_tie(tie_id=tie_id, activity_id=activity.pk, by=actor, at=request.received_at):
        raise Http404
    return saying.done(reverse("booking_office:ties", args=[activity.pk]), "delie")


def way_words(way: Access, sites: dict[int, str]) -> str:
    """ "les enfants de l'école Pasteur, en CP, de 6 à 8 ans"."""
    parts = []
    if way.site_id is not None:
        parts.append(_("école\u00a0: %(name)s") % {"name": sites.get(way.site_id, "?")})
    if way.level:
        parts.append(_("niveau\u00a0: %(level)s") % {"level": way.level})
    if way.youngest is not None and way.oldest is not None:
        parts.append(_("de %(youngest)s à %(oldest)s ans") % {"youngest": way.youngest, "oldest": way.oldest})
    elif way.youngest is not None:
        parts.append(
            ngettext("à partir de %(age)s an", "à partir de %(age)s ans", way.youngest) % {"age": way.youngest}
        )
    elif way.oldest is not None:
        parts.append(ngettext("jusqu'à %(age)s an", "jusqu'à %(age)s ans", way.oldest) % {"age": way.oldest})
    return ", ".join(parts)


def _name_of(pk: int, activities: Sequence[Activity]) -> str:
    return next(one.name for one in activities if one.pk == pk)


def _choices(standing: list[Access]) -> WayChoices:
    """Schools and levels, with those that a way names although no class has them any more."""
    named = {way.level for way in standing if way.level}
    return WayChoices([(site.pk, site.name) for site in schools()], sorted({*levels(), *named}))


def _lines(choices: WayChoices, ways: list[Access]) -> WayFormSet:  # type: ignore[valid-type]
    shown = [{"site": way.site_id, "level": way.level, "youngest": way.youngest, "oldest": way.oldest} for way in ways]
    return WayFormSet(initial=shown, prefix="acces", form_kwargs={"choices": choices})


def _access(
    request: DoorRequest,
    activity: Activity,
    form: WayFormSet,  # type: ignore[valid-type]
    choices: WayChoices,
    *,
    status: int = 200,
) -> HttpResponse:
    standing = services.ways_of(activity.pk)
    facts = {
        "activity": activity,
        "form": form,
        "sentences": [way_words(way, dict(choices.sites)) for way in standing],
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/access.html", facts, status=status)
