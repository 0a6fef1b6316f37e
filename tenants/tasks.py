"""Tasks know their commune: it travels in the message's headers and is entered before the body runs."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from celery import Task, shared_task

from lps.kernel.metrics.counted import task_timed
from tenants import context, queries


class CommuneTask(Task[..., Any]):
    """A task that belongs to a commune: sent from inside one, refused without one."""

    abstract = True

    def apply_async(self, args: Any = None, kwargs: Any = None, *rest: Any, **options: Any) -> Any:
        headers = dict(options.pop("headers", None) or {})
        headers.setdefault("commune", context.current().slug)
        return super().apply_async(args, kwargs, *rest, headers=headers, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        slug = getattr(self.request, "commune", None) or (self.request.headers or {}).get("commune")
        if not slug:
            raise context.NoCommune(f"{self.name} was sent without a commune")
        with task_timed(self.name), context.use(queries.commune_by_slug(slug=slug)):
            return self.run(*args, **kwargs)


def commune_task(*args: Any, **options: Any) -> Callable[..., Any]:
    """`shared_task` for a commune's work; usable with and without arguments."""
    if args and callable(args[0]):
        return shared_task(base=CommuneTask)(args[0])
    return shared_task(*args, base=CommuneTask, **options)


def send_to_commune(*, task: str, slug: str, app: Any, kwargs: dict[str, Any] | None = None) -> None:
    """Send a commune's task by name from outside of any commune (the tick)."""
    app.send_task(task, kwargs=kwargs or {}, headers={"commune": slug})


def registry_task(*, name: str) -> Callable[[Callable[..., Any]], Any]:
    """`shared_task` for the vendor's work: it runs in the public registry, explicitly."""

    def decorate(function: Callable[..., Any]) -> Any:
        @wraps(function)
        def in_registry(*args: Any, **kwargs: Any) -> Any:
            with task_timed(name), context.public():
                return function(*args, **kwargs)

        return shared_task(name=name, ignore_result=True)(in_registry)

    return decorate
