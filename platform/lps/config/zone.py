"""Pages show hours on the walls of their commune."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from tenants import context

# The vendor's own pages.
CONSOLE_ZONE = ZoneInfo("Europe/Paris")


class CommuneZone:
    """Activates the zone of the commune entered; stands right after `CommuneMiddleware`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        commune = context.current_or_none()
        zone = commune.zone if commune else CONSOLE_ZONE
        # Said once here, the language is not searched for at each of the hundred sentences of a page.
        with timezone.override(zone), translation.override(settings.LANGUAGE_CODE):
            return self.get_response(request)
