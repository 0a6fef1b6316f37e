"""What a family paid, for the family: its payments and their receipts."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing import desk, papers
from lps.families.decorators import household_required
from lps.families.identity import FamilyRequest
from lps.ui import downloads

PER_PAGE = 24


@require_safe
@household_required
def payments(request: FamilyRequest) -> HttpResponse:
    """The household's payments, the latest first, and what it has in credit."""
    page = Paginator(desk.payments_of(request.household), PER_PAGE).get_page(request.GET.get("page"))
    facts = {"page": page, "query": "", "credits": desk.credits_of(request.household)}
    return render(request, "billing/payments.html", facts)


@require_safe
@household_required
def receipt_pdf(request: FamilyRequest, number: str) -> HttpResponse:
    """The receipt of one of its payments."""
    payment = desk.receipt_of(request.household, number=number)
    if payment is None:
        raise Http404
    return downloads.paper(papers.receipt(payment), name=payment.number)
