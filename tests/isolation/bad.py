"""What no browser sends: fields and bodies made by hand, and which fields a page reads."""

import io
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest import mock
from urllib.parse import quote, urlencode

import pytest
from django.core.files.base import File
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.utils.datastructures import MultiValueDict

FORM_TYPE = "application/x-www-form-urlencoded"
Pairs = Sequence[tuple[str, bytes]]
# What Django says where nobody translated it.
ENGLISH = re.compile(r"This field|This value|Enter a |Select a valid|Ensure |Null characters")
TOLD = ('<div class="note">', 'role="alert"', 'class="error"', "Cette demande n'a pas été comprise")

# What stands for a text, an amount, a key, a day, an hour or a choice.
VALUES: Mapping[str, bytes] = {
    "nothing": b"",
    "blanks": b" \t ",
    "zeros": b"000000",
    "a key of no row": b"900001",
    "more than a column holds": b"2147483648",
    "more than any column holds": b"9" * 40,
    "less than nothing": b"-1",
    "no number": b"NaN",
    "no end": b"Infinity",
    "an exponent": b"1e999999",
    "a small exponent": b"1e-400",
    "a raised digit": "²".encode(),
    "Arabic digits": "١٢٣".encode(),
    "long": b"a" * 10_000,
    "long digits": b"1" * 10_000,
    "a NUL": b"a\x00b",
    "control characters": b"a\x01\x1f\x7f\x1b[31m",
    "lines": b"a\r\nBcc: b@example.org\r\n",
    "direction marks": "a\u202eb\u2066c\u200f".encode(),
    "half a character": b"\xed\xa0\x80",
    "no UTF-8": b"\xff\xfea",
    "the first day": b"0001-01-01",
    "the last day": b"9999-12-31",
    "a day that is not": b"2026-02-30",
    "a French day that is not": b"31/02/2026",
    "the year nought": b"0000-01-01",
    "a year of five digits": b"10000-01-01",
    "a month that is not": b"2026-13",
    "a week that is not": b"2026-W60",
    "the first month": b"0001-01",
    "the last month": b"9999-12",
    "the last week": b"9999-W52",
    "an hour that is not": b"24:61",
    "the last moment": b"9999-12-31T23:59:59+00:00",
    "the first moment": b"0001-01-01T00:00:00+14:00",
    "a day of a planning": b"1-99999999",
    "a day of no activity": b"9" * 20 + b"-20261126",
    "markup": b"<script>alert(1)</script>{{ 1 }}{% x %}",
    "a path": b"../../etc/passwd",
    "a cursor": b"eyJwIjogWzEsIDJdfQ==",
}


@contextmanager
def names_read() -> Iterator[set[str]]:
    """The names of the fields that are read meanwhile, whether or not they were sent."""
    found: set[str] = set()

    def noting(name: str) -> Any:
        true = getattr(MultiValueDict, name)

        def read(self: MultiValueDict[str, Any], key: str, *rest: Any) -> Any:
            if isinstance(self, QueryDict) and isinstance(key, str):
                found.add(key)
            return true(self, key, *rest)

        return mock.patch.object(MultiValueDict, name, read)

    with noting("__getitem__"), noting("get"), noting("getlist"):
        yield found


def pairs(fields: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    """A form's fields as a browser sends them, its files left out."""
    return [
        (name, str(one).encode())
        for name, value in fields.items()
        for one in (value if isinstance(value, list | tuple) else [value])
        if not isinstance(one, File | io.IOBase)
    ]


def body(given: Iterable[tuple[str, bytes]]) -> str:
    """The pairs as one body, whatever their bytes."""
    return urlencode(list(given))


def forms(given: Pairs, names: Iterable[str], *, few: bool, seed: str, number: int = 3) -> Iterator[tuple[str, Pairs]]:
    """Bodies that no browser sends, each with what is wrong; `few` draws a number of them, the same at each run."""
    drawn = Random(seed)
    yield "nothing at all", []
    for name in sorted(names):
        others = [one for one in given if one[0] != name]
        yield f"{name} left out", others
        yield f"{name} twice", [*given, *(one for one in given if one[0] == name), (name, b"x")]
        values = drawn.sample(sorted(VALUES), number) if few else VALUES
        for what in values:
            yield f"{name}: {what}", [*others, (name, VALUES[what])]


def paths(path: str, where: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The address with each of the things that it names replaced by what it may not be."""
    for name, value in where.items():
        own = re.compile(rf"(?<=/){re.escape(quote(str(value)))}(?=[/.]|$)")
        for what, other in VALUES.items():
            # No backslash is left by quoting, so none is taken for a group.
            yield f"{name}: {what}", own.sub(quote(other, safe=""), path)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written meanwhile is forgotten."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def look_at(answer: HttpResponse, caplog: pytest.LogCaptureFixture, what: str) -> None:
    """No failure, nothing told as one, and words that a French town understands."""
    assert answer.status_code < 500, what
    assert not [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR or one.exc_info], what
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        page = answer.content.decode()
        assert not ENGLISH.search(page), what
        assert answer.status_code != 400 or any(one in page for one in TOLD), what
