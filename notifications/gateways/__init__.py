"""Doors to SMS providers: the one that the commune chose, under its own sealed credentials."""

import json
from collections.abc import Callable, Mapping

from django.conf import settings
from django.urls import reverse

from notifications.gateways.base import Gateway
from notifications.gateways.brevo import Brevo
from notifications.gateways.console import Console
from notifications.gateways.ovh import Ovh
from notifications.models import CREDENTIALS_PURPOSE, SendingSettings
from tenants import context, keys, queries

Provider = SendingSettings.Provider
# What each provider asks for, in the order of its adapter.
ASKED: Mapping[str, tuple[str, ...]] = {
    Provider.OVH: ("application_key", "application_secret", "consumer_key", "service"),
    Provider.BREVO: ("api_key",),
}


class NoGateway(Exception):
    """The commune chose no provider, or has not given its credentials."""


def gateway_of(sending: SendingSettings) -> Gateway:
    """The provider of a commune's settings; raises `NoGateway`."""
    if sending.provider == Provider.CONSOLE and console_exists():
        return Console(settings.LPS_DATA_DIR / "sms")
    given = credentials(sending)
    if sending.provider not in ASKED or any(not given.get(name) for name in ASKED[sending.provider]):
        raise NoGateway(sending.provider)
    return _MADE[sending.provider](given, sending)


def _ovh(given: Mapping[str, str], sending: SendingSettings) -> Gateway:
    return Ovh(
        application_key=given["application_key"],
        application_secret=given["application_secret"],
        consumer_key=given["consumer_key"],
        service=given["service"],
        base_url=settings.LPS_OVH_URL,
    )


def _brevo(given: Mapping[str, str], sending: SendingSettings) -> Gateway:
    return Brevo(given["api_key"], base_url=settings.LPS_BREVO_URL, callback=callback_url(sending))


_MADE: Mapping[str, Callable[[Mapping[str, str], SendingSettings], Gateway]] = {
    Provider.OVH: _ovh,
    Provider.BREVO: _brevo,
}


def callback_url(sending: SendingSettings) -> str:
    """Where the provider tells what becomes of each SMS; "" until the settings were saved once."""
    if not sending.webhook_token:
        return ""
    path = reverse("notifications:provider", args=[sending.webhook_token])
    return queries.url_of(context.current(), path)


def console_exists() -> bool:
    """A console swallows messages: production has none."""
    return not settings.PRODUCTION


def credentials(sending: SendingSettings) -> Mapping[str, str]:
    """What the provider asks for, in clear; empty when nothing was given."""
    if not sending.credentials:
        return {}
    opened = json.loads(keys.decrypt(sending.credentials, purpose=CREDENTIALS_PURPOSE))
    return {str(name): str(value) for name, value in opened.items()}
