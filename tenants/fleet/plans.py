"""What brings one version of a schema to the code's: made once on a first commune, then sent to all that are alike.

The first commune of a version is migrated by Django's own operations, by a schema editor that notes
each statement it sends. Others of that version are sent the same statements: no graph, no state, no
look into the catalog. An operation that is no SQL (`RunPython`), or that sent something past the
editor, is run in each commune with the states of the first.

Atomic migrations that follow each other share one transaction, where Django opens one for each:
between two of them the deferred constraints are checked, as a commit would.
"""

import re
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from django.db import DatabaseError, transaction
from django.db.backends.postgresql.schema import DatabaseSchemaEditor
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from psycopg import errors

from lps.kernel import clock
from tenants import context
from tenants.connection import connection
from tenants.fleet.versions import Name

LOCK_MS = 2000
_READ = re.compile(r"\s*(SELECT|SHOW|SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT)\b", re.IGNORECASE)
_CHECKED = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED;"
_BUSY = (errors.LockNotAvailable, errors.DeadlockDetected)


class Busy(Exception):
    """Somebody works on a table of the commune: nothing was changed, it is tried again later."""


class StepFailed(Exception):
    """A migration failed in a commune, and the transaction that it stood in left nothing.

    Its words may be shown: the server's first line, without the details that quote rows; of a data
    step the kind of error and its place.
    """


class Unexpected(StepFailed):
    """The commune is not what it was a moment ago: another program migrates it, or its schema is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """What one migration sends, in order."""

    migration: str
    statements: tuple[str, ...]

    def run(self, *, together: bool) -> None:
        """Send them: in one go, or one by one where each is its own transaction."""
        with _named(self.migration), connection.cursor() as cursor:
            for text in [";\n".join(self.statements)] if together else self.statements:
                cursor.execute(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """An operation that is run in each commune, between the states that the first commune's had."""

    migration: str
    app_label: str
    operation: Operation
    before: ProjectState
    after: ProjectState

    def run(self, *, together: bool) -> None:
        """Run it. What it defers to the migration's end is among the statements noted there."""
        editor = DatabaseSchemaEditor(connection, atomic=together)
        editor.deferred_sql = []
        own = transaction.atomic() if self.operation.atomic and not together else nullcontext()
        with _named(self.migration), own:
            self.operation.database_forwards(self.app_label, editor, self.before, self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Migrations that are one transaction, or one that refuses any; then what is noted of them."""

    atomic: bool
    parts: tuple[Statements | Live, ...]
    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """From a version to the code's."""

    applied: frozenset[Name] | None
    chunks: tuple[Chunk, ...]

    def apply(self) -> None:
        """Bring the commune entered to the code; raises `Busy` or `StepFailed`."""
        standing = self.applied
        for chunk in self.chunks:
            with _held(standing, atomic=chunk.atomic):
                for part in chunk.parts:
                    part.run(together=chunk.atomic)
                _note(chunk.names)
            standing = (standing or frozenset()) | set(chunk.names)


class RecordingEditor(DatabaseSchemaEditor):
    """Sends what it is asked to, and notes it as it was sent."""

    def __init__(self, *, atomic: bool) -> None:
        super().__init__(connection, atomic=atomic)
        self.sent: list[str] = []
        self.strays = 0
        self._sending = False

    def execute(self, sql: Any, params: Any = ()) -> None:
        """Note the statement with its values in it, then send it."""
        text = str(sql) if params is None else str(connection.ops.compose_sql(str(sql), params))  # type: ignore[attr-defined]
        self.sent.append(text.strip().rstrip(";"))
        self._sending = True
        try:
            super().execute(text, None)
        finally:
            self._sending = False

    def watch(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, rest: Any) -> Any:
        """Count what is changed past this editor."""
        if not self._sending and not _READ.match(sql):
            self.strays += 1
        return execute(sql, params, many, rest)

    def taken(self) -> list[str]:
        """What was noted since the last time."""
        found, self.sent = self.sent, []
        return found


def migrate_first(applied: frozenset[Name] | None) -> Plan:
    """Migrate the commune entered, which has these migrations, and give the plan for those alike.

    `None` is a schema without a table of migrations. Raises `Busy` or `StepFailed`.
    """
    with _named("plan"):
        executor = MigrationExecutor(connection)
        executor.loader.check_consistent_history(connection)
        if conflicts := executor.loader.detect_conflicts():
            raise StepFailed(f"two last migrations in {', '.join(sorted(conflicts))}")
        planned = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
        state = _state_of(executor.loader, applied or frozenset())
    chunks, standing = [], applied
    for atomic, some in groupby(planned, key=lambda one: one.atomic):
        for together in [list(some)] if atomic else [[one] for one in some]:
            chunk, state = _migrate_chunk(together, state, standing)
            standing = (standing or frozenset()) | set(chunk.names)
            chunks.append(chunk)
    if replaced := _replaced(executor.loader, standing or frozenset()):
        with _held(standing, atomic=True):
            _note(replaced)
        chunks.append(Chunk(atomic=True, parts=(), names=replaced))
    return Plan(applied=applied, chunks=tuple(chunks))


def _state_of(loader: MigrationLoader, applied: frozenset[Name]) -> ProjectState:
    """What Django knows of the models after these migrations, its classes made: later steps only change them."""
    nodes = sorted(applied & loader.graph.nodes.keys())
    state = loader.project_state(nodes) if nodes else ProjectState(real_apps=loader.unmigrated_apps)
    assert state.apps
    return state


def _migrate_chunk(
    migrations: Sequence[Migration], state: ProjectState, standing: frozenset[Name] | None
) -> tuple[Chunk, ProjectState]:
    parts: list[Statements | Live] = []
    atomic = migrations[0].atomic
    with _held(standing, atomic=atomic):
        if standing is None:
            parts.append(_make_table_of_migrations())
        for migration in migrations:
            some, state = _migrate(migration, state)
            parts += some
        names = tuple(name for migration in migrations for name in _names_of(migration))
        _note(names)
    return Chunk(atomic=atomic, parts=tuple(parts), names=names), state


def _make_table_of_migrations() -> Statements:
    with RecordingEditor(atomic=True) as editor:
        editor.create_model(MigrationRecorder.Migration)
    return Statements(migration="django_migrations", statements=tuple(editor.taken()))


def _migrate(migration: Migration, state: ProjectState) -> tuple[list[Statements | Live], ProjectState]:
    """Run one migration as Django does, noting it."""
    parts: list[Statements | Live] = []
    with _named(str(migration)):
        with RecordingEditor(atomic=migration.atomic) as editor, connection.execute_wrapper(editor.watch):
            for operation in migration.operations:
                before = state.clone()
                operation.state_forwards(migration.app_label, state)
                parts += _operate(migration, operation, editor, before, state)
        tail = editor.taken()
        if migration.atomic:
            tail.append(_CHECKED)
            with connection.cursor() as cursor:
                cursor.execute(_CHECKED)
        if tail:
            parts.append(Statements(migration=str(migration), statements=tuple(tail)))
    return _joined(parts), state


def _joined(parts: Sequence[Statements | Live]) -> list[Statements | Live]:
    """One migration's parts, statements that follow each other being one: they are sent in one go."""
    joined: list[Statements | Live] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, Statements) and isinstance(last, Statements):
            joined[-1] = replace(last, statements=last.statements + part.statements)
        else:
            joined.append(part)
    return joined


