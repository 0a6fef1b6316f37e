"""What one hears of sentences in a browser or at a provider's: as on a call, what is missing being brought first."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from voice import queries
from voice.dialogue.facts import Phrase
from voice.gateway.prompts import Heard, Store, TownVoice
from voice.services import pieces


def sounds(store: Store, said: Iterable[Phrase], *, at: datetime, as_written: bool = False) -> Heard:
    """The files of these sentences in this town; `as_written` leaves its pronunciations out.

    Raises OSError when nothing can speak or a storage does not answer.
    """
    phrases, voice = list(said), queries.town_voice()
    voice = replace(voice, said=()) if as_written else voice
    heard = _all(store, phrases, voice)
    if not heard.wanted:
        return heard
    pieces.supply(store, heard.wanted, at=at)
    return _all(store, phrases, voice)


def _all(store: Store, said: Iterable[Phrase], voice: TownVoice) -> Heard:
    heard = [store.heard(one, voice) for one in said]
    return Heard(
        tuple(path for one in heard for path in one.files), tuple(piece for one in heard for piece in one.wanted)
    )
