"""Tables that a French spreadsheet opens: semicolons, a byte-order mark, and no cell taken for a formula."""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from typing import IO, TextIO

from openpyxl import Workbook

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# What XML has no way to write: one such sign in a name, and no workbook of everybody's could be made.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def harmless(text: str) -> str:
    """The text as a cell that nobody's spreadsheet runs, and that every format can hold; `harmed` reads it back."""
    text = _UNWRITABLE.sub("", text)
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def harmed(cell: str) -> str:
    """The text that `harmless` made this cell of."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell


def table(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV, the first one being the names of the columns."""
    written = io.StringIO()
    _write(rows, written)
    return written.getvalue()


def file(rows: Iterable[Sequence[object]]) -> IO[bytes]:
    """The same in a file without a name, at its beginning, that goes once it is closed: a long table is held by the
    disk, and what fails on its way fails before anything is answered.
    """
    kept = tempfile.TemporaryFile()  # noqa: SIM115 - who answers with it closes it
    text = io.TextIOWrapper(kept, encoding="utf-8", newline="", write_through=True)
    _write(rows, text)
    text.detach()
    kept.seek(0)
    return kept


def workbook(rows: Iterable[Sequence[object]], *, title: str) -> bytes:
    """Rows as a workbook (XLSX) of one sheet; days and numbers stay what they are."""
    book, written = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    book.save(written)
    return written.getvalue()


def _write(rows: Iterable[Sequence[object]], written: TextIO) -> None:
    written.write("\ufeff")
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerows([_written(cell) for cell in row] for row in rows)


def _written(cell: object) -> object:
    """A text harmless, a day as French people write it."""
    if isinstance(cell, str):
        return harmless(cell)
    return f"{cell:%d/%m/%Y}" if isinstance(cell, date) else cell
