"""The till: the day, its closing, its journal; the slips of cheques."""

from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_POST, require_safe

from billing import desk, papers, till_journal
from billing import till as reads
from billing.forms.till import CloseForm, JournalForm
from billing.models import CashOffice, Remittance, TillDay
from billing.rights import CLOSE_TILL, READ_PAYMENTS, TAKE_PAYMENTS
from billing.rules.money import ZERO
from billing.services import till as services
from billing.services.payments import PaymentRefused
from billing.words import REFUSED
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.views.agents.frame import agent_of, agent_of_all
from lps.kernel import clock
from lps.ui import downloads, saying
from tenants import context

PER_PAGE = 31
PAPER_DAYS = timedelta(days=31)
SAID: saying.Sentences = {
    "arretee": saying.Refusal(_l("La caisse de ce jour est arrêtée : plus rien ne peut y être écrit.")),
    "bordereau": _l("Le bordereau est fait. Imprimez-le et joignez-le aux chèques."),
}


@require_safe
@agent_required(READ_PAYMENTS)
def till(request: DoorRequest) -> HttpResponse:
    """A day of the till, today's by default."""
    return _show(request, _office(request), _day(request.GET.get("jour", "")), form=None)


@require_POST
@agent_required(CLOSE_TILL)
def close(request: DoorRequest) -> HttpResponse:
    """Count the cash of a day and lock it."""
    office, day = _office(request), _day(request.GET.get("jour", ""))
    if office is None or day > _today():
        raise Http404
    form = CloseForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.close(
                cash_office=office,
                day=day,
                counted=given["total"],
                seen=given["seen"],
                note=given["note"],
                by=agent_of(request),
                at=clock.now(),
            )
            return saying.done(_till_path(office, day), "arretee")
        except PaymentRefused as error:
            form.refuse(error)
    return _show(request, office, day, form=form)


@require_safe
@agent_required(READ_PAYMENTS)
def journal_pdf(request: DoorRequest) -> HttpResponse:
    """The journal of at most a month, on paper."""
    office, asked = _journal(request)
    if office is None or asked is None or asked["au"] - asked["du"] > PAPER_DAYS:
        return render(request, "billing/office/bad_journal.html", {"days": PAPER_DAYS.days}, status=400)
    rows = reads.lines(office, first=asked["du"], last=asked["au"], agent=asked["agent"])
    content = papers.till_journal(office, rows, first=asked["du"], last=asked["au"], agent=asked["agent"])
    return downloads.paper(content, name=f"journal-de-caisse-{asked['du']}-{asked['au']}")


@require_safe
@agent_required(READ_PAYMENTS)
def journal_xlsx(request: DoorRequest) -> HttpResponse:
    """The journal of at most a year, for a spreadsheet."""
    office, asked = _journal(request)
    if office is None or asked is None:
        return render(request, "billing/office/bad_journal.html", {"days": PAPER_DAYS.days}, status=400)
    rows = reads.lines(office, first=asked["du"], last=asked["au"], agent=asked["agent"])
    table, name = till_journal.table(rows, reads.by_means(rows)), f"journal-de-caisse-{asked['du']}-{asked['au']}"
    return downloads.xlsx(table, name=name, title=_("Journal de caisse"))


@require_safe
@agent_required(READ_PAYMENTS)
def remittances(request: DoorRequest) -> HttpResponse:
    """The cheques that wait for a slip, and the slips made."""
    return _show_remittances(request, _office(request))


@require_POST
@agent_required(TAKE_PAYMENTS)
def remit(request: DoorRequest) -> HttpResponse:
    """Make a slip of the cheques ticked."""
    office = _office(request)
    if office is None:
        raise Http404
    given = request.POST.getlist("cheque")
    chosen = {int(key) for key in given if key.isascii() and key.isdigit() and len(key) < 19}
    try:
        made = services.remit(cash_office=office, payments=chosen, by=agent_of(request), at=clock.now())
    except PaymentRefused as error:
        return _show_remittances(request, office, refused=str(REFUSED[error.code]))
    return saying.done(reverse("billing_office:remittance", args=[made.pk]), "bordereau")


