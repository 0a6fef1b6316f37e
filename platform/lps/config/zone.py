"""Pages show hours on the walls of their commune."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tenants import context

# The vendor's own pages.
CONSOLE_ZONE = ZoneInfo("Europe/Paris")


class CommuneZone:
    """Activates the zone of the commune entered; stands right after `CommuneMiddleware`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        commune = context.current_or_none()
        with timezone.override(commune.zone if commune else CONSOLE_ZONE):
            return self.get_response(request)
