"""Which migrations may run while the code before them still serves families.

New code comes after its migrations, and old code stands beside them for minutes: what it reads must
be there, and what it writes must be taken. So a change is made in two versions: add, and let the new
code use it; then, a version later, take away what no code reads any more. A migration that is refused
here says in `ACCEPTED` why it may pass.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tenants.connection import connection
from tenants.fleet.versions import Name

# The first version that towns will use has these: no code served anybody before them.
FIRST_VERSION: Mapping[str, str] = {
    "accounts": "0004_a_new_telephone",
    "billing": "0017_quotient_warnings_begun",
    "booking": "0010_retired_activities",
    "contenttypes": "0002_remove_content_type_name",
    "families": "0007_calendar_links",
    "journal": "0001_initial",
    "notifications": "0003_email_sender",
    "tenants": "0003_states",
    "town": "0003_steps_skipped",
    "voice": "0002_agents_pages",
}
# Refused by the rules below, and right all the same: the migration, and why.
ACCEPTED: Mapping[Name, str] = {}
# They grow by every family and every day: an index on them is made while others write.
BIG_TABLES = frozenset(
    {
        "accounts_doorsession",
        "billing_invoice",
        "billing_invoiceline",
        "booking_attendance",
        "booking_booking",
        "booking_journalentry",
        "booking_receipt",
        "journal_auditentry",
        "notifications_outboxmessage",
        "voice_call",
    }
)
_UNSAFE_SQL = (
    (re.compile(r"\bDROP\s+(TABLE|COLUMN|VIEW)\b", re.I), "takes away what the code before it reads"),
    (re.compile(r"\bRENAME\s+(TO|COLUMN|CONSTRAINT)?", re.I), "renames what the code before it names"),
    (re.compile(r"\bALTER\s+(COLUMN\s+)?\"?\w+\"?\s+(SET\s+DATA\s+)?TYPE\b", re.I), "changes a type"),
    (re.compile(r"\bSET\s+NOT\s+NULL\b", re.I), "refuses the NULL that the code before it may write"),
    (re.compile(r"\bTRUNCATE\b", re.I), "empties a table that the code before it reads"),
)
_SCHEMA_CHANGES = (
    operations.AddField,
    operations.AlterField,
    operations.AddIndex,
    operations.AddConstraint,
    operations.RemoveField,
    operations.RemoveConstraint,
)
AnyField: TypeAlias = "models.Field[Any, Any]"
_GROWN = re.compile(r"varchar\((\d+)\)")


@dataclass(frozen=True, slots=True)
class Danger:
    """An operation of a migration that the code before it may not bear, and why."""

    migration: Name
    operation: str
    why: str

    def __str__(self) -> str:
        return f"{'.'.join(self.migration)}: {self.operation}: {self.why}"


def dangers(
    *, first_version: Mapping[str, str] = FIRST_VERSION, accepted: Mapping[Name, str] = ACCEPTED
) -> list[Danger]:
    """What the migrations after the first version hold that may not pass, in their order."""
    loader = MigrationLoader(None)
    state = ProjectState(real_apps=loader.unmigrated_apps)
    found: list[Danger] = []
    for migration in _in_order(loader):
        name = (migration.app_label, migration.name)
        if migration.name <= first_version.get(migration.app_label, "") or name in accepted:
            migration.mutate_state(state, preserve=False)
        else:
            found += dangers_of(migration, state)
    return found


def useless_exceptions(accepted: Mapping[Name, str] = ACCEPTED) -> list[Name]:
    """The exceptions for migrations that are no more, or that give no reason."""
    known = MigrationLoader(None).disk_migrations
    return [name for name, why in accepted.items() if name not in known or not why.strip()]


def dangers_of(migration: Migration, state: ProjectState) -> list[Danger]:
    """What one migration holds, its state being the one before it; the state is carried on."""
    found, name = [], (migration.app_label, migration.name)
    if _mixes(migration.operations):
        why = "rows are changed while tables are locked: put the data step in a migration of its own"
        found.append(Danger(name, "RunPython", why))
    made: set[str] = set()
    for operation in migration.operations:
        before = state.clone()
        operation.state_forwards(migration.app_label, state)
        for one, why in _judged(operation, migration.app_label, before, state, made):
            found.append(Danger(name, one.describe(), why))
    return found


def _in_order(loader: MigrationLoader) -> Iterator[Migration]:
    seen: set[Name] = set()
    for leaf in loader.graph.leaf_nodes():
        for node in loader.graph.forwards_plan(leaf):
            if node not in seen:
                seen.add(node)
                yield loader.graph.nodes[node]


def _mixes(some: Sequence[Operation]) -> bool:
    return any(isinstance(one, operations.RunPython) for one in some) and any(
        isinstance(one, _SCHEMA_CHANGES) for one in some
    )


def _judged(
    operation: Operation, app: str, before: ProjectState, after: ProjectState, made: set[str]
) -> Iterator[tuple[Operation, str]]:
    """Why an operation, or one that it holds, may not pass; `made` are the models made by the same migration."""
    if isinstance(operation, operations.SeparateDatabaseAndState):
        inner = before.clone()
        for one in operation.database_operations:
            step = inner.clone()
            one.state_forwards(app, inner)
            yield from _judged(one, app, step, inner, made)
        return
    if isinstance(operation, operations.CreateModel):
        made.add(operation.name_lower)
        return
    if getattr(operation, "model_name_lower", getattr(operation, "name_lower", "")) in made:
        return
    if why := _why(operation, app, before, after):
        yield operation, why


def _why(operation: Operation, app: str, before: ProjectState, after: ProjectState) -> str:
    """Why this one may not pass; nothing when it may."""
    match operation:
        case operations.DeleteModel() | operations.RemoveField():
            return "the code before it reads it still: stop using it in one version, take it away in the next"
        case operations.RenameModel() | operations.RenameField() | operations.AlterModelTable():
            return "the code before it knows the old name: add the new one, copy, take the old one away later"
        case operations.AddField():
            return _why_not_added(_field(after, app, operation.model_name, operation.name))
        case operations.AlterField():
            old = _field(before, app, operation.model_name, operation.name)
            return _why_not_altered(old, _field(after, app, operation.model_name, operation.name))
        case AddIndexConcurrently() | RemoveIndexConcurrently():
            return ""
        case operations.AddIndex():
            return _why_not_indexed(_table(after, app, operation.model_name))
        case operations.AddConstraint() | operations.AlterUniqueTogether():
            return "the code before it may write what this refuses: check it in the code first, add it a version later"
        case operations.RunSQL():
            return _why_not_run(operation.sql)
    return ""


def _why_not_added(field: AnyField) -> str:
    if field.many_to_many or field.generated or field.primary_key:
        return ""
    if not field.null and not field.has_db_default():
        return "the code before it writes rows without it: give it db_default, or null=True"
    if field.unique:
        return "a unique column takes the table for as long as its index is made: add the constraint in a next step"
    return ""


def _why_not_altered(old: AnyField, new: AnyField) -> str:
    if old.many_to_many or new.many_to_many:
        return ""
    if old.column != new.column:
        return "the code before it knows the old name of the column"
    before, after = old.db_type(connection), new.db_type(connection)
    if before != after and not _only_grows(before or "", after or ""):
        return (
            f"the type goes from {before} to {after}: the table is written again, and the code before it reads another"
        )
    if old.null and not new.null:
        return "the code before it may write NULL: fill it and add a check first, refuse it a version later"
    if old.has_db_default() and not new.has_db_default() and not new.null:
        return "the code before it may write rows without it, and count on the default"
    if new.unique and not old.unique:
        return "the code before it may write it twice: check it in the code first, add it a version later"
    if getattr(new, "db_index", False) and not getattr(old, "db_index", False):
        return _why_not_indexed(new.model._meta.db_table)
    return ""


def _only_grows(before: str, after: str) -> bool:
    """A longer text is another word in the catalog, nothing else."""
    old, new = _GROWN.fullmatch(before), _GROWN.fullmatch(after)
    if old and after == "text":
        return True
    return bool(old and new and int(old[1]) <= int(new[1]))


def _why_not_indexed(table: str) -> str:
    if table not in BIG_TABLES:
        return ""
    return "nobody writes to this big table while the index is made: use AddIndexConcurrently, atomic = False"


def _why_not_run(sql: Any) -> str:
    text = " ; ".join(
        str(one[0] if isinstance(one, tuple) else one) for one in ([sql] if isinstance(sql, str) else sql)
    )
    for pattern, why in _UNSAFE_SQL:
        if pattern.search(text):
            return why
    index = re.search(r"\bCREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY)(\S+\s+)*?ON\s+\"?(\w+)", text, re.I)
    return _why_not_indexed(index[3]) if index else ""


def _field(state: ProjectState, app: str, model: str, name: str) -> AnyField:
    field: AnyField = state.apps.get_model(app, model)._meta.get_field(name)
    return field


def _table(state: ProjectState, app: str, model: str) -> str:
    return str(state.apps.get_model(app, model)._meta.db_table)
