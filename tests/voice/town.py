"""A town behind a call, and a caller: the dialogue's two ends without a telephone and without a database."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from voice.dialogue import facts, start, step
from voice.dialogue.collect import Collector
from voice.phrases import sentence, spoken_day

TODAY = date(2026, 10, 7)  # a Wednesday
MONDAY = date(2026, 10, 12)
CODE = "48291573"
FAMILY_NAME = "MARSONE"
CANTEEN = (1, "la cantine")
BOTH = (CANTEEN, (2, "l'accueil du matin"))
ONLY_MORNING = ((2, "l'accueil du matin"),)


@dataclass(frozen=True, kw_only=True)
class FakeTown:
    """What a town would answer: no rule of its own, only what a test gave it."""

    facts: facts.Town
    services: tuple[tuple[int, str], ...] = BOTH
    booked: set[date] = field(default_factory=set)
    refused: Mapping[date, str] = field(default_factory=dict)
    next_open: date | None = None
    minutes: int | None = None
    secret: str = ""
    fails: bool = False

    def answer(self, asked: facts.Action) -> facts.Event:
        if self.fails:
            return facts.Failed()
        match asked:
            case facts.FindChild():
                known = asked.code == CODE and (not self.secret or asked.secret == self.secret)
                services = tuple(facts.Service(*one) for one in self.services)
                found = facts.ChildFound(child=7, first_name="Angéline", services=services)
                return found if known else facts.NoChild()
            case facts.JudgeDays():
                monday = asked.since or MONDAY
                days = asked.days or tuple(monday + timedelta(days=rank) for rank in range(5))
                return facts.DaysJudged(days=tuple(map(self._judged, days)))
            case facts.ReadWeek():
                return facts.WeekRead(days=tuple((day, (CANTEEN[1],)) for day in sorted(self.booked)))
            case facts.Save():
                number = len(asked.books) + len(asked.cancels)
                return facts.Saved(receipt="R-2026-000123" if number else "", number=number)
        raise AssertionError(asked)

    def _judged(self, day: date) -> facts.Judged:
        refusal = self.refused.get(day, "")
        return facts.Judged(
            day=day,
            booked=day in self.booked,
            refusal=refusal,
            reason="la date limite est passée" if refusal else "",
            minutes=self.minutes,
            next_open=self.next_open if refusal == "too_late" else None,
        )


def town(*, notice: str = "", last_day: date = date(2027, 1, 31), **answers: object) -> FakeTown:
    """Buchelay on a Wednesday of October 2026."""
    return FakeTown(
        facts=facts.Town(
            name="Ville de Buchelay",
            site="buchelay.les-parents-services.com",
            today=TODAY,
            last_day=last_day,
            asks_secret=bool(answers.get("secret")),
            notice=notice,
        ),
        **answers,  # type: ignore[arg-type]
    )


class Played:
    """A call being made: keys go in, words and saves come out. The state goes through JSON at each step."""

    def __init__(self, behind: FakeTown, *, call: uuid.UUID | None = None) -> None:
        self.town = behind
        self.words: list[str] = []
        self.saved: list[tuple[tuple[date, ...], ...]] = []
        self.jetons: list[uuid.UUID] = []
        self.steps = 0
        self._collector: Collector | None = None
        self._forgot = False
        self._told = ""  # what will be done, as it was last said to be confirmed
        begun = start(call=call or uuid.uuid4(), town=behind.facts)
        self.state = begun.state
        self._do(begun.actions)

    @property
    def heard(self) -> str:
        return " ".join(self.words)

    @property
    def over(self) -> bool:
        return self.state.stage is facts.Stage.ENDED

    def type(self, *bursts: str) -> None:
        """Each burst is typed at once; what is left of it is forgotten where a question forgets it."""
        for burst in bursts:
            self._forgot = False
            for key in burst:
                if self._collector is None or self._forgot:
                    break
                if (typed := self._collector.key(key)) is not None:
                    self.event(typed)

    def silence(self) -> None:
        if self._collector is not None:
            self.event(self._collector.silence())

    def hang_up(self) -> None:
        self.event(facts.HungUp())

    def event(self, event: facts.Event) -> None:
        self.steps += 1
        before, came = self.state, step(self.state, event)
        for action in came.actions:
            self._promises(before, action, event)
        self.state = facts.from_json(came.state.to_json())
        assert self.state == came.state
        self._do(came.actions)

    def _promises(self, before: facts.State, action: facts.Action, event: facts.Event) -> None:
        """What is true of every call, whatever is typed."""
        left = (*before.books, *before.cancels, *before.waits)
        match action:
            case facts.Ask():
                assert action.say and (action.unheard or not action.forgets)
                said = (*action.unheard, *action.say)
                self._told = next((sentence(one) for one in said if one.code == "confirm"), self._told)
            case facts.Save():
                days = (*action.books, *action.cancels, *action.waits)
                assert days and len(set(days)) == len(days) and all(spoken_day(day) in self._told for day in days)
                assert not (action.cancels and self._forgot), "a cancellation confirmed before it was heard"
            case facts.HangUp():
                said_so = any(one.code == "not_kept" for one in action.say)
                assert said_so is (bool(left) and not isinstance(event, facts.Failed))

    def _do(self, actions: tuple[facts.Action, ...]) -> None:
        self._collector = None
        for action in actions:
            match action:
                case facts.Ask():
                    self._say((*action.unheard, *action.say))
                    self._collector, self._forgot = Collector(action), self._forgot or action.forgets
                case facts.HangUp():
                    self._say(action.say)
                case facts.Save():
                    self.saved.append((action.books, action.cancels, action.waits))
                    self.jetons.append(action.jeton)
                    self.event(self.town.answer(action))
                case _:
                    self.event(self.town.answer(action))

    def _say(self, said: tuple[facts.Phrase, ...]) -> None:
        self.words += [sentence(one) for one in said]


def with_facts(behind: FakeTown, **changes: object) -> FakeTown:
    return replace(behind, facts=replace(behind.facts, **changes))  # type: ignore[arg-type]


def weekdays(first: date, number: int) -> Iterator[date]:
    return (first + timedelta(days=rank) for rank in range(number))
