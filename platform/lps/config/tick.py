"""The tick of the minute: each commune is told the time, and its own zone says what is due."""

import logging
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from celery import current_app

from lps.kernel import clock
from notifications.wakeup import DRAIN
from tenants import queries
from tenants.tasks import registry_task, send_to_commune

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """A commune's task: at every minute, or once a day at this time of the commune's own day."""

    task: str
    at: time | None = None

    def is_due(self, *, now: datetime, zone: ZoneInfo) -> bool:
        """Whether the minute of `now` (aware) is the task's, on the walls of `zone`."""
        wall = now.astimezone(zone)
        return self.at is None or (wall.hour, wall.minute) == (self.at.hour, self.at.minute)


SCHEDULE = (Due(DRAIN),)


@registry_task(name="lps.tick")
def tick() -> int:
    """Send what is due in this minute to every open commune; returns how many tasks were sent."""
    now, sent = clock.now(), 0
    for commune in queries.open_communes():
        for due in SCHEDULE:
            if due.is_due(now=now, zone=commune.zone):
                send_to_commune(task=due.task, slug=commune.slug, app=current_app)
                sent += 1
    log.info("tick: %s tasks sent", sent)
    return sent
