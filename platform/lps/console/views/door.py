"""The operators' door."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from lps.accounts.doors import CONSOLE
from lps.accounts.requests import DoorRequest
from lps.accounts.views import door as door_views
from lps.journal.channels import Channel


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: DoorRequest) -> HttpResponse:
    """E-mail, password and one-time code."""
    return door_views.sign_in(request, door=CONSOLE, template="console/sign_in.html", channel=Channel.WEB)


@require_POST
def sign_out(request: DoorRequest) -> HttpResponse:
    """End the operator's session."""
    return door_views.sign_out(request, door=CONSOLE, channel=Channel.WEB)
