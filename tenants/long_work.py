"""A long work: a row that says what is asked, which one worker at a time holds and does, for a page that follows it.

- It is one transaction with its end: whoever reads the row as done finds all of it, else nothing.
- Nobody else does it meanwhile: its row is held until that transaction ends, or until its worker dies.
- A killed worker leaves it under way and held by nobody: the next one begins it again, from nothing.
- One that stops its workers `TRIES` times is given up, and the page says so; so is what fails by our own mistake.

The row is its app's own, with `state`, `tries` and `finished_at`. What is written in it is given as fields: a row read
before it was held never overwrites what another worker wrote.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.db.models import F, Model, QuerySet

from lps.kernel import clock
from tenants import progressing

TRIES = 3  # a work that stops its worker (memory, time) would else do so every minute
STOPPED, MISTAKE = "stopped", "internal"
log = logging.getLogger(__name__)
Row = TypeVar("Row", bound=Model)
Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """What a turn writes in the row; with `more`, the work is not over and its next turn has tries of its own."""

    fields: Fields
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LongWork(Generic[Row]):
    """A kind of work: the rows of an app, how it does one, and what it calls its states.

    - `do` does the work of a row that is held, inside the transaction that ends it (`within`).
    - `begin` gives what the row says from its first try on: how much there is to do.
    - `refusal` gives the code of an error that is an answer, such as a form come too late; none for a mistake of ours.
    - `fail` gives what the row says of a failure: `STOPPED`, `MISTAKE` or a refusal.
    - `again`: an error of the machine (a full disk) leaves it under way; it is tried again, and given up as a death is.
    """

    name: str
    rows: QuerySet[Row]
    do: Callable[[Row], Made]
    begin: Callable[[Row], Fields] = lambda row: {}
    refusal: Callable[[Exception], str] = lambda error: ""
    fail: Callable[[Row, str], Fields] = lambda row, code: {"failure": code}
    within: Callable[[], AbstractContextManager[None]] = transaction.atomic
    again: bool = False
    asked: str = "asked"
    working: str = "working"
    done: str = "done"
    failed: str = "failed"

    @property
    def unfinished(self) -> QuerySet[Row]:
        """What is asked or under way."""
        return self.rows.filter(state__in=(self.asked, self.working))

    def work_asked(self) -> int:
        """Do what waits, one after the other; returns how much. What fails leaves nothing but its reason."""
        return sum(self.work(pk) for pk in list(self.unfinished.order_by("pk").values_list("pk", flat=True)))

    def work(self, pk: int) -> bool:
        """Do one, or one turn of it; False when it is not to be done, another worker does it, or it is refused.

        Raises what our own mistake raised, once it is told.
        """
        begun = self._begin(pk)
        if begun is None:
            return False
        progressing.forget(self._progress(pk))
        try:
            with self.within():
                row = self.held(pk)
                if row is None:
                    return False
                self._finish(row, self.do(row))
        except Exception as error:  # all was rolled back
            if self.again:
                raise
            code = self.refusal(error)
            self._fail(begun, code or MISTAKE)
            if code:
                log.warning("%s %s refused: %s", self.name, pk, code)
                return False
            raise
        return True

    def held(self, pk: int) -> Row | None:
        """The row, held until the transaction ends or the worker dies; None when another has it, or it is over."""
        return self.unfinished.select_for_update(skip_locked=True, of=("self",), no_key=True).filter(pk=pk).first()

    def note(self, pk: int, done: int, total: int = 0) -> None:
        """Tell how far it is to whoever waits."""
        progressing.note(self._progress(pk), done, total)

    def told(self, pk: int) -> tuple[int, int]:
        """How far it is, and of how much if that was told; zeros when nobody knows."""
        return progressing.told(self._progress(pk))

    def _begin(self, pk: int) -> Row | None:
        """Count a try before it is made, so that one which stops its worker was counted; None for none to be made.

        Two workers who begin together count two, and one of them works.
        """
        with transaction.atomic():
            row = self.held(pk)
            if row is None:
                return None
            trying = {"state": self.working, "tries": F("tries") + 1, **self.begin(row)}
            if not self.rows.filter(pk=pk, tries__lt=TRIES).update(**trying):
                log.error("%s %s given up: it stopped its worker %s times", self.name, pk, TRIES)
                self._fail(row, STOPPED)
                return None
        return row

    def _finish(self, row: Row, made: Made) -> None:
        if made.more:
            fields = {"tries": 0, **made.fields}
        else:
            fields = {"state": self.done, "finished_at": clock.now(), **made.fields}
        self.rows.filter(pk=row.pk).update(**fields)

    def _fail(self, row: Row, code: str) -> None:
        """Unless another worker, who took it meanwhile, ended it."""
        told = {"state": self.failed, "finished_at": clock.now(), **self.fail(row, code)}
        self.unfinished.filter(pk=row.pk).update(**told)

    def _progress(self, pk: int) -> str:
        return f"{self.name}:{pk}"
