"""The worker's door: letters to draw."""

from billing.services import reminders
from billing.wakeup import REMINDERS
from tenants.tasks import commune_task


@commune_task(name=REMINDERS, ignore_result=True)
def draw_reminders() -> None:
    """Draw the reminders' letters that agents asked for: after each sending, and at every tick of the minute."""
    reminders.draw_asked()
