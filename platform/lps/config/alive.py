"""The worker and the scheduler show that they turn (`lps.kernel.alive`): an orchestrator ends one that hangs."""

from typing import Any

from celery import bootsteps
from celery.beat import PersistentScheduler

from lps.kernel import alive


class ShowAlive(bootsteps.StartStopStep):
    """In the worker's own loop, which hands tasks over: a task that takes long does not stop it."""

    requires = ("celery.worker.components:Timer",)

    def start(self, worker: Any) -> None:
        """From the first moment, then at every beat."""
        alive.show()
        worker.timer.call_repeatedly(alive.EVERY_SECONDS, alive.show)


class Scheduler(PersistentScheduler):
    """Celery's own, which shows each of its turns: one a minute at least, for there is a tick a minute."""

    def tick(self, *args: Any, **options: Any) -> Any:
        """One turn."""
        alive.show()
        return super().tick(*args, **options)
