"""A call from its first word to its last, for every door: the dialogue moved on, what it asks answered, the call kept.

A door gives keys and hang-ups with the instant at which they came, and gets what to say and to ask. Nothing is held
between two steps but the `Conversation`: no connection, no lock.
"""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection

from booking.services.saving import DayClosedMeanwhile
from lps.accounts import attempts
from lps.kernel import clock
from lps.kernel.metrics import counted
from tenants import context
from tenants.models import Commune
from tenants.notices import maintenance_of
from tenants.queries import host_of
from voice import dialogue, queries
from voice.dialogue.facts import (
    Action,
    Ask,
    Event,
    Failed,
    FindChild,
    HangUp,
    HungUp,
    Save,
    Saved,
    Stage,
    State,
    Town,
    ended,
    phrase,
)
from voice.models import Call, VoiceSettings
from voice.services import limits
from voice.services.town_side import TownSide

LONGEST_CALL = timedelta(minutes=10)
WINDOW = timedelta(days=335)  # eleven months: the keys of a day of last month mean that one, which is past
CALLS_AT_ONCE = 2  # of one caller
_KNOWN_FOR = timedelta(days=365)
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Conversation:
    """A call being made. `lookup` is the hash of the caller's number, "" for one who hides it.

    An agent's trial answers at any hour, and undoes what it saves before it says that it was saved.
    """

    commune: Commune
    call: uuid.UUID
    door: Call.Door
    caller: str
    lookup: str
    began_at: datetime
    state: State
    outcome: Call.Outcome = Call.Outcome.RUNNING
    steps: list[tuple[int, str]] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Nothing follows any more."""
        return self.state.stage is Stage.ENDED


def begin(
    *, commune: Commune, door: Call.Door, caller: str, at: datetime, call: uuid.UUID | None = None
) -> tuple[Conversation, Action]:
    """Answer a call to a commune: greet, or say why not. `caller` is a number as the operator gives it, or "".

    Raises what the database raises: the door has its own sentence for a product that does not answer.
    """
    with _in(commune):
        lookup, decided = limits.lookup_of(caller), queries.settings()
        town = _town(commune, decided, lookup, at)
        conversation = Conversation(
            commune=commune,
            call=call or uuid.uuid4(),
            door=door,
            caller=masked(caller),
            lookup=lookup,
            began_at=at,
            state=State(call=uuid.UUID(int=0), town=town),
        )
        conversation.state = replace(conversation.state, call=conversation.call)
        is_trial = door is Call.Door.TRIAL
        if maintenance_of(commune, at=clock.real_now()):
            return _turned_away(conversation, Call.Outcome.SHUT, HangUp(say=(phrase("maintenance"),)))
        if not is_trial and not _is_open(decided.is_open, decided.opens_at, decided.closes_at, at=at, commune=commune):
            return _turned_away(conversation, Call.Outcome.SHUT, HangUp(say=(phrase("shut", site=town.site),)))
        if not caller and not decided.takes_hidden:
            return _turned_away(conversation, Call.Outcome.HIDDEN, HangUp(say=(phrase("hidden"),)))
        if _must_wait(lookup):
            return _turned_away(conversation, Call.Outcome.REFUSED, HangUp(say=(phrase("busy"),)))
        begun = dialogue.start(call=conversation.call, town=town)
        _note(conversation, begun.state, at)
        _keep(conversation, at)
    return conversation, begun.actions[0]


def admitted(*, commune: Commune | None = None, door: Call.Door, caller: str, at: datetime) -> bool:
    """Whether a caller is answered at all: one who made too many tries, or whose two calls stand, hears a busy line.

    Written in the journal of calls when not. `commune` is the one entered by default.
    """
    commune = commune or context.current()
    with _in(commune):
        lookup = limits.lookup_of(caller)
        standing = queries.standing_calls(lookup=lookup, door=door, since=at - LONGEST_CALL) if lookup else 0
        if standing < CALLS_AT_ONCE and not _must_wait(lookup):
            return True
        Call.objects.create(
            called_at=at, door=door, caller=masked(caller), caller_lookup=lookup, outcome=Call.Outcome.REFUSED
        )
    return False


def hear(conversation: Conversation, event: Event, *, at: datetime) -> Action | None:
    """Move the call on by what came at an instant (aware): what to say or ask next, None once nothing follows.

    A town's side that does not answer is told to the caller and ends the call; nothing is half done.
    """
    with _in(conversation.commune):
        if at - conversation.began_at > LONGEST_CALL and not isinstance(event, HungUp):
            cut = dialogue.cut_short(conversation.state)
            action: Action | None = cut.actions[0]
            _note(conversation, cut.state, at)
        else:
            action = _moved(conversation, event, at)
        if conversation.over:
            conversation.outcome = _outcome(conversation, event)
            _count(conversation)
            _keep_quietly(conversation, at)
    return action


def leave(conversation: Conversation, *, at: datetime) -> None:
    """The caller has gone: what was saved stays, nothing else is done."""
    if not conversation.over:
        hear(conversation, HungUp(), at=at)


def masked(number: str) -> str:
    """Enough of a number to recognize a call that one is told about: "…56 78"."""
    digits = "".join(sign for sign in number if sign.isdigit())
    return f"…{digits[-4:-2]} {digits[-2:]}" if len(digits) >= 6 else ""


def _moved(conversation: Conversation, event: Event, at: datetime) -> Action | None:
    """Step after step, until something is to be said or the call has ended."""
    side = TownSide(conversation.lookup, dry=conversation.door is Call.Door.TRIAL)
    answered: Action | None = None
    while True:
        came = dialogue.step(conversation.state, event)
        _note(conversation, came.state, at)
        if not came.actions:
            return None
        asked = came.actions[0]
        if isinstance(asked, Ask | HangUp):
            return _later(asked, limits.slowness()) if isinstance(answered, FindChild) else asked
        answered = asked
        try:
            event = side.answer(asked, at=at)
        except (DatabaseError, InterfaceError, attempts.Unavailable, DayClosedMeanwhile) as error:
            log.error("call ended: %s failed (%s)", type(asked).__name__, type(error).__name__)
            counted.VOICE_ERRORS.labels(part="town").inc()
            conversation.outcome = Call.Outcome.FAILED
            event = Failed()
        if isinstance(asked, Save) and isinstance(event, Saved) and (event.number or event.waits):
            conversation.outcome = Call.Outcome.SAVED


def _later(action: Ask | HangUp, times: int) -> Ask | HangUp:
    """The same, once this was heard to its end so many times: whoever tries codes waits, and nobody is refused."""
    wait = (phrase("one_moment"),) * times
    if isinstance(action, HangUp):
        return replace(action, say=(*wait, *action.say))
    return replace(action, unheard=(*wait, *action.unheard))


def _town(commune: Commune, decided: VoiceSettings, lookup: str, at: datetime) -> Town:
    today = at.astimezone(commune.zone).date()
    unknown = not queries.has_called(lookup=lookup, since=at - _KNOWN_FOR)
    asks = decided.secret == decided.Secret.ALWAYS or (decided.secret == decided.Secret.UNKNOWN and unknown)
    return Town(
        name=decided.welcome or commune.header_name,
        site=host_of(commune),
        today=today,
        last_day=today + WINDOW,
        asks_secret=asks,
        notice=decided.notice if decided.notice_until is None or today <= decided.notice_until else "",
    )


def _is_open(is_open: bool, opens_at: object, closes_at: object, *, at: datetime, commune: Commune) -> bool:
    now = at.astimezone(commune.zone).time()
    return is_open and (opens_at is None or opens_at <= now) and (closes_at is None or now < closes_at)  # type: ignore[operator]


def _must_wait(lookup: str) -> bool:
    try:
        return attempts.must_wait(limits.of_caller(lookup)[:1]) > 0
    except attempts.Unavailable:
        return False  # the code's own try will say that nothing answers


def _turned_away(conversation: Conversation, outcome: Call.Outcome, action: HangUp) -> tuple[Conversation, Action]:
    conversation.outcome = outcome
    _count(conversation)
    _note(conversation, ended(conversation.state), conversation.began_at)
    _keep(conversation, conversation.began_at)
    return conversation, action


def _note(conversation: Conversation, state: State, at: datetime) -> None:
    """Remember where the time goes, a stage once in a row."""
    seconds = max(0, int((at - conversation.began_at).total_seconds()))
    if state.stage is not Stage.ENDED and (not conversation.steps or conversation.steps[-1][1] != state.stage):
        conversation.steps.append((seconds, str(state.stage)))
    conversation.state = state


def _outcome(conversation: Conversation, event: Event) -> Call.Outcome:
    if conversation.outcome is not Call.Outcome.RUNNING:
        return conversation.outcome
    return Call.Outcome.HUNG_UP if isinstance(event, HungUp) else Call.Outcome.NOTHING


def _count(conversation: Conversation) -> None:
    counted.CALLS.labels(door=str(conversation.door), outcome=str(conversation.outcome)).inc()


def _keep(conversation: Conversation, at: datetime) -> None:
    """Write the call as it stands: one statement."""
    row = Call(
        pk=conversation.call,
        called_at=conversation.began_at,
        door=conversation.door,
        caller=conversation.caller,
        caller_lookup=conversation.lookup,
        outcome=conversation.outcome,
        seconds=max(0, int((at - conversation.began_at).total_seconds())),
        steps=conversation.steps,
        last_stage=conversation.steps[-1][1] if conversation.steps else "",
    )
    Call.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["caller", "caller_lookup", "outcome", "seconds", "steps", "last_stage", "state"],
    )


def _keep_quietly(conversation: Conversation, at: datetime) -> None:
    """At its end a call is over whether or not it can be written; that it was not is told to the logs."""
    try:
        _keep(conversation, at)
    except (DatabaseError, InterfaceError) as error:
        log.error("a call's end was not written (%s)", type(error).__name__)


@contextmanager
def _in(commune: Commune) -> Iterator[None]:
    """Enter the commune for one step, and give the connection back: none is held while a key is waited for."""
    is_ours = not connection.in_atomic_block
    try:
        with context.use(commune):
            yield
    finally:
        if is_ours:
            connection.close()
