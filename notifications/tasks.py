"""The worker's door to the outbox."""

import logging

from lps.kernel import clock
from notifications import delivery, services
from notifications.wakeup import DRAIN, PURGE
from tenants.tasks import commune_task

log = logging.getLogger(__name__)


@commune_task(name=DRAIN, ignore_result=True)
def drain() -> None:
    """Send what is due in the commune: after a commit, and at every tick of the minute."""
    done = delivery.drain()
    if done.sent or done.failed:
        log.info("%s messages sent, %s not", done.sent, done.failed)


@commune_task(name=PURGE, ignore_result=True)
def purge() -> None:
    """Erase what was sent more than sixty days ago: once a night. Running it twice erases nothing more."""
    log.info("%s messages purged", services.purge(now=clock.now()))
