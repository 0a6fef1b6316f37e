"""What the dialogue hears, says and remembers: events, actions, and a state that goes through JSON and back."""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

MENU = 5  # choices of one menu, "autres" included
TRIES = 3


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence to say, by its code; `voice.phrases` finds the French words. Facts are texts, numbers and days."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def phrase(code: str, **facts: Any) -> Phrase:
    """A sentence and its facts."""
    return Phrase(code, facts)


# What the dialogue asks of its door.


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Say, then collect keys: at most `most`, ended by `#` or by a silence of `between` seconds.

    Keys cut what is said, and keys typed ahead are taken first, but for `unheard`, which is said to its end. `#` alone
    answers where days are listed (`is_list`), and nothing else: parents type it out of habit after what needs none, so
    that it must not cut the answer that they wait for.

    Where `unheard` could not be foreseen (a refusal, a cancellation), what was typed ahead answered another question:
    the door `forgets` it, and only a key that comes after a pause answers this one.
    """

    say: tuple[Phrase, ...]
    most: int
    first: int = 6
    between: int = 5  # who reads a code from a letter looks for each key
    unheard: tuple[Phrase, ...] = ()
    is_list: bool = False
    forgets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """Say, then end the call."""

    say: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FindChild:
    """Whose code is it? `secret` is the second one, where the town asks it. Answer: `ChildFound`, `NoChild`,
    `NeedsSecret`."""

    code: str
    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeDays:
    """May these days be changed for the child? Answer: `DaysJudged`.

    `days` empty: the whole next week open to the family, or the one that `since` begins.
    """

    child: int
    service: int
    days: tuple[date, ...] = ()
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWeek:
    """What is booked next week? Answer: `WeekRead`."""

    child: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """Book and cancel, once for one `jeton`; wait for a place on the days of `waits`. Answer: `Saved`."""

    child: int
    service: int
    books: tuple[date, ...]
    cancels: tuple[date, ...]
    waits: tuple[date, ...]
    jeton: uuid.UUID


Action = Ask | HangUp | FindChild | JudgeDays | ReadWeek | Save


# What the door tells the dialogue.


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """Keys, without the `#` that ended them; `ended` says that one did. Empty and not ended: silence."""

    keys: str
    ended: bool = False


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller has gone."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service that the child may use."""

    key: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildFound:
    """The child whose code was typed, by its first name only, and what it may use, in the town's order."""

    child: int
    first_name: str
    services: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class NoChild:
    """No such code, or one that is locked: the same answer."""


