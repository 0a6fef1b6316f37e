"""The journal of a till as a table: one line a receipt, then the totals by means."""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook

from billing.models import Payment
from billing.till import ByMeans
from lps.kernel import spreadsheet
from tenants import context

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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


def xlsx(rows: Iterable[Sequence[Any]], *, title: str) -> bytes:
    """Cells as a workbook of one sheet, none taken for a formula."""
    book, written = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append([spreadsheet.harmless(cell) if isinstance(cell, str) else cell for cell in row])
    book.save(written)
    return written.getvalue()
