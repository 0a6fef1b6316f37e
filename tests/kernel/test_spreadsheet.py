"""Tables for a spreadsheet: nothing in them runs, and nothing that somebody typed stops them."""

import io
from datetime import date
from decimal import Decimal

from openpyxl import load_workbook

from lps.kernel import spreadsheet
from lps.ui import downloads

ROWS = [("nom", "jour", "montant"), ("MARSONE\x0b", date(2026, 10, 13), Decimal("12.50")), ("=1+1", "", 3)]


def test_a_workbook_keeps_days_and_numbers_and_leaves_out_what_it_cannot_hold() -> None:
    sheet = load_workbook(io.BytesIO(spreadsheet.workbook(ROWS, title="Familles")))["Familles"]

    rows = list(sheet.iter_rows(values_only=True))

    assert rows[1][0] == "MARSONE"
    assert (rows[1][1].date(), rows[1][2]) == (date(2026, 10, 13), 12.5)
    assert rows[2][0] == "'=1+1"


def test_a_table_writes_days_as_the_french_do() -> None:
    assert spreadsheet.table(ROWS).splitlines()[-1] == "'=1+1;;3"
    assert "13/10/2026;12.50" in spreadsheet.table(ROWS)


def test_a_file_is_saved_under_its_name_and_kept_by_no_cache() -> None:
    answer = downloads.csv(ROWS, name="familles")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="familles.csv"'
    assert answer.headers["Cache-Control"] == "private, no-store"
