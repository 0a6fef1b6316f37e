"""Who acts. No foreign key: an entry outlives the account or the family it names."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    HOUSEHOLD = "household"
    AGENT = "agent"
    OPERATOR = "operator"
    INTEGRATION = "integration"
    CALLER = "caller"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of an action: a kind, a stable key, and the words that a reader sees."""

    kind: ActorKind
    key: str
    label: str

    @classmethod
    def system(cls, label: str) -> "Actor":
        """The product itself: a scheduled task, a command, the demonstration data."""
        return cls(ActorKind.SYSTEM, "system", label)

    @classmethod
    def referred(cls, reference: str, label: str) -> "Actor":
        """Who asked for what a worker does later, as a row kept it."""
        kind, _colon, key = reference.partition(":")
        return cls(ActorKind(kind), key, label)

    @property
    def reference(self) -> str:
        """Kind and key, `agent:12`, for the row of what was asked."""
        return f"{self.kind}:{self.key}"[:80]
