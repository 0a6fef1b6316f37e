"""The credits that families have left at a régie beside invoices to pay, and what using them all would settle."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db.models import Exists, OuterRef

from billing.balances import with_credit
from billing.desk import published, with_attempts
from billing.models import CashOffice, Invoice, Payment
from billing.rules.crediting import Credit, Due, Used, settle
from billing.rules.money import ZERO
from lps.families.models import Household


@dataclass(frozen=True, slots=True, kw_only=True)
class Usable:
    """A family's credits and what they would settle; `sources` are the payments and credit notes by their keys."""

    household: Household
    uses: Sequence[Used]
    sources: dict[str, Payment | Invoice]
    invoices: dict[int, Invoice]
    credit: Decimal

    @property
    def amount(self) -> Decimal:
        """What would be settled."""
        return sum((one.amount for one in self.uses), ZERO)

    @property
    def settled(self) -> list[Any]:
        """The invoices that would be settled, whole or in part."""
        return [self.invoices[key] for key in dict.fromkeys(one.invoice for one in self.uses)]

    @property
    def rest(self) -> Decimal:
        """What stays in credit."""
        return self.credit - self.amount


def usable(cash_office: CashOffice) -> list[Usable]:
    """The families that have both at this régie, by name: three statements, however many.

    An invoice that is being paid online is left out: its payment would then be too much.
    """
    dues = _dues(cash_office)
    sources = _sources(cash_office, set(dues))
    found = [_usable(rows, dues[home]) for home, rows in sources.items()]
    return sorted((one for one in found if one.uses), key=lambda one: (one.household.name_sort, one.household.pk))


def total(found: Sequence[Usable]) -> Decimal:
    """What would be settled for all."""
    return sum((one.amount for one in found), ZERO)


def _dues(cash_office: CashOffice) -> dict[int, list[Any]]:
    """What each family owes, in the order of the desk."""
    rows = published().filter(run__cash_office=cash_office, left__gt=0).exclude(kind=Invoice.Kind.CREDIT_NOTE)
    rows = rows.filter(Exists(_of_the_same(Payment)) | Exists(_of_the_same(Invoice, kind=Invoice.Kind.CREDIT_NOTE)))
    rows = with_attempts(rows).filter(is_being_paid=False).select_related("household")
    return _by_home(rows.order_by("household", "due_date", "year", "rank"))


def _of_the_same(model: Any, **kept: Any) -> Any:
    return model.objects.filter(household=OuterRef("household"), **kept)


def _sources(cash_office: CashOffice, homes: set[int]) -> dict[int, list[Any]]:
    """What each of these families may still use, in the order of the desk."""
    kept: Any = with_credit(
        Payment.objects.filter(
            cash_office=cash_office, household__in=homes, reverses__isnull=True, reversal__isnull=True
        )
    )
    given = published().filter(run__cash_office=cash_office, household__in=homes, kind=Invoice.Kind.CREDIT_NOTE)
    found = _by_home(kept.filter(credit__gt=0).order_by("household", "pk"))
    for home, rows in _by_home(given.filter(left__lt=0).order_by("household", "pk")).items():
        found.setdefault(home, []).extend(rows)
    return found


def _by_home(rows: Any) -> dict[int, list[Any]]:
    return {home: list(of_home) for home, of_home in groupby(rows, key=attrgetter("household_id"))}


def _usable(sources: Sequence[Any], dues: Sequence[Any]) -> Usable:
    by_key = {f"{'payment' if isinstance(row, Payment) else 'credit_note'}-{row.pk}": row for row in sources}
    credits = [Credit(key, _credit(row)) for key, row in by_key.items()]
    return Usable(
        household=dues[0].household,
        uses=settle(credits, [Due(row.pk, row.left) for row in dues]),
        sources=by_key,
        invoices={row.pk: row for row in dues},
        credit=sum((one.amount for one in credits), ZERO),
    )


def _credit(row: Any) -> Decimal:
    amount: Decimal = row.credit if hasattr(row, "credit") else -row.left
    return amount
