"""Tariffs: every activity with its price, the grid as a table, a month of a family in advance, the versions."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import desk, tariffs, words
from billing.forms.tariffs import TariffForm, told, widened
from billing.models import Tariff
from billing.rights import READ_TARIFFS, SET_TARIFFS
from billing.rules.facts import TariffSpec
from billing.services import tariffs as services
from billing.services.tariffs import TariffRefused
from booking.models import Activity
from lps.accounts.decorators import agent_required
from lps.accounts.gates import theirs_or_404
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families import search
from lps.families.views.agents.frame import agent_of
from lps.kernel import clock
from lps.ui import saying
from tenants import context

SAID = {
    "regie": _l("La régie est enregistrée. Fixez maintenant le prix de chaque activité."),
    "fixe": _l("Le tarif est enregistré."),
    "reconduit": _l("Les nouveaux tarifs sont enregistrés : ils commencent le jour choisi, rien ne change avant."),
    "retires": _l("Les tarifs à venir sont retirés : les précédents continuent."),
    "remplace": _l("Le tarif est enregistré. Les factures émises n'ont pas changé : corrigez-les depuis leur lot."),
    "retire": _l("Le tarif à venir est supprimé : le précédent continue."),
}


@require_safe
@agent_required(READ_TARIFFS)
def index(request: DoorRequest) -> HttpResponse:
    """Every activity with what it costs today."""
    actor = agent_of(request)
    facts = {
        "rows": tariffs.by_activity(today=_today(), only=actor.activities),
        "offices": desk.cash_offices(),
        "may_change": allowed(actor, SET_TARIFFS),
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/office/tariffs.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_TARIFFS)
def tariff(request: DoorRequest, activity_id: int) -> HttpResponse:
    """What an activity costs from a day on."""
    activity = _activity_or_404(request, activity_id)
    if not desk.cash_offices():
        return saying.done(reverse("billing_office:office_new"), "dabord")
    if request.method != "POST":
        return _page(request, activity, TariffForm(initial=_beginning(request, activity)))
    step = request.POST.get("etape", "")
    if step in ("tranche", "fratrie"):
        return _page(request, activity, widened(request.POST, rows=step == "tranche", ranks=step == "fratrie"))
    form = TariffForm(request.POST)
    if not form.is_valid():
        return _page(request, activity, form, status=400)
    if step == "voir":
        return _page(request, activity, form, **_preview(request, activity, form))
    try:
        services.set_tariff(
            activity=activity,
            cash_office=form.cleaned_data["cash_office"],
            spec=form.spec,
            since=form.cleaned_data["since"],
            by=agent_of(request),
            at=clock.now(),
            seen=request.POST.get("vu"),
            corrects=form.cleaned_data["corrects"],
        )
    except TariffRefused as error:
        form.add_error("since", str(words.TARIFFS[error.refusal.code]))
        return _page(request, activity, form, status=400, is_fresh=error.refusal.code == "changed")
    return saying.done(reverse("billing_office:tariffs"), "remplace" if form.cleaned_data["corrects"] else "fixe")


@require_POST
@agent_required(SET_TARIFFS)
def remove(request: DoorRequest, activity_id: int, tariff_id: int) -> HttpResponse:
    """Take away a version to come."""
    activity = _activity_or_404(request, activity_id)
    found = Tariff.objects.filter(activity=activity, pk=tariff_id).first()
    if found is None:
        raise Http404
    try:
        services.remove_tariff(tariff=found, today=_today(), by=agent_of(request))
    except TariffRefused as error:
        form = TariffForm(initial=_beginning(request, activity))
        return _page(request, activity, form, refused=words.TARIFFS[error.refusal.code], status=400)
    return saying.done(reverse("billing_office:tariffs"), "retire")


def _page(
    request: DoorRequest,
    activity: Activity,
    form: TariffForm,
    *,
    status: int = 200,
    is_fresh: bool = False,
    **more: Any,
) -> HttpResponse:
    """The form, which tells at each step which versions the agent began with, or has just been shown."""
    today, versions = _today(), tariffs.versions_of(activity)
    now = services.stamp(versions)
    others = Tariff.objects.exclude(activity=activity).filter(valid_during__contains=today)
    last = today.replace(day=1) - timedelta(days=1)
    facts = {
        "activity": activity,
        "form": form,
        "versions": versions,
        "seen": now if is_fresh else request.POST.get("vu", now)[:64],
        "today": today,
        "others": others.select_related("activity").order_by("activity__name", "pk"),
        "family": request.POST.get("famille", "")[:100],
        "month": request.POST.get("mois", f"{last:%Y-%m}")[:10],
        **more,
    }
    return render(request, "billing/office/tariff.html", facts, status=status)


def _beginning(request: DoorRequest, activity: Activity) -> dict[str, Any]:
    """The last version, or the one to copy, from the first of the next month."""
    today = _today()
    asked = request.GET.get("copie", "")
    rows = Tariff.objects.prefetch_related("prices")
    if asked.isascii() and asked.isdigit() and len(asked) < 10:
        found = rows.filter(pk=int(asked)).first()
    else:
        found = rows.filter(activity=activity).order_by("-valid_during").first()
    facts = told(services.spec_of(found) if found else TariffSpec(name=activity.name))
    if found is None or found.activity_id != activity.pk:
        facts["name"] = activity.name
    facts["cash_office"] = found.cash_office_id if found else desk.cash_offices()[0].pk
    facts["since"] = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return facts


def _preview(request: DoorRequest, activity: Activity, form: TariffForm) -> dict[str, Any]:
    """What a month of a family would cost, or why it cannot be told."""
    days = _month(request.POST.get("mois", ""))
    if days is None:
        return {"refused": _("Écrivez le mois comme 2026-11.")}
    sites = agent_of(request).sites
    asked = request.POST.get("famille", "")[:100]
    families = search.find(asked, day=_today(), sites=sites, by_contact=False) if asked.strip() else []
    if not families:
        return {"refused": _("Aucune famille ne porte ce nom : écrivez son nom, ou celui d'un enfant.")}
    found = tariffs.preview(
        form.spec,
        activity=activity,
        cash_office=form.cleaned_data["cash_office"],
        household=families[0].household_id,
        days=days,
    )
    return {"previewed": families[0], "found": found, "first_day": days[0]}


def _month(typed: str) -> tuple[date, date] | None:
    year, _dash, month = typed.strip().partition("-")
    if not (typed.isascii() and year.isdigit() and month.isdigit() and len(typed.strip()) == 7):
        return None
    if not (2000 <= int(year) <= 2199 and 1 <= int(month) <= 12):
        return None
    first = date(int(year), int(month), 1)
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def _activity_or_404(request: DoorRequest, pk: int) -> Activity:
    actor = agent_of(request)
    if actor.sites:  # a price is of all schools
        raise PermissionDenied
    found = Activity.objects.filter(pk=pk).first()
    return theirs_or_404(actor, SET_TARIFFS, found, lambda one: not actor.activities or one.pk in actor.activities)


def _today() -> date:
    return clock.today(context.current().zone)
