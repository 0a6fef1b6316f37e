"""The most that one request may send.

A form that comes with files is read whole, files on the disk, before any view has asked who is there: without a bound
anybody fills a disk. What tells no length is not read at all.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template

from lps.accounts.api import problems

API = "/api/"
# The heaviest file that a page takes (20 MB, an import), and the form around it.
MOST_BYTES = 21_000_000


class BoundedBody:
    """413 before a byte of it is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _length(request) <= MOST_BYTES:
            return self.get_response(request)
        if request.path.startswith(API):
            return problems.answer(request, problems.TOO_LARGE)
        return HttpResponse(get_template("413.html").render(), status=413, headers={"Cache-Control": "no-store"})


def _length(request: HttpRequest) -> int:
    told = request.META.get("CONTENT_LENGTH") or "0"
    return int(told) if told.isascii() and told.isdigit() else 0
