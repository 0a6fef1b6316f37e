"""The grammar of PromQL, as much of it as alerts use: an expression that this reads, Prometheus reads.

`read` gives the selectors of an expression, each with its matchers; it raises `NotPromql` with the place of the slip.
"""

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|[smhdwy])?|(?P<name>[A-Za-z_:][\w:]*)|(?P<text>\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<sign>==|!=|>=|<=|=~|!~|[-+*/%^()\[\]{},=<>]))"
)
_AGGREGATES = frozenset({"sum", "min", "max", "avg", "count"})
_RANGES = frozenset({"rate", "increase", "max_over_time"})  # they ask for a range
_INSTANTS = frozenset({"absent", "histogram_quantile", "time", "vector"})
_WORDS = (("or",), ("and", "unless"), ("==", "!=", ">", "<", ">=", "<="), ("+", "-"), ("*", "/", "%"))


class NotPromql(ValueError):
    """What could not be read, and where."""


@dataclass(frozen=True, slots=True)
class Selector:
    """A family, and the values that its labels must have."""

    name: str
    matchers: dict[str, str] = field(default_factory=dict)
    is_range: bool = False


def read(text: str) -> list[Selector]:
    """The selectors of an expression, in its order."""
    reader = _Reader(text)
    reader.binary(0)
    if reader.sign:
        raise NotPromql(f"{reader.sign!r} is left at {reader.at}")
    return reader.found


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self.at, self.found = text.rstrip(), 0, list[Selector]()
        self._next()

    def _next(self) -> None:
        if self.at == len(self._text):
            self.sign, self.kind = "", ""
            return
        match = _TOKEN.match(self._text, self.at)
        if match is None:
            raise NotPromql(f"{self._text[self.at :][:20]!r} at {self.at}")
        self.at, self.sign = match.end(), match[0].strip()
        self.kind = "duration" if match["unit"] else str(match.lastgroup)

    def _take(self, wanted: str) -> None:
        if self.sign != wanted:
            raise NotPromql(f"{wanted!r} is missing before {self.sign!r} at {self.at}")
        self._next()

    def _taken(self, kind: str) -> str:
        if self.kind != kind:
            raise NotPromql(f"a {kind} is missing before {self.sign!r} at {self.at}")
        sign = self.sign
        self._next()
        return sign

    def binary(self, level: int) -> None:
        """One side, then as many others as the operators of this level bring."""
        if level == len(_WORDS):
            return self._one()
        self.binary(level + 1)
        while self.sign in _WORDS[level]:
            self._next()
            if self.sign in ("on", "ignoring"):
                self._next()
                self._names()
            self.binary(level + 1)

    def _one(self) -> None:
        if self.kind == "number":
            return self._next()
        if self.sign == "(":
            self._next()
            self.binary(0)
            return self._take(")")
        name = self._taken("name")
        if name in _AGGREGATES:
            return self._aggregate()
        if name in _RANGES | _INSTANTS:
            return self._called(name)
        self._selector(name)

    def _aggregate(self) -> None:
        if self.sign in ("by", "without"):
            self._next()
            self._names()
        self._take("(")
        self.binary(0)
        self._take(")")

    def _called(self, name: str) -> None:
        self._take("(")
        before = len(self.found)
        while self.sign != ")":
            self.binary(0)
            if self.sign == ",":
                self._next()
        self._take(")")
        if name in _RANGES and [one.is_range for one in self.found[before:]] != [True]:
            raise NotPromql(f"{name} asks for one range, at {self.at}")
        if name not in _RANGES and any(one.is_range for one in self.found[before:]):
            raise NotPromql(f"{name} takes no range, at {self.at}")

    def _selector(self, name: str) -> None:
        matchers = {}
        if self.sign == "{":
            self._next()
            while self.sign != "}":
                label = self._taken("name")
                if self.sign not in ("=", "!=", "=~", "!~"):
                    raise NotPromql(f"{label} is compared by {self.sign!r} at {self.at}")
                sign = self.sign
                self._next()
                matchers[label] = sign + self._taken("text").strip('"')
                if self.sign == ",":
                    self._next()
            self._take("}")
        is_range = self.sign == "["
        if is_range:
            self._next()
            self._taken("duration")
            self._take("]")
        self.found.append(Selector(name, matchers, is_range))

    def _names(self) -> None:
        self._take("(")
        while self.sign != ")":
            self._taken("name")
            if self.sign == ",":
                self._next()
        self._take(")")
