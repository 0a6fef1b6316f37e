"""What communes hold, all of it: tables and files. A refusal leaves it as it was."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from tenants import context
from tenants.models import Commune

_DIGEST = "SELECT count(*) || ' rows, ' || md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) FROM {} t"
_WRITES = """
    SELECT schemaname || '.' || relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
    WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
"""


def state(*communes: Commune) -> dict[str, str]:
    """Every table of these communes and of the registry, and every file, each with a digest of its content."""
    with context.public():
        found = _tables("registry")
    for commune in communes:
        with context.use(commune):
            found |= _tables(commune.slug)
    files = settings.LPS_DATA_DIR / "files"
    return found | {str(path): str(path.stat().st_mtime_ns) for path in files.rglob("*") if path.is_file()}


@contextmanager
def unchanged(*communes: Commune, but: Collection[str] = ()) -> Iterator[None]:
    """Nothing is written anywhere during the block, `but` in these tables of the first commune; what was, is named."""
    before = state(*communes)
    yield
    after = state(*communes)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed - {f"{communes[0].slug}.{table}" for table in but} == set()


def writes() -> dict[str, int]:
    """How many rows the open transaction wrote, table by table, those that it took back included."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITES)
        return dict(cursor.fetchall())


def _tables(owner: str) -> dict[str, str]:
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(_DIGEST.format(connection.ops.quote_name(table)))
            found[f"{owner}.{table}"] = str(cursor.fetchone()[0])
    return found
