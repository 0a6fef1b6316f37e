"""The worker's door: answers to lost codes, files to write, and what is forgotten at night."""

from lps.families import services
from lps.families.services import imports, letters, retention
from lps.families.wakeup import ANSWER, IMPORT, LETTERS, PURGE
from lps.kernel import clock
from tenants import context
from tenants.tasks import commune_task


@commune_task(name=ANSWER, ignore_result=True)
def answer_recoveries() -> None:
    """Send their links to those who asked: after each request, and at every tick of the minute."""
    services.answer_recoveries()


@commune_task(name=PURGE, ignore_result=True)
def purge() -> None:
    """Apply the terms promised to families: once a night. Twice forgets nothing more."""
    retention.apply_terms(today=clock.today(context.current().zone), now=clock.now())


@commune_task(name=IMPORT, ignore_result=True)
def write_imports() -> None:
    """Write the files that agents accepted: after each acceptance, and at every tick of the minute."""
    imports.write_accepted()


@commune_task(name=LETTERS, ignore_result=True)
def draw_letters() -> None:
    """Draw the letters that agents asked for: after each request, and at every tick of the minute."""
    letters.draw_asked()
