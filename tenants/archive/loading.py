"""Putting an archive's rows and files into the commune entered, whose schema was just made."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.files import File
from django.core.files.storage import default_storage
from django.db.backends.utils import CursorWrapper
from django.db.utils import DataError, IntegrityError
from psycopg import sql

from tenants.archive import contents
from tenants.archive.contents import Sequence, Table
from tenants.archive.manifest import BadArchive
from tenants.archive.reading import Archive
from tenants.connection import connection


def load_rows(archive: Archive) -> None:
    """Put every row back and compare the whole with the manifest; raises `BadArchive`. Inside a transaction.

    The triggers that keep what was written once are lifted meanwhile, for these tables and in this transaction alone;
    every foreign key is checked before it ends.
    """
    tables = contents.tables()
    if [table.name for table in tables] != [table.name for table in archive.manifest.tables]:
        raise BadArchive("other_version")
    with _without_triggers(tables):
        _ask("SET CONSTRAINTS ALL DEFERRED")
        for table in tables:
            _load(archive, table)
        _set_sequences([Sequence(*one) for one in archive.manifest.sequences])
        _check_keys()
    _compare(archive, tables)


def load_files(archive: Archive) -> None:
    """Put every file back under its name; twice, it is replaced by itself."""
    for name in archive.files():
        with archive.file(name) as content:
            default_storage.save(name, File(content, name=name))


@contextmanager
def _without_triggers(tables: list[Table]) -> Iterator[None]:
    with connection.cursor() as cursor:
        _switch(cursor, tables, "DISABLE")
        yield
        _switch(cursor, tables, "ENABLE")


def _switch(cursor: CursorWrapper, tables: list[Table], word: str) -> None:
    for table in tables:
        statement = sql.SQL("ALTER TABLE {} {} TRIGGER USER").format(sql.Identifier(table.name), sql.SQL(word))
        cursor.execute(statement)


def _load(archive: Archive, table: Table) -> None:
    opening = table.opening.decode().replace(" FROM stdin;\n", " FROM STDIN")
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))
            with connection.wrap_database_errors, cursor.copy(opening) as copy:
                for block in archive.rows(table.name, opening=table.opening):
                    copy.write(block)
    except (DataError, IntegrityError) as error:
        raise BadArchive("refused_rows", table.name) from error


def _set_sequences(told: list[Sequence]) -> None:
    if sorted(one.name for one in told) != [one.name for one in contents.sequences()]:
        raise BadArchive("other_version")
    with connection.cursor() as cursor:
        for one in told:
            cursor.execute("SELECT setval(%s::regclass, %s, %s)", [f'"{one.name}"', one.last_value, one.called])


def _check_keys() -> None:
    try:
        _ask("SET CONSTRAINTS ALL IMMEDIATE")
        _ask("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as error:
        raise BadArchive("refused_rows") from error


def _ask(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _compare(archive: Archive, tables: list[Table]) -> None:
    """What stands now is read again and summed: it must be what the archive told."""
    for table, told in zip(tables, archive.manifest.tables, strict=True):
        digest = hashlib.sha256(table.opening)
        for block in contents.copied(table.rows()):
            digest.update(block)
        digest.update(b"\\.\n")
        if digest.hexdigest() != told.sql:
            raise BadArchive("other_rows", table.name)
