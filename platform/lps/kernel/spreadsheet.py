"""Tables that a French spreadsheet opens: semicolons, a byte-order mark, and no cell taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

CSV_TYPE = "text/csv; charset=utf-8"
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(text: str) -> str:
    """The text as a cell that nobody's spreadsheet runs; `harmed` reads it back."""
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def harmed(cell: str) -> str:
    """The text that `harmless` made this cell of."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell


def table(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV, the first one being the names of the columns."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return "\ufeff" + written.getvalue()
