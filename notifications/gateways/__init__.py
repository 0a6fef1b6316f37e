"""Doors to SMS providers: the one that the commune chose, under its own sealed credentials."""

import json
from collections.abc import Mapping

from django.conf import settings

from notifications.gateways.base import Gateway
from notifications.gateways.console import Console
from notifications.models import CREDENTIALS_PURPOSE, SendingSettings
from tenants import keys

Provider = SendingSettings.Provider


class NoGateway(Exception):
    """The commune chose no provider, or has not given its credentials."""


def gateway_of(sending: SendingSettings) -> Gateway:
    """The provider of a commune's settings; raises `NoGateway`."""
    if sending.provider == Provider.CONSOLE and console_exists():
        return Console(settings.LPS_DATA_DIR / "sms")
    raise NoGateway(sending.provider)


def console_exists() -> bool:
    """A console swallows messages: production has none."""
    return not settings.PRODUCTION


def credentials(sending: SendingSettings) -> Mapping[str, str]:
    """What the provider asks for, in clear; empty when nothing was given."""
    if not sending.credentials:
        return {}
    opened = json.loads(keys.decrypt(sending.credentials, purpose=CREDENTIALS_PURPOSE))
    return {str(name): str(value) for name, value in opened.items()}
