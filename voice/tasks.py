"""What the telephone does by itself."""

from lps.kernel import clock
from tenants.tasks import commune_task
from voice.services.retention import purge
from voice.wakeup import PURGE


@commune_task(name=PURGE, ignore_result=True)
def purge_calls() -> int:
    """Forget the calls whose term has passed; returns how many."""
    return purge(now=clock.now())
