"""Real calls of the tests: Asterisk in its own root, a SIP phone that types keys, and what was heard found again."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from baresip import Account, AudioNotActive, AudioRestarted, Config, Runtime, StaleHandleError, UserAgent
from django.db import connection
from numpy.typing import NDArray

from deploy.processes import free_port, wait_until
from deploy.voice import root
from deploy.voice.asterisk import Asterisk, sip_port
from deploy.voice.configuration import PROMPTS, Operator, files
from tests.voice import kamailio
from tests.voice.old_line import old_line, tone
from tests.voice.pupils import Pupil
from voice.dialogue.facts import phrase
from voice.gateway.agi import UNAVAILABLE
from voice.gateway.exchange import Exchange
from voice.gateway.prompts import Store
from voice.gateway.server import Server
from voice.gateway.wav import RATE
from voice.phrases import sentence

WHERE = root.chosen()
OBSTACLE = root.obstacle(WHERE)
HEARD_SECONDS = 40.0  # what was saved and its receipt are read before the next question
START_SECONDS = 90.0  # of Asterisk, on a machine that does something else
CALLS = 3
TONES = "tones"  # how keys are sent: in the sound itself
BUCHELAY = "0476549340"
ALIKE = 0.75  # of a third of the seconds: a busy machine loses packets; words in common are not as near

Sound = NDArray[np.float64]
Answer = TypeVar("Answer")
Step = tuple[str, str]  # what is heard, then the keys that answer it


def tried(obstacle: str) -> pytest.MarkDecorator:
    """The mark of a file of real calls: it says why they are not tried here; `make voice-test` fails then."""
    reason = f"APPEL RÉEL NON ESSAYÉ : {obstacle}"
    if obstacle and "REAL_CALLS" in os.environ:
        pytest.fail(reason, pytrace=False)
    return pytest.mark.skipif(bool(obstacle), reason=reason)


real_calls = tried(OBSTACLE)
operator_calls = tried(OBSTACLE or kamailio.OBSTACLE)


@dataclass(slots=True)
class Real:
    """Asterisk at work: its SIP port, and the port on which it looks for the voice server."""

    asterisk: Asterisk
    sip: int
    agi: int
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def prompts(self) -> Path:
        """The folder of the sentences."""
        return self.asterisk.prompts

    @property
    def console(self) -> Exchange:
        """Its console, as the voice server asks it."""
        return Exchange(self.asterisk.home)

    @property
    def address(self) -> str:
        """Where a telephone of this machine calls it."""
        return f"127.0.0.1:{self.sip}"

    def start(self) -> None:
        """Start it, and wait until it takes calls."""
        self.process = subprocess.Popen(
            self.asterisk.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert wait_until(lambda: self.asterisk.answers(pid=self.process.pid), seconds=START_SECONDS, pause=0.2)

    def kill(self) -> None:
        """End it at once, whatever calls stand."""
        self.process.kill()
        self.process.wait()


@contextmanager
def exchange_at_work(folder: Path, prompts: Path, *, alone: bool = False) -> Iterator[Real]:
    """Asterisk takes the calls of this machine's telephones, unless `alone`, and of the lines that it is given."""
    prompts.chmod(0o700)  # as temporary folders are: Asterisk, which has a user of its own, could not read it
    Store(prompts).prepare(unavailable=sentence(phrase("failed")))
    real = Real(Asterisk(WHERE, folder / "asterisk", prompts), sip_port(wanted=0), free_port())
    first = 20000 + (real.sip % 300) * 100
    told = files(
        operator=None if alone else Operator(), sip=real.address, agi=f"127.0.0.1:{real.agi}", rtp=(first, first + 99)
    )
    real.asterisk.write(told)
    real.start()
    try:
        yield real
    finally:
        real.process.terminate()
        real.process.wait()


