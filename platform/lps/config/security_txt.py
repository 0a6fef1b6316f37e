"""`/.well-known/security.txt` (RFC 9116): whom to tell of a hole, on every host, whatever a commune's state."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from lps.kernel import clock

PATH = "/.well-known/security.txt"
# Who finds an older copy asks again: the RFC wants less than a year.
LIFE = timedelta(days=180)


class SecurityText:
    """Answers the file when somebody is to be told; else the page is unknown, like any other."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path != PATH or not settings.LPS_SECURITY_CONTACTS:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return HttpResponse(text(now=clock.real_now()), content_type="text/plain; charset=utf-8")


def text(*, now: datetime) -> str:
    """The file as it stands at `now` (aware, UTC): its end moves on once a day, so that copies of a day are alike."""
    ends_at = datetime.combine(now.date() + LIFE, time(), now.tzinfo)
    contacts = [f"Contact: {contact}" for contact in settings.LPS_SECURITY_CONTACTS]
    lines = [*contacts, f"Expires: {ends_at:%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: fr"]
    return "".join(f"{line}\n" for line in lines)
