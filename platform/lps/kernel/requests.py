"""What a request carries from the outermost middleware on; for annotations, the class is Django's."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse


class StampedRequest(HttpRequest):
    """A request that knows when it was received (aware, UTC), from where, and its own name in the logs."""

    received_at: datetime
    client_address: str
    request_id: str


def announced(response: HttpResponse) -> HttpResponse:
    """Mark a refusal that somebody decided (a town suspended, a maintenance): it is no failure of ours."""
    response.lps_announced = True  # type: ignore[attr-defined]
    return response


def is_announced(response: HttpResponse) -> bool:
    """Whether it was marked so."""
    return bool(getattr(response, "lps_announced", False))
