"""Tasks know their commune: it travels in the message's headers and is entered before the body runs.

So does the request that asked for them, for the lines of their logs.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from typing import Any

from billiard.einfo import ExceptionInfo
from celery import Task, shared_task
from celery.exceptions import WorkerLostError
from celery.worker.request import Request
from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeout

from lps.kernel import log_context
from lps.kernel.metrics.counted import task_lost, task_timed
from tenants import context, offers, queries
from tenants.models import CommuneState

# Two, because some tasks share their work between two workers.
WAITING_AT_MOST = 2
# A worker that died with the task in its hands keeps the place for so long.
WAITING_SECONDS = 120
log = logging.getLogger(__name__)


class ToldRequest(Request):
    """A task in a worker's hands, as its parent sees it: when the child that does it dies, nobody else tells.

    Killed for want of memory, by its own fault or by the time limit, it is not tried again by itself: what is due comes
    back with the tick.
    """

    def on_failure(self, exc_info: ExceptionInfo, send_failed_event: bool = True, return_ok: bool = False) -> Any:
        with self.named():
            if _is_loss(exc_info.exception):
                self.lose()
            return super().on_failure(exc_info, send_failed_event, return_ok)

    def on_timeout(self, soft: bool, timeout: float) -> None:
        with self.named():
            if not soft:
                self.lose()
            super().on_timeout(soft, timeout)

    @property
    def seconds(self) -> float:
        """Since when a child has it; 0 before one has."""
        return time.time() - self.time_start if self.time_start else 0.0

    def lose(self) -> None:
        """Tell it, and count it; why its process has gone, Celery says in the next line."""
        log.error("the task %s is lost after %s s: its process is gone", self.name, round(self.seconds))
        task_lost(self.name, seconds=self.seconds)

    def named(self) -> AbstractContextManager[None]:
        """The lines told inside bear its commune, and the request that asked for it."""
        told = self.request_dict
        return _told_as(self.name, commune=told.get("commune") or "-", request=told.get("request_id"))


def _is_loss(error: BaseException | None) -> bool:
    """Whether the child has gone: it says so itself when it is told to end, its parent says it otherwise."""
    return isinstance(getattr(error, "exc", error), WorkerLostError | SystemExit | KeyboardInterrupt)


class RegistryTask(Task[..., Any]):
    """A task of the vendor's."""

    abstract = True
    Request = ToldRequest  # type: ignore[assignment]  # stubs know of its dotted path alone


class CommuneTask(Task[..., Any]):
    """A task that belongs to a commune: sent from inside one, refused without one."""

    abstract = True
    Request = ToldRequest  # type: ignore[assignment]  # stubs know of its dotted path alone

    def apply_async(self, args: Any = None, kwargs: Any = None, *rest: Any, **options: Any) -> Any:
        headers = dict(options.pop("headers", None) or {})
        headers = {"commune": context.current().slug, **_asked_by(), **headers}
        return super().apply_async(args, kwargs, *rest, headers=headers, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        slug = _header(self.request, "commune")
        if not slug:
            raise context.NoCommune(f"{self.name} was sent without a commune")
        _begin(_header(self.request, "waiting") or "")
        commune = queries.commune_by_slug(slug=slug)
        named = _told_as(self.name, commune=slug, request=_header(self.request, "request_id"))
        if commune.state == CommuneState.ERASED:  # it was queued before: there is nothing left to do it to
            return None
        if offers.holds(commune, self.name):  # what it finds is found again once the service is open
            return None
        with named, task_timed(self.name), context.use(commune):
            return self.run(*args, **kwargs)


def commune_task(*args: Any, **options: Any) -> Callable[..., Any]:
    """`shared_task` for a commune's work; usable with and without arguments."""
    if args and callable(args[0]):
        return shared_task(base=CommuneTask)(args[0])
    return shared_task(*args, base=CommuneTask, **options)


def send_to_commune(*, task: str, slug: str, app: Any, kwargs: dict[str, Any] | None = None) -> bool:
    """Send a commune's task by name from outside of any commune (the tick).

    A task without arguments does all that it finds: when `WAITING_AT_MOST` of a commune wait for a worker, one
    more would find nothing, and false is returned. So a town that writes ten thousand messages is as long in the
    queue as one that writes two.
    """
    headers, mark = {"commune": slug, **_asked_by()}, ""
    if not kwargs:
        free = next((slot for slot in range(WAITING_AT_MOST) if _is_free(task, slug, slot)), None)
        if free is None:
            return False
        mark = headers["waiting"] = _mark(task, slug, free)
    try:
        app.send_task(task, kwargs=kwargs or {}, headers=headers)
    except (OperationalError, OSError):
        _begin(mark)
        raise
    return True


def _mark(task: str, slug: str, slot: int) -> str:
    return f"waiting:{slug}:{task}:{slot}"


def _is_free(task: str, slug: str, slot: int) -> bool:
    """Take a place in the queue; without the cache there is one for everybody.

    A cache that hangs is no broker either: what is asked there would wait as well, and longer.
    """
    with context.public():
        try:
            return bool(cache.add(_mark(task, slug, slot), True, timeout=WAITING_SECONDS))
        except RedisTimeout as error:
            raise OperationalError(str(error)) from error
        except (RedisError, OSError):
            return True


def _begin(mark: str) -> None:
    """Leave the queue, before anything is read: what is written from now on asks for another turn."""
    if not mark:
        return
    with context.public():
        try:
            cache.delete(mark)
        except (RedisError, OSError) as error:
            log.warning("a place in the queue stays taken for two minutes (%s)", type(error).__name__)


def registry_task(*, name: str) -> Callable[[Callable[..., Any]], Any]:
    """`shared_task` for the vendor's work: it runs in the public registry, explicitly."""

    def decorate(function: Callable[..., Any]) -> Any:
        @wraps(function)
        def in_registry(*args: Any, **kwargs: Any) -> Any:
            with _told_as(name), task_timed(name), context.public():
                return function(*args, **kwargs)

        return shared_task(base=RegistryTask, name=name, ignore_result=True)(in_registry)

    return decorate


def _asked_by() -> dict[str, str]:
    """The request or the call that is being answered, if one is."""
    asking = log_context.request_id.get()
    return {} if asking == "-" else {"request_id": asking}


def _header(request: Any, name: str) -> str | None:
    found: str | None = getattr(request, name, None) or (request.headers or {}).get(name)
    return found


@contextmanager
def _told_as(name: str, *, commune: str = "-", request: str | None = None) -> Iterator[None]:
    """Name what the logs tell inside. After a failure the names stay until the next task: Celery tells it then."""
    named = (
        (log_context.task_name, name),
        (log_context.commune_slug, commune),
        (log_context.request_id, request or log_context.new_id()),
    )
    tokens = [(variable, variable.set(value)) for variable, value in named]
    yield
    for variable, token in tokens:
        variable.reset(token)
