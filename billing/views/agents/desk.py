"""The desk: find a family, take what it pays, hand a receipt, use its credits, reverse a mistake."""

import re
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import desk, papers, reminders
from billing.forms.desk import CreditForm, ReverseForm, TakeBackForm, TakeForm
from billing.models import CashOffice, Payment
from billing.rights import READ_PAYMENTS, TAKE_PAYMENTS
from billing.services import desk as services
from billing.services.payments import PaymentRefused, record
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families import search
from lps.families.models import Household
from lps.families.rights import OPEN_FAMILY
from lps.families.views.agents.frame import agent_of, frame, household_or_404
from lps.journal.channels import Channel
from lps.kernel import clock
from lps.ui import downloads, saying
from tenants import context

PER_PAGE = 20
_CHANGE = re.compile(r"\d{1,6}\.\d\d", re.ASCII)
SAID = {
    "encaisse": _("Le règlement est enregistré. Remettez la quittance à la famille."),
    "annule": _("Le règlement est annulé par cette écriture ; les factures sont de nouveau à payer."),
    "avoir": _("L'avoir est utilisé : le reste à payer de la facture a baissé."),
    "repris": _("L'avoir est repris : la famille l'a de nouveau, et la facture est de nouveau à payer."),
}


@require_safe
@agent_required(READ_PAYMENTS)
def find(request: DoorRequest) -> HttpResponse:
    """Find a family by what one has in hand: a name, a code, an invoice's or a receipt's number."""
    asked = request.GET.get("q", "").replace("\0", "").strip()[:200]
    if asked and (named := desk.household_of_number(asked)):
        household, receipt = named
        return HttpResponseRedirect(_receipt_path(household, receipt) if receipt else _path(household))
    found = []
    if asked:
        by_contact = allowed(request.actor, OPEN_FAMILY)
        day = clock.today(context.current().zone)
        found = search.find(asked, day=day, sites=agent_of(request).sites, by_contact=by_contact)
    owed = desk.owed_by([one.household_id for one in found])
    rows = [(one, owed.get(one.household_id)) for one in found]
    may_take = allowed(request.actor, TAKE_PAYMENTS)
    return render(request, "billing/office/desk.html", {"q": asked, "rows": rows, "may_take": may_take})


@require_safe
@agent_required(READ_PAYMENTS)
def family(request: DoorRequest, household_id: int) -> HttpResponse:
    """What a family owes and paid."""
    household = household_or_404(request, household_id, READ_PAYMENTS)
    return _show(request, household, _office(request), list(desk.open_invoices(household)))


@require_POST
@agent_required(TAKE_PAYMENTS)
def take(request: DoorRequest, household_id: int) -> HttpResponse:
    """Take a payment; the form again, with what is wrong, when nothing could be recorded."""
    household = household_or_404(request, household_id, TAKE_PAYMENTS)
    office, invoices = _office(request), list(desk.open_invoices(household))
    if office is None:
        raise Http404
    form = TakeForm(request.POST, invoices=_of(office, invoices))
    if form.is_valid() and (path := _take(request, household, office, form)):
        return saying.done(path, "encaisse")
    return _show(request, household, office, list(desk.open_invoices(household)), take=form)


@require_POST
@agent_required(TAKE_PAYMENTS)
def credit(request: DoorRequest, household_id: int) -> HttpResponse:
    """Settle an invoice with what the family has in credit."""
    household = household_or_404(request, household_id, TAKE_PAYMENTS)
    office, invoices = _office(request), list(desk.open_invoices(household))
    form = CreditForm(request.POST, credits=desk.credits_of(household), invoices=invoices)
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.use_credit(
                household=household,
                source=given["source"],
                invoice=given["invoice"],
                amount=given["credit"],
                by=agent_of(request),
                at=clock.now(),
            )
            return saying.done(_path(household.pk), "avoir")
        except PaymentRefused as error:
            form.refuse(error)
    return _show(request, household, office, invoices, use=form)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(TAKE_PAYMENTS)
def take_back(request: DoorRequest, household_id: int, allocation_id: int) -> HttpResponse:
    """What taking a credit back from an invoice will do; a POST does it."""
    household = household_or_404(request, household_id, TAKE_PAYMENTS)
    use = desk.uses_of(household).filter(pk=allocation_id).first()
    if use is None:
        raise Http404
    form = TakeBackForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.take_back(
                use=use, reason=form.cleaned_data["reason"], by=agent_of(request), at=request.received_at
            )
            return saying.done(_path(household.pk), "repris")
        except PaymentRefused as error:
            form.refuse(error)
    facts = {**frame(request, household), "use": use, "form": form}
    return render(request, "billing/office/take_back.html", facts, status=400 if form.errors else 200)


