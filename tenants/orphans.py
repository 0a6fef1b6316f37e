"""Files that no row names any more: a process was killed between a file and the transaction that names it.

Which columns name files is not a list that somebody keeps: every column of the commune and of the registry that can
hold a name is read. So a new one counts from the day it exists, and a file is deleted only when nothing tells of it.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain, groupby
from pathlib import PurePosixPath

from django.core.files.storage import default_storage
from psycopg import sql

from tenants import context
from tenants.archive.writing import FOLDER, snapshot, stored_files
from tenants.connection import connection

KEPT = timedelta(days=1)  # whoever writes a file names it long before
MOST = 500  # deleted at a time: a mistake of ours would not empty a town in one night
log = logging.getLogger(__name__)

# What we name files by. Another name is nobody's of ours, and stays.
_OURS = re.compile(r"[\w-]+(?:/[\w.-]+)+", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{32,64}")
_KINDS = ("varchar", "bpchar", "text", "json", "jsonb", "_varchar", "_text", "uuid")
_SHORTEST = 12  # letters: « town/logo.gif »

_COLUMNS = """
SELECT n.nspname, c.relname, a.attname, t.typname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p') AND t.typname = ANY(%s)
  AND (a.atttypmod < 0 OR a.atttypmod >= 4 + %s)
ORDER BY n.nspname, c.relname, a.attname
"""


def sweep(*, now: datetime) -> int:
    """Delete the files of the commune entered that no row names and that are older than a day; returns how many.

    `now` is true: files bear the true time. Twice deletes nothing more. Raises OSError when the storage is away.
    """
    files = [name for name in chain(stored_files(), stored_files(FOLDER)) if _OURS.fullmatch(name)]
    if not files:
        return 0
    named = _named({name.partition("/")[0] for name in files})
    deleted = 0
    for name in (one for one in files if one not in named and _stem(one) not in named):
        if deleted == MOST:
            log.warning("files that no row names: more wait than the %s deleted", MOST)
            break
        deleted += _forget(name, before=now - KEPT)
    if deleted:
        log.info("files that no row names: %s deleted", deleted)
    return deleted


def _forget(name: str, *, before: datetime) -> bool:
    """Delete it if it is old: written again meanwhile, it is young, and somebody is about to name it."""
    try:
        if default_storage.get_modified_time(name) >= before:
            return False
    except FileNotFoundError:
        return False
    default_storage.delete(name)
    return True


def _stem(name: str) -> str:
    """What a row may hold instead of a whole name: the digest in `voice/<digest>.wav`."""
    stem = PurePosixPath(name).stem
    return stem if _DIGEST.fullmatch(stem) else name


def _named(folders: Iterable[str]) -> set[str]:
    """Every name below these folders, and every digest, that any row tells: at one instant, a statement a table."""
    pattern = rf"(?:{'|'.join(map(re.escape, sorted(folders)))})/[\w./-]+|\m{_DIGEST.pattern}\M"
    found: set[str] = set()
    with snapshot(), connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [[context.current().schema_name, "public"], list(_KINDS), _SHORTEST])
        for statement in _statements(cursor.fetchall()):
            cursor.execute(statement, [pattern])
            found.update(row[0] for row in cursor.fetchall())
    return found


def _statements(columns: Iterable[tuple[str, str, str, str]]) -> Iterator[sql.Composed]:
    for (schema, table), found in groupby(columns, key=lambda one: one[:2]):
        texts = sql.SQL(", ").join(_text(name, kind) for _schema, _table, name, kind in found)
        yield sql.SQL(
            "SELECT DISTINCT told.names[1] FROM {}.{} AS one"
            " CROSS JOIN LATERAL regexp_matches(concat_ws(' ', {}), %s, 'g') AS told(names)"
        ).format(sql.Identifier(schema), sql.Identifier(table), texts)


def _text(name: str, kind: str) -> sql.Composed:
    text = sql.SQL("one.{}::text").format(sql.Identifier(name))
    return sql.SQL("replace({}, '-', '')").format(text) if kind == "uuid" else text
