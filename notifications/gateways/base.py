"""What every SMS provider is to us, whatever its own words: a door with five questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from notifications.rules.hours import MessageClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One SMS as it leaves. `own_id` is ours: the provider gives it back, and we ask by it."""

    own_id: str
    number: str  # E.164
    text: str
    message_class: MessageClass
    sender: str
    gsm: bool  # the whole text is in the GSM alphabet


class Answer(StrEnum):
    """What a provider did with one SMS. `LOST`: it may have taken it, and nobody knows yet."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # never to be accepted: the number, the text, the sender's name
    LATER = "later"  # surely not taken, and the next ones would not be either
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one `Outgoing`. `code` is short, ours, and holds no word of the provider's answer."""

    own_id: str
    answer: Answer
    code: str = ""
    ref: str = ""
    cost: Decimal | None = None  # euros, when the provider says it


class Fate(StrEnum):
    """What a provider says of an SMS when asked, or by itself."""

    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    NEVER_SEEN = "never_seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A status of one SMS, by our id or, failing that, by the provider's own reference."""

    fate: Fate
    own_id: str = ""
    ref: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody answered STOP from this number (E.164); `listed` is how a provider that keeps a list spells it."""

    number: str
    listed: str = field(default="", compare=False)


class NoAnswer(Exception):
    """The provider could not be asked, or its answer could not be read. Says what kind of fault, nothing more."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotOurs(ValueError):
    """A call back that this provider would not have made."""


class Gateway(Protocol):
    """A provider under one commune's credentials. Nothing here is tried twice: that is for the outbox."""

    @property
    def together(self) -> int:
        """How many SMS one call may carry."""

    def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        """Hand over at most `together` SMS; one result each, in their order. It never raises for a fault outside."""

    def status(self, own_id: str, *, number: str) -> Receipt:
        """What became of an SMS of ours. Raises `NoAnswer`."""

    def credit(self) -> Decimal | None:
        """How many SMS are left on the account; None when it has no such thing. Raises `NoAnswer`."""

    def price(self) -> Decimal | None:
        """What one part costs in euros; None when the provider does not say. Raises `NoAnswer`."""

    def stopped(self) -> list[Stop]:
        """The numbers that answered STOP, for a provider that has to be asked. Raises `NoAnswer`."""

    def stopped_at(self, stop: Stop) -> datetime | None:
        """When a number of that list answered STOP (aware); None when it is there no more. Raises `NoAnswer`."""

    def lift_stop(self, stop: Stop) -> None:
        """Take a number off that list: its holder proved it again. Raises `NoAnswer`."""

    def called_back(self, content: bytes, query: Mapping[str, str]) -> list[Receipt | Stop]:
        """Read a call back of the provider. Raises `NotOurs`."""
