"""A commune's addresses, and pages that fail with all that a log should not tell."""

from collections.abc import Iterator

from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import include, path

from lps.accounts.models import Account
from lps.families.models import Guardian


def fail(request: HttpRequest, code: str) -> HttpResponse:
    """A code that is not found, told with whatever was at hand."""
    known: dict[str, HttpResponse] = {}
    try:
        return known[code]
    except KeyError as error:
        emails = list(Guardian.objects.exclude(email="").values_list("email", flat=True))
        cookies = list(request.COOKIES.values())
        raise RuntimeError(f"{request.get_full_path()} {emails} {cookies}") from error


def fail_in_the_database(request: HttpRequest, email: str) -> HttpResponse:
    """A row that is refused: the database quotes it."""
    with transaction.atomic():
        for _twice in range(2):
            Account.objects.create(email=email, email_key=email, name="double")
    return HttpResponse()


def fail_while_answering(request: HttpRequest, code: str) -> StreamingHttpResponse:
    """An answer that breaks on its way, when Django no longer stands between it and the server."""

    def body() -> Iterator[bytes]:
        yield b"un"
        raise RuntimeError(request.get_full_path())

    return StreamingHttpResponse(body())


urlpatterns = [
    path("", include("lps.config.urls")),
    path("enfants/<str:code>/panne/", fail),
    path("enfants/<str:code>/coupure/", fail_while_answering),
    path("doublon/<str:email>/", fail_in_the_database),
]
