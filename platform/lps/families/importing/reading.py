"""A CSV or XLSX file as rows of texts. What is too large, broken or hostile is refused before anything is kept."""

import codecs
import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from lzma import LZMAError
from typing import IO, Any
from xml.parsers import expat

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from lps.kernel.refusals import Refusal

MAX_BYTES = 20_000_000
MAX_UNFOLDED = 80_000_000  # an XLSX is a zip: a small file may unfold into gigabytes
MAX_ROWS, MAX_COLUMNS, MAX_CELL = 20_000, 60, 2000
MAX_CELLS = 700_000  # empty ones too, which a sheet may hold by the million
MAX_TEXTS, MAX_OTHERS = 2_000_000, 100_000  # what cells are made of; styles and the rest, each slow to make
_TEXTS = frozenset({"row", "v", "f", "is", "si", "t"})
_ENCODINGS = ("utf-8-sig", "cp1252")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHUNK = 1_000_000
# What the libraries raise for a broken, encrypted or hostile file: they promise no error of their own.
_BROKEN = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    LZMAError,
    EOFError,
    struct.error,
    LookupError,
    ValueError,
    OSError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    SyntaxError,
)


class FileRefused(ValueError):
    """`.refusal` says why: `too_heavy`, `too_many_rows`, `too_many_columns`, `not_a_table`, `empty`, `unreadable`."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Table:
    """The names of the columns, and the lines with their numbers in the file; empty lines are left out."""

    head: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read(content: bytes) -> Table:
    """Read a file by what it holds, whatever it is called. Raises `FileRefused`."""
    if len(content) > MAX_BYTES:
        raise FileRefused(Refusal("too_heavy", max_bytes=MAX_BYTES))
    rows = _xlsx(content) if content.startswith(b"PK") else _csv(content)
    kept = [(number, row) for number, row in _bounded(rows) if any(row)]
    if not kept:
        raise FileRefused(Refusal("empty"))
    (_, head), *lines = kept
    return Table(head, tuple(lines))


def _bounded(rows: Iterator[tuple[str, ...]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for number, row in enumerate(rows, start=1):
        if number > MAX_ROWS:
            raise FileRefused(Refusal("too_many_rows", max_rows=MAX_ROWS))
        if len(row) > MAX_COLUMNS:
            raise FileRefused(Refusal("too_many_columns", max_columns=MAX_COLUMNS))
        yield number, row


def _csv(content: bytes) -> Iterator[tuple[str, ...]]:
    text = _decoded(content)
    if "\0" in text:
        raise FileRefused(Refusal("not_a_table"))
    text, delimiter = _delimited(text)
    csv.field_size_limit(MAX_CELL * 10)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield tuple(clean(cell) for cell in row[: MAX_COLUMNS + 1])
    except csv.Error:
        raise FileRefused(Refusal("unreadable")) from None


def _delimited(text: str) -> tuple[str, str]:
    """The text and what stands between its cells: as a first line "sep=;" says, else as its first lines show."""
    if told := re.match(r"sep=(.)\r?\n", text):
        return text[told.end() :], told[1]
    first = text[: MAX_CELL * 10].splitlines()[:10] or [""]
    return text, max(";,\t|", key=lambda mark: max(line.count(mark) for line in first))


def _decoded(content: bytes) -> str:
    for encoding in ("utf-16",) if content.startswith(_UTF_16) else _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileRefused(Refusal("unreadable"))


def _xlsx(content: bytes) -> Iterator[tuple[str, ...]]:
    """The first sheet, its values alone: formulas are not computed, links are not followed."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_a_bomb(archive)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its own size may be a lie
        for row in sheet.iter_rows(values_only=True):
            yield _trimmed(tuple(clean(_text(cell)) for cell in row[: MAX_COLUMNS + 1]))
    except FileRefused:
        raise
    except _BROKEN:
        raise FileRefused(Refusal("unreadable")) from None


def _refuse_a_bomb(archive: zipfile.ZipFile) -> None:
    """No more is read of a part than it says it holds: what they all say is enough to know. Then what they hold."""
    if sum(part.file_size for part in archive.infolist()) > MAX_UNFOLDED:
        raise FileRefused(Refusal("too_heavy", max_bytes=MAX_BYTES))
    elements = _Elements()
    for part in archive.infolist():
        with archive.open(part) as opened:
            elements.count(opened)


class _Elements:
    """How many elements a workbook holds, counted without making any: a few bytes in the file may each cost a kilobyte.

    Read by the parser that the library uses, so that no encoding, prefix or space hides one.
    """

    def __init__(self) -> None:
        self.cells = self.texts = self.others = 0

    def count(self, part: IO[bytes]) -> None:
        """Count those of a part. Raises `FileRefused`."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._begun
        parser.StartDoctypeDeclHandler = _refuse_entities
        try:
            while chunk := part.read(_CHUNK):
                parser.Parse(chunk)
        except expat.ExpatError:
            pass  # a picture, or what the library will not read further either

    def _begun(self, name: str, _attributes: object) -> None:
        kind = name.rpartition(":")[2]
        if kind == "c":
            self.cells += 1
        elif kind in _TEXTS:
            self.texts += 1
        else:
            self.others += 1
        if self.cells > MAX_CELLS:
            raise FileRefused(Refusal("too_many_columns", max_columns=MAX_COLUMNS))
        if self.texts > MAX_TEXTS or self.others > MAX_OTHERS:
            raise FileRefused(Refusal("too_heavy", max_bytes=MAX_BYTES))


def _refuse_entities(*_: object) -> None:
    raise FileRefused(Refusal("unreadable"))


def _trimmed(row: tuple[str, ...]) -> tuple[str, ...]:
    """Without the empty cells that a spreadsheet leaves on the right."""
    while row and not row[-1]:
        row = row[:-1]
    return row


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):  # an instant too
        return f"{cell.day:02}/{cell.month:02}/{cell.year:04}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def clean(cell: str) -> str:
    """Spaces folded, control characters and halves of characters out, cut to a length that no honest cell has."""
    return re.sub(r"[\s\x00-\x1f\x7f\ud800-\udfff]+", " ", cell[:MAX_CELL]).strip()
