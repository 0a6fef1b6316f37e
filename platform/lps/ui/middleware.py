"""What every answer carries, whoever wrote it: where a page may load from, and who may keep it."""

from collections.abc import Callable, Iterable, Mapping

from django.http import HttpRequest
from django.http.response import HttpResponseBase

POLICY: Mapping[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'", "data:"),
    "font-src": ("'self'",),
    "connect-src": ("'self'",),
    "media-src": ("'self'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
    "base-uri": ("'none'",),
    "manifest-src": ("'self'",),
}
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "microphone", "usb")
)
PRIVATE = "private, no-store"

Respond = Callable[[HttpRequest], HttpResponseBase]


class SecurityHeaders:
    """Adds the safety headers; a page is kept by no cache unless its view says otherwise.

    A view that sends its form elsewhere, or shows a page of another origin, names it on its response:
    `response.csp_origins = {"form-action": ["https://www.tipi.budget.gouv.fr"]}`.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        origins: Mapping[str, Iterable[str]] = getattr(response, "csp_origins", {})
        headers = response.headers
        headers.setdefault("Content-Security-Policy", content_security_policy(origins=origins))
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", PERMISSIONS)
        # No page of another host, another town's among them, shows a picture or a file of this one.
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if headers.get("Content-Type", "").startswith("text/html"):
            headers.setdefault("Cache-Control", PRIVATE)
        return response


def content_security_policy(*, origins: Mapping[str, Iterable[str]]) -> str:
    """The house policy with a view's own origins; raise KeyError for a directive it does not hold."""
    unknown = set(origins) - set(POLICY)
    if unknown:
        raise KeyError(f"no such directive in the policy: {', '.join(sorted(unknown))}")
    return "; ".join(f"{name} {' '.join(_sources(own, origins.get(name, ())))}" for name, own in POLICY.items())


def _sources(own: Iterable[str], added: Iterable[str]) -> list[str]:
    """'none' stands alone: it goes as soon as an origin is added."""
    more = list(added)
    return [source for source in own if not (more and source == "'none'")] + more
