"""Real calls: a SIP phone, Asterisk in its own root, the voice server, rows that commit.

Where Asterisk cannot start these tests say why they were not tried; `make voice-test` fails then.
"""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from baresip import Account, AudioNotActive, AudioRestarted, CallBusy, Config, Runtime, StaleHandleError, UserAgent
from numpy.typing import NDArray

from booking.models import JournalEntry
from deploy.processes import free_port, wait_until
from deploy.voice import root
from deploy.voice.asterisk import Asterisk, sip_port
from deploy.voice.configuration import PROMPTS, Operator, files
from lps.families.models import Custody
from lps.journal.channels import Channel
from lps.kernel import clock
from tests.voice.test_gateway import Pupil, copy, prompts, pupil, town  # noqa: F401
from voice.dialogue.facts import FindChild, JudgeDays, phrase
from voice.gateway.agi import UNAVAILABLE
from voice.gateway.prompts import Store
from voice.gateway.server import Server
from voice.gateway.wav import RATE
from voice.phrases import sentence
from voice.services import limits
from voice.services.town_side import TownSide

WHERE = root.chosen()
OBSTACLE = root.obstacle(WHERE)
NOT_TRIED = f"APPEL RÉEL NON ESSAYÉ : {OBSTACLE}"
HEARD_SECONDS = 40.0  # what was saved and its receipt are read before the next question
CALLS = 3
ALIKE = 0.75  # of a third of the seconds: a busy machine loses packets; words in common are not as near
if OBSTACLE and "REAL_CALLS" in os.environ:
    pytest.fail(NOT_TRIED, pytrace=False)
pytestmark = pytest.mark.skipif(bool(OBSTACLE), reason=NOT_TRIED)

Sound = NDArray[np.float64]


@pytest.fixture
def exchange(tmp_path: Path, prompts: Path) -> Iterator[tuple[int, int]]:  # noqa: F811
    """Asterisk answers: its SIP port, and the port on which it looks for the voice server."""
    prompts.chmod(0o700)  # as temporary folders are: Asterisk, which has a user of its own, could not read it
    Store(prompts).prepare(unavailable=sentence(phrase("failed")))
    sip, agi = sip_port(wanted=0), free_port()
    asterisk = Asterisk(WHERE, tmp_path / "asterisk", prompts)
    first = 20000 + (sip % 300) * 100
    asterisk.write(files(operator=Operator(), sip=f"127.0.0.1:{sip}", agi=f"127.0.0.1:{agi}", rtp=(first, first + 99)))
    with subprocess.Popen(asterisk.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        try:
            assert wait_until(lambda: asterisk.answers(pid=process.pid), seconds=20, pause=0.2)
            yield sip, agi
        finally:
            process.terminate()


class Phone:
    """A phone that types keys and keeps what it hears."""

    def __init__(self, call) -> None:  # type: ignore[no-untyped-def]
        self.call, self.heard, self.searched = call, bytearray(), 0
        self.listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            try:
                sound = self.call.audio.read(3200)
            except AudioRestarted:
                sound = b""
            except (AudioNotActive, StaleHandleError):
                return
            self.heard += sound
            if not sound:
                await asyncio.sleep(0.02)

    async def hears(self, prompt: Path) -> float:
        """Wait for a prompt; how alike what was heard is to it, 1 being the same.

        What was searched once is not again: a search that holds up the phone loses the sound that comes meanwhile.
        """
        wanted = seconds_of(_samples(prompt.read_bytes()[44:]))
        found, now = np.zeros(len(wanted)), asyncio.get_running_loop().time
        until = now() + HEARD_SECONDS
        while np.quantile(found, 2 / 3) < ALIKE and now() < until:
            await asyncio.sleep(0.2)
            new = _samples(bytes(self.heard[self.searched :]))
            if len(new) > RATE:
                found = np.maximum(found, [likeness(new, one) for one in wanted])
                self.searched += 2 * (len(new) - RATE)
        return float(np.quantile(found, 2 / 3))

    async def type(self, keys: str) -> None:
        await self.call.send_dtmf(keys)


def _samples(raw: bytes) -> Sound:
    return np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2").astype(np.float64)


def seconds_of(prompt: Sound) -> list[Sound]:
    """A prompt second by second, without its silent ends: a packet that is lost shifts all that follows it."""
    edge = min(len(prompt) - RATE, len(prompt) // 5) // 2
    return [prompt[begin : begin + RATE] for begin in range(edge, len(prompt) - edge - RATE + 1, RATE)]


def likeness(heard: Sound, wanted: Sound) -> float:
    """The best normalized correlation of a prompt with any moment of a recording."""
    if len(heard) < len(wanted):
        return 0.0
    size = len(heard) + len(wanted)
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size))
    raw = np.fft.irfft(spectrum, size)[: len(heard) - len(wanted) + 1]
    energy = np.concatenate(([0.0], np.cumsum(heard**2)))
    around = energy[len(wanted) :] - energy[: len(energy) - len(wanted)]
    return float(np.max(raw / np.sqrt(np.maximum(around, 1.0) * np.sum(wanted**2))))


