"""The debts of a run as a table for the town's finance software: one line an invoice."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from billing.models import BillingRun
from billing.unpaid import payers_on_file


class Euros(Decimal):
    """An amount that a CSV writes as French people do: it stays a number, a negative one is no formula."""

    def __str__(self) -> str:
        return f"{self:.2f}".replace(".", ",")


def table(run: BillingRun) -> Iterator[list[Any]]:
    """The cells: the names of the columns, then the invoices and credit notes in the order of their numbers.

    Two statements. The payer's first and last names are those on file; of a family that has none any more, the name
    that the invoice bears.
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
    invoices = list(run.invoices.order_by("rank"))
    payers = payers_on_file({one.household_id for one in invoices})
    for one in invoices:
        payer = payers.get(one.household_id)
        name = [payer.title, payer.last_name, payer.first_name] if payer else ["", one.payer_name, ""]
        place = [one.street, one.postal_code, one.city]
        money = [Euros(one.total), one.due_date, run.cash_office.revenue_code]
        yield [one.number, one.order_number, one.refdet, *name, *place, *money, one.label]
