"""Many callers at once, each a real call with its own keys: nobody is cut off, every booking stands once."""

import asyncio
import os
import threading
import wave
from pathlib import Path

import pytest

from bench import sipp
from bench.callers import booked_once, wishes
from bench.exchange import exchange
from bench.keys import in_turn
from bench.sipp import Caller, Load
from deploy.processes import free_port
from deploy.voice import root
from deploy.voice.configuration import PROMPTS
from lps.kernel import clock
from tenants.models import Commune
from voice.dialogue.facts import phrase
from voice.gateway.prompts import Store, key
from voice.gateway.server import Server
from voice.gateway.wav import RATE
from voice.models import Call
from voice.phrases import sentence

OBSTACLE = root.obstacle(root.chosen()) or ("" if sipp.is_there() else "sipp n'est pas installé (paquet sip-tester)")
NOT_TRIED = f"APPEL RÉEL NON ESSAYÉ : {OBSTACLE}"
if OBSTACLE and "REAL_CALLS" in os.environ:
    pytest.fail(NOT_TRIED, pytrace=False)
pytestmark = pytest.mark.skipif(bool(OBSTACLE), reason=NOT_TRIED)

SECONDS = 300.0  # at most; sipp gives up by itself before
# New calls a second, and the seconds from one word to the next: what is answered later finds it typed ahead. All the
# three hundred stand before the first of them ends.
FEW = (30, 10, 3.0)
MANY = (300, 8, 6.0)


class Beeps(Store):
    """Every sentence is a third of a second, there at once: what is tried is the calls, not the voice."""

    def file(self, text, *, said=()):  # type: ignore[no-untyped-def]
        path = self.folder / f"{key(text)}.wav"
        if not path.exists():
            beep(path)
        return path


def beep(path: Path) -> None:
    """Written then renamed, open to Asterisk, as the sentences are."""
    part = path.with_name(f"{path.name}.{threading.get_ident()}")
    with wave.open(str(part), "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE)
        written.writeframes(bytes(2 * RATE // 3))
    part.chmod(0o644)
    part.replace(path)


@pytest.mark.parametrize(("number", "rate", "pause"), [FEW, pytest.param(*MANY, marks=pytest.mark.soak)])
def test_every_caller_books(
    town: Commune, prompts: Path, tmp_path: Path, number: int, rate: float, pause: float
) -> None:
    wanted, agi, store = wishes(number=number, at=clock.now()), free_port(), Beeps(prompts, PROMPTS)
    store.prepare(unavailable=sentence(phrase("failed")))
    callers = [Caller(f"06{rank:08}", in_turn(wish.words, pause=pause)) for rank, wish in enumerate(wanted)]
    load = Load(tmp_path / "sipp", callers)

    async def call_all(sip: int) -> None:
        command = load.command(called="0476549340", sip=sip, rate=rate)
        server = Server(store=store, leaving_seconds=5)
        await server.open("127.0.0.1", agi)
        await asyncio.to_thread(sipp.run, command, seconds=SECONDS)
        await server.close()

    with exchange(home=tmp_path / "asterisk", prompts=prompts, agi=agi) as line:
        asyncio.run(call_all(line.sip))

    done = load.outcome()
    assert (done.ended, done.failed) == (number, 0), done.errors
    assert booked_once(wanted) == (number, number)
    assert Call.objects.filter(outcome=Call.Outcome.SAVED).count() == Call.objects.count() == number
