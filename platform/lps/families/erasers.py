"""What other apps hold of a family that is erased: an app to the left registers one in its AppConfig."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from lps.journal.actors import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """Who is erased: households and their children, by their keys, and the days that are to come from `day` on."""

    households: Collection[int]
    children: Collection[int]
    day: date


class Eraser(Protocol):
    """Takes names and words of the erased away, and says what prevents it; facts with terms of their own stay."""

    def obstacles(self, erased: Erased) -> Mapping[int, int]:
        """What is still to come for these households, in numbers, by household: nothing is erased before it is over."""

    def erase(self, erased: Erased, *, by: Actor, at: datetime) -> None:
        """Take away what names them, inside the caller's transaction, in a constant number of statements."""


_erasers: dict[str, Eraser] = {}


def register(name: str, eraser: Eraser) -> None:
    """Add an eraser; raise ValueError for a name that another one bears."""
    if _erasers.setdefault(name, eraser) is not eraser:
        raise ValueError(f"registered twice: {name}")


def registered() -> Mapping[str, Eraser]:
    """Every eraser by its name."""
    return _erasers
