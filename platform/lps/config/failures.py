"""What stops a request before its view, or in spite of it: a page for people, a problem for the API."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from lps.accounts.api import problems

API = "/api/"


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
    """A failure, which the logs tell by the name of the request."""
    if request.path.startswith(API):
        return problems.answer(request, problems.FAILURE)
    return defaults.server_error(request)
