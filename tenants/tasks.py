"""Tasks know their commune: it travels in the message's headers and is entered before the body runs.

So does the request that asked for them, for the lines of their logs.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from celery import Task, shared_task

from lps.kernel import log_context
from lps.kernel.metrics.counted import task_timed
from tenants import context, queries


class CommuneTask(Task[..., Any]):
    """A task that belongs to a commune: sent from inside one, refused without one."""

    abstract = True

    def apply_async(self, args: Any = None, kwargs: Any = None, *rest: Any, **options: Any) -> Any:
        headers = dict(options.pop("headers", None) or {})
        headers = {"commune": context.current().slug, **_asked_by(), **headers}
        return super().apply_async(args, kwargs, *rest, headers=headers, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        slug = _header(self.request, "commune")
        if not slug:
            raise context.NoCommune(f"{self.name} was sent without a commune")
        named = _told_as(self.name, commune=slug, request=_header(self.request, "request_id"))
        with named, task_timed(self.name), context.use(queries.commune_by_slug(slug=slug)):
            return self.run(*args, **kwargs)


def commune_task(*args: Any, **options: Any) -> Callable[..., Any]:
    """`shared_task` for a commune's work; usable with and without arguments."""
    if args and callable(args[0]):
        return shared_task(base=CommuneTask)(args[0])
    return shared_task(*args, base=CommuneTask, **options)


def send_to_commune(*, task: str, slug: str, app: Any, kwargs: dict[str, Any] | None = None) -> None:
    """Send a commune's task by name from outside of any commune (the tick)."""
    app.send_task(task, kwargs=kwargs or {}, headers={"commune": slug, **_asked_by()})


def registry_task(*, name: str) -> Callable[[Callable[..., Any]], Any]:
    """`shared_task` for the vendor's work: it runs in the public registry, explicitly."""

    def decorate(function: Callable[..., Any]) -> Any:
        @wraps(function)
        def in_registry(*args: Any, **kwargs: Any) -> Any:
            with _told_as(name), task_timed(name), context.public():
                return function(*args, **kwargs)

        return shared_task(name=name, ignore_result=True)(in_registry)

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
