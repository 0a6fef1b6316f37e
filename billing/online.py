"""What paying online reads: the invoices a family may pay now, what it has paid, where each attempt stands."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, QuerySet
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from billing import desk, online_words
from billing.models import CashOffice, Invoice, PaymentAttempt
from billing.payfip import Client, PaymentRequest, address
from billing.rules import numbers, online
from lps.families.models import Household
from lps.kernel.refusals import Refusal
from tenants import context, keys
from tenants.queries import url_of

State = PaymentAttempt.State
EMAIL_PURPOSE = "billing:attempt_email"
RETURN_PATH, NOTIFY_PATH = "/factures/tipi/retour/", "/factures/tipi/notification/"
_BETWEEN_STEPS, _BY_ADDRESS = "billing:email_between_steps", "billing:address_return"
OPEN = (State.OPENING, State.WAITING)
UNDER_WAY = (*OPEN, State.ANNOUNCED)
SETTLED = (State.PAID, State.DEBIT_ORDERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An invoice to pay: why it cannot be paid online now, or None; until when it can; its attempt under way."""

    invoice: Any
    refusal: Refusal | None
    limit: datetime | None
    attempt: PaymentAttempt | None

    @property
    def is_extended(self) -> bool:
        """Whether an attempt moved its limit beyond the run's."""
        return self.limit is not None and self.limit != self.invoice.online_until

    @property
    def last_day(self) -> date | None:
        """The last day on which it can be paid online, when no attempt moved its limit."""
        return (
            (self.limit - timedelta(microseconds=1)).astimezone(context.current().zone).date() if self.limit else None
        )

    @property
    def treasury(self) -> str:
        """Who collects once it is too late."""
        name: str = self.invoice.run.cash_office.treasury_name
        return name or _("Trésorerie")

    @property
    def reason(self) -> str:
        """Why it cannot be paid online now, in the family's words, or ""."""
        return online_words.reason(self.refusal, treasury=self.treasury) if self.refusal else ""


def client() -> Client:
    """The Treasury's service, or the simulator of it."""
    return Client(settings.LPS_PAYFIP_URL)


def dues(household: Household, *, now: datetime) -> list[Due]:
    """What the family owes, oldest first, as paying online sees it: two statements."""
    return _dues(list(desk.open_invoices(household)), now=now)


def due(household: Household, number: str, *, now: datetime) -> Due | None:
    """One of its published invoices by number, owed or not; None for any other and for what is no number."""
    try:
        wanted = str(numbers.parse(number))
    except ValueError:
        return None
    rows = desk.published().filter(household=household, number=wanted).exclude(kind=Invoice.Kind.CREDIT_NOTE)
    return next(iter(_dues(list(rows.select_related("run__cash_office")), now=now)), None)


def debt_of(invoice: Invoice, *, left: Decimal, attempts: Iterable[PaymentAttempt]) -> online.Debt:
    """The rule's facts of an invoice and of its attempts."""
    office = invoice.run.cash_office
    return online.Debt(
        left=left,
        online_until=invoice.online_until,
        is_online=office.online,
        minimum=office.minimum,
        maximum=office.maximum,
        is_split=office.protocol == CashOffice.Protocol.URL_TITRE and left != invoice.total,
        bars=[
            online.Bar(
                opened_at=one.opened_at,
                ends_at=one.bar_ends_at,
                is_held=one.state == State.MISMATCH,
                is_announced=one.state == State.ANNOUNCED,
            )
            for one in attempts
            if one.bar_ends_at is not None
        ],
    )


def paid(household: Household) -> QuerySet[PaymentAttempt]:
    """What the family paid online, the latest first; a payment that the régie reversed bears its `reversal`."""
    rows = PaymentAttempt.objects.filter(invoice__household=household, state__in=SETTLED)
    return rows.select_related("invoice", "payment__reversal").order_by("-paid_at", "-pk")


def waiting(*, now: datetime) -> tuple[int, float]:
    """How many attempts the Treasury is still asked about, and by how many seconds the latest question is late."""
    rows = PaymentAttempt.objects.filter(next_ask_at__isnull=False, state__in=OPEN).order_by()
    found = rows.aggregate(number=Count("pk"), first=Min("next_ask_at"))
    late = (now - found["first"]).total_seconds() if found["first"] else 0.0
    return found["number"], max(0.0, late)


