"""Which migrations each schema has, read for hundreds of communes in a few statements."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from tenants import context
from tenants.connection import connection
from tenants.models import Commune

Name = tuple[str, str]
# Each schema read takes two locks of its own table: few enough for the server's table of locks.
AT_ONCE = 250
_ONE = sql.SQL(
    "SELECT {name}::text,"
    " coalesce(string_agg(app || '/' || name, ' ' ORDER BY app COLLATE \"C\", name COLLATE \"C\"), '') FROM {table}"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A commune beside the code: the migrations that its schema misses, and those that this code does not know.

    `version` names the set that it has; the same word for two communes means the same schema.
    """

    commune: Commune
    version: str
    missing: tuple[Name, ...]
    unknown: tuple[Name, ...]

    @property
    def is_current(self) -> bool:
        """Whether this code and its pages may be served to it."""
        return not self.missing


def standings(communes: Sequence[Commune]) -> list[Standing]:
    """Where each of these communes stands, in their order: two statements for a few hundred."""
    known, found = on_disk(), applied([one.schema_name for one in communes])
    return [_standing(one, found.get(one.schema_name) or frozenset(), known) for one in communes]


def code_version() -> str:
    """The word for a schema that has every migration of this code and no other."""
    return _word(on_disk())


def on_disk() -> frozenset[Name]:
    """Every migration of this code. Those of apps that live in the registry alone are noted in each schema too."""
    return frozenset((label, name) for label, package in _packages() for name in _modules(package))


def applied(schema_names: Iterable[str]) -> dict[str, frozenset[Name]]:
    """The migrations noted in each schema; one without a table of them is left out."""
    found: dict[str, frozenset[Name]] = {}
    names = list(schema_names)
    with context.public():
        for first in range(0, len(names), AT_ONCE):
            found |= _applied(names[first : first + AT_ONCE])
    return found


def files() -> list[Path]:
    """The files of all these migrations."""
    found: list[Path] = []
    for _, package in _packages():
        found += [file for folder in _path(package) for file in sorted(Path(folder).glob("[!_~]*.py"))]
    return found


def _standing(commune: Commune, has: frozenset[Name], known: frozenset[Name]) -> Standing:
    return Standing(commune, _word(has), tuple(sorted(known - has)), tuple(sorted(has - known)))


def _word(names: frozenset[Name]) -> str:
    return hashlib.sha256("\n".join(".".join(name) for name in sorted(names)).encode()).hexdigest()[:8]


def _applied(schema_names: Sequence[str]) -> dict[str, frozenset[Name]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relname = 'django_migrations' AND n.nspname = ANY(%s)",
            [list(schema_names)],
        )
        there = [row[0] for row in cursor.fetchall()]
        if not there:
            return {}
        each = (_ONE.format(name=sql.Literal(name), table=sql.Identifier(name, "django_migrations")) for name in there)
        cursor.execute(sql.SQL(" UNION ALL ").join(each).as_string(cursor.connection))
        rows = cursor.fetchall()
    parsed: dict[str, frozenset[Name]] = {}  # most communes have the same text
    for _, text in rows:
        if text not in parsed:
            parsed[text] = frozenset((app, name) for app, _, name in (line.partition("/") for line in text.split()))
    return {schema: parsed[text] for schema, text in rows}


def _packages() -> Iterator[tuple[str, str]]:
    for config in apps.get_app_configs():
        package, _ = MigrationLoader.migrations_module(config.label)
        if package is not None:
            yield config.label, package


def _modules(package: str) -> list[str]:
    """The names by which Django finds the migrations of a package."""
    return [name for _, name, is_package in iter_modules(_path(package)) if not is_package and name[0] not in "_~"]


def _path(package: str) -> list[str]:
    """The folders of a package of migrations; none when the app has no such package."""
    try:
        return list(import_module(package).__path__)
    except ModuleNotFoundError as error:
        if error.name and package.startswith(error.name):
            return []
        raise
