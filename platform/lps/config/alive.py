"""The worker and the scheduler show that they turn (`lps.kernel.alive`): an orchestrator ends one that hangs.

A task that hangs stops no loop, and counts nothing before it ends: the worker tells of it while it lasts.
"""

import logging
from typing import Any

from celery import bootsteps
from celery.beat import PersistentScheduler
from celery.worker import state

from lps.kernel import alive
from lps.kernel.metrics.counted import OLDEST_TASK

LONG_SECONDS = 300.0  # what lasts longer is named in the logs, as often
LOOK_SECONDS = 15.0
log = logging.getLogger(__name__)


class ShowAlive(bootsteps.StartStopStep):
    """In the worker's own loop, which hands tasks over: a task that takes long does not stop it."""

    requires = ("celery.worker.components:Timer",)

    def start(self, worker: Any) -> None:
        """From the first moment, then at every beat."""
        alive.show()
        worker.timer.call_repeatedly(alive.EVERY_SECONDS, alive.show)


class TellLongTasks(bootsteps.StartStopStep):
    """How long the oldest task has lasted, for the figures; its name and its commune, for the logs."""

    requires = ("celery.worker.components:Timer",)

    def start(self, worker: Any) -> None:
        """Looked at by the worker's own loop."""
        worker.timer.call_repeatedly(LOOK_SECONDS, look_at_tasks)


def look_at_tasks() -> None:
    """Tell what the children of this worker have in their hands. A task is named once in each `LONG_SECONDS`."""
    oldest = 0.0
    for request in list(state.active_requests):
        oldest = max(oldest, request.seconds)
        if request.seconds > LONG_SECONDS and request.seconds % LONG_SECONDS < LOOK_SECONDS:
            with request.named():
                minutes, child = int(request.seconds // 60), request.worker_pid
                log.warning("the task %s lasts: %s minutes, in process %s", request.name, minutes, child)
    OLDEST_TASK.set(oldest)


class Scheduler(PersistentScheduler):
    """Celery's own, which shows each of its turns: one a minute at least, for there is a tick a minute."""

    def tick(self, *args: Any, **options: Any) -> Any:
        """One turn."""
        alive.show()
        return super().tick(*args, **options)
