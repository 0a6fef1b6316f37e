"""What the desk prints: a receipt, a slip of cheques, the till's journal."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse

from billing import invoices, till
from billing.balances import left_of
from billing.models import CashOffice, Invoice, Payment, PaymentAttempt
from billing.reminders import Notice
from billing.rules.money import TITRE_MINIMUM
from lps.kernel import clock
from lps.ui import colors, pdf
from tenants import context
from tenants.town import queries as town
from tenants.town.queries import Logo


def receipt(payment: Payment) -> bytes:
    """The receipt (quittance) of a payment: tens of milliseconds."""
    return pdf.render("billing/receipt_paper.html", {**_common(), "payment": payment})


def ticket(attempt: PaymentAttempt) -> bytes:
    """The ticket of a payment online."""
    return pdf.render("billing/ticket_paper.html", {**_common(), "attempt": attempt})


def invoice(found: Invoice) -> bytes:
    """An invoice or a credit note, with the mentions of the régie's collections."""
    office = found.run.cash_office
    lines = list(found.lines.order_by("position"))
    left = left_of([found.pk])[found.pk]
    logo, until = town.logo(), found.online_until
    facts = {
        "invoice": found,
        # The limit is the first instant at which one cannot pay any more.
        "last_online": (until - timedelta(microseconds=1)).astimezone(context.current().zone) if until else None,
        "office": office,
        "lines": lines,
        "town": town.settings(),
        "paid": found.total - left if found.total > 0 else 0,
        "is_small": 0 < left < TITRE_MINIMUM,
        "titre_minimum": TITRE_MINIMUM,
        "account": f"{found.household_id:06}",
        "corrected": invoices.corrected_by(found),
        "logo": logo,
    }
    return pdf.render("billing/invoice_paper.html", {**_common(), **facts}, own=_look(logo))


def _look(logo: Logo | None) -> dict[str, pdf.Own]:
    """The town's colour, in the shade that reads on paper, and its logo if it has one."""
    css = f":root{{--commune:{colors.light(town.settings().color).commune}}}"
    own = {"town.css": pdf.Own(css.encode(), "text/css; charset=utf-8")}
    return {**own, "logo": pdf.Own(logo.content, logo.media_type)} if logo else own


def till_journal(office: CashOffice, rows: QuerySet[Payment], *, first: date, last: date, agent: str) -> bytes:
    """The journal of a till from a day to another, of one agent or of all."""
    facts = {"office": office, "rows": rows, "totals": till.by_means(rows), "first": first, "last": last}
    return pdf.render("billing/till_journal_paper.html", {**_common(), **facts, "agent": agent})


def remittance(slip: Mapping[str, Any]) -> bytes:
    """A slip of cheques."""
    return pdf.render("billing/remittance_paper.html", {**_common(), **slip})


def reminders(notices: Sequence[Notice], *, at: datetime) -> bytes:
    """The letters of a sending, a page a family: some tens of milliseconds each, for a worker."""
    return pdf.render("billing/reminders_paper.html", {**_common(), "notices": notices, "at": at})


def as_pdf(content: bytes, name: str) -> HttpResponse:
    """A paper that no cache keeps, shown in the browser under a name."""
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _common() -> dict[str, Any]:
    return {"commune": context.current(), "now": clock.now()}
