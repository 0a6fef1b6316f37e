"""Making the archive of the commune entered, block by block, into a file."""

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import IO, Any

from django.core.files.storage import default_storage
from django.db import transaction

from tenants import context, keys, queries, schemas
from tenants.archive import contents, manifest
from tenants.archive.contents import Sequence, Table
from tenants.archive.manifest import FilesSum, Manifest, TableSums
from tenants.archive.readme import readme
from tenants.connection import connection
from tenants.models import Commune

# Where archives are kept among the commune's own files: one never holds another.
FOLDER = "exports"
_BLOCK = 1 << 18
Note = Callable[[int, int], None]
"""Told how many tables are done, of how many."""


def write(file: IO[bytes], *, sealed_key: str, made_at: datetime, note: Note) -> Manifest:
    """Write the whole commune entered as it stands at one instant; returns what its manifest tells.

    Rows are of one snapshot, unless a transaction is open already. Files are read after them: one that a purge takes
    in between is missing.
    """
    commune = context.current()
    with snapshot(), _Writing(file) as made:
        made.add(manifest.README, [readme(commune, made_at).encode()])
        if structure := schemas.structure(commune.schema_name):
            made.add(manifest.STRUCTURE, [structure.encode()])
        found = contents.tables()
        tables = [_table(made, table, commune.time_zone, note, (rank, len(found))) for rank, table in enumerate(found)]
        sequences = contents.sequences()
        made.add(manifest.SEQUENCES, _settings_of(sequences))
        files = _files(made)
        told = Manifest(
            made_at=made_at.isoformat(),
            commune=identity(commune),
            sealed_key=sealed_key,
            migrations=[list(one) for one in contents.migrations()],
            tables=tables,
            sequences=[[one.name, one.last_value, one.called] for one in sequences],
            files=files,
            sums=made.sums(),
        )
        told = replace(told, seal=keys.lookup_hash(told.unsealed, purpose="archive"))
        made.last(told.to_json())
    return told


def identity(commune: Commune) -> dict[str, Any]:
    """What the registry holds of a commune, but for its key."""
    with context.public():
        hosts = sorted(commune.domains.values_list("domain", flat=True))
    return {
        "id": str(commune.pk),
        "slug": commune.slug,
        "header_name": commune.header_name,
        "place_name": commune.place_name,
        "place_of": commune.place_of,
        "insee": commune.insee,
        "siret": commune.siret,
        "time_zone": commune.time_zone,
        "catalogue": commune.catalogue,
        "closed_offers": commune.closed_offers,
        "created_at": commune.created_at.isoformat(),
        "domains": hosts,
        "numbers": sorted(queries.lines_of(commune)),
    }


def stored_files(path: str = "") -> Iterator[str]:
    """The names of the commune's files, in order, without the archives."""
    folders, files = default_storage.listdir(path)
    for name in sorted(files):
        yield f"{path}/{name}" if path else name
    for folder in sorted(folders):
        if path or folder != FOLDER:
            yield from stored_files(f"{path}/{folder}" if path else folder)


@contextmanager
def snapshot() -> Iterator[None]:
    """A transaction that sees one instant, whatever is written meanwhile; inside another, that one's own view."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _table(made: "_Writing", table: Table, time_zone: str, note: Note, place: tuple[int, int]) -> TableSums:
    note(*place)
    counted = _Counted()
    rows = made.add(member_of(table.name), _as_sql(table, counted))
    sheet = made.add(f"csv/{table.name}.csv", _as_sheet(table, time_zone))
    return TableSums(table.name, table.title, counted.rows, rows, sheet)


def member_of(table: str) -> str:
    """Where the rows of a table stand in the archive."""
    return f"sql/{table}.sql"


class _Counted:
    """Counts the lines that pass; within one, `COPY` writes line ends as `\\n`."""

    def __init__(self) -> None:
        self.rows = 0

    def __call__(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.rows += block.count(b"\n")
            yield block


def _as_sql(table: Table, counted: _Counted) -> Iterator[bytes]:
    yield table.opening
    yield from counted(contents.copied(table.rows()))
    yield b"\\.\n"


def _as_sheet(table: Table, time_zone: str) -> Iterator[bytes]:
    yield "\ufeff".encode()
    yield from contents.copied(table.sheet(time_zone))


def _settings_of(sequences: list[Sequence]) -> Iterator[bytes]:
    for one in sequences:
        yield f"SELECT setval('\"{one.name}\"', {one.last_value}, {str(one.called).lower()});\n".encode()


def _files(made: "_Writing") -> FilesSum:
    number, size, digest = 0, 0, hashlib.sha256()
    for name in stored_files():
        try:
            with default_storage.open(name) as kept:
                measured = _Measured()
                sum_of = made.add(f"{manifest.FILES}{name}", measured(iter(lambda: kept.read(_BLOCK), b"")))
        except FileNotFoundError:  # a purge passed by
            continue
        number, size = number + 1, size + measured.size
        digest.update(f"{sum_of}  {name}\n".encode())
    return FilesSum(number, size, digest.hexdigest())


class _Measured:
    def __init__(self) -> None:
        self.size = 0

    def __call__(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.size += len(block)
            yield block


class _Writing:
    """A zip file under way, with the sum of each member on a list that the disk holds."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._sums = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the archive

    def __enter__(self) -> "_Writing":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        self._sums.close()

    def add(self, name: str, blocks: Iterable[bytes]) -> str:
        """Write a member as it comes; returns its SHA-256."""
        digest = hashlib.sha256()
        with self._zip.open(_entry(name), "w", force_zip64=True) as member:
            for block in blocks:
                digest.update(block)
                member.write(block)
        self._sums.write(f"{digest.hexdigest()}  {name}\n".encode())
        return digest.hexdigest()

    def sums(self) -> str:
        """Write the list of sums itself; returns its own."""
        self._sums.seek(0)
        digest = hashlib.file_digest(self._sums, "sha256").hexdigest()
        self._sums.seek(0)
        with self._zip.open(_entry(manifest.SUMS), "w", force_zip64=True) as member:
            shutil.copyfileobj(self._sums, member, _BLOCK)
        return digest

    def last(self, raw: bytes) -> None:
        """The manifest, after all that it tells of."""
        with self._zip.open(_entry(manifest.NAME), "w") as member:
            member.write(raw)


def _entry(name: str) -> zipfile.ZipInfo:
    """A member without a date, so that the same content makes the same bytes."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry
