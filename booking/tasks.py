"""The worker's door: the days of the weeks ahead at night, waiting lists and préinscriptions every minute."""

import logging

from booking.services import campaigns, closure_work, reminding, retention, waiting
from booking.services.days import extend_days
from booking.wakeup import BOOK, CLOSURES, EXTEND, PURGE, REMIND
from lps.kernel import clock
from tenants import context
from tenants.tasks import commune_task

MOVE_LISTS = "booking.move_waiting_lists"
log = logging.getLogger(__name__)


@commune_task(name=EXTEND, ignore_result=True)
def extend() -> None:
    """Make the days that the patterns, the calendar and the closures want from today on. Twice is once."""
    done = extend_days(today=clock.today(context.current().zone))
    if done.made or done.opened or done.closed:
        log.info("days: %s made, %s opened, %s closed", done.made, done.opened, done.closed)
    if done.kept:
        log.warning("days: %s stay open for their bookings though the patterns close them", len(done.kept))


@commune_task(name=MOVE_LISTS, ignore_result=True)
def move_lists() -> None:
    """Every minute: offers that ran out, lists past their deadline, places to offer. Twice is once."""
    offered = waiting.move_lists(at=clock.now())
    if offered:
        log.info("waiting lists: %s places offered", offered)


@commune_task(name=BOOK, ignore_result=True)
def book_pre_registrations() -> None:
    """Make the bookings of the préinscriptions decided: after each decision, and at every tick of the minute."""
    done = campaigns.book_asked(at=clock.now())
    if done:
        log.info("pre-registrations: %s brought to bookings", done)


@commune_task(name=CLOSURES, ignore_result=True)
def close_days() -> None:
    """Close the days, and undo the closures, that agents asked for: after each request, and at every minute."""
    closure_work.work_asked()


@commune_task(name=REMIND, ignore_result=True)
def remind_of_deadlines() -> None:
    """Once a morning: tell the families whose deadline is tomorrow and whose week looks forgotten. Twice is once."""
    log.info("deadlines: %s reminders written", reminding.remind(now=clock.now()))


@commune_task(name=PURGE, ignore_result=True)
def purge() -> None:
    """Erase what is older than the last school year: once a night. Twice erases nothing more."""
    retention.apply_terms(today=clock.today(context.current().zone), now=clock.now())
