"""A connection to the database beside Django's, for a question about the server itself; and dead ones in its pool."""

import time
from collections.abc import Mapping
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

_FORGET_EVERY = 10.0
_forgotten_at = -_FORGET_EVERY


def connect(*, seconds: int) -> psycopg.Connection:
    """Open a connection outside of the pool, in at most `seconds`; raises `psycopg.Error`."""
    database: Mapping[str, Any] = settings.DATABASES["default"]
    options = {name: value for name, value in database["OPTIONS"].items() if name != "pool"}
    return psycopg.connect(
        host=database["HOST"],
        port=database["PORT"] or None,
        user=database["USER"],
        password=database["PASSWORD"],
        dbname=database["NAME"],
        connect_timeout=seconds,
        **options,
    )


def forget_dead_connections() -> None:
    """Let the pool of this process connect again, after a failure that left this thread without a connection.

    The pool tries its dead connections one by one, with longer and longer pauses: longer than a page may wait. Not
    more often than every ten seconds: a server that is merely busy would get all the connections again.
    """
    global _forgotten_at  # a process has one pool
    pool, now = getattr(connection, "pool", None), time.monotonic()
    is_lost = connection.connection is None or connection.connection.closed
    if pool is not None and is_lost and now - _forgotten_at >= _FORGET_EVERY:
        _forgotten_at = now
        pool.drain()
