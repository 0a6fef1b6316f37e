"""Facture TIPI: choose an invoice, sum it up, go to the Treasury's page, come back to what became of it.

Each step has an address of its own, so that Back and reload do nothing twice. The amount, the family and the dates are
never the browser's: it names an invoice, and gives an e-mail address that travels sealed between two steps.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing import desk, online, online_words, papers
from billing.forms.online import ChooseForm
from billing.models import PaymentAttempt
from billing.online import Due
from billing.rules.settlement import ASK_EVERY
from billing.services.attempts import AttemptRefused, open_attempt
from lps.families.decorators import household_required, whatever_the_rules
from lps.families.identity import FamilyRequest
from lps.families.models import Household
from lps.families.queries.households import emails_of_many
from lps.kernel.refusals import Refusal
from lps.ui import downloads

PER_PAGE = 24
# What a step says of a refusal that the invoice itself does not tell.
_SAID = ("treasury", "settings", "email")


@require_http_methods(["GET", "HEAD", "POST"])
@household_required
@whatever_the_rules
def choose(request: FamilyRequest) -> HttpResponse:
    """Step 1: the invoices to pay, those already paid online, and where the ticket goes."""
    dues = online.dues(request.household, now=request.received_at)
    if request.method == "POST":
        form = ChooseForm(request.POST, dues=dues)
        if form.is_valid():
            return _to_summary(request.household, form.cleaned_data["facture"], form.cleaned_data["email"])
        return render(request, "billing/online_choose.html", _choice(request, dues, form), status=400)
    known = emails_of_many([request.household.pk]).get(request.household.pk, [""])
    payable = [one.invoice.number for one in dues if one.refusal is None]
    wanted = request.GET.get("facture", "")
    chosen = wanted if wanted in payable else payable[0] if len(payable) == 1 else ""
    form = ChooseForm(dues=dues, initial={"email": known[0], "facture": chosen})
    return render(request, "billing/online_choose.html", _choice(request, dues, form))


@require_http_methods(["GET", "HEAD", "POST"])
@household_required
@whatever_the_rules
def summary(request: FamilyRequest, number: str) -> HttpResponse:
    """Step 2: what will be paid; the form opens an attempt and leads to the Treasury's page, step 3."""
    due = online.due(request.household, number, now=request.received_at)
    if due is None:
        raise Http404
    sealed = request.POST.get("adresse", "") or request.GET.get("adresse", "")
    email = online.unseal(sealed, household=request.household)
    if not email:
        return HttpResponseRedirect(f"{reverse('billing:online')}?{urlencode({'facture': due.invoice.number})}")
    if request.method == "POST":
        return _pay(request, due, email=email, sealed=sealed)
    office = due.invoice.run.cash_office
    facts = {
        "due": due,
        "email": email,
        "sealed": sealed,
        "office": office,
        "refused": _refused(request, treasury=due.treasury),
        "mode": online.in_test([office]),
        "step": 2,
    }
    response = render(request, "billing/online_summary.html", facts)
    response.csp_origins = {"form-action": [_origin()]}  # type: ignore[attr-defined]  # the form ends there
    return response


@require_safe
@household_required
def attempt(request: FamilyRequest, ticket: str) -> HttpResponse:
    """Step 4: what became of it, as the Treasury said it; until it has, how to go on."""
    found = _theirs(request.household, ticket)
    facts = {
        "attempt": found,
        "invoice": found.invoice,
        "office": found.cash_office,
        "resume": online.resume_url(found, now=request.received_at),
        "is_barred": bool(found.bar_ends_at and request.received_at < found.bar_ends_at),
        "free_from": online_words.free_from(found.bar_ends_at) if found.bar_ends_at else None,
        # The Treasury's service did not answer: it is asked less often than it is otherwise.
        "is_put_off": bool(found.next_ask_at and found.next_ask_at - request.received_at > ASK_EVERY),
        "mode": "" if found.cash_office.in_production else found.mode,
        "step": 3 if found.state in online.OPEN else 4,
    }
    return render(request, "billing/online_attempt.html", facts)


@require_safe
@household_required
def ticket_pdf(request: FamilyRequest, ticket: str) -> HttpResponse:
    """The ticket of what was paid."""
    found = _theirs(request.household, ticket)
    if found.state not in online.SETTLED:
        raise Http404
    return downloads.paper(papers.ticket(found), name=found.ticket)


def _pay(request: FamilyRequest, due: Due, *, email: str, sealed: str) -> HttpResponse:
    try:
        opened = open_attempt(
            household=request.household,
            invoice=due.invoice.pk,
            email=email,
            by=request.actor,
            at=request.received_at,
        )
    except AttemptRefused as refused:
        return _not_opened(request, due, refused.refusal, sealed=sealed)
    return HttpResponseRedirect(online.treasury_page(opened))


def _not_opened(request: FamilyRequest, due: Due, refusal: Refusal, *, sealed: str) -> HttpResponse:
    """A second click finds the attempt of the first; anything else is said on the page that can mend it."""
    if refusal.code == "barred":
        fresh = online.due(request.household, due.invoice.number, now=request.received_at)
        if fresh and fresh.attempt:
            return HttpResponseRedirect(reverse("billing:online_attempt", args=[fresh.attempt.ticket]))
    words = {"refus": refusal.code} if refusal.code in _SAID else {}
    if refusal.code == "email":
        query = urlencode({"facture": due.invoice.number, **words})
        return HttpResponseRedirect(f"{reverse('billing:online')}?{query}")
    path = reverse("billing:online_summary", args=[due.invoice.number])
    return HttpResponseRedirect(f"{path}?{urlencode({'adresse': sealed, **words})}")


def _choice(request: FamilyRequest, dues: list[Due], form: ChooseForm) -> Mapping[str, Any]:
    offices = desk.cash_offices()
    return {
        "form": form,
        "payable": [one for one in dues if one.refusal is None],
        "others": [one for one in dues if one.refusal is not None],
        "chosen": form["facture"].value() or "",
        "page": Paginator(online.paid(request.household), PER_PAGE).get_page(request.GET.get("page")),
        "query": "",
        "office": next((one for one in offices if one.online), None),
        "mode": online.in_test(offices),
        "refused": _refused(request, treasury=""),
        "step": 1,
    }


def _refused(request: FamilyRequest, *, treasury: str) -> str:
    code = request.GET.get("refus", "")
    return online_words.reason(Refusal(code), treasury=treasury) if code in _SAID else ""


def _theirs(household: Household, ticket: str) -> PaymentAttempt:
    found = online.attempt_of(household, ticket)
    if found is None:
        raise Http404
    return found


def _to_summary(household: Household, number: str, email: str) -> HttpResponse:
    path = reverse("billing:online_summary", args=[number])
    return HttpResponseRedirect(f"{path}?{urlencode({'adresse': online.seal(email, household=household)})}")


def _origin() -> str:
    parts = urlsplit(settings.LPS_PAYFIP_URL)
    return f"{parts.scheme}://{parts.netloc}"
