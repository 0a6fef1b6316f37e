"""The providers' door: a secret address per commune, words that may come late, twice, or from nobody."""

import hmac
import json
from collections.abc import Mapping
from typing import Any

from django.core.cache import cache
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from lps.kernel.requests import StampedRequest
from notifications import gateways, queries
from notifications.gateways.base import NotOurs, Receipt
from notifications.models import Blocked, SendingSettings
from notifications.services import blocking
from notifications.sms_delivery import apply_receipt

MOST_BYTES = 100_000
CALLS_A_MINUTE = 1200
_MAIL_WORDS = {
    "hardbounce": Blocked.Why.BOUNCE,
    "invalidemail": Blocked.Why.BOUNCE,
    "bounce": Blocked.Why.BOUNCE,
    "spam": Blocked.Why.COMPLAINT,
    "complaint": Blocked.Why.COMPLAINT,
}


@csrf_exempt
@require_http_methods(["GET", "POST"])
def provider(request: StampedRequest, token: str) -> HttpResponse:
    """A status of an SMS, or an answer STOP: believed under the commune's token alone, and bearing a second telling."""
    sending = _known(request, token)
    if isinstance(sending, HttpResponse):
        return sending
    try:
        told = gateways.gateway_of(sending).called_back(request.body, request.GET.dict())
    except (NotOurs, gateways.NoGateway):
        return HttpResponse(status=400)
    for one in told:
        if isinstance(one, Receipt):
            apply_receipt(one)
        else:
            blocking.stop_number(one.number)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def mail_provider(request: StampedRequest, token: str) -> HttpResponse:
    """An address that bounced or complained (Brevo's shape, `{"event", "email"}`): nothing more is sent to it."""
    sending = _known(request, token)
    if isinstance(sending, HttpResponse):
        return sending
    try:
        read = json.loads(request.body)
    except ValueError:
        return HttpResponse(status=400)
    events = read if isinstance(read, list) else [read]
    if not all(isinstance(event, dict) for event in events):
        return HttpResponse(status=400)
    for event in events[:100]:
        _mail_event(event)
    return HttpResponse(status=204)


def _mail_event(event: Mapping[str, Any]) -> None:
    word = str(event.get("event", "")).lower().replace("_", "").replace("-", "")
    if word in _MAIL_WORDS:
        blocking.block_address(str(event.get("email", ""))[:254], why=_MAIL_WORDS[word])


def _known(request: StampedRequest, token: str) -> SendingSettings | HttpResponse:
    """The settings that this token opens, or the answer of a stranger."""
    if _too_many(request):
        return HttpResponse(status=429)
    sending = queries.sending()
    given, kept = token.encode(), sending.webhook_token.encode()
    if not kept or not hmac.compare_digest(given, kept):
        return HttpResponse(status=404)
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        return HttpResponse(status=413)
    return sending


def _too_many(request: StampedRequest) -> bool:
    """A provider tells at most what the town sends: more than twenty a second from one address is an attack."""
    key = f"sms-provider:{request.client_address}"
    cache.add(key, 0, timeout=60)
    try:
        return int(cache.incr(key)) > CALLS_A_MINUTE
    except ValueError:  # it ended between the two lines
        return False