class Phone:
    """A phone that types keys and keeps what it hears."""

    def __init__(self, call, *, sounds_keys: bool = False) -> None:  # type: ignore[no-untyped-def]
        self.call, self.heard, self.searched = call, bytearray(), 0
        self.sounds_keys = sounds_keys
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

    async def hears(self, prompt: Path, *, seconds: float = HEARD_SECONDS) -> float:
        """Wait for a prompt; how alike what was heard is to it, 1 being the same.

        What was searched once is not again: a search that holds up the phone loses the sound that comes meanwhile.
        """
        wanted = seconds_of(_samples(prompt.read_bytes()[44:]))
        found, now = np.zeros(len(wanted)), asyncio.get_running_loop().time
        until = now() + seconds
        while np.quantile(found, 2 / 3) < ALIKE and now() < until:
            await asyncio.sleep(0.2)
            new = _samples(bytes(self.heard[self.searched :]))
            if len(new) > RATE:
                found = np.maximum(found, [likeness(new, one) for one in wanted])
                self.searched += 2 * (len(new) - RATE)
            elif self.is_over:
                break
        return float(np.quantile(found, 2 / 3))

    @property
    def is_over(self) -> bool:
        """Whether the other end has hung up."""
        return self.listening.done()

    async def type(self, keys: str) -> None:
        """Press keys as its account says: RFC 4733, or SIP INFO; or as tones in its sound."""
        if not self.sounds_keys:
            await self.call.send_dtmf(keys)
            return
        for key in keys:
            sound = tone(key)
            assert self.call.audio.write(sound) == len(sound)
            await asyncio.sleep(len(sound) / 2 / RATE)


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
async def calling(
    through: str, *, number: str = "0612345678", keys: str = "rtpevent", dials: str = BUCHELAY
) -> AsyncIterator[Phone]:
    """Dial a town's number as its parents do, through an address; `keys` is how they are sent."""
    runtime = Runtime()
    await runtime.start(Config(net_interface="127.0.0.1", max_concurrent_calls=None))
    try:
        mode = "auto" if keys == TONES else keys
        account = Account(
            user=number,
            domain=through,
            password="",
            reg_interval=0,
            audio_codecs=("pcma",),
            dtmf_mode=mode,  # type: ignore[arg-type]
        )
        agent = await UserAgent.create(runtime, account)
        call = await agent.dial(f"sip:{dials}@{through}")
        await call.wait_established()
        phone = Phone(call, sounds_keys=keys == TONES)
        yield phone
        phone.listening.cancel()
    finally:
        await runtime.close()


@asynccontextmanager
async def reached(exchange: str, *, keys: str) -> AsyncIterator[str]:
    """Where a telephone calls: keys are tones on an old line alone, on which Asterisk hears of nothing else."""
    if keys != TONES:
        yield exchange
        return
    async with old_line(exchange) as line:
        yield line.address
    assert b"PCMA" in line.said and b"telephone-event" not in line.said


def call_and_hear(
    real: Real,
    steps: Sequence[Step],
    *,
    through: str = "",
    keys: str = "rtpevent",
    dials: str = BUCHELAY,
    calls: int = CALLS,
    before: dict[int, Callable[[], None]] | None = None,
    anew: Callable[[], None] = lambda: None,
) -> list[float]:
    """Call, and answer each sentence once it was heard; how alike what was heard is to each.

    A caller who was not understood on the way, as happens on a machine too busy for sound, calls again. `before` is
    done before the keys of a step are typed, `anew` before each call.
    """
    store = Store(real.prompts, PROMPTS)

    async def call() -> list[float]:
        server = Server(store=store, leaving_seconds=5)
        await server.open("127.0.0.1", real.agi)
        found: list[float] = []
        try:
            where = through or real.address
            async with reached(where, keys=keys) as address, calling(address, keys=keys, dials=dials) as phone:
                for rank, (words, typed) in enumerate(steps):
                    found.append(await phone.hears(store.file(words)))
                    if found[-1] < ALIKE:
                        break  # nothing that follows would be heard either
                    if before and rank in before:
                        await asyncio.to_thread(_done, before[rank])  # the telephone goes on
                    await phone.type(typed)
        finally:
            await server.close()
        return found

    for _ in range(calls):
        anew()
        found = beside(call())
        if len(found) == len(steps):
            break
    return found


def _done(work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        connection.close()  # this thread's


def beside(work: Coroutine[None, None, Answer]) -> Answer:
    """Run this to its end in a thread of its own: a browser that a test drives keeps a loop in ours."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def unavailable(prompts: Path) -> Path:
    """What Asterisk says by itself when the voice server does not answer."""
    return prompts / f"{UNAVAILABLE}.wav"


def words_of(code: str, **facts: object) -> str:
    """A sentence of the dialogue."""
    return sentence(phrase(code, **facts))


def to_the_days(pupil: Pupil) -> list[Step]:
    """All that leads to the question about days."""
    return [(words_of("code"), f"{pupil.code}#"), (words_of("service"), pupil.key)]


def to_the_confirmation(pupil: Pupil) -> list[Step]:
    """All that books a day."""
    return [*to_the_days(pupil), (words_of("date"), f"{pupil.keys}#"), (words_of("confirm_keys"), "1")]


def to_the_end(pupil: Pupil) -> list[Step]:
    """All that books a day, and the good-bye."""
    return [*to_the_confirmation(pupil), (words_of("after"), "9")]
