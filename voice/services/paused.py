"""A call that waits between two requests, of a page or of a provider: all that goes on lies sealed in its row.

Each answer is numbered. One that comes twice moves nothing on and gets the same words again; requests of one call wait
for one another behind its row.
"""

import json
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from tenants import context
from tenants.keys import decrypt, encrypt
from voice.dialogue.collect import Collector
from voice.dialogue.facts import (
    Ask,
    HangUp,
    Phrase,
    Typed,
    from_json,
    told_from_json,
    told_to_json,
)
from voice.models import Call
from voice.services import conversation as calls
from voice.services.conversation import Conversation

PURPOSE = "voice_call"


class NoSuchCall(LookupError):
    """Nobody is on the line: the call is unknown, or over for so long that it was forgotten."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the caller is told now; `rank` numbers the answer that is waited for."""

    call: uuid.UUID
    rank: int
    told: Ask | HangUp

    @property
    def over(self) -> bool:
        """Nothing is waited for any more."""
        return isinstance(self.told, HangUp)


def answer(*, door: Call.Door, caller: str, at: datetime, call: uuid.UUID) -> Turn:
    """Answer a call to this commune; told a second time, its first words again."""
    with transaction.atomic():
        # Two tellings at once: the second one waits here until the first has committed, then finds its row.
        _, is_new = Call.objects.get_or_create(pk=call, defaults={"door": door, "called_at": at})
        if not is_new:
            return _read(call, door)[1]
        begun, told = calls.begin(commune=context.current(), door=door, caller=caller, at=at, call=call)
        assert isinstance(told, Ask | HangUp)
        return _kept(begun, Turn(call, 0, told))


def is_known(*, call: uuid.UUID) -> bool:
    """Whether this call was answered already."""
    return Call.objects.filter(pk=call).exists()


def now(*, call: uuid.UUID, door: Call.Door) -> Turn:
    """What the caller is told now. Raises `NoSuchCall`."""
    with transaction.atomic():
        return _read(call, door)[1]


def go_on(*, call: uuid.UUID, door: Call.Door, rank: int, keys: str, at: datetime, empty_ends: bool = False) -> Turn:
    """Type these keys, `#` among them, then nothing more; those that the first question leaves are typed ahead.

    `empty_ends`: the door cannot tell `#` alone from silence, so that nothing at all ends a list of days. An answer of
    another rank changes nothing. Raises `NoSuchCall`, ValueError for what is no key.
    """
    with transaction.atomic():
        standing, turn = _read(call, door)
        if turn.over or rank != turn.rank:
            return turn
        if empty_ends and not keys and standing.state.lists_days:
            keys = "#"
        told = _typed(standing, turn.told, keys, at)
        return _kept(standing, Turn(call, rank + 1, told))


def leave(*, call: uuid.UUID, door: Call.Door, at: datetime) -> None:
    """The caller has hung up: what was saved stays. Raises `NoSuchCall`."""
    with transaction.atomic():
        standing, _turn = _read(call, door)
        calls.leave(standing, at=at)
        Call.objects.filter(pk=call).update(state="")


def _typed(standing: Conversation, told: Ask | HangUp, keys: str, at: datetime) -> Ask | HangUp:
    """Answer question after question while keys are left; what is to be heard whole is kept for the end.

    What could not be foreseen ends it: the keys that are left answered another question.
    """
    unheard: tuple[Phrase, ...] = ()
    is_first = True
    while isinstance(told, Ask) and (keys or is_first):
        typed, keys = _first(told, keys)
        came = calls.hear(standing, typed, at=at)
        told = came if isinstance(came, Ask | HangUp) else HangUp()
        keys = "" if isinstance(told, Ask) and told.forgets else keys
        unheard, is_first = (*unheard, *(told.unheard if isinstance(told, Ask) else ())), False
    return replace(told, unheard=unheard) if isinstance(told, Ask) else replace(told, say=(*unheard, *told.say))


def _first(ask: Ask, keys: str) -> tuple[Typed, str]:
    """What of these keys answers the question, and those that are left. A `#` that answers nothing is no silence."""
    collector, is_hash = Collector(ask), keys.endswith("#")
    while keys:
        typed, keys = collector.key(keys[0]), keys[1:]
        if typed is not None:
            return typed, keys
    return Typed(keys="", ended=True) if is_hash else collector.silence(), ""


def _read(call: uuid.UUID, door: Call.Door) -> tuple[Conversation, Turn]:
    """The call and its turn, held until we commit: an answer sent twice at once is judged once."""
    row = Call.objects.select_for_update(no_key=True).filter(pk=call, door=door).first()
    if row is None or not row.state:
        raise NoSuchCall(call)
    kept: dict[str, Any] = json.loads(decrypt(row.state, purpose=PURPOSE))
    standing = Conversation(
        commune=context.current(),
        call=row.pk,
        door=door,
        caller=row.caller,
        lookup=row.caller_lookup,
        began_at=row.called_at,
        state=from_json(kept["state"]),
        outcome=Call.Outcome(row.outcome),
        steps=[(at, stage) for at, stage in row.steps],
    )
    return standing, Turn(row.pk, kept["rank"], told_from_json(kept["told"]))


def _kept(standing: Conversation, turn: Turn) -> Turn:
    """Seal what goes on into the row, with the steps so far."""
    kept = {"rank": turn.rank, "state": standing.state.to_json(), "told": told_to_json(turn.told)}
    Call.objects.filter(pk=turn.call).update(
        state=encrypt(json.dumps(kept), purpose=PURPOSE),
        outcome=standing.outcome,
        steps=standing.steps,
        last_stage=standing.steps[-1][1] if standing.steps else "",
    )
    return turn
