"""The least that a server can do for a page: run its statements, send its bytes. Served as the product is."""

import gzip
import json
import os
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from psycopg_pool import ConnectionPool


@cache
def _page() -> tuple[list[str], bytes]:
    facts = json.loads(Path(os.environ["BENCH_PAGE"]).read_text())
    return facts["statements"], facts["body"].encode()


@cache
def _pool() -> ConnectionPool[Any]:
    return ConnectionPool(os.environ["DATABASE_URL"], min_size=1, max_size=8, open=True)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Every request is the same page."""
    statements, body = _page()
    with _pool().connection() as connection:
        for statement in statements:
            done = connection.execute(statement.encode())
            if done.description:
                done.fetchall()
    packed = gzip.compress(body, compresslevel=6)
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "gzip")]
    start_response("200 OK", [*headers, ("Content-Length", str(len(packed)))])
    return [packed]
