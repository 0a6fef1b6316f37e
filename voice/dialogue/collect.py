"""Keys one by one, gathered into what an `Ask` waits for: the same for every door."""

from dataclasses import dataclass, field

from voice.dialogue.facts import Ask, Typed

KEYS = frozenset("0123456789*#")


@dataclass(slots=True)
class Collector:
    """Gathers the keys of one question.

    `#` ends; on nothing typed it ends a list, and is nothing elsewhere. `*` erases what was typed; on nothing typed it
    is handed over as it is. A silence ends what was begun.
    """

    ask: Ask
    _typed: list[str] = field(default_factory=list)

    def key(self, key: str) -> Typed | None:
        """One more key; what was typed once the question has its answer. Raises ValueError for no key."""
        if key not in KEYS:
            raise ValueError(f"not a key: {key!r}")
        if key == "#":
            return self._given(ended=True) if self._typed or self.ask.is_list else None
        if key == "*" and self._typed:
            self._typed.clear()
            return None
        self._typed.append(key)
        return self._given() if key == "*" or len(self._typed) >= self.ask.most else None

    def silence(self) -> Typed:
        """Nothing more came in time."""
        return self._given()

    @property
    def typed(self) -> str:
        """What was typed so far."""
        return "".join(self._typed)

    @property
    def seconds(self) -> int:
        """How long the next key may take."""
        return self.ask.between if self._typed else self.ask.first

    @property
    def awaited(self) -> int:
        """How many keys may be gathered in one go: of none typed yet the first, which may be an answer by itself."""
        return self.ask.most - len(self._typed) if self._typed else 1

    def _given(self, *, ended: bool = False) -> Typed:
        return Typed(keys=self.typed, ended=ended)
