"""What waits in the towns of a cell, asked by the scheduler, of which there is one: true also when workers are dead.

Each commune is entered for two short statements, at most once in `EVERY_SECONDS` whatever reads; the towns are summed,
so that no series names one. A town that cannot be read is counted and hides no other.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import cast

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connection, transaction

from billing import online
from lps.config.tick import LAST_TICK
from lps.kernel import clock
from lps.kernel.causes import cause
from lps.kernel.metrics.exposing import Collector, GaugeMetricFamily
from notifications import queries as messages
from tenants import context, queries
from tenants.fleet import versions
from tenants.models import Commune

EVERY_SECONDS = 15.0
LONGEST_MILLISECONDS = 2000  # of one statement: a schema under migration is locked
BROKER_SECONDS = 2.0
NAMED = 10  # of those behind the code, in one line
log = logging.getLogger(__name__)

_FAMILIES = {
    "lps_fleet_readable": ("Whether the database and the broker answer the scheduler.", ("part",)),
    "lps_communes": ("Communes of the cell, by state.", ("state",)),
    "lps_communes_unread": ("Communes in service that could not be read.", ()),
    "lps_communes_behind": ("Communes whose schema misses a migration of this code.", ()),
    "lps_outbox_messages": (
        "Messages that wait, by kind: due, later, tried before, in a worker's hands.",
        ("kind", "state"),
    ),
    "lps_outbox_oldest_seconds": ("For how long the oldest message has been due.", ("kind",)),
    "lps_payments_open": ("Payments online whose end the Treasury has not told yet.", ()),
    "lps_payments_oldest_seconds": ("For how long the oldest of them has been overdue to be asked about.", ()),
    "lps_queue_tasks": ("Tasks in the broker that no worker has taken, by queue.", ("queue",)),
    "lps_tick_timestamp_seconds": ("When the tick of the minute last ended; 0 when none is known.", ()),
}
Families = dict[str, GaugeMetricFamily]


@dataclass(slots=True)
class Waiting:
    """What waits, all communes together."""

    messages: Counter[tuple[str, str]] = field(default_factory=Counter)
    oldest_message: dict[str, float] = field(default_factory=dict)
    payments: int = 0
    oldest_payment: float = 0.0
    unread: int = 0


class Fleet(Collector):
    """Asked at each reading of `/metrics`; the answer is kept a few seconds."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._read_at = -EVERY_SECONDS
        self._families: list[GaugeMetricFamily] = []

    def describe(self) -> list[GaugeMetricFamily]:
        """The names, without asking anything."""
        return list(_empty().values())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every family, with what could be read."""
        with self._lock:
            if time.monotonic() - self._read_at >= EVERY_SECONDS:
                self._families, self._read_at = list(read().values()), time.monotonic()
            found = self._families
        yield from found


def read() -> Families:
    """Ask the database and the broker; what does not answer is said by `lps_fleet_readable` and left out."""
    families = _empty()
    for part, ask in (("database", _ask_database), ("broker", _ask_broker)):
        try:
            ask(families)
        except (DatabaseError, InterfaceError, redis.RedisError, OSError) as error:
            log.error("metrics: %s does not answer (%s)", part, cause(error))
            families["lps_fleet_readable"].add_metric((part,), 0)
        else:
            families["lps_fleet_readable"].add_metric((part,), 1)
    return families


def _empty() -> Families:
    return {name: GaugeMetricFamily(name, words, labels=labels) for name, (words, labels) in _FAMILIES.items()}


def _ask_database(families: Families) -> None:
    try:
        communes = queries.communes()
        states = Counter(str(commune.state) for commune in communes)
        behind = _behind(communes)
        waiting = _waiting(queries.open_communes(), now=clock.now())
    finally:
        connection.close()  # this thread asks again in a while
    for state, number in states.items():
        families["lps_communes"].add_metric((state,), number)
    families["lps_communes_unread"].add_metric((), waiting.unread)
    families["lps_communes_behind"].add_metric((), behind)
    for names, number in waiting.messages.items():
        families["lps_outbox_messages"].add_metric(names, number)
    for kind, seconds in waiting.oldest_message.items():
        families["lps_outbox_oldest_seconds"].add_metric((kind,), seconds)
    families["lps_payments_open"].add_metric((), waiting.payments)
    families["lps_payments_oldest_seconds"].add_metric((), waiting.oldest_payment)


def _behind(communes: list[Commune]) -> int:
    """How many `lps fleet migrate` has still to bring to the code: it was stopped by a failure, or was not run."""
    behind = [one for one in versions.standings(communes) if not one.is_current]
    if behind:
        told = ", ".join(f"{one.commune.slug} ({'.'.join(one.missing[0])})" for one in behind[:NAMED])
        log.warning("metrics: %s communes are behind the code: %s", len(behind), told)
    return len(behind)


def _waiting(communes: list[Commune], *, now: datetime) -> Waiting:
    waiting = Waiting()
    for commune in communes:
        try:
            with context.use(commune), transaction.atomic():
                _add(waiting, now=now)
        except DatabaseError as error:
            log.warning("metrics: commune %s cannot be read (%s)", commune.slug, cause(error))
            waiting.unread += 1
    return waiting


def _add(waiting: Waiting, *, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {LONGEST_MILLISECONDS}")
    for kind, depth in messages.depths(now=now).items():
        waiting.messages.update({(kind, state): number for state, number in depth.numbers.items()})
        waiting.oldest_message[kind] = max(waiting.oldest_message.get(kind, 0.0), depth.oldest_seconds)
    number, overdue = online.waiting(now=now)
    waiting.payments += number
    waiting.oldest_payment = max(waiting.oldest_payment, overdue)


def _ask_broker(families: Families) -> None:
    options = {"socket_timeout": BROKER_SECONDS, "socket_connect_timeout": BROKER_SECONDS}
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    with redis.Redis.from_url(settings.CELERY_BROKER_URL, **options) as broker:
        waiting = {queue: cast(int, broker.llen(f"{prefix}{queue}")) for queue in _queues()}
    for queue, number in waiting.items():
        families["lps_queue_tasks"].add_metric((queue,), number)
    with context.public():
        ticked = cache.get(LAST_TICK)
    families["lps_tick_timestamp_seconds"].add_metric((), float(ticked or 0))


def _queues() -> list[str]:
    """Those that a worker may listen to: the one for all, and those of the routes."""
    routes = settings.CELERY_TASK_ROUTES.values()
    return [settings.CELERY_TASK_DEFAULT_QUEUE, *sorted({route["queue"] for route in routes})]
