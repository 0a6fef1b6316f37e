"""Personal data: what is kept and why, for everyone; consents, copies and requests, for the family signed in."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lps.accounts.rights import allowed
from lps.families import personal_data, services
from lps.families.decorators import household_required, whatever_the_rules
from lps.families.forms.door import DataRequestForm
from lps.families.identity import FamilyRequest, household_at
from lps.families.models import DataRequest
from lps.families.queries.households import requests_of
from lps.families.rights import READ_OWN_DATA
from lps.journal.channels import Channel
from lps.ui import downloads
from notifications import queries as notifications

PAGE = "/donnees-personnelles/"
DONE = "fait"


@require_safe
def show(request: FamilyRequest) -> HttpResponse:
    """The public statement and, below it, what the family signed in can do."""
    return _page(request, form=DataRequestForm())


@require_POST
@household_required
@whatever_the_rules
def ask(request: FamilyRequest) -> HttpResponse:
    """Write a request down for the agents."""
    form = DataRequestForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form)
    try:
        services.ask_about_data(
            household=request.household,
            kind=DataRequest.Kind(form.cleaned_data["kind"]),
            words=form.cleaned_data["words"],
            by=request.actor,
            channel=Channel.WEB,
            received_at=request.received_at,
        )
    except services.TooManyRequests as error:
        words = _("%(most)s de vos demandes attendent déjà une réponse de la mairie : elle les lit dans l'ordre.")
        form.add_error(None, words % error.refusal.facts)
        return _page(request, form=form)
    return HttpResponseRedirect(f"{PAGE}?{DONE}=demande")


@require_POST
@household_required
@whatever_the_rules
def withdraw(request: FamilyRequest, address_id: int) -> HttpResponse:
    """End a consent; another family's does not exist."""
    withdrawn = services.withdraw_consent(
        household=request.household, address_id=address_id, by=request.actor, channel=Channel.WEB
    )
    if not withdrawn:
        raise Http404
    return HttpResponseRedirect(f"{PAGE}?{DONE}=retrait")


@require_safe
@household_required
def export_json(request: FamilyRequest) -> HttpResponse:
    """The family's data as JSON."""
    return _download(request, form="json", body=personal_data.as_json, content_type="application/json")


@require_safe
@household_required
def export_csv(request: FamilyRequest) -> HttpResponse:
    """The family's data as CSV."""
    return _download(request, form="csv", body=personal_data.as_csv, content_type="text/csv; charset=utf-8")


def _download(request: FamilyRequest, *, form: str, body: personal_data.Writer, content_type: str) -> HttpResponse:
    if not allowed(request.actor, READ_OWN_DATA, request.household):
        raise PermissionDenied
    response = HttpResponse(body(request.household), content_type=content_type)
    downloads.saved(response, name=f"donnees-famille.{form}")
    services.note_export(household=request.household, form=form, by=request.actor, channel=Channel.WEB)
    return response


def _page(request: FamilyRequest, *, form: DataRequestForm) -> HttpResponse:
    household = household_at(request)
    facts: dict[str, Any] = {"form": form, "household": household, "done": request.GET.get(DONE, "")}
    if household:
        facts["consents"] = list(notifications.consents_of(household.holder))
        facts["requests"] = requests_of(household)
    return render(request, "families/personal_data.html", facts)
