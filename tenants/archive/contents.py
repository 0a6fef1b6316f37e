"""What an archive is made of: the tables of a commune's schema, as its catalog tells them, and the statements that
copy their rows. The same schema gives the same text, whatever made it: columns are in the order of their names.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.apps import apps
from django.db import models
from psycopg import sql

from tenants import context
from tenants.connection import connection
from tenants.fleet import versions

# Rows that mean nothing elsewhere: who is signed in, and the migrations, which the manifest lists.
LEFT_OUT = ("accounts_doorsession", "django_migrations")
# What proves who somebody is comes back as SQL alone, hashed or sealed as it stands: no sheet shows it.
_PROOFS = ("password", "totp_secret", "totp_last_step")
_PROOF_ENDINGS = ("lookup", "lookup_hash", "jeton")
_FORMULA = r"^'*[=+\-@\t\r\n]"

_CATALOG = """
SELECT c.relname, a.attname, t.typname, coalesce(a.attnum = ANY(i.indkey), false)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND c.relname <> ALL(%s)
ORDER BY c.relname, a.attname
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column, and the name of its PostgreSQL type."""

    name: str
    kind: str
    in_key: bool


@dataclass(frozen=True)
class Table:
    """A table of a commune, without what the database computes by itself."""

    name: str
    columns: tuple[Column, ...]

    @cached_property
    def title(self) -> str:
        """Its name in French, plural: « factures ». Its own name where no model bears it."""
        model = _models().get(self.name)
        return str(model._meta.verbose_name_plural) if model else self.name

    @property
    def opening(self) -> bytes:
        """The first line of its SQL: what is read back must begin so, to the letter."""
        names = ", ".join(f'"{column.name}"' for column in self.columns)
        return f'COPY "{self.name}" ({names}) FROM stdin;\n'.encode()

    def rows(self) -> sql.Composed:
        """The statement that gives its rows as `COPY` takes them back, in the order of its key."""
        chosen = sql.SQL(", ").join(sql.Identifier(column.name) for column in self.columns)
        return self._copy(chosen, sql.SQL(""))

    def sheet(self, time_zone: str) -> sql.Composed:
        """The statement that gives its rows as a sheet of a French spreadsheet, instants on the walls of the zone."""
        fields = {one.column: one for one in _fields(self.name)}
        shown = [column for column in self.columns if not _is_proof(column.name)]
        titles = _titles([(one.name, fields.get(one.name)) for one in shown])
        cells = [
            sql.SQL("{} AS {}").format(_readable(column, fields.get(column.name), time_zone), sql.Identifier(title))
            for column, title in zip(shown, titles, strict=True)
        ]
        return self._copy(sql.SQL(", ").join(cells), sql.SQL(" WITH (FORMAT csv, HEADER, DELIMITER ';')"))

    def _copy(self, chosen: sql.Composable, how: sql.SQL) -> sql.Composed:
        key = [column.name for column in self.columns if column.in_key] or [column.name for column in self.columns]
        order = sql.SQL(", ").join(sql.SQL("{}.{}").format(sql.Identifier("row"), sql.Identifier(name)) for name in key)
        return (
            sql.SQL("COPY (SELECT {} FROM {} AS {} ORDER BY {}) TO STDOUT").format(
                chosen, sql.Identifier(self.name), sql.Identifier("row"), order
            )
            + how
        )


@dataclass(frozen=True, slots=True, order=True)
class Sequence:
    """Where a counter of keys stands; `called` is false for one that never gave a number."""

    name: str
    last_value: int
    called: bool


@dataclass(frozen=True, slots=True)
class _Field:
    column: str
    title: str
    choices: tuple[tuple[object, str], ...]


def tables() -> list[Table]:
    """The tables of the commune entered, in the order of their names."""
    with connection.cursor() as cursor:
        cursor.execute(_CATALOG, [context.current().schema_name, list(LEFT_OUT)])
        columns: dict[str, list[Column]] = {}
        for table, *facts in cursor.fetchall():
            columns.setdefault(table, []).append(Column(*facts))
    return [Table(name, tuple(found)) for name, found in columns.items()]


def sequences() -> list[Sequence]:
    """The counters of the commune entered, but for those of what is left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.relname FROM pg_class s JOIN pg_namespace n ON n.oid = s.relnamespace"
            " LEFT JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i') AND d.classid = 'pg_class'::regclass"
            " LEFT JOIN pg_class t ON t.oid = d.refobjid"
            " WHERE s.relkind = 'S' AND n.nspname = %s AND coalesce(t.relname, '') <> ALL(%s) ORDER BY s.relname",
            [context.current().schema_name, list(LEFT_OUT)],
        )
        names = [row[0] for row in cursor.fetchall()]
        if not names:
            return []
        each = [
            sql.SQL("SELECT {}::text, last_value, is_called FROM {}").format(sql.Literal(name), sql.Identifier(name))
            for name in names
        ]
        cursor.execute(sql.SQL(" UNION ALL ").join(each))
        return sorted(Sequence(*row) for row in cursor.fetchall())