@require_safe
@agent_required(READ_PAYMENTS)
def receipt(request: DoorRequest, household_id: int, number: str) -> HttpResponse:
    """A receipt, with the change to give back when cash was just given."""
    household, payment = _payment_or_404(request, household_id, number, READ_PAYMENTS)
    return _show_receipt(request, household, payment, ReverseForm())


@require_safe
@agent_required(READ_PAYMENTS)
def receipt_pdf(request: DoorRequest, household_id: int, number: str) -> HttpResponse:
    """The same on paper."""
    _household, payment = _payment_or_404(request, household_id, number, READ_PAYMENTS)
    return downloads.paper(papers.receipt(payment), name=payment.number)


@require_POST
@agent_required(TAKE_PAYMENTS)
def reverse_payment(request: DoorRequest, household_id: int, number: str) -> HttpResponse:
    """Reverse a payment taken by mistake, or that the bank rejected."""
    household, payment = _payment_or_404(request, household_id, number, TAKE_PAYMENTS)
    form = ReverseForm(request.POST)
    if form.is_valid():
        try:
            back = services.reverse(
                payment=payment,
                reason=form.cleaned_data["reason"],
                by=agent_of(request),
                at=clock.now(),
                day=clock.today(context.current().zone),
            )
            return saying.done(_receipt_path(household.pk, back.number), "annule")
        except PaymentRefused as error:
            form.refuse(error)
    return _show_receipt(request, household, payment, form)


def _take(request: DoorRequest, household: Household, office: CashOffice, form: TakeForm) -> str:
    """The receipt's address, "" when nothing was recorded: the form then says why."""
    try:
        payment = record(
            form.received,
            household=household,
            cash_office=office,
            by=agent_of(request),
            channel=Channel.OFFICE,
            at=clock.now(),
            day=clock.today(context.current().zone),
            jeton=form.cleaned_data["jeton"],
        )
    except PaymentRefused as error:
        form.refuse(error)
        return ""
    path = _receipt_path(household.pk, payment.number)
    return path if form.change is None else f"{path}?rendre={form.change:.2f}"


def _show(
    request: DoorRequest,
    household: Household,
    office: CashOffice | None,
    invoices: list[Any],
    *,
    take: TakeForm | None = None,
    use: CreditForm | None = None,
) -> HttpResponse:
    credits = desk.credits_of(household)
    own = _of(office, invoices) if office else []
    usable = [one for one in credits if own and office and one.cash_office_id == office.pk]
    may_take = office is not None and allowed(request.actor, TAKE_PAYMENTS)
    facts = {
        **frame(request, household),
        "office": office,
        "offices": desk.cash_offices(),
        "invoices": invoices,
        "total": sum((row.left for row in invoices), Decimal(0)),
        "credits": credits,
        "uses": desk.uses_of(household)[:PER_PAGE],
        "page": Paginator(desk.payments_of(household), PER_PAGE).get_page(request.GET.get("page")),
        "query": "",
        "attempts": desk.attempts_of(household),
        "reminders": reminders.of_household(household)[:PER_PAGE],
        "may_take": may_take,
        "take": (take or TakeForm(invoices=own)) if may_take else None,
        "use": (use or CreditForm(credits=usable, invoices=own)) if may_take and usable else None,
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/office/family_payments.html", facts, status=400 if take or use else 200)


def _show_receipt(request: DoorRequest, household: Household, payment: Payment, form: ReverseForm) -> HttpResponse:
    asked = request.GET.get("rendre", "")
    facts = {
        **frame(request, household),
        "payment": payment,
        "reversal": getattr(payment, "reversal", None),
        "change": Decimal(asked) if _CHANGE.fullmatch(asked) else None,
        "is_change": bool(_CHANGE.fullmatch(asked)),
        "form": form,
        "may_reverse": allowed(request.actor, TAKE_PAYMENTS),
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/office/receipt.html", facts, status=400 if form.is_bound else 200)


def _payment_or_404(request: DoorRequest, household_id: int, number: str, action: str) -> tuple[Household, Payment]:
    household = household_or_404(request, household_id, action)
    payment = desk.receipt_of(household, number=number)
    if payment is None:
        raise Http404
    return household, payment


def _office(request: DoorRequest) -> CashOffice | None:
    return desk.office_asked(request.GET.get("regie", ""))


def _of(office: CashOffice, invoices: list[Any]) -> list[Any]:
    return [row for row in invoices if row.run.cash_office_id == office.pk]


def _path(household: int) -> str:
    return reverse("billing_office:family_payments", args=[household])


def _receipt_path(household: int, number: str) -> str:
    return reverse("billing_office:receipt", args=[household, number])
