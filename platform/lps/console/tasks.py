"""The worker's door of the console: what was asked of whole communes."""

from lps.console import erasing, exporting, forgetting
from lps.console.wakeup import LIFE
from lps.kernel import clock
from tenants.tasks import registry_task


@registry_task(name=LIFE)
def life() -> None:
    """Make archives, remove what was kept long enough, erase what is due: after each request, and every minute."""
    exporting.make_asked()
    exporting.forget_old(now=clock.now())
    erasing.erase_due(now=clock.real_now())
    forgetting.forget_old(now=clock.real_now())
