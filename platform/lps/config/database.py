"""A connection to the database beside Django's: for a question about the server itself."""

from collections.abc import Mapping
from typing import Any

import psycopg
from django.conf import settings


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
