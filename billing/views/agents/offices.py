"""The régies of a town, and what it decides for all its billing."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_safe

from billing import desk, tariffs
from billing.forms.offices import OfficeForm, SettingsForm
from billing.models import BillingSettings, CashOffice
from billing.rights import READ_TARIFFS, SET_TARIFFS
from billing.services import offices as services
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.views.agents.frame import agent_of, agent_of_all, posted
from lps.ui import saying
from tenants import context

SAID = {
    "regie": _l("La régie est enregistrée."),
    "reglages": _l("Les réglages de la facturation sont enregistrés."),
    "dabord": _l("Créez d'abord la régie qui encaisse : les tarifs en dépendent."),
}


@require_safe
@agent_required(READ_TARIFFS)
def offices(request: DoorRequest) -> HttpResponse:
    """The régies, the principal one first."""
    facts = {
        "rows": desk.cash_offices(),
        "may_change": allowed(request.actor, SET_TARIFFS),
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/office/regies.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_TARIFFS)
def office_new(request: DoorRequest) -> HttpResponse:
    """Open a régie."""
    return _page(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_TARIFFS)
def office(request: DoorRequest, office_id: int) -> HttpResponse:
    """Change what is known of a régie."""
    agent_of_all(request)
    found = CashOffice.objects.filter(pk=office_id).first()
    if found is None:
        raise Http404
    return _page(request, found)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_TARIFFS)
def settings(request: DoorRequest) -> HttpResponse:
    """What the town decides for all its billing."""
    agent_of_all(request)
    kept = BillingSettings.objects.filter(pk=1).first() or BillingSettings(pk=1)
    initial = {name: getattr(kept, name) for name in services.SETTINGS}
    initial["resident_postal_codes"] = " ".join(kept.resident_postal_codes)
    form = SettingsForm(posted(request), initial=initial)
    if form.is_bound and form.is_valid():
        services.save_settings(facts=form.cleaned_data, by=agent_of(request))
        return saying.done(reverse("billing_office:offices"), "reglages")
    facts = {"form": form, "is_settings": True}
    return render(request, "billing/office/regie.html", facts, status=400 if form.errors else 200)


def _page(request: DoorRequest, found: CashOffice | None) -> HttpResponse:
    agent_of_all(request)
    commune = context.current()
    known = {} if found else {"collectivity": commune.header_name, "siret": commune.siret}
    form = OfficeForm(posted(request), instance=found, initial=known)
    if form.is_bound and form.is_valid():
        kept = CashOffice.objects.get(pk=found.pk) if found else None  # as it stood: the form changed its own
        services.save_office(office=kept, facts=form.cleaned_data, by=agent_of(request))
        if not tariffs.has_prices():  # a town that begins: what the régie is for comes next
            return saying.done(reverse("billing_office:tariffs"), "regie")
        return saying.done(reverse("billing_office:offices"), "regie")
    facts = {"form": form, "office": found, "said": saying.said(request, SAID)}
    return render(request, "billing/office/regie.html", facts, status=400 if form.errors else 200)
