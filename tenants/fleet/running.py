"""Bringing all communes to the code: canaries first, several at once, and what is done stays done.

One run at a time. A commune whose tables are in use waits for the next round; the first that fails
stops the run, unless it is told to go on, and the report says where each commune is.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event, Lock

from django.db import DEFAULT_DB_ALIAS, connections

from tenants import context
from tenants.connection import connection
from tenants.fleet import plans, versions
from tenants.fleet.versions import Name
from tenants.models import Commune

# More than the processors: each waits for the disk at its commit.
WORKERS = 4
ROUNDS = 7  # 0.5, 1, 2, 4, 8, 16 seconds between them
# One number for this purpose in the whole database.
_LOCK_KEY = 7_420_190_617
Told = Callable[["Progress"], None]


class AlreadyRunning(Exception):
    """Another run migrates the fleet of this database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Said after each commune; `seconds_left` is reckoned from the pace so far."""

    slug: str
    done: int
    total: int
    seconds_left: float


@dataclass(slots=True)
class Report:
    """Where the communes are, by slug; `failed` says why."""

    current: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    untouched: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether every commune has the code's schema."""
        return not self.failed and not self.untouched


def migrate(
    *,
    communes: Sequence[Commune],
    canaries: Sequence[str] = (),
    workers: int = WORKERS,
    keep_going: bool = False,
    rounds: int = ROUNDS,
    tell: Told = lambda progress: None,
) -> Report:
    """Bring these communes to the code, the slugs in `canaries` first and all of them before any other.

    The caller stands in `alone()`.
    """
    run = _Run(communes, workers=workers, keep_going=keep_going, rounds=rounds, tell=tell)
    run.bring([one for one in run.waiting if one.slug in canaries])
    if not run.report.failed:
        run.bring([one for one in run.waiting if one.slug not in canaries])
    run.report.untouched = sorted(one.slug for one in run.waiting if run.is_untouched(one))
    return run.report


class _Run:
    """One run: the plans made so far, and what became of each commune."""

    def __init__(self, communes: Sequence[Commune], *, workers: int, keep_going: bool, rounds: int, tell: Told) -> None:
        self.workers, self.keep_going, self.rounds, self.tell = workers, keep_going, rounds, tell
        self.report = Report()
        known, found = versions.on_disk(), versions.applied(one.schema_name for one in communes)
        self.standing = {one.slug: found.get(one.schema_name) for one in communes}
        self.waiting = [one for one in communes if known - (self.standing[one.slug] or frozenset())]
        self.report.current = sorted({one.slug for one in communes} - {one.slug for one in self.waiting})
        self.plans: dict[frozenset[Name] | None, plans.Plan] = {}
        self.stopped, self.lock, self.started = Event(), Lock(), time.monotonic()

    def bring(self, communes: Sequence[Commune]) -> None:
        """Bring these to the code, coming back to those that were busy."""
        busy: dict[str, str] = {}
        for turn in range(self.rounds):
            if turn:
                time.sleep(0.25 * 2**turn)
            busy = self._round(communes)
            communes = [one for one in communes if one.slug in busy]
            if not communes or self.stopped.is_set():
                break
        for slug, words in busy.items():
            self._fail(slug, words)

    def is_untouched(self, commune: Commune) -> bool:
        """Whether nothing was tried in it, or nothing that lasted."""
        return commune.slug not in self.report.done and commune.slug not in self.report.failed

    def _round(self, communes: Sequence[Commune]) -> dict[str, str]:
        """Try each once; the busy ones, and who is in their way."""
        busy: dict[str, str] = {}
        todo: SimpleQueue[Commune] = SimpleQueue()
        for commune in communes:
            if self.standing[commune.slug] in self.plans:
                todo.put(commune)
            elif not self.stopped.is_set():
                self._try(commune, busy)  # it makes the plan of those alike
        if todo.empty():
            return busy
        with ThreadPoolExecutor(max_workers=self.workers) as crew:
            try:
                for one in [crew.submit(self._work, todo, busy) for _ in range(self.workers)]:
                    one.result()
            except BaseException:
                self.stopped.set()
                raise
        return busy

    def _work(self, todo: "SimpleQueue[Commune]", busy: dict[str, str]) -> None:
        try:
            while not self.stopped.is_set():
                self._try(todo.get_nowait(), busy)
        except Empty:
            return
        finally:
            connection.close()

    def _try(self, commune: Commune, busy: dict[str, str]) -> None:
        standing = self.standing[commune.slug]
        plan = self.plans.get(standing)
        try:
            with context.use(commune):
                if plan is None:
                    self.plans[standing] = plans.migrate_first(standing)
                else:
                    plan.apply()
        except plans.Busy as words:
            busy[commune.slug] = str(words)
        except plans.StepFailed as words:
            self._fail(commune.slug, str(words))
        else:
            self._finish(commune.slug)

    def _fail(self, slug: str, words: str) -> None:
        with self.lock:
            self.report.failed[slug] = words
            if not self.keep_going:
                self.stopped.set()

    def _finish(self, slug: str) -> None:
        with self.lock:
            self.report.done.append(slug)
            done, total = len(self.report.done), len(self.waiting)
            pace = (time.monotonic() - self.started) / done
            self.tell(Progress(slug=slug, done=done, total=total, seconds_left=pace * (total - done)))


@contextmanager
def alone() -> Iterator[None]:
    """Hold the fleet's lock on a connection of its own; the server frees it if we are killed.

    Raises `AlreadyRunning` at once when another run holds it.
    """
    held = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        with held.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK_KEY])
            if not cursor.fetchone()[0]:
                raise AlreadyRunning
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK_KEY])
    finally:
        held.close()
