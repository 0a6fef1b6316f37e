"""The worker's door: the journal forgets at night, and files that nothing tells of go."""

from lps.journal import retention
from lps.kernel import clock
from tenants import context, orphans
from tenants.tasks import commune_task

PURGE = "journal.purge"
SWEEP = "journal.sweep_files"
SUNDAY = 6


@commune_task(name=PURGE, ignore_result=True)
def purge() -> None:
    """Erase the entries of more than a year. Twice erases nothing more."""
    retention.forget_old_entries(now=clock.now())


@commune_task(name=SWEEP, ignore_result=True)
def sweep_files() -> None:
    """On Sundays: delete the files that no row names, and tell the journal how many. Twice deletes nothing more."""
    if clock.today(context.current().zone).weekday() == SUNDAY:
        deleted = orphans.sweep(now=clock.real_now())
        retention.report({"orphan_files": deleted}, at=clock.now())