def row_counts(found: list[Table]) -> dict[str, int]:
    """How many rows each of these tables has, in one statement."""
    each = [
        sql.SQL("SELECT {}::text, count(*) FROM {}").format(sql.Literal(one.name), sql.Identifier(one.name))
        for one in found
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(each))
        return dict(cursor.fetchall())


def migrations() -> list[tuple[str, str]]:
    """The migrations noted in the commune entered."""
    schema = context.current().schema_name
    return sorted(versions.applied([schema])[schema])


def copied(statement: sql.Composed) -> Iterator[bytes]:
    """What the database answers to a `COPY … TO STDOUT`, as it comes."""
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in copy:
            yield bytes(block)


def _models() -> dict[str, type[models.Model]]:
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}


def _fields(table: str) -> Iterator[_Field]:
    model = _models().get(table)
    for field in model._meta.concrete_fields if model else ():
        choices = tuple((value, str(label)) for value, label in field.flatchoices)
        yield _Field(str(field.column), str(field.verbose_name), choices)


def _titles(columns: list[tuple[str, _Field | None]]) -> list[str]:
    """A title a column, in French where it has one; no two alike."""
    found: list[str] = []
    for name, field in columns:
        title = field.title if field else name
        found.append(f"{title} ({name})"[:60] if title in found else title[:60])
    return found


def _readable(column: Column, field: _Field | None, time_zone: str) -> sql.Composable:
    value = sql.SQL("{}.{}").format(sql.Identifier("row"), sql.Identifier(column.name))
    if field and field.choices and column.kind in ("varchar", "text"):
        cases = [
            sql.SQL("WHEN {} THEN {}").format(sql.Literal(str(given)), sql.Literal(label))
            for given, label in field.choices
        ]
        return sql.SQL("CASE {0} {1} ELSE {0} END").format(value, sql.SQL(" ").join(cases))
    match column.kind:
        case "bool":
            return sql.SQL("CASE WHEN {0} THEN 'oui' WHEN NOT {0} THEN 'non' END").format(value)
        case "timestamptz":
            return sql.SQL("to_char({} AT TIME ZONE {}, 'YYYY-MM-DD HH24:MI:SS')").format(value, sql.Literal(time_zone))
        case "numeric":
            return sql.SQL("replace({}::text, '.', ',')").format(value)
        case "varchar" | "text" | "jsonb" | "_text" | "_varchar":
            return sql.SQL("CASE WHEN {0}::text ~ {1} THEN '''' || {0}::text ELSE {0}::text END").format(
                value, sql.Literal(_FORMULA)
            )
    return value


def _is_proof(name: str) -> bool:
    return name in _PROOFS or name.endswith(_PROOF_ENDINGS)
