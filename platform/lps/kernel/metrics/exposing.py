"""`/metrics`, on a port of its own: never on the door of the public, and on the loopback unless told otherwise.

One port for all the processes of a server: the parent answers for its children, whose counts it reads in their folder.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from lps.kernel import clock

__all__ = ("Collector", "GaugeMetricFamily", "Started", "expose", "forget")

LOOPBACK = "127.0.0.1"
log = logging.getLogger(__name__)


class Started(Collector):
    """Since when which kind of process runs."""

    def __init__(self, process: str) -> None:
        self._process, self._at = process, clock.real_now().timestamp()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The one gauge."""
        family = GaugeMetricFamily("lps_started_timestamp_seconds", "Since when this server runs.", labels=("process",))
        family.add_metric((self._process,), self._at)
        yield family


def expose(process: str, *, more: Iterable[Collector] = ()) -> WSGIServer | None:
    """Answer `/metrics` on `LPS_METRICS_PORT`; without it, nothing.

    `process` is web, worker, scheduler or voice; `more` is asked at each reading. A port that cannot be had is told
    to the logs, and to whoever watches by the process's absence: families are served all the same.
    """
    port = os.environ.get("LPS_METRICS_PORT", "")
    if not port:
        return None
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    for collector in (Started(process), *more):
        registry.register(collector)
    host = os.environ.get("LPS_METRICS_HOST", LOOPBACK)
    try:
        server, _thread = start_http_server(int(port), addr=host, registry=registry)
    except OSError as error:
        log.error("no metrics of %s: %s:%s (LPS_METRICS_PORT) cannot be had (%s)", process, host, port, error.strerror)
        return None
    log.info("metrics of %s on http://%s:%s/metrics", process, host, server.server_port)
    return server


def forget(pid: int) -> None:
    """A child has ended: what it counted stays, its part of what stands now does not."""
    if os.environ.get("LPS_METRICS_PORT"):
        mark_process_dead(pid)  # type: ignore[no-untyped-call]