@asynccontextmanager
async def calling(sip: int) -> AsyncIterator[Phone]:
    """Dial Buchelay's number as its parents do."""
    runtime = Runtime()
    await runtime.start(Config(net_interface="127.0.0.1", max_concurrent_calls=None))
    try:
        account = Account(user="0612345678", domain=f"127.0.0.1:{sip}", password="", reg_interval=0)
        agent = await UserAgent.create(runtime, account)
        call = await agent.dial(f"sip:0476549340@127.0.0.1:{sip}")
        await call.wait_established()
        phone = Phone(call)
        yield phone
        phone.listening.cancel()
    finally:
        await runtime.close()


Step = tuple[str, str]  # what is heard, then the keys that answer it


def call_and_hear(exchange: tuple[int, int], prompts: Path, *steps: Step) -> list[float]:  # noqa: F811
    """Call, and answer each sentence once it was heard; how alike what was heard is to each.

    A caller who was not understood on the way, as happens on a machine too busy for sound, calls again.
    """
    sip, agi = exchange
    store = Store(prompts, PROMPTS)

    async def call() -> list[float]:
        server = Server(store=store, leaving_seconds=5)
        await server.open("127.0.0.1", agi)
        found = []
        async with calling(sip) as phone:
            for words, keys in steps:
                found.append(await phone.hears(store.file(words)))
                if found[-1] < ALIKE:
                    break  # nothing that follows would be heard either
                await phone.type(keys)
        await server.close()
        return found

    for _ in range(CALLS):
        found = asyncio.run(call())
        if len(found) == len(steps):
            break
    return found


def words_of(code: str, **facts: object) -> str:
    return sentence(phrase(code, **facts))


def to_the_days(pupil: Pupil) -> list[Step]:  # noqa: F811
    return [(words_of("code"), f"{pupil.code}#"), (words_of("service"), pupil.key)]


def test_a_parent_calls_and_books(
    exchange: tuple[int, int],
    pupil: Pupil,  # noqa: F811
    prompts: Path,  # noqa: F811
) -> None:
    likenesses = call_and_hear(
        exchange,
        prompts,
        *to_the_days(pupil),
        (words_of("date"), f"{pupil.keys}#"),
        (words_of("confirm_keys"), "1"),
        (words_of("after"), "9"),
    )

    assert min(likenesses) > ALIKE, likenesses
    assert pupil.stands()
    entry = JournalEntry.objects.get(child=pupil.child, day=pupil.day, activity_id=pupil.service)
    assert entry.channel == Channel.VOICE and entry.receipt.get_channel_display() == "serveur vocal"


def test_after_thursday_17_00_next_week_is_refused_in_words(
    exchange: tuple[int, int],
    pupil: Pupil,  # noqa: F811
    prompts: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    thursday = pupil.day - timedelta(days=pupil.day.weekday() + 4)
    late, real = datetime.combine(thursday, time(17, 0, 1), ZoneInfo("Europe/Paris")), clock.now
    ahead = late - real()
    monkeypatch.setattr(clock, "now", lambda: real() + ahead)

    custody = Custody.objects.get(child=pupil.child)
    asked = JudgeDays(child=custody.pk, service=pupil.service, days=(pupil.day,))
    [judged] = TownSide("test").answer(asked, at=late).days
    refused = words_of("refused", day=pupil.day, why=judged.refusal, reason=judged.reason)
    assert "trop tard" in refused
    likenesses = call_and_hear(exchange, prompts, *to_the_days(pupil), (words_of("date"), pupil.keys), (refused, "9"))

    assert min(likenesses) > ALIKE, likenesses
    assert not pupil.stands()


def test_a_caller_who_may_not_try_any_more_hears_a_busy_line(
    exchange: tuple[int, int],
    pupil: Pupil,  # noqa: F811
    prompts: Path,  # noqa: F811
) -> None:
    sip, agi = exchange
    side = TownSide(limits.lookup_of("+33612345678"))
    for _ in range(6):
        side.answer(FindChild(code="1029384756"), at=clock.now())

    async def call() -> None:
        server = Server(store=Store(prompts, PROMPTS), leaving_seconds=5)
        await server.open("127.0.0.1", agi)
        try:
            async with calling(sip):
                pass
        finally:
            await server.close()

    with pytest.raises(CallBusy):
        asyncio.run(call())


def test_without_the_voice_server_a_sentence_says_so(
    exchange: tuple[int, int],
    prompts: Path,  # noqa: F811
) -> None:
    sip, _ = exchange

    async def call() -> float:
        async with calling(sip) as phone:
            return await phone.hears(prompts / f"{UNAVAILABLE}.wav")

    assert asyncio.run(call()) > ALIKE
