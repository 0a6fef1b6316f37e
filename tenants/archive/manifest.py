"""The manifest of an archive: whose it is, what it holds, and the sums by which anybody checks it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

FORMAT = 1
NAME = "manifeste.json"
SUMS = "SHA256SUMS"
README = "LISEZ-MOI.txt"
STRUCTURE = "structure.sql"
SEQUENCES = "sql/compteurs.sql"
FILES = "fichiers/"
# A manifest is some hundred lines: what is longer was not made here.
MOST_BYTES = 4_000_000


class BadArchive(ValueError):
    """This file is not an archive of a commune, or was changed since; a code of `tenants.archive.words`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class TableSums:
    """A table: its rows, and the SHA-256 of its SQL and of its sheet."""

    name: str
    title: str
    rows: int
    sql: str
    csv: str


@dataclass(frozen=True, slots=True)
class FilesSum:
    """The files of the storage; `digest` is the SHA-256 of their names and sums."""

    number: int
    bytes: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the archive says of itself.

    `commune` is what the registry held; `sealed_key` its data key under the passphrase; `sums` the SHA-256 of
    `SHA256SUMS`, which has a line for every other member.
    """

    made_at: str
    commune: dict[str, Any]
    sealed_key: str
    migrations: list[list[str]]
    tables: list[TableSums]
    sequences: list[list[Any]]
    files: FilesSum
    sums: str
    format: int = FORMAT
    # The archive's own signature under the commune's key: nobody without the passphrase changes a line unseen.
    seal: str = field(default="")

    @property
    def rows(self) -> int:
        """All rows of all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def content(self) -> str:
        """A digest of what the commune holds, equal for two archives of the same content, whenever they were made."""
        held = [[asdict(table) for table in self.tables], self.sequences, asdict(self.files), self.migrations]
        return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()

    @property
    def unsealed(self) -> str:
        """What the seal is drawn from."""
        told = asdict(self) | {"seal": ""}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def to_json(self) -> bytes:
        """As it stands in the archive."""
        return json.dumps({**asdict(self), "content": self.content}, ensure_ascii=False, indent=1).encode()


def from_json(raw: bytes) -> Manifest:
    """Read it back; raises `BadArchive`."""
    try:
        told = json.loads(raw)
        if not isinstance(told, Mapping) or told.get("format") != FORMAT:
            raise BadArchive("other_format")
        given = {name: told[name] for name in Manifest.__dataclass_fields__}
        given["tables"] = [TableSums(**table) for table in told["tables"]]
        given["files"] = FilesSum(**told["files"])
        return Manifest(**given)
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, BadArchive):
            raise
        raise BadArchive("no_archive") from error
