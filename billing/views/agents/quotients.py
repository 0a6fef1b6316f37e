"""Quotients: what a family proved, with the correction that a late one allows, and who proved nothing today."""

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import quotients as reads
from billing import words
from billing.forms.offices import QuotientForm, ResidenceForm
from billing.models import Quotient
from billing.rights import READ_QUOTIENTS, RUN_BILLING, SET_QUOTIENTS, SET_TARIFFS
from billing.services import quotients as services
from billing.services.quotients import QuotientRefused
from booking import documents
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.models import Household
from lps.families.views.agents.frame import agent_of, frame, household_or_404
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from lps.ui import saying
from tenants import context

PER_PAGE = 50
SAID = {
    "note": _l("Le quotient est enregistré : il sert dès le prochain calcul."),
    "tardif": _l("Le quotient est enregistré. Des factures déjà émises couvrent ses jours : voyez ci-dessous."),
    "residence": _l("La résidence est enregistrée."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(READ_QUOTIENTS)
def family(request: DoorRequest, household_id: int) -> HttpResponse:
    """What a family proved, and the form that notes a new quotient."""
    action = SET_QUOTIENTS if request.method == "POST" else READ_QUOTIENTS
    household = household_or_404(request, household_id, action)
    if request.method != "POST":
        return _page(request, household, QuotientForm(initial={"since": _today()}))
    form = QuotientForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, household, form, status=400)
    try:
        services.set_quotient(household=household, spec=form.spec, by=agent_of(request), at=clock.now())
    except QuotientRefused as error:
        form.add_error("last_day", str(words.QUOTIENTS[error.refusal.code]))
        return _page(request, household, form, status=400)
    late = reads.issued_since(household, form.cleaned_data["since"])
    return saying.done(_path(household), "tardif" if late else "note")


@require_POST
@agent_required(SET_QUOTIENTS)
def residence(request: DoorRequest, household_id: int) -> HttpResponse:
    """Say that a family is resident or not."""
    household = household_or_404(request, household_id, SET_QUOTIENTS)
    form = ResidenceForm(request.POST)
    if not form.is_valid():
        return _page(request, household, QuotientForm(initial={"since": _today()}), residence=form, status=400)
    services.set_residence(household=household, resident=form.chosen, by=agent_of(request))
    return saying.done(_path(household), "residence")


@require_safe
@agent_required(READ_QUOTIENTS)
def document(request: DoorRequest, household_id: int, quotient_id: int) -> HttpResponse:
    """The document that proves a quotient. Who read it is written down: it tells what a family earns."""
    household = household_or_404(request, household_id, READ_QUOTIENTS)
    found = Quotient.objects.filter(household=household, pk=quotient_id).exclude(document="").first()
    if found is None:
        raise Http404
    answer = documents.answer(found.document, called=f"quotient {found.valid_during.lower:%Y-%m-%d}")
    by, action = agent_of(request), "quotient_document_read"
    record(by=by, channel=Channel.OFFICE, action=action, subject=household.holder, after={"quotient": found.pk})
    return answer


@require_safe
@agent_required(READ_QUOTIENTS)
def missing(request: DoorRequest) -> HttpResponse:
    """The families without a proof for today: they pay the top bracket."""
    if not _is_of_all(request):
        raise PermissionDenied
    page = Paginator(reads.without_proof(_today()), PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "page": page,
        "query": "",
        "may_change": allowed(request.actor, SET_QUOTIENTS),
        "may_warn": allowed(request.actor, SET_TARIFFS),
    }
    return render(request, "billing/office/quotients.html", facts)


def _page(
    request: DoorRequest,
    household: Household,
    form: QuotientForm,
    *,
    residence: ResidenceForm | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = reads.of_household(household)
    now = reads.in_force(rows, _today())
    facts: dict[str, Any] = {
        "form": form,
        "rows": rows,
        "now": now,
        "proof": reads.proofs_to_examine(request.actor).filter(household=household).first(),
        "issued": reads.issued_since(household, rows[0].valid_during.lower) if rows else [],
        "residence": residence or ResidenceForm.of(reads.residence(household)),
        "may_change": allowed(request.actor, SET_QUOTIENTS),
        "may_correct": _is_of_all(request) and allowed(request.actor, RUN_BILLING),
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/office/family_quotient.html", {**frame(request, household), **facts}, status=status)


def _is_of_all(request: DoorRequest) -> bool:
    """Whether the agent is kept to no school and no activity."""
    actor = agent_of(request)
    return not (actor.sites or actor.activities)


def _path(household: Household) -> str:
    return reverse("billing_office:family_quotient", args=[household.pk])


def _today() -> date:
    return clock.today(context.current().zone)
