"""Cells of spreadsheets: what people write neither runs nor keeps the file of everybody from being made."""

from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook

from lps.kernel import spreadsheet


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Anne\x07", "Anne"),
        ("collé\x0bd'un traitement de texte", "colléd'un traitement de texte"),
        ("\x0b=1+1", "'=1+1"),
        ("\x00\x1f@SUM(A1)", "'@SUM(A1)"),
        ("fin\uffff", "fin"),
        ("une ligne\nune autre", "une ligne\nune autre"),
    ],
)
def test_a_workbook_holds_whatever_was_written(written: str, kept: str) -> None:
    book, file = Workbook(), BytesIO()
    book.active.append([spreadsheet.harmless(written)])
    book.save(file)

    assert load_workbook(file).active["A1"].value == kept
