"""After the commit, tell a worker that something waits. The minute's tick would find it anyway."""

import logging
from dataclasses import dataclass

from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from tenants import context
from tenants.tasks import send_to_commune

# Tasks by name: services never import them.
DRAIN = "notifications.drain"
PURGE = "notifications.purge"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wake:
    """Ask for a commune's outbox to be drained; a broker that is away costs a minute, not the action."""

    slug: str

    def __call__(self) -> None:
        try:
            send_to_commune(task=DRAIN, slug=self.slug, app=current_app)
        except (OperationalError, OSError) as error:
            log.warning("no broker (%s): the next tick will drain %s", type(error).__name__, self.slug)


def wake_after_commit() -> None:
    """Once per transaction, however many messages it writes."""
    wake = Wake(context.current().slug)
    if not any(hook == wake for _, hook, *_ in connection.run_on_commit):
        transaction.on_commit(wake, robust=True)
