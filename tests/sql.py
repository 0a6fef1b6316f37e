"""Counting a request's SQL: every statement but `SET search_path`, BEGIN, COMMIT and savepoints.

The session and the sign-in are counted; a first request warms what the process may keep.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection
from django.test.utils import CaptureQueriesContext

_SILENT = re.compile(r"^\s*(SET search_path|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE SAVEPOINT)\b", re.IGNORECASE)
_IN_LIST = re.compile(r"IN \([^()]*\)|ANY\('[^']*'[^)]*\)|VALUES .*|'[^']*'|\b\d+\b", re.DOTALL)


@dataclass(slots=True)
class Counted:
    """The statements of a block; `shapes` leaves out their values, so that two runs can be compared."""

    statements: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.statements)

    def __str__(self) -> str:
        return "\n".join(statement[:160] for statement in self.statements)

    @property
    def shapes(self) -> list[str]:
        return [_IN_LIST.sub("?", statement) for statement in self.statements]


@contextmanager
def counted() -> Iterator[Counted]:
    """Count what is sent inside the block."""
    found = Counted()
    with CaptureQueriesContext(connection) as captured:
        yield found
    found.statements += [query["sql"] for query in captured.captured_queries if not _SILENT.match(query["sql"])]
