"""The journal of a till as a table: one line a receipt, then the totals by means."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from billing.models import Payment
from billing.till import ByMeans
from tenants import context


def table(rows: Iterable[Payment], totals: Sequence[ByMeans]) -> Iterator[list[Any]]:
    """The journal's cells: the names of the columns, the receipts, an empty line, the totals."""
    yield [
        _("Quittance"),
        _("Jour"),
        _("Heure"),
        _("Famille"),
        _("Moyen"),
        _("Banque"),
        _("N° de chèque"),
        _("Montant"),
        _("Factures réglées"),
        _("Agent"),
        _("Annule"),
        _("Motif"),
    ]
    zone = context.current().zone
    for row in rows:
        yield [
            row.number,
            row.day,
            f"{row.received_at.astimezone(zone):%H:%M}",
            row.household.name,
            row.get_means_display(),
            row.cheque_bank,
            row.cheque_number,
            row.amount,
            ", ".join(one.invoice.number for one in row.allocations.all()),
            row.noted_by,
            row.reverses.number if row.reverses else "",
            row.reason,
        ]
    yield []
    for one in totals:
        yield [_("Total"), "", "", "", one.label, "", "", one.amount]
