"""The debts of a run as a table for the town's finance software: one line an invoice."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from billing.models import BillingRun, Invoice
from lps.families.models import Guardian


class Euros(Decimal):
    """An amount that a CSV writes as French people do: it stays a number, a negative one is no formula."""

    def __str__(self) -> str:
        return f"{self:.2f}".replace(".", ",")


def table(run: BillingRun) -> Iterator[list[Any]]:
    """The cells: the names of the columns, then the invoices and credit notes in the order of their numbers.

    One statement, streamed. The payer's first and last names are those on file; of a family that has none any more, the
    name that the invoice bears.
    """
    yield [
        _("Numéro"),
        _("Numéro de commande"),
        _("Référence de la dette"),
        _("Civilité"),
        _("Nom"),
        _("Prénom"),
        _("Adresse"),
        _("Code postal"),
        _("Ville"),
        _("Montant"),
        _("Échéance"),
        _("Code recette"),
        _("Libellé"),
    ]
    code = run.cash_office.revenue_code
    for one in _with_payers(run.invoices.order_by("rank")).iterator(chunk_size=1000):
        name = [one.title, one.last_name, one.first_name]
        if one.last_name is None:
            name = ["", one.payer_name, ""]
        place = [one.street, one.postal_code, one.city]
        money = [Euros(one.total), one.due_date, code]
        yield [one.number, one.order_number, one.refdet, *name, *place, *money, one.label]


def _with_payers(invoices: QuerySet[Invoice]) -> Any:
    """The same with the `title`, `last_name` and `first_name` of who pays, None for a family without anybody."""
    payer = Guardian.objects.filter(household=OuterRef("household")).order_by("-is_payer", "pk")
    names = ("title", "last_name", "first_name")
    return invoices.annotate(**{name: Subquery(payer.values(name)[:1]) for name in names})
