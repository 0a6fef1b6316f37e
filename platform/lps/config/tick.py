"""The tick of the minute: each commune is told the time, and its own zone says what is due."""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from celery import current_app
from django.core.cache import cache
from kombu.exceptions import OperationalError

from billing.wakeup import BUNDLES, INVOICES, POLL, QUOTIENTS, REMINDERS, RUNS
from billing.wakeup import PURGE as PURGE_BILLING
from booking import tasks as booking
from booking.wakeup import BOOK, CLOSURES, EXTEND, REMIND
from booking.wakeup import PURGE as PURGE_BOOKINGS
from lps.accounts import tasks as accounts
from lps.families import wakeup as families
from lps.journal import tasks as journal
from lps.kernel import clock
from notifications.wakeup import ASK_BACK, DRAIN, PURGE, QUEUE_CAMPAIGNS, READ_STOPS, SEND_SMS
from tenants import offers, queries
from tenants.models import Commune
from tenants.tasks import registry_task, send_to_commune
from voice.wakeup import ASK as ASK_FOR_PIECES
from voice.wakeup import PURGE as PURGE_CALLS

LATE = timedelta(hours=12)  # a night's work is not begun in the next afternoon
LAST_TICK = "tick:last"  # the true instant (POSIX) at which the last one ended, for the metrics
MARKED = timedelta(hours=36)  # longer than a day of 25 hours and `LATE`
# A commune's nightly tasks keep their order: all are as late as it is.
NIGHT, MORNING = timedelta(hours=1), timedelta(minutes=30)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """A commune's task: at every minute, or once a day from this time of the commune's own day.

    The daily one is sent at the first tick at or after its time, so a tick that was missed loses
    nothing. It is sent once, unless the cache forgets its marks: such a task must bear a second run.
    """

    task: str
    at: time | None = None
    # Communes have their runs one after the other, each always at the same moment of so long a time.
    within: timedelta = timedelta(0)

    def day(self, *, now: datetime, zone: ZoneInfo, share: float = 0) -> date | None:
        """The commune's day whose run is due at `now` (aware), late by less than `LATE`; None if none is.

        `share` is the commune's place between the first moment (0) and the last (1).

        A time that the clocks jump over in spring comes when they have jumped; one that they show
        twice in autumn comes the first time.
        """
        if self.at is None:
            return None
        today = now.astimezone(zone).date()
        for day in (today, today - timedelta(days=1)):
            begins = datetime.combine(day, self.at, zone).astimezone(UTC) + self.within * share
            since = now.astimezone(UTC) - begins
            if timedelta(0) <= since < LATE:
                return day
        return None


SCHEDULE = (
    Due(DRAIN),
    Due(READ_STOPS),  # before the campaigns: who stopped is not written to
    Due(QUEUE_CAMPAIGNS),
    Due(SEND_SMS),
    Due(ASK_BACK),
    Due(families.ANSWER),
    Due(families.IMPORT),
    Due(families.LETTERS),
    Due(booking.MOVE_LISTS),
    Due(BOOK),
    Due(CLOSURES),
    Due(REMINDERS),
    Due(RUNS),
    Due(INVOICES),
    Due(BUNDLES),
    Due(POLL),
    Due(PURGE, at=time(3, 15), within=NIGHT),
    Due(accounts.PURGE, at=time(3, 20), within=NIGHT),
    Due(families.PURGE, at=time(3, 25), within=NIGHT),
    Due(PURGE_BOOKINGS, at=time(3, 30), within=NIGHT),
    Due(PURGE_BILLING, at=time(3, 32), within=NIGHT),
    Due(PURGE_CALLS, at=time(3, 33), within=NIGHT),
    Due(ASK_FOR_PIECES, at=time(3, 34), within=NIGHT),
    Due(journal.PURGE, at=time(3, 35), within=NIGHT),
    Due(EXTEND, at=time(3, 40), within=NIGHT),
    Due(journal.SWEEP, at=time(3, 45), within=NIGHT),  # after all that deletes rows and forgets their files
    Due(QUOTIENTS, at=time(8, 30), within=MORNING),
    Due(REMIND, at=time(9), within=MORNING),
)


@registry_task(name="lps.tick")
def tick() -> int:
    """Send what is due in this minute to every open commune; returns how many tasks were sent."""
    now, sent = clock.now(), 0
    communes = _in_turn(queries.open_communes(), now)
    for due in SCHEDULE:  # each town's mails before any town's lists
        for commune in communes:
            sent += _send(due, commune, now)
    cache.set(LAST_TICK, clock.real_now().timestamp(), timeout=None)
    log.info("tick: %s tasks sent", sent)
    return sent


def _in_turn(communes: list[Commune], now: datetime) -> list[Commune]:
    """Another one is the first at each minute: none is always the last."""
    first = int(now.timestamp() // 60) % max(len(communes), 1)
    return communes[first:] + communes[:first]


def share_of(commune: Commune) -> float:
    """Its place among the communes of a window, the same for ever: its key is random."""
    share: float = commune.pk.int / (1 << 128)
    return share


def _send(due: Due, commune: Commune, now: datetime) -> bool:
    """Send one task if it is due and was not sent yet; a broker that is away leaves it to the next tick."""
    if offers.holds(commune, due.task):
        return False
    if due.at is None:
        return send_to_commune(task=due.task, slug=commune.slug, app=current_app)
    day = due.day(now=now, zone=commune.zone, share=share_of(commune))
    mark = f"tick:{commune.pk.hex}:{due.task}:{day}"
    if day is None or not cache.add(mark, True, timeout=int(MARKED.total_seconds())):
        return False
    try:
        send_to_commune(task=due.task, slug=commune.slug, app=current_app)
    except (OperationalError, OSError):
        cache.delete(mark)
        raise
    return True
