"""What the desk prints: a receipt, a slip of cheques, the till's journal."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from billing import invoices as invoices_read
from billing import till
from billing.balances import left_of
from billing.models import CashOffice, Invoice, InvoiceLine, Payment, PaymentAttempt
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
    logo = town.logo()
    [facts] = _invoice_facts([found], logo)
    return pdf.render("billing/invoice_paper.html", facts, own=_look(logo))


def invoices(found: Sequence[Invoice]) -> bytes:
    """Invoices of one run in one file, to be printed and posted: a constant number of statements.

    Tenths of a second each, some hundreds of kilobytes of memory: a hundred at most, in a worker.
    """
    logo = town.logo()
    facts, title = _invoice_facts(found, logo), _("Factures à poster, %(label)s") % {"label": found[0].run.label}
    return pdf.render_all("billing/invoice_paper.html", facts, title=title, own=_look(logo))


def _invoice_facts(found: Sequence[Invoice], logo: Logo | None) -> Iterator[dict[str, Any]]:
    """What the paper of each of these invoices of one run says."""
    keys, office, until = [one.pk for one in found], found[0].run.cash_office, found[0].online_until
    lefts, corrected = left_of(keys), invoices_read.corrected_by(found)
    lines: dict[int, list[InvoiceLine]] = {}
    for line in InvoiceLine.objects.filter(invoice__in=keys).order_by("invoice", "position"):
        lines.setdefault(line.invoice_id, []).append(line)
    common = {
        **_common(),
        # The limit is the first instant at which one cannot pay any more.
        "last_online": (until - timedelta(microseconds=1)).astimezone(context.current().zone) if until else None,
        "office": office,
        "town": town.settings(),
        "titre_minimum": TITRE_MINIMUM,
        "logo": logo,
    }
    for one in found:
        left = lefts[one.pk]
        yield {
            **common,
            "invoice": one,
            "lines": lines.get(one.pk, []),
            "paid": one.total - left if one.total > 0 else 0,
            "is_small": 0 < left < TITRE_MINIMUM,
            "account": f"{one.household_id:06}",
            "corrected": corrected[one.pk],
        }


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


def _common() -> dict[str, Any]:
    return {"commune": context.current(), "now": clock.now()}
