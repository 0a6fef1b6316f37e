"""Reading an archive back: nothing in it is believed before its sums and its seal are found right."""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

from tenants import keys
from tenants.archive import manifest
from tenants.archive.manifest import BadArchive, Manifest
from tenants.archive.writing import member_of

_BLOCK = 1 << 18
_LAST = b"\\.\n"
# What `zipfile` says of a file that is none, was cut short, or asks for what it does not know.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)


class Archive:
    """An archive opened; raises `BadArchive` for what is none."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGED as error:
            raise BadArchive("no_archive") from error
        self.manifest = self._read_manifest()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._zip.close()

    def verify(self) -> None:
        """Compare every member with its sum, and the sums with the manifest; raises `BadArchive`."""
        found = self._sums()
        listed = {manifest.NAME, manifest.SUMS, *found}
        if {entry.filename for entry in self._zip.infolist()} != listed:
            raise BadArchive("other_members")
        for name, told in found.items():
            if self._sum_of(name) != told:
                raise BadArchive("changed", name)
        for table in self.manifest.tables:
            if (found.get(member_of(table.name)), found.get(f"csv/{table.name}.csv")) != (table.sql, table.csv):
                raise BadArchive("changed", table.name)
        if self._files(found) != (self.manifest.files.number, self.manifest.files.digest):
            raise BadArchive("changed", manifest.FILES)

    def check_seal(self) -> None:
        """Ask, from inside of the commune and under its key, whether the manifest is ours; raises `BadArchive`."""
        if keys.lookup_hash(self.manifest.unsealed, purpose="archive") != self.manifest.seal:
            raise BadArchive("forged")

    def rows(self, table: str, *, opening: bytes) -> Iterator[bytes]:
        """The rows of a table as `COPY` takes them; raises `BadArchive` when its columns are not those expected."""
        with self._open(member_of(table)) as member:
            if member.read(len(opening)) != opening:
                raise BadArchive("other_columns", table)
            held = b""
            while block := member.read(_BLOCK):
                whole = held + block
                yield whole[: -len(_LAST)]
                held = whole[-len(_LAST) :]
            if held != _LAST:
                raise BadArchive("changed", table)

    def files(self) -> Iterator[str]:
        """The names of the commune's files."""
        for entry in self._zip.infolist():
            if entry.filename.startswith(manifest.FILES):
                yield entry.filename.removeprefix(manifest.FILES)

    @contextmanager
    def file(self, name: str) -> Iterator[IO[bytes]]:
        """One of them."""
        with self._open(f"{manifest.FILES}{name}") as member:
            yield member

    def structure(self) -> str:
        """The SQL that made its schema, "" where none is kept."""
        if manifest.STRUCTURE not in self._zip.namelist():
            return ""
        with self._open(manifest.STRUCTURE) as member:
            return member.read().decode()

    def _read_manifest(self) -> Manifest:
        try:
            size = self._zip.getinfo(manifest.NAME).file_size
        except KeyError as error:
            raise BadArchive("no_archive") from error
        if size > manifest.MOST_BYTES:
            raise BadArchive("no_archive")
        with self._open(manifest.NAME) as member:
            return manifest.from_json(member.read(manifest.MOST_BYTES))

    def _sums(self) -> dict[str, str]:
        if self._sum_of(manifest.SUMS) != self.manifest.sums:
            raise BadArchive("changed", manifest.SUMS)
        with self._open(manifest.SUMS) as member:
            lines = [line.decode().rstrip("\n").split("  ", 1) for line in member]
        return {name: told for told, name in lines}

    def _sum_of(self, name: str) -> str:
        digest = hashlib.sha256()
        with self._open(name) as member:
            while block := member.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()

    def _files(self, sums: dict[str, str]) -> tuple[int, str]:
        digest = hashlib.sha256()
        names = list(self.files())
        for name in names:
            digest.update(f"{sums[manifest.FILES + name]}  {name}\n".encode())
        return len(names), digest.hexdigest()

    @contextmanager
    def _open(self, name: str) -> Iterator[IO[bytes]]:
        try:
            with self._zip.open(name) as member:
                yield member
        except KeyError as error:
            raise BadArchive("changed", name) from error
        except _DAMAGED as error:
            raise BadArchive("damaged", name) from error
