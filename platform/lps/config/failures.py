"""What stops a request before its view, or in spite of it: a page for people, a problem for the API."""

import logging
import sys
from collections.abc import Callable

from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.template.loader import get_template
from django.views import defaults
from redis.exceptions import RedisError

from lps.accounts.api import problems
from lps.accounts.attempts import Unavailable
from lps.config import database
from lps.kernel.metrics import counted
from tenants import storage

API = "/api/"
log = logging.getLogger(__name__)
RETRY_SECONDS = 30


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django itself cannot stand."""
    if request.path.startswith(API):
        return problems.answer(request, problems.UNREADABLE)
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that nothing answers, or whose view found nothing."""
    if request.path.startswith(API):
        return problems.answer(request, problems.NOT_FOUND)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """A failure, which the logs tell by the name of the request: what the product needs is away, or we were wrong.

    Django calls this while it handles the exception, and gives it to nobody.
    """
    if part := away(sys.exception()):
        counted.UNAVAILABLE.labels(part=part).inc()
        if part == "database":
            database.forget_dead_connections()
        return _come_back(request)
    if request.path.startswith(API):
        return problems.answer(request, problems.FAILURE)
    return defaults.server_error(request)


def away(error: BaseException | None) -> str:
    """Which part did not answer: database, cache or files; "" for a mistake of ours."""
    if isinstance(error, OperationalError | InterfaceError):
        return "database"
    if isinstance(error, RedisError | Unavailable):
        return "cache"
    return "files" if error and storage.is_away(error) else ""


def _come_back(request: HttpRequest) -> HttpResponse:
    """503, by a page that needs neither the database nor the town."""
    if request.path.startswith(API):
        response = problems.answer(request, problems.AWAY)
    else:
        response = HttpResponse(get_template("503.html").render(), status=503, headers={"Cache-Control": "no-store"})
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


class Unanswered:
    """The last middleware: what no view answers by a page.

    A NUL in what was sent, which no column holds and no keyboard types, is no fault of ours. An address that only takes
    forms, opened by hand or by a telephone that kept its page, leads home.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not request.path.startswith(API):
            page = render(request, "405.html", status=response.status_code)
            page.headers["Allow"] = response.headers["Allow"]
            return page
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """400 for such a text that went as far as the database; nothing for any other failure."""
        if isinstance(exception, DataError) and "NUL" in str(exception):
            log.warning("refused: a NUL in what was sent")
            return bad_request(request, exception)
        return None
