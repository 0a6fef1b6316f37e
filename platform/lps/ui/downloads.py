"""Files that a page gives: tables for a spreadsheet, papers. No cache keeps them."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from lps.kernel import spreadsheet

Answer = TypeVar("Answer", bound=HttpResponseBase)


def csv(rows: Iterable[Sequence[object]], *, name: str) -> HttpResponse:
    """Rows as CSV, the first one being the names of the columns; `name` has no ending."""
    return saved(HttpResponse(spreadsheet.table(rows), content_type=spreadsheet.CSV_TYPE), name=f"{name}.csv")


def xlsx(rows: Iterable[Sequence[object]], *, name: str, title: str) -> HttpResponse:
    """The same as a workbook of one sheet under a title."""
    content = spreadsheet.workbook(rows, title=title)
    return saved(HttpResponse(content, content_type=spreadsheet.XLSX_TYPE), name=f"{name}.xlsx")


def paper(content: bytes, *, name: str) -> HttpResponse:
    """A PDF, shown in the browser under a name without ending."""
    return _named(HttpResponse(content, content_type="application/pdf"), f"{name}.pdf", is_saved=False)


def saved(response: Answer, *, name: str) -> Answer:
    """An answer that the browser saves under this name."""
    return _named(response, name, is_saved=True)


def _named(response: Answer, name: str, *, is_saved: bool) -> Answer:
    response.headers["Content-Disposition"] = content_disposition_header(is_saved, name) or ""
    response.headers["Cache-Control"] = "private, no-store"
    return response
