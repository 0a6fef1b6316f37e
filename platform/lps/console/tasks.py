"""The worker's door of the console: what was asked of whole communes."""

from lps.console import exporting
from lps.console.wakeup import LIFE
from lps.kernel import clock
from tenants.tasks import registry_task


@registry_task(name=LIFE)
def life() -> None:
    """Make the archives asked for, and remove those kept long enough: after each request, and every minute."""
    exporting.make_asked()
    exporting.forget_old(now=clock.now())
