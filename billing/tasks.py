"""The worker's door: letters to draw, and what is forgotten at night."""

from billing.services import asking, bundles, documents, quotient_warnings, reminders, retention, work
from billing.wakeup import BUNDLES, INVOICES, POLL, PURGE, QUOTIENTS, REMINDERS, RUNS
from lps.kernel import clock
from tenants import context
from tenants.tasks import commune_task


@commune_task(name=REMINDERS, ignore_result=True)
def draw_reminders() -> None:
    """Draw the reminders' letters that agents asked for: after each sending, and at every tick of the minute."""
    reminders.draw_asked()


@commune_task(name=RUNS, ignore_result=True)
def work_on_runs() -> None:
    """Compute and publish the runs that agents asked for: after each request, and at every tick of the minute."""
    work.work_asked()


@commune_task(name=INVOICES, ignore_result=True)
def draw_invoices() -> None:
    """Draw the PDF of invoices just published: at every tick of the minute, some hundreds at a time."""
    documents.draw_missing()


@commune_task(name=BUNDLES, ignore_result=True)
def bundle_papers() -> None:
    """Put a run's papers together for agents: after each request, a file a turn, and at every tick of the minute."""
    bundles.make_asked()


@commune_task(name=POLL, ignore_result=True)
def poll_payments() -> None:
    """Ask the Treasury of the payments online that are due: at every tick of the minute, each every five minutes."""
    asking.poll()


@commune_task(name=QUOTIENTS, ignore_result=True)
def warn_quotients() -> None:
    """Tell families that their quotient ends, or is missing: once a morning. Twice tells nobody again."""
    quotient_warnings.warn(today=clock.today(context.current().zone), at=clock.now())


@commune_task(name=PURGE, ignore_result=True)
def purge() -> None:
    """Take names off accounting pieces past their term: once a night. Twice takes nothing more."""
    retention.apply_terms(today=clock.today(context.current().zone), now=clock.now())
