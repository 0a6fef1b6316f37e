"""What is left to pay, computed and never stored."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from billing.models import Allocation, Invoice, Payment

_EUROS: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=10, decimal_places=2)


def _sum_of(field: str) -> Coalesce:
    """The sum of the allocations whose `field` is the row at hand."""
    rows = Allocation.objects.filter(**{field: OuterRef("pk")}).order_by().values(field)
    total = rows.annotate(settled=Sum("amount")).values("settled")
    return Coalesce(Subquery(total), Decimal(0), output_field=_EUROS)


def with_left(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Invoices with `paid` (what settled them) and `left` (what is still to pay).

    Of a credit note, `left` is what it can still settle, negative.
    """
    settled, given = _sum_of("invoice"), _sum_of("credit_note")
    paid = Case(When(Q(kind=Invoice.Kind.CREDIT_NOTE), then=-given), default=settled, output_field=_EUROS)
    return invoices.annotate(paid=paid).annotate(left=F("total") - F("paid"))


def left_of(invoices: Collection[int]) -> dict[int, Decimal]:
    """What is left to pay of each of these invoices, by their keys: one statement."""
    rows: Any = with_left(Invoice.objects.filter(pk__in=invoices)).order_by()
    return dict(rows.values_list("pk", "left"))


def with_credit(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    """Payments with `credit`: what they have not settled yet."""
    return payments.annotate(credit=F("amount") - _sum_of("payment"))