def _operate(
    migration: Migration, operation: Operation, editor: RecordingEditor, before: ProjectState, after: ProjectState
) -> list[Statements | Live]:
    strays, own_transaction = editor.strays, operation.atomic and not migration.atomic
    if own_transaction:
        with transaction.atomic():
            operation.database_forwards(migration.app_label, editor, before, after)
    else:
        operation.database_forwards(migration.app_label, editor, before, after)
    sent = editor.taken()
    is_told = operation.reduces_to_sql and editor.strays == strays and connection.schema_name not in "".join(sent)
    if is_told:
        return [Statements(migration=str(migration), statements=tuple(sent))] if sent else []
    label = migration.app_label
    states = {"before": _kept(before), "after": _kept(after.clone())}
    return [Live(migration=str(migration), app_label=label, operation=operation, **states)]


def _kept(state: ProjectState) -> ProjectState:
    """A state whose classes are made now, and not again by each worker that asks for them."""
    state.clear_delayed_apps_cache()
    assert state.apps
    state.is_delayed = False
    return state


def _names_of(migration: Migration) -> list[Name]:
    return [(app, name) for app, name in migration.replaces] or [(migration.app_label, migration.name)]


def _replaced(loader: MigrationLoader, applied: frozenset[Name]) -> tuple[Name, ...]:
    """The migrations that stand for others, all applied: Django notes them too."""
    return tuple(
        key
        for key, migration in loader.replacements.items()
        if key not in applied and all(tuple(one) in applied for one in migration.replaces)
    )


@contextmanager
def _held(standing: frozenset[Name] | None, *, atomic: bool) -> Iterator[None]:
    """One transaction, if it may be one, that waits for no table longer than `LOCK_MS`, in the schema that was read.

    The table of migrations is locked, against any other program that migrates this commune.
    """
    if not atomic:
        with _named("versions"):
            _check(standing)
        yield
        return
    with _named("commit"), transaction.atomic():
        with connection.cursor() as cursor:
            lock = "" if standing is None else "LOCK TABLE django_migrations IN SHARE ROW EXCLUSIVE MODE"
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MS}; {lock}")
        _check(standing)
        yield


def _check(standing: frozenset[Name] | None) -> None:
    """Raise `Unexpected` unless the schema entered is there with these migrations: else its path leads elsewhere."""
    schema = context.current().schema_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema(), to_regclass('django_migrations') IS NOT NULL")
        current, has_table = cursor.fetchone()
        if current != schema:
            raise Unexpected(f"no schema {schema}")
        if has_table:
            cursor.execute("SELECT app, name FROM django_migrations")
        found = frozenset(cursor.fetchall()) if has_table else None
    if found != standing:
        raise Unexpected("another program has migrated it meanwhile")


def _note(names: Sequence[Name]) -> None:
    now = clock.real_now()
    with connection.cursor() as cursor:
        rows = ", ".join(["(%s, %s, %s)"] * len(names))
        values = [value for name in names for value in (*name, now)]
        cursor.execute(f"INSERT INTO django_migrations (app, name, applied) VALUES {rows}", values)


@contextmanager
def _named(place: str) -> Iterator[None]:
    """Say where it failed, in words that quote no row."""
    try:
        yield
    except (Busy, StepFailed):
        raise
    except DatabaseError as error:
        if isinstance(error.__cause__, _BUSY):
            raise Busy(f"{place}: {_first_line(error)}") from error
        raise StepFailed(f"{place}: {_first_line(error)}") from error
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        raise StepFailed(f"{place}: {type(error).__name__} ({Path(last.filename).name}:{last.lineno})") from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
