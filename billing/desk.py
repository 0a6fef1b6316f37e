"""What the desk reads: a family's open invoices, its credits, its payments."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from billing.balances import with_credit, with_left
from billing.models import Allocation, BillingRun, CashOffice, Invoice, Payment, PaymentAttempt
from billing.rules.money import ZERO
from lps.families.models import Household

Means = Payment.Means
# What a till holds; the Treasury takes the rest.
DESK_MEANS = (Means.CASH, Means.CHEQUE, Means.CESU, Means.TRANSFER)
_SHOWN = (BillingRun.State.PUBLISHED, BillingRun.State.CLOSED)
ATTEMPTS_SHOWN = 10
_UNDER_WAY = (PaymentAttempt.State.OPENING, PaymentAttempt.State.WAITING, PaymentAttempt.State.ANNOUNCED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What a family paid too much, or was given back: `source` is "payment" or "credit_note", then its key."""

    source: str
    number: str
    cash_office_id: int
    amount: Decimal


def cash_offices() -> list[CashOffice]:
    """The régies, the principal one first."""
    return list(CashOffice.objects.order_by("-is_default", "pk"))


def office_asked(key: str) -> CashOffice | None:
    """The régie of that key, the principal one for any other; None in a town without régie."""
    offices = cash_offices()
    return next((one for one in offices if str(one.pk) == key), offices[0] if offices else None)


def published() -> Any:
    """A queryset: the invoices and credit notes that families may see, with what is left of each."""
    return with_left(Invoice.objects.filter(run__state__in=_SHOWN))


def with_attempts(invoices: Any) -> Any:
    """These invoices with `is_being_paid`, when a payment online waits for its answer or for its proof."""
    trying = PaymentAttempt.objects.filter(invoice=OuterRef("pk"), state__in=_UNDER_WAY)
    return invoices.annotate(is_being_paid=Exists(trying))


def attempts_of(household: Household) -> list[PaymentAttempt]:
    """The last times that a family tried to pay online, paid or not: what answers "I paid, you remind me"."""
    rows = PaymentAttempt.objects.filter(invoice__household=household).select_related("invoice")
    return list(rows.order_by("-opened_at", "-pk")[:ATTEMPTS_SHOWN])


def open_invoices(household: Household) -> Any:
    """A queryset: what the family still owes, oldest first, `with_attempts`."""
    rows = published().filter(household=household, left__gt=0).exclude(kind=Invoice.Kind.CREDIT_NOTE)
    return with_attempts(rows).select_related("run__cash_office").order_by("due_date", "year", "rank")


def credits_of(household: Household) -> list[Credit]:
    """What the family may still use, oldest first: two statements."""
    kept: Any = with_credit(Payment.objects.filter(household=household, reverses__isnull=True, reversal__isnull=True))
    given = published().filter(household=household, kind=Invoice.Kind.CREDIT_NOTE, left__lt=0)
    return [
        *(
            Credit(
                source=f"payment-{row.pk}",
                number=row.number,
                cash_office_id=row.cash_office_id,
                amount=row.credit,
            )
            for row in kept.filter(credit__gt=0).order_by("pk")
        ),
        *(
            Credit(
                source=f"credit_note-{row.pk}",
                number=row.number,
                cash_office_id=row.run.cash_office_id,
                amount=-row.left,
            )
            for row in given.select_related("run").order_by("pk")
        ),
    ]


def uses() -> QuerySet[Allocation]:
    """The uses of credits, the latest first, taken back or not: what a payment settled when it came is none."""
    when_it_came = Q(payment__isnull=False, at=F("payment__received_at"))
    rows = Allocation.objects.filter(~when_it_came, reverses=None, amount__gt=0)
    return rows.select_related("payment", "credit_note", "invoice", "reversal").order_by("-pk")


def uses_of(household: Household) -> QuerySet[Allocation]:
    """Those of a family."""
    return uses().filter(invoice__household=household)


def settling() -> "Prefetch[Any, Any, Any]":
    """What payments settle, for their prefetch: what was taken back is out."""
    rows = Allocation.objects.filter(reverses=None, reversal=None).select_related("invoice").order_by("pk")
    return Prefetch("allocations", queryset=rows)


def payments() -> QuerySet[Payment]:
    """Every payment with its reversal, the latest first."""
    rows = Payment.objects.select_related("cash_office", "household", "reverses", "reversal")
    return rows.order_by("-received_at", "-pk")


def payments_of(household: Household) -> QuerySet[Payment]:
    """A family's payments, the latest first, with what each settled."""
    return payments().filter(household=household).prefetch_related(settling())


def receipt_of(household: Household, *, number: str) -> Payment | None:
    """The family's payment of that receipt's number, or None."""
    place = receipt_place(number)
    return payments_of(household).filter(year=place[0], rank=place[1]).first() if place else None


def receipt_place(number: str) -> tuple[int, int] | None:
    """The year and the rank of `Q-2026-000123`; None for what is no such number."""
    letter, *rest = number.strip().upper().split("-")
    if letter != "Q" or len(rest) != 2 or not all(part.isascii() and part.isdigit() for part in rest):
        return None
    return (int(rest[0]), int(rest[1])) if len(rest[0]) == 4 and len(rest[1]) == 6 else None


def household_of_number(number: str) -> tuple[int, str] | None:
    """The family whom an invoice's or a receipt's number names, by its key, and the receipt's number or ""."""
    if place := receipt_place(number):
        found = Payment.objects.filter(year=place[0], rank=place[1]).first()
        return (found.household_id, found.number) if found else None
    digits = number.replace("-", "").replace(" ", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) == 13):
        return None
    wanted = f"{digits[:4]}-{digits[4:7]}-{digits[7:]}"
    invoice = Invoice.objects.filter(number=wanted).values_list("household", flat=True).first()
    return (invoice, "") if invoice else None


def owed_by(households: Collection[int]) -> dict[int, Decimal]:
    """What these families owe in all, by their keys; those who owe nothing are left out: one statement."""
    rows: Any = published().filter(Q(household__in=list(households)), left__gt=0).order_by()
    owed: dict[int, Decimal] = {}
    for household, left in rows.exclude(kind=Invoice.Kind.CREDIT_NOTE).values_list("household", "left"):
        owed[household] = owed.get(household, ZERO) + left
    return owed
