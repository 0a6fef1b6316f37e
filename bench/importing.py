"""Importing a school's families against COPY of the same rows, and the parsing of the same file."""

import io
import time
from collections.abc import Sequence

from django.db import connection

from bench.figures import Figure, milliseconds
from lps.families.importing import columns, lines, reading
from lps.families.importing.columns import COLUMNS
from lps.families.services import imports
from lps.journal.actors import Actor
from lps.kernel import clock
from tenants import context, queries

CHILDREN = 5000
ROUNDS = 3
AT_MOST = 10
BY = Actor.system("banc")
# What an import writes, each table before those that point to it.
TABLES = (
    "families_site",
    "families_teacher",
    "families_schoolclass",
    "families_household",
    "families_guardian",
    "families_child",
    "families_custody",
    "families_enrollment",
    "families_diet",
    "families_child_diets",
    "journal_auditentry",
)
LEVELS = ("PS", "MS", "GS", "CP", "CE1", "CE2", "CM1", "CM2")


def measure() -> list[Figure]:
    """Both in turn, each time with other families: the table is larger from one turn to the next."""
    ours, floor = [], []
    with context.use(queries.commune_by_slug(slug="buchelay")):
        for number in range(ROUNDS):
            content = _csv(_rows(number))
            before = _last_keys()
            ours.append(_timed_import(content))
            floor.append(_timed_parsing(content) + _timed_copy(before))
    return [
        Figure(
            name=f"import of {CHILDREN} children / parsing and COPY",
            unit="ms",
            ours=milliseconds(ours),
            floor=milliseconds(floor),
            at_most=AT_MOST,
        )
    ]


def _csv(rows: list[dict[str, str]]) -> bytes:
    """The quickest form to parse: what is left is our own work."""
    table = [[column.name for column in COLUMNS], *([row.get(column.key, "") for column in COLUMNS] for row in rows)]
    return "\r\n".join(";".join(line) for line in table).encode()


def _rows(number: int) -> list[dict[str, str]]:
    """Families of one to three children, in schools of eight classes."""
    rows = []
    for rank in range(CHILDREN):
        home = f"BANC{number}X{rank * 2 // 3}"
        level = LEVELS[rank % len(LEVELS)]
        rows.append(
            {
                "school": f"École {number}-{rank % 20}",
                "school_class": level,
                "level": level,
                "teacher": "Mme Formatrice",
                "child_last_name": home,
                "child_first_name": f"Enfant{rank}",
                "birth_date": f"{rank % 28 + 1:02}/{rank % 12 + 1:02}/2019",
                "diets": "sans porc" if rank % 7 == 0 else "",
                "household": home,
                "street": "3 rue du Val",
                "postal_code": "78200",
                "city": "Buchelay",
                "title_1": "Mme",
                "last_name_1": home,
                "first_name_1": "Alice",
                "email_1": f"alice.{home.lower()}@example.org",
                "phone_1": f"06{rank * 2 // 3 + 10_000_000:08}",
            }
        )
    return rows


def _timed_import(content: bytes) -> float:
    """From the acceptance to the last row, by a worker's own way."""
    batch = imports.receive(content=content, file_name="banc.csv", by=BY)
    assert batch.report["counts"]["new_children"] == CHILDREN, batch.report
    assert imports.accept(batch=batch, by=BY)
    started = time.perf_counter()
    assert imports.write_accepted() == 1
    return time.perf_counter() - started


def _timed_parsing(content: bytes) -> float:
    started = time.perf_counter()
    table = reading.read(content)
    lines.understand(table, columns.recognized(table.head), today=clock.today(context.current().zone))
    return time.perf_counter() - started


def _timed_copy(before: Sequence[int]) -> float:
    """COPY of the rows just written into tables of the same columns and indexes, in one durable transaction."""
    with connection.cursor() as cursor:
        given = []
        for table, last in zip(TABLES, before, strict=True):
            cursor.execute(f"CREATE TABLE IF NOT EXISTS banc_{table} (LIKE {table} INCLUDING ALL)")
            cursor.execute(f"TRUNCATE banc_{table}")
            given.append(_copied_out(cursor, table, last))
        started = time.perf_counter()
        cursor.execute("BEGIN")
        for table, content in zip(TABLES, given, strict=True):
            with cursor.copy(f"COPY banc_{table} FROM STDIN (FORMAT binary)") as copy:
                copy.write(content)
        cursor.execute("COMMIT")
        return time.perf_counter() - started


def _copied_out(cursor: object, table: str, last: int) -> bytes:
    written = io.BytesIO()
    with cursor.copy(f"COPY (SELECT * FROM {table} WHERE id > {last}) TO STDOUT (FORMAT binary)") as copy:  # type: ignore[attr-defined]
        for part in copy:
            written.write(part)
    return written.getvalue()


def _last_keys() -> list[int]:
    with connection.cursor() as cursor:
        found = []
        for table in TABLES:
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
            found.append(cursor.fetchone()[0])
    return found
