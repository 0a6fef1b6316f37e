"""The passage to the next school year: who goes to which class.

A class is proposed to all the pupils of a class; what is said of one child goes first. Nothing is guessed where two
answers are possible: such children are listed, and an agent places them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lps.kernel.text import sort_key

LEAVES = 0
"""In place of a class: the child leaves the schools of the town."""
LAST = ""
"""In place of a level: it is the last one, its children leave."""

LEVELS = ("TPS", "PS", "MS", "GS", "CP", "CE1", "CE2", "CM1", "CM2")
NEXT_LEVEL: Mapping[str, str] = {**dict(zip(LEVELS, LEVELS[1:], strict=False)), LEVELS[-1]: LAST}


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """A class, as the proposal needs it."""

    pk: int
    name: str
    level: str
    site_id: int


@dataclass(frozen=True, slots=True)
class Seat:
    """A child and the class of the year that ends."""

    child_id: int
    class_id: int


class Fate(StrEnum):
    """What becomes of a child."""

    UP = "up"
    REPEATS = "repeats"
    OTHER_SCHOOL = "other_school"
    LEAVES = "leaves"
    UNPLACED = "unplaced"


def rank(level: str) -> tuple[int, str]:
    """The order of levels, from the youngest children's on; those that nobody knows come last."""
    return (LEVELS.index(level) if level in LEVELS else len(LEVELS)), level


def name_rank(name: str) -> tuple[tuple[int, str], str]:
    """The order of classes of which only the name is known: "CP - Mme Petit" comes before "CE1 B"."""
    first, _, rest = sort_key(name).partition(" ")
    return rank(first.upper()), rest


def first_levels(levels: Iterable[str]) -> dict[str, str]:
    """The usual next level of each of these; one that has none usual is left out."""
    return {level: NEXT_LEVEL[level] for level in levels if level in NEXT_LEVEL}


def propose(old: Sequence[ClassFacts], new: Sequence[ClassFacts], levels: Mapping[str, str]) -> dict[int, int | None]:
    """The next class of each class: the one of the next level at its school, else the only one of the town.

    Among several, the one whose name ends alike ("CP A" → "CE1 A"). None when nothing says which.
    """
    return {one.pk: _next_class(one, new, levels) for one in old}


def destinations(
    seats: Iterable[Seat], *, classes: Mapping[int, int | None], children: Mapping[int, int]
) -> dict[int, int | None]:
    """Where each child goes: what was said of the child, else of its class; None when nobody said."""
    return {seat.child_id: children.get(seat.child_id, classes.get(seat.class_id)) for seat in seats}


def fate(*, old: ClassFacts, new: ClassFacts | None, leaves: bool) -> Fate:
    """What a destination means for a child of the old class."""
    if leaves:
        return Fate.LEAVES
    if new is None:
        return Fate.UNPLACED
    if old.level == new.level:
        return Fate.REPEATS
    return Fate.UP if old.site_id == new.site_id else Fate.OTHER_SCHOOL


def count(fates: Iterable[Fate]) -> dict[str, int]:
    """How many children have each fate, every fate told."""
    found = Counter(fates)
    return {one.value: found[one] for one in Fate}


def _next_class(one: ClassFacts, new: Sequence[ClassFacts], levels: Mapping[str, str]) -> int | None:
    wanted = levels.get(one.level)
    if wanted is None:
        return None
    if wanted == LAST:
        return LEAVES
    of_level = [other for other in new if other.level == wanted]
    here = [other for other in of_level if other.site_id == one.site_id]
    return _only(one, here or of_level)


def _only(one: ClassFacts, found: Sequence[ClassFacts]) -> int | None:
    alike = [other for other in found if _ending(other) == _ending(one)]
    chosen = found if len(found) == 1 else alike
    return chosen[0].pk if len(chosen) == 1 else None


def _ending(one: ClassFacts) -> str:
    """What a class's name says after its level: "A" of "CP A"."""
    return one.name.removeprefix(one.level).strip(" -").casefold()
