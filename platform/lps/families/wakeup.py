"""After the commit, tell a worker that a request waits. The minute's tick would find it anyway."""

import logging
from dataclasses import dataclass

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from tenants import context
from tenants.tasks import send_to_commune

ANSWER = "families.answer_recoveries"
PURGE = "families.purge"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wake:
    """Ask for a commune's recovery requests to be answered; without a broker they wait a minute."""

    slug: str

    def __call__(self) -> None:
        try:
            send_to_commune(task=ANSWER, slug=self.slug, app=current_app)
        except (OperationalError, OSError) as error:
            log.warning("no broker (%s): the next tick will answer %s", type(error).__name__, self.slug)


def wake_after_commit() -> None:
    """Once what was written can be read by the worker."""
    transaction.on_commit(Wake(context.current().slug), robust=True)
