"""A simulator in a thread, for the time of a test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import TypeVar

Served = TypeVar("Served", bound=ThreadingHTTPServer)


@contextmanager
def running(server: Served) -> Iterator[Served]:
    """The server answers inside the block, and is closed after it."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
