"""What other apps do when children change class or leave: an app to the left registers one in its AppConfig."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from lps.journal.actors import Actor


@dataclass(frozen=True, slots=True)
class Moved:
    """A child who sits elsewhere from a day on: in a class of that site and level, or in none (`site_id` None)."""

    child_id: int
    since: date
    site_id: int | None
    level: str = ""


@dataclass(frozen=True, slots=True)
class Parted:
    """A child whom a household has no more from a day on."""

    child_id: int
    household_id: int
    since: date


class Follower(Protocol):
    """Follows children who move. What `follow` gives is JSON, kept with the passage and handed to `unfollow`."""

    def preview(self, moves: Sequence[Moved]) -> Mapping[str, int]:
        """What following would do, in numbers."""

    def follow(self, moves: Sequence[Moved], *, by: Actor, at: datetime, reason: str = "") -> Any:
        """Follow, inside the caller's transaction; the children are locked. `reason` is for the families, if given."""

    def depends(self, moves: Sequence[Moved], back: Sequence[Moved], *, done: Any, at: datetime) -> int:
        """How many facts written since `at` would be wrong if the moves were undone; `back` says where the children
        would sit.
        """

    def preview_parting(self, parted: Parted) -> Mapping[str, int]:
        """What the end of a custody would do, in numbers."""

    def part(self, parted: Parted, *, by: Actor, at: datetime) -> None:
        """End what the household asked for the child from that day on, inside the caller's transaction."""

    def unfollow(self, done: Any, *, by: Actor, at: datetime) -> None:
        """Put back what `follow` changed."""


_followers: dict[str, Follower] = {}


def register(name: str, follower: Follower) -> None:
    """Add a follower; raise ValueError for a name that another one bears."""
    if _followers.setdefault(name, follower) is not follower:
        raise ValueError(f"registered twice: {name}")


def registered() -> Mapping[str, Follower]:
    """Every follower by its name, in the order of registration."""
    return _followers