@dataclass(frozen=True, slots=True)
class NeedsSecret:
    """The code alone does not tell for whom one books: the child has two households."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A day: whether it stands booked, why it cannot be changed (`refusal`, empty when it can), and what else helps.

    `minutes` are left before its deadline, None when that is far; `next_open` begins the next week that is open.
    """

    day: date
    booked: bool
    refusal: str = ""
    reason: str = ""
    minutes: int | None = None
    next_open: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysJudged:
    """The days asked, in order."""

    days: tuple[Judged, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekRead:
    """The days of next week on which something is booked, with the services' names."""

    days: tuple[tuple[date, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What was done: the receipt's number, how many days, and the days refused with their codes."""

    receipt: str
    number: int
    refused: tuple[Judged, ...] = ()
    sent: bool = False
    waits: int = 0  # days on whose waiting list the child was put


@dataclass(frozen=True, slots=True)
class Failed:
    """The town's side could not answer (a database that is down): nothing was done, as far as one knows."""


@dataclass(frozen=True, slots=True)
class NotYetOpen:
    """The portal of the town is not open to this family yet, nor is its telephone."""


Event = Typed | HungUp | ChildFound | NoChild | NeedsSecret | NotYetOpen | DaysJudged | WeekRead | Saved | Failed


class Stage(StrEnum):
    """Where the call stands."""

    CODE = "code"
    SECRET = "secret"
    SERVICE = "service"
    DATES = "dates"
    NEXT_WEEK = "next_week"  # a closed day was asked: take the next open week instead?
    WAITING = "waiting"  # a full day was asked: wait for a place?
    CONFIRM = "confirm"
    AFTER = "after"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """What the call must know of the commune for its whole length; `today` and the last day that can be booked."""

    name: str
    site: str
    today: date
    last_day: date
    asks_secret: bool = False
    notice: str = ""  # read first: a strike


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that a call remembers between two events."""

    call: uuid.UUID
    town: Town
    stage: Stage = Stage.CODE
    code: str = ""
    wrong: int = 0  # codes that were nobody's
    silences: int = 0
    misses: int = 0
    child: int = 0
    first_name: str = ""
    services: tuple[Service, ...] = ()
    page: int = 0
    service: int = 0
    books: tuple[date, ...] = ()
    cancels: tuple[date, ...] = ()
    waits: tuple[date, ...] = ()
    order: tuple[date, ...] = ()  # all three, as they were typed
    asked: date | None = None  # the day that a question is about
    saves: int = 0
    turns: int = 0
    # What `0` says again.
    last: Ask | None = None

    @property
    def jeton(self) -> uuid.UUID:
        """The token of the save being prepared: the same when the door repeats the event."""
        return uuid.uuid5(self.call, f"save {self.saves}")

    @property
    def lists_days(self) -> bool:
        """Days were chosen, and `#` alone ends their list."""
        return self.stage is Stage.DATES and bool(self.books or self.cancels or self.waits)

    @property
    def service_name(self) -> str:
        """The chosen service's name."""
        return next((one.name for one in self.services if one.key == self.service), "")

    def to_json(self) -> str:
        """The state as text, for a row or a signed token."""
        return json.dumps(asdict(self), default=str, ensure_ascii=False)


def from_json(text: str) -> State:
    """The state that `to_json` wrote. Raises ValueError or KeyError for a text that it did not write."""
    written = json.loads(text)
    written.setdefault("order", [*written["books"], *written["cancels"], *written["waits"]])  # an older version's
    town = {**written["town"], **{name: date.fromisoformat(written["town"][name]) for name in ("today", "last_day")}}
    days = {name: tuple(map(date.fromisoformat, written[name])) for name in ("books", "cancels", "waits", "order")}
    return State(
        **{
            **written,
            **days,
            "call": uuid.UUID(written["call"]),
            "town": Town(**town),
            "stage": Stage(written["stage"]),
            "services": tuple(Service(**one) for one in written["services"]),
            "asked": written["asked"] and date.fromisoformat(written["asked"]),
            "last": written["last"] and _ask(written["last"]),
        }
    )


def told_to_json(told: Ask | HangUp) -> dict[str, Any]:
    """What a caller is told now, for a row: `told_from_json` reads it."""
    return {"asks": isinstance(told, Ask), **json.loads(json.dumps(asdict(told), default=str))}


def told_from_json(written: Mapping[str, Any]) -> Ask | HangUp:
    """What `told_to_json` wrote."""
    rest = {name: value for name, value in written.items() if name != "asks"}
    return _ask(rest) if written["asks"] else HangUp(say=tuple(map(_phrase, rest["say"])))


def said_to_json(said: Iterable[Phrase]) -> str:
    """What is said, as text: `said_from_json` reads it."""
    return json.dumps([asdict(one) for one in said], default=str, ensure_ascii=False)


def said_from_json(text: str) -> tuple[Phrase, ...]:
    """What `said_to_json` wrote."""
    return tuple(map(_phrase, json.loads(text)))


def _ask(written: Mapping[str, Any]) -> Ask:
    return Ask(
        **{
            **written,
            "say": tuple(_phrase(one) for one in written["say"]),
            "unheard": tuple(_phrase(one) for one in written["unheard"]),
        }
    )


def _phrase(written: Mapping[str, Any]) -> Phrase:
    return Phrase(written["code"], {name: _fact(value) for name, value in written["facts"].items()})


def _fact(value: Any) -> Any:
    """Days were written as text, lists of days as lists of text."""
    if isinstance(value, list):
        return tuple(_fact(one) for one in value)
    if isinstance(value, str):
        try:
            return date.fromisoformat(value) if len(value) == 10 else value
        except ValueError:
            return value
    return value


def ended(state: State) -> State:
    """The call is over."""
    return replace(state, stage=Stage.ENDED, last=None)
