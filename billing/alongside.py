"""Several streams in the order of the households, read side by side: none of them is ever whole in memory."""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

Row = TypeVar("Row")


class Alongside(Generic[Row]):
    """Rows in ascending order of their keys, asked for one key after another, ascending too."""

    def __init__(self, rows: Iterable[Row], key: Callable[[Row], int | None]) -> None:
        self._rows, self._key = iter(rows), key
        self._next = next(self._rows, None)

    def of(self, key: int) -> list[Row]:
        """The rows of that key; those before it are passed over, rows without a key come last and are of nobody."""
        found: list[Row] = []
        while self._next is not None and (own := self._key(self._next)) is not None and own <= key:
            if own == key:
                found.append(self._next)
            self._next = next(self._rows, None)
        return found

    def rest(self) -> list[Row]:
        """What no key asked for took, once all were asked."""
        left = [] if self._next is None else [self._next, *self._rows]
        self._next = None
        return left
