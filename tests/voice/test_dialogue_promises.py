"""Whatever is typed: a call ends, nothing is booked unconfirmed, no family is named, the state is always text."""

import inspect
import re
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.voice.town import CODE, FAMILY_NAME, MONDAY, Played, town
from voice.dialogue import facts, script
from voice.dialogue.dates import FarDay, NoSuchDay, meant
from voice.dialogue.script import TURNS
from voice.phrases import codes, fixed, pieces

DAYS = some.dates(MONDAY, MONDAY + timedelta(days=40))
REFUSALS = some.sampled_from(["too_late", "full", "no_service", "not_entitled", "incompatible"])
TOWNS = some.builds(
    town,
    booked=some.sets(DAYS, max_size=6),
    refused=some.dictionaries(DAYS, REFUSALS, max_size=6),
    next_open=some.none() | DAYS,
    minutes=some.none() | some.integers(0, 90),
    secret=some.sampled_from(["", "73026418"]),
    services=some.lists(
        some.tuples(some.integers(1, 30), some.sampled_from(["la cantine", "le bus"])),
        max_size=12,
        unique_by=lambda one: one[0],
    ).map(tuple),
)


class Caller(RuleBasedStateMachine):
    """Somebody who types anything, is silent, or hangs up."""

    def __init__(self) -> None:
        super().__init__()
        self.call: Played | None = None
        self.confirmed = 0

    @precondition(lambda self: self.call is None)
    @rule(behind=TOWNS)
    def dial(self, behind: object) -> None:
        self.call = Played(behind)  # type: ignore[arg-type]

    @precondition(lambda self: self.call is not None)
    @rule(keys=some.text("0123456789*#", min_size=1, max_size=12))
    def type(self, keys: str) -> None:
        assert self.call
        for key in keys:
            if self.call.state.stage is facts.Stage.CONFIRM and key == "1":
                self.confirmed += 1
            self.call.type(key)

    @precondition(lambda self: self.call is not None)
    @rule(day=DAYS)
    def say_a_whole_booking(self, day: date) -> None:
        for keys in (f"{CODE}#", "73026418#", "1", f"{day:%d%m}", "#", "1"):
            self.type(keys)

    @precondition(lambda self: self.call is not None)
    @rule()
    def be_silent(self) -> None:
        assert self.call
        self.call.silence()

    @precondition(lambda self: self.call is not None)
    @rule()
    def hang_up(self) -> None:
        assert self.call
        saved = list(self.call.saved)
        self.call.hang_up()
        assert self.call.over and self.call.saved == saved

    @invariant()
    def nothing_is_booked_unconfirmed(self) -> None:
        assert self.call is None or len(self.call.saved) <= self.confirmed

    @invariant()
    def no_family_is_named(self) -> None:
        assert self.call is None or FAMILY_NAME not in self.call.heard

    @invariant()
    def it_ends(self) -> None:
        assert self.call is None or self.call.state.turns <= TURNS + 1


TestCaller = Caller.TestCase
TestCaller.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@settings(max_examples=30, deadline=None)
@given(TOWNS, some.text("0123456789*#", min_size=1, max_size=6))
def test_keys_played_with_for_ever_end_the_call(behind: object, keys: str) -> None:
    call = Played(behind)  # type: ignore[arg-type]

    for _ in range(8 * TURNS):
        call.type(keys)
        call.silence()

    assert call.over


@given(some.integers(0, 9999), some.dates(date(2024, 1, 1), date(2030, 12, 31)), some.integers(0, 400))
def test_four_keys_mean_the_next_such_day_or_none(keys: int, today: date, window: int) -> None:
    written, last_day = f"{keys:04}", today + timedelta(days=window)
    try:
        day = meant(written, today=today, last_day=last_day)
    except (NoSuchDay, FarDay):
        wanted = [today + timedelta(days=rank) for rank in range(window + 1)]
        assert written not in {f"{one:%d%m}" for one in wanted}
        return

    assert f"{day:%d%m}" == written
    assert today <= day <= last_day


def test_every_phrase_of_the_dialogue_has_words() -> None:
    said = set(re.findall(r'phrase\(\s*"(\w+)"', inspect.getsource(script)))
    said |= {f"help_{stage}" for stage in facts.Stage if stage is not facts.Stage.ENDED}

    assert len(said) > 40
    assert said - codes() == set()


def test_the_fixed_pieces_hold_no_placeholder() -> None:
    found = fixed()

    assert len(found) > 60
    assert [piece for piece in found if "%" in piece or not piece.strip(" .,")] == []
    assert pieces([facts.phrase("choice", name="la cantine", key=1)]) == ["Pour la cantine", "faites le 1."]
