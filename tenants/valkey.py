"""How this process asks Valkey. A server that hangs costs one wait: until it answers again, nothing else waits for it.

Each question that meets no answer waits its whole patience, and a page asks several. So the first one that waited in
vain has a thread of its own ask on, and all others fail at once meanwhile. One slow answer among others is no silence,
and a server that is away needs none of this: it is told at once.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache, RedisCacheClient

PAUSE = 1.0  # seconds between two tries of a server that is silent
log = logging.getLogger(__name__)


class Silent(redis.TimeoutError):
    """It was not asked: it has not answered for a while."""


class Silence:
    """What this process knows of one server, shared by its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lasts = False
        self._answered_at = 0.0

    @contextmanager
    def watched(self, ping: Callable[[], object]) -> Iterator[None]:
        """Around one question; raises `Silent` instead of asking a server that is silent; `ping` asks on."""
        if self._lasts:
            raise Silent("it has not answered for a while")
        asked_at = time.monotonic()
        try:
            yield
        except redis.TimeoutError:
            if self._answered_at < asked_at:  # nor did it answer anybody else meanwhile
                self._begin(ping)
            raise
        self._answered_at = time.monotonic()

    def _begin(self, ping: Callable[[], object]) -> None:
        with self._lock:
            if self._lasts:
                return
            self._lasts = True
        log.error("valkey is silent: nothing waits for it until it answers")
        threading.Thread(target=self._end, args=(ping,), name="valkey", daemon=True).start()

    def _end(self, ping: Callable[[], object]) -> None:
        """Ask until it answers, were it that it refuses us or is away."""
        while _is_silent(ping):
            time.sleep(PAUSE)
        self._lasts = False
        log.info("valkey is silent no more")


class Client(redis.Redis):
    """The library's own, which does not wait again and again for a server that hangs."""

    def execute_command(self, *words: Any, **options: Any) -> Any:
        """Ask one thing."""
        with _silence_of(_address(self)).watched(self._ping):
            return super().execute_command(*words, **options)  # type: ignore[no-untyped-call]

    def _ping(self) -> object:
        ponged: object = super().execute_command("PING")  # type: ignore[no-untyped-call]
        return ponged


class CacheClient(RedisCacheClient):
    """Django's, over our own client."""

    def __init__(self, *servers: Any, **options: Any) -> None:
        super().__init__(*servers, **options)
        self._client = Client


class Cache(RedisCache):
    """Django's cache on Valkey, over our own client."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = CacheClient


def _is_silent(ping: Callable[[], object]) -> bool:
    try:
        ping()
    except redis.TimeoutError:
        return True
    except (redis.RedisError, OSError):
        return False
    return False


def _address(client: redis.Redis) -> tuple[str, int]:
    where = client.connection_pool.connection_kwargs
    return str(where.get("host", where.get("path", ""))), int(where.get("port", 0))


@cache
def _silence_of(_address: tuple[str, int]) -> Silence:
    return Silence()


# A child has none of its parent's threads: it finds out by itself.
os.register_at_fork(after_in_child=_silence_of.cache_clear)
