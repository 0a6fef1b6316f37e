"""Liveness, readiness and which names are ours, answered before the host is looked at and before anything is logged."""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import cast

import psycopg
import redis
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse

from lps.config import database
from lps.kernel.causes import cause
from tenants.middleware import answers_at
from tenants.storage.names import CommuneFiles

# For all parts together: they are asked at once, each in a thread of its own.
SECONDS = 3.0
# For a step of one part, shorter, so that its own error is told rather than ours.
STEP_SECONDS = 2
log = logging.getLogger(__name__)


class Health:
    """`/sante/vivant` says that the process answers, `/sante/pret` that all it needs does.

    `/sante/nom?domain=` tells a proxy that makes certificates on demand whether a name is served here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._parts = {name: _Part(name, check) for name, check in _CHECKS.items()}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/sante/vivant":
            return _answer({"vivant": True})
        if request.path == "/sante/pret":
            return _answer(self._readiness())
        if request.path == "/sante/nom":
            return _name(request.GET.get("domain", ""))
        return self.get_response(request)

    def _readiness(self) -> Mapping[str, bool]:
        deadline = time.monotonic() + SECONDS
        asked = {name: part.ask() for name, part in self._parts.items()}
        return {name: self._parts[name].answered(future, until=deadline) for name, future in asked.items()}


class _Part:
    """One thing that the product needs. One thread: a part that hangs holds up neither the others nor the page."""

    def __init__(self, name: str, check: Callable[[], object]) -> None:
        self._name = name
        self._check = check
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"health-{name}")

    def ask(self) -> Future[object]:
        return self._thread.submit(self._check)

    def answered(self, future: Future[object], *, until: float) -> bool:
        try:
            future.result(timeout=max(0.0, until - time.monotonic()))
        except (psycopg.Error, redis.RedisError, OSError) as error:  # TimeoutError, ours, is an OSError
            future.cancel()
            log.error("readiness: %s does not answer (%s)", self._name, cause(error))
            return False
        return True


def _answer(facts: Mapping[str, bool]) -> JsonResponse:
    status = 200 if all(facts.values()) else 503
    return JsonResponse(facts, status=status, headers={"Cache-Control": "no-store"})


def _name(domain: str) -> JsonResponse:
    """200 when the name is served here, 404 when it is not: no certificate is then asked for it."""
    try:
        served = answers_at(domain.lower().rstrip("."))
    except (DatabaseError, InterfaceError) as error:
        log.error("a name could not be looked for (%s)", cause(error))
        return _answer({"connu": False})
    return JsonResponse({"connu": served}, status=200 if served else 404, headers={"Cache-Control": "no-store"})


def _ask_database() -> None:
    with database.connect(seconds=STEP_SECONDS) as connection:
        connection.execute("SELECT 1")


def _ask_valkey(url: str) -> None:
    """A server that lost its disk still answers PING: ask it to write."""
    with redis.Redis.from_url(url, socket_timeout=STEP_SECONDS, socket_connect_timeout=STEP_SECONDS) as client:
        client.set("lps:readiness", "1", ex=60)


def _ask_storage() -> None:
    cast(CommuneFiles, default_storage).check_ready()


_CHECKS: Mapping[str, Callable[[], object]] = {
    "base": _ask_database,
    "cache": lambda: _ask_valkey(str(settings.CACHES["default"]["LOCATION"])),
    "courtier": lambda: _ask_valkey(settings.CELERY_BROKER_URL),
    "fichiers": _ask_storage,
}