@require_safe
@agent_required(READ_PAYMENTS)
def remittance(request: DoorRequest, remittance_id: int) -> HttpResponse:
    """A slip, with its cheques and their total."""
    found = _remittance_or_404(request, remittance_id)
    facts = {**_slip(found), "said": saying.said(request, SAID)}
    return render(request, "billing/office/remittance.html", facts)


@require_safe
@agent_required(READ_PAYMENTS)
def remittance_pdf(request: DoorRequest, remittance_id: int) -> HttpResponse:
    """The same on paper, to hand over with the cheques."""
    found = _remittance_or_404(request, remittance_id)
    return downloads.paper(papers.remittance(_slip(found)), name=f"bordereau-{found.pk}")


def _show(request: DoorRequest, office: CashOffice | None, day: date, *, form: CloseForm | None) -> HttpResponse:
    facts: dict[str, Any] = {"office": office, "offices": desk.cash_offices(), "day": day, "today": _today()}
    if office is not None:
        facts |= _day_facts(request, office, day, form)
    return render(request, "billing/office/till.html", facts, status=400 if form else 200)


def _day_facts(request: DoorRequest, office: CashOffice, day: date, form: CloseForm | None) -> dict[str, Any]:
    rows = reads.lines(office, first=day, last=day)
    expected, found = reads.expected_cash(office, day=day), TillDay.objects.filter(cash_office=office, day=day).first()
    may_close = allowed(request.actor, CLOSE_TILL) and day <= _today() and not (found and found.closed_at)
    return {
        "till": found,
        "difference": (found.counted_cash or ZERO) - (found.expected_cash or ZERO) if found else ZERO,
        "means": reads.by_means(rows),
        "expected": expected,
        "rows": rows,
        "forgotten": [one for one in reads.forgotten(office, today=_today()) if one.day != day],
        "page": Paginator(reads.days(office), PER_PAGE).get_page(request.GET.get("page")),
        "query": f"regie={office.pk}&jour={day}",
        "form": (form or CloseForm(initial={"seen": expected})) if may_close else None,
        "previous": day - timedelta(days=1),
        "next": day + timedelta(days=1),
        "first_of_month": day.replace(day=1),
        "agents": reads.agents(office, first=day.replace(day=1), last=day),
        "said": saying.said(request, SAID),
    }


def _show_remittances(request: DoorRequest, office: CashOffice | None, *, refused: str = "") -> HttpResponse:
    facts: dict[str, Any] = {"office": office, "offices": desk.cash_offices(), "refused": refused}
    if office is not None:
        waiting = list(reads.waiting_cheques(office))
        facts |= {
            "waiting": waiting,
            "total": sum((one.amount for one in waiting), ZERO),
            "page": Paginator(reads.remittances(office), PER_PAGE).get_page(request.GET.get("page")),
            "query": f"regie={office.pk}",
            "may_remit": allowed(request.actor, TAKE_PAYMENTS),
        }
    return render(request, "billing/office/remittances.html", facts, status=400 if refused else 200)


def _slip(found: Remittance) -> dict[str, Any]:
    cheques = reads.cheques_of(found)
    return {"remittance": found, "cheques": cheques, "total": sum((one.amount for one in cheques), ZERO)}


def _remittance_or_404(request: DoorRequest, pk: int) -> Remittance:
    agent_of_all(request)
    found = Remittance.objects.select_related("cash_office").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _journal(request: DoorRequest) -> tuple[CashOffice | None, dict[str, Any] | None]:
    office, form = _office(request), JournalForm(request.GET)
    return office, form.cleaned_data if form.is_valid() else None


def _office(request: DoorRequest) -> CashOffice | None:
    """The régie asked for, the principal one by default; None in a town without any."""
    agent_of_all(request)
    return desk.office_asked(request.GET.get("regie", ""))


def _day(asked: str) -> date:
    """The day asked for; today for what is none."""
    try:
        found = date.fromisoformat(asked)
    except ValueError:
        return _today()
    return found if 2000 <= found.year <= 2199 else _today()


def _today() -> date:
    return clock.today(context.current().zone)


def _till_path(office: CashOffice, day: date) -> str:
    return f"{reverse('billing_office:till')}?regie={office.pk}&jour={day}"
