"""The console's tasks by name: services never import them."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from lps.kernel.causes import cause

LIFE = "console.life"
log = logging.getLogger(__name__)


def wake_after_commit() -> None:
    """Ask a worker to look at what was asked; without a broker the next minute does."""
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    try:
        current_app.send_task(LIFE)
    except (OperationalError, OSError) as error:
        log.warning("no broker (%s): the next minute will do it", cause(error))