def attempt_of(household: Household, ticket: str) -> PaymentAttempt | None:
    """An attempt of the family by its ticket, None for any other."""
    if not ticket.isascii() or "\0" in ticket:
        return None
    rows = PaymentAttempt.objects.filter(invoice__household=household, ticket=ticket)
    return rows.select_related("invoice__household", "invoice__run", "cash_office", "payment__reversal").first()


def attempt_of_operation(id_op: str) -> PaymentAttempt | None:
    """The attempt of an operation of the Treasury, by what its calls carry."""
    if not id_op or len(id_op) > 36 or "\0" in id_op:
        return None
    return PaymentAttempt.objects.filter(id_op=id_op).first()


def attempt_by_address(ticket: str, mark: str) -> PaymentAttempt | None:
    """The attempt whose return address bears this ticket and the mark that only we can make; None for any other."""
    if not ticket.isascii() or "\0" in ticket or not constant_time_compare(mark, mark_of(ticket)):
        return None
    return PaymentAttempt.objects.filter(ticket=ticket).exclude(protocol=CashOffice.Protocol.WEB_SERVICE).first()


def mark_of(ticket: str) -> str:
    """What makes the return address of an attempt unknown to all but its payer and the Treasury."""
    return keys.lookup_hash(ticket, purpose=_BY_ADDRESS)


def request_of(attempt: PaymentAttempt) -> PaymentRequest:
    """What the Treasury is asked for an attempt: all of it as it was stored."""
    office, invoice, commune = attempt.cash_office, attempt.invoice, context.current()
    back = f"{RETURN_PATH}{attempt.ticket}/{mark_of(attempt.ticket)}/" if attempt.is_by_address else RETURN_PATH
    return PaymentRequest(
        numcli=attempt.numcli,
        exercise=attempt.exercise,
        refdet=attempt.refdet,
        amount=attempt.amount,
        email=keys.decrypt(attempt.email, purpose=EMAIL_PURPOSE) if attempt.email else "",
        mode=attempt.mode,
        subject=online.subject(office.subject, number=invoice.number, label=invoice.label),
        return_url=url_of(commune, back),
        notify_url="" if attempt.is_by_address else url_of(commune, NOTIFY_PATH),
    )


def treasury_page(attempt: PaymentAttempt) -> str:
    """Where the payer's browser goes to pay. Raises `BadRequest` for an address that cannot be made."""
    if attempt.is_by_address:
        return address.address(settings.LPS_PAYFIP_URL, request_of(attempt))
    return client().page(attempt.id_op or "")


def resume_url(attempt: PaymentAttempt, *, now: datetime) -> str:
    """The Treasury's page of an attempt that may still be opened, or ""."""
    can_be_opened = attempt.email if attempt.is_by_address else attempt.id_op
    is_fresh = now < attempt.opened_at + online.PAGE_FOR
    return treasury_page(attempt) if attempt.state == State.WAITING and can_be_opened and is_fresh else ""


def seal(email: str, *, household: Household) -> str:
    """The address between two steps, unreadable in an address bar and of no use to another family."""
    return keys.encrypt(f"{household.pk}:{email}", purpose=_BETWEEN_STEPS)


def unseal(sealed: str, *, household: Household) -> str:
    """The same, opened; "" for what another family sealed, and for what was never sealed here."""
    try:
        owner, _colon, email = keys.decrypt(sealed, purpose=_BETWEEN_STEPS).partition(":")
    except ValueError:
        return ""
    return email if owner == str(household.pk) else ""


def in_test(offices: Iterable[CashOffice]) -> str:
    """The mode to warn of, T before X; "" when every one of these régies is in production."""
    modes = {office.mode for office in offices if office.online and not office.in_production}
    return min(modes, default="")


def _dues(invoices: list[Any], *, now: datetime) -> list[Due]:
    found: dict[int, list[PaymentAttempt]] = defaultdict(list)
    for one in PaymentAttempt.objects.filter(invoice__in=invoices).order_by("pk"):
        found[one.invoice_id].append(one)
    return [_due(invoice, found[invoice.pk], now=now) for invoice in invoices]


def _due(invoice: Any, attempts: list[PaymentAttempt], *, now: datetime) -> Due:
    debt = debt_of(invoice, left=invoice.left, attempts=attempts)
    under_way = [one for one in attempts if one.state in UNDER_WAY]
    return Due(
        invoice=invoice,
        refusal=online.refusal(debt, now=now),
        limit=online.limit(debt),
        attempt=under_way[-1] if under_way else None,
    )
