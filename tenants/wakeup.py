"""After the commit, tell a worker that something waits in a commune. The minute's tick would find it anyway."""

import logging
from dataclasses import dataclass

from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from lps.kernel.causes import cause
from tenants import context
from tenants.tasks import send_to_commune

log = logging.getLogger(__name__)
_after_naming: list[str] = []


def register_after_naming(task: str) -> None:
    """Have a task of an app to the left run once a name that families hear was saved; called in its AppConfig."""
    if task not in _after_naming:
        _after_naming.append(task)


def named_after_commit() -> None:
    """A child, a service or the town was named, or named otherwise: once per transaction."""
    for task in _after_naming:
        wake_after_commit(task)


@dataclass(frozen=True, slots=True)
class Wake:
    """Ask for a commune's task to be run; a broker that is away costs a minute, not the action."""

    task: str
    slug: str
    rank: int = 0

    def send(self) -> None:
        """Give it to the broker. Django names a hook that fails by its qualified name: a method has one."""
        try:
            send_to_commune(task=self.task, slug=self.slug, app=current_app)
        except (OperationalError, OSError) as error:
            log.warning("no broker (%s): the next tick will do %s of %s", cause(error), self.task, self.slug)


def wake_again(task: str) -> None:
    """Ask for another turn of the commune entered, behind what waits for other communes."""
    Wake(task, context.current().slug).send()


def wake_after_commit(task: str, *, times: int = 1) -> None:
    """Send a task of the commune entered once what was written can be read: once per transaction.

    `times` sends it to so many workers, who share what waits.
    """
    for rank in range(times):
        wake = Wake(task, context.current().slug, rank)
        if not any(getattr(hook, "__self__", None) == wake for _, hook, *_ in connection.run_on_commit):
            transaction.on_commit(wake.send, robust=True)
