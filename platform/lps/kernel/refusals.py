"""A refusal is data: a code and the facts that explain it. Each door finds its own words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


class Refusal:
    """Why something may not be done, without prose: `Refusal("too_late", closed_at=…)`."""

    __slots__ = ("code", "facts")

    code: str
    facts: Mapping[str, Any]

    def __init__(self, code: str, /, **facts: Any) -> None:
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "facts", MappingProxyType(facts))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a refusal never changes: {name}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Refusal):
            return NotImplemented
        return self.code == other.code and dict(self.facts) == dict(other.facts)

    def __hash__(self) -> int:
        return hash((self.code, tuple(sorted(self.facts))))

    def __repr__(self) -> str:
        facts = "".join(f", {name}={value!r}" for name, value in self.facts.items())
        return f"Refusal({self.code!r}{facts})"
