"""An invoice as agents read it, a family's invoices, and the lines that wait for its next one."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import papers
from billing.balances import with_left
from billing.forms.runs import REFUSED, AdjustmentForm, CancelForm
from billing.models import Adjustment, CashOffice, Invoice
from billing.rights import READ_INVOICES, RUN_BILLING, TAKE_PAYMENTS
from billing.rules import numbers
from billing.services import corrections, documents
from billing.services.held import RunRefused
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.models import Household
from lps.families.views.agents.frame import agent_of, frame, household_or_404
from lps.ui import downloads, saying
from tenants import context

PER_PAGE = 50
SAID = {
    "annulee": _("La facture est annulée par cet avoir."),
    "notee": _("La régularisation est notée : elle sera sur la prochaine facture."),
    "retiree": _("La régularisation est retirée."),
    **REFUSED,
}


@require_safe
@agent_required(READ_INVOICES)
def invoice(request: DoorRequest, number: str) -> HttpResponse:
    """One invoice: its lines, what settled it, what is left."""
    return _show(request, _invoice_or_404(request, number), CancelForm())


@require_safe
@agent_required(READ_INVOICES)
def as_pdf(request: DoorRequest, number: str) -> HttpResponse:
    """The PDF that the family has; of an invoice not yet published, what it will look like, kept nowhere."""
    found = _invoice_or_404(request, number)
    content = documents.content_of(found) if found.run.published_at else papers.invoice(found)
    return downloads.paper(content, name=found.number)


@require_http_methods(["POST"])
@agent_required(RUN_BILLING)
def cancel(request: DoorRequest, number: str) -> HttpResponse:
    """Cancel an invoice whole, by a credit note."""
    found = _invoice_or_404(request, number, RUN_BILLING)
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, status=400)
    today = request.received_at.astimezone(context.current().zone).date()
    try:
        note = corrections.cancel(
            invoice=found,
            reason=form.cleaned_data["reason"],
            by=agent_of(request),
            at=request.received_at,
            today=today,
        )
    except RunRefused as error:
        return saying.done(_path(found), error.code)
    return saying.done(_path(note), "annulee")


@require_safe
@agent_required(READ_INVOICES)
def of_family(request: DoorRequest, household_id: int) -> HttpResponse:
    """A family's invoices, and what waits for the next one."""
    household = household_or_404(request, household_id, READ_INVOICES)
    return _show_family(request, household, AdjustmentForm())


@require_POST
@agent_required(RUN_BILLING)
def adjust(request: DoorRequest, household_id: int) -> HttpResponse:
    """Add a line to a family's next invoice."""
    household = household_or_404(request, household_id, RUN_BILLING)
    office = CashOffice.objects.order_by("-is_default", "pk").first()
    if office is None:
        raise Http404
    form = AdjustmentForm(request.POST)
    if not form.is_valid():
        return _show_family(request, household, form, status=400)
    corrections.note(
        household=household, cash_office=office, **form.cleaned_data, by=agent_of(request), at=request.received_at
    )
    return saying.done(_family_path(household), "notee")


@require_POST
@agent_required(RUN_BILLING)
def unadjust(request: DoorRequest, household_id: int, adjustment_id: int) -> HttpResponse:
    """Take such a line back, while no invoice bears it."""
    household = household_or_404(request, household_id, RUN_BILLING)
    found = Adjustment.objects.filter(pk=adjustment_id, household=household).first()
    if found is None:
        raise Http404
    try:
        corrections.remove(adjustment=found, by=agent_of(request), at=request.received_at)
    except RunRefused as error:
        return saying.done(_family_path(household), error.code)
    return saying.done(_family_path(household), "retiree")


def _show(request: DoorRequest, found: Any, form: CancelForm, *, status: int = 200) -> HttpResponse:
    source = found.given if found.kind == Invoice.Kind.CREDIT_NOTE else found.settled_by
    facts = {
        "invoice": found,
        "is_credit": found.kind == Invoice.Kind.CREDIT_NOTE,
        "lines": found.lines.order_by("position"),
        "settled": source.select_related("payment", "credit_note", "invoice", "reversal").order_by("pk"),
        "form": form,
        "may_take": allowed(request.actor, TAKE_PAYMENTS),
        "is_canceled": corrections.is_canceled(found),
        "may_cancel": found.kind != Invoice.Kind.CREDIT_NOTE
        and found.run.published_at is not None
        and allowed(request.actor, RUN_BILLING),
        "may_correct": found.kind == Invoice.Kind.INVOICE and found.run.published_at is not None and _corrects(request),
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/office/invoice.html", facts, status=status)


def _show_family(
    request: DoorRequest, household: Household, form: AdjustmentForm, *, status: int = 200
) -> HttpResponse:
    rows = with_left(Invoice.objects.filter(household=household)).select_related("run").order_by("-year", "-rank")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    waiting = Adjustment.objects.filter(household=household, run__validated_at=None).order_by("pk")
    facts = {
        **frame(request, household),
        "page": page,
        "canceled": corrections.canceled_among(page.object_list, household=household.pk),
        "query": "",
        "waiting": waiting,
        "form": form,
        "may_correct": _corrects(request),
        "may_adjust": allowed(request.actor, RUN_BILLING) and CashOffice.objects.exists(),
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/office/family_invoices.html", facts, status=status)


def _invoice_or_404(request: DoorRequest, number: str, action: str = READ_INVOICES) -> Any:
    """The invoice, if its family is of this agent's schools."""
    try:
        wanted = str(numbers.parse(number))
    except ValueError:
        raise Http404 from None
    found = with_left(Invoice.objects.filter(number=wanted)).select_related("run", "household").first()
    if found is None:
        raise Http404
    household_or_404(request, found.household_id, action)
    return found


def _corrects(request: DoorRequest) -> bool:
    """Whether the agent corrects runs: of all families, never of some schools alone."""
    actor = agent_of(request)
    return allowed(actor, RUN_BILLING) and not (actor.sites or actor.activities)


def _path(found: Invoice) -> str:
    return reverse("billing_office:invoice", args=[found.number])


def _family_path(household: Household) -> str:
    return reverse("billing_office:family_invoices", args=[household.pk])
