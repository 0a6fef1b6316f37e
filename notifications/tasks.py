"""The worker's door to the outbox."""

from notifications import delivery
from notifications.wakeup import DRAIN
from tenants.tasks import commune_task


@commune_task(name=DRAIN, ignore_result=True)
def drain() -> None:
    """Send what is due in the commune: after a commit, and at every tick of the minute."""
    delivery.drain()
