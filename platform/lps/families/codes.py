"""Child and family codes: digits drawn at random, unique in the commune, never consecutive, sealed under its key."""

import re
import secrets
from collections.abc import Callable, Iterable

from tenants import keys

SHORTEST, LONGEST = 6, 10
_CHILD, _FAMILY = "child_code", "family_code"
_SPACES = re.compile(r"[\s.\-\u00a0\u202f]+")


def clean(typed: str) -> str:
    """What a parent typed without the spaces and dots of a printed code; at most a few characters are kept."""
    return _SPACES.sub("", typed)[: LONGEST + 1]


def looks_right(code: str) -> bool:
    """Six to ten digits: what every door accepts, whatever the town's own length."""
    return bool(re.fullmatch(rf"[0-9]{{{SHORTEST},{LONGEST}}}", code))


def with_neighbors(code: str) -> tuple[str, str, str]:
    """The code and the two that a slip of the finger reaches: none of them may belong to another."""
    number, width = int(code), len(code)
    return code, f"{number - 1:0{width}}", f"{number + 1:0{width}}"


def draw(length: int, *, taken: Callable[[str], bool]) -> str:
    """A code of that length that nobody has, whose neighbours nobody has either; its first digit is not 0."""
    while True:
        code = str(secrets.randbelow(9 * 10 ** (length - 1)) + 10 ** (length - 1))
        if not any(taken(near) for near in with_neighbors(code)):
            return code


def draw_many(number: int, length: int, *, taken: Iterable[str] = ()) -> list[str]:
    """Several codes at once, none next to another or to one already taken."""
    known, drawn = set(taken), []
    for _ in range(number):
        code = draw(length, taken=known.__contains__)
        known.add(code)
        drawn.append(code)
    return drawn


def child_lookup(code: str) -> str:
    """The keyed hash by which a child's code is found."""
    return keys.lookup_hash(code, purpose=_CHILD)


def family_lookup(code: str) -> str:
    """The keyed hash by which a family's code is found."""
    return keys.lookup_hash(code, purpose=_FAMILY)


def seal_child_code(code: str) -> str:
    return keys.encrypt(code, purpose=_CHILD)


def seal_family_code(code: str) -> str:
    return keys.encrypt(code, purpose=_FAMILY)


def reveal_child_code(sealed: str) -> str:
    return keys.decrypt(sealed, purpose=_CHILD)


def reveal_family_code(sealed: str) -> str:
    return keys.decrypt(sealed, purpose=_FAMILY)
