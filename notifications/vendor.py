"""Mails that the vendor's console sends its own operators: few, at once, without the outbox that communes have."""

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from notifications.addresses import clean_email
from notifications.faults import SENDING_ERRORS, fault_of
from notifications.render import compose
from tenants import context

log = logging.getLogger(__name__)


def send_now(*, to: str, template: str, facts: Mapping[str, Any]) -> bool:
    """Send one mail from the console, outside of any transaction; False when it did not leave, and the page says so.

    Raises `BadAddress`.
    """
    message_id = f"<{secrets.token_hex(16)}@{settings.LPS_CONSOLE_HOST}>"
    with context.public():
        mail = compose(to=clean_email(to), template=template, facts=facts, message_id=message_id)
    try:
        mail.send()
    except SENDING_ERRORS as error:
        log.warning("a mail of the console did not leave: %s", fault_of(error).code)
        return False
    return True
