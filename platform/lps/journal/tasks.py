"""The worker's door: the journal forgets at night."""

from lps.journal import retention
from lps.kernel import clock
from tenants.tasks import commune_task

PURGE = "journal.purge"


@commune_task(name=PURGE, ignore_result=True)
def purge() -> None:
    """Erase the entries of more than a year. Twice erases nothing more."""
    retention.forget_old_entries(now=clock.now())
