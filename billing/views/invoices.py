"""A family's invoices: the list, one of them with its lines, and its PDF."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing import invoices, online, quotients
from billing.services import documents
from lps.families.decorators import household_required
from lps.families.identity import FamilyRequest
from lps.ui import downloads
from tenants import context

PER_PAGE = 24


@require_safe
@household_required
def listing(request: FamilyRequest) -> HttpResponse:
    """All invoices published to the household, the latest first."""
    page = Paginator(invoices.of_family(request.household), PER_PAGE).get_page(request.GET.get("page"))
    today = request.received_at.astimezone(context.current().zone).date()
    left, is_late = invoices.owed(request.household, day=today)
    dues = online.dues(request.household, now=request.received_at) if left > 0 else []
    facts = {
        "page": page,
        "query": "",
        "rows": [invoices.standing(one) for one in page.object_list],
        "left": left,
        "is_late": is_late,
        "payable": any(not due.refusal for due in dues),
        "under_way": [due for due in dues if due.refusal and due.attempt],
        "announced": quotients.announced(request.household, today),
    }
    return render(request, "billing/invoices.html", facts)


@require_safe
@household_required
def one(request: FamilyRequest, number: str) -> HttpResponse:
    """An invoice: what was counted, what was paid, until when and how."""
    found = invoices.of_family_numbered(request.household, number)
    if found is None:
        raise Http404
    facts = {
        "invoice": found,
        "standing": invoices.standing(found),
        "office": found.run.cash_office,
        "due": online.due(request.household, found.number, now=request.received_at) if found.left > 0 else None,
    }
    return render(request, "billing/invoice.html", facts)


@require_safe
@household_required
def as_pdf(request: FamilyRequest, number: str) -> HttpResponse:
    """The PDF of an invoice of this household, and of no other."""
    found = invoices.of_family_numbered(request.household, number)
    if found is None:
        raise Http404
    return downloads.paper(documents.content_of(found), name=found.number)
