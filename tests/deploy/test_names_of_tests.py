"""What tests take from our modules is looked for before they run."""

from pathlib import Path

import pytest

from deploy.names import Tree, faults_of

QUERIES = """from datetime import date as day

if day:
    LIMIT = 1


def days():
    found = 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tree with a package of two modules, one of them under `platform`."""
    for name, text in {
        "booking/__init__.py": "",
        "booking/queries.py": QUERIES,
        "booking/made.py": "def __getattr__(name):\n    return name\n",
        "platform/lps/__init__.py": "",
        "platform/lps/kernel/clock.py": "def now(): ...\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def told(folder: Path, text: str) -> list[str]:
    file = folder / "test_it.py"
    file.write_text(text)
    return list(faults_of(file, Tree(folder)))


@pytest.mark.parametrize(
    "text",
    [
        "from booking.queries import LIMIT, day, days",
        "from booking import made, queries\nqueries.days()\nmade.anything()",
        "import booking.queries as reads\nreads.LIMIT, reads.__name__",
        "from lps.kernel import clock\nmonkeypatch.setattr(clock, 'now', None)",
        "monkeypatch.setattr('lps.kernel.clock.now', None)",
        "import platform\nplatform.system()\nfrom json import nothing",
        "from booking import queries\ndef test(queries):\n    queries.whatever",
        "from booking.queries import *",
    ],
)
def test_what_exists_is_not_told(folder: Path, text: str) -> None:
    assert told(folder, text) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("from booking.queries import gone", "no gone in booking.queries"),
        ("from booking.queries import found", "no found in booking.queries"),
        ("from booking import gone", "no gone in booking"),
        ("from booking.gone import days", "no module booking.gone"),
        ("import booking.gone", "no module booking.gone"),
        ("from lps.kernel import clock\nclock.today()", "no today in clock"),
        ("import booking.queries as reads\nreads.gone", "no gone in reads"),
        ("from lps.kernel import clock\nmonkeypatch.setattr(clock, 'gone', None)", "no gone in clock"),
        ("monkeypatch.setattr('lps.kernel.clock.gone.again', None)", "no lps.kernel.clock.gone.again"),
    ],
)
def test_what_is_not_there_is_told_with_its_line(folder: Path, text: str, fault: str) -> None:
    assert told(folder, text) == [f"test_it.py:{1 + text.count(chr(10))}: {fault}"]
