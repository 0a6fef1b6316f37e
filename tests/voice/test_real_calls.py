"""A real call: a SIP phone, Asterisk in its own root, and what is heard when the voice server is away.

Where Asterisk's root is absent the test says why it was not tried.
"""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from baresip import Account, AudioNotActive, AudioRestarted, Config, Runtime, StaleHandleError, UserAgent
from numpy.typing import NDArray

from deploy.processes import free_port, wait_until
from deploy.voice import root
from deploy.voice.asterisk import Asterisk
from deploy.voice.configuration import UNAVAILABLE, Operator, files
from tests.voice.test_gateway import prompts  # noqa: F401
from voice.gateway.prompts import Store

WHERE = root.chosen()
CAUSE = "APPEL RÉEL NON ESSAYÉ : la racine d'Asterisk n'est pas faite, ou nous ne sommes pas root (make voice)"
HEARD_SECONDS = 20.0
ALIKE = 0.5  # packets are lost on a busy machine; two different sentences reach 0.3 at most
if not root.is_there(WHERE):
    pytest.skip(CAUSE, allow_module_level=True)

Sound = NDArray[np.float64]


@pytest.fixture
def exchange(tmp_path: Path, prompts: Path) -> Iterator[tuple[int, int]]:  # noqa: F811
    """Asterisk answers: its SIP port, and the port on which it looks for the voice server."""
    prompts.chmod(0o755)  # Asterisk has a user of its own
    sip, agi = free_port(), free_port()
    store = Store(prompts)
    store.file("Le service ne répond pas. Rappelez plus tard.").rename(prompts / f"{UNAVAILABLE}.wav")
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
    """A phone that keeps what it hears."""

    def __init__(self, call) -> None:  # type: ignore[no-untyped-def]
        self.call, self.heard = call, bytearray()
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
        """Wait for the middle half of a prompt; how alike what was heard is to it, 1 being the same."""
        whole = _samples(prompt.read_bytes()[44:])
        wanted = whole[len(whole) // 4 : 3 * len(whole) // 4]
        best = 0.0
        for _ in range(int(HEARD_SECONDS / 0.2)):
            best = max(best, likeness(_samples(bytes(self.heard)), wanted))
            if best > ALIKE:
                break
            await asyncio.sleep(0.2)
        return best


def _samples(raw: bytes) -> Sound:
    return np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2").astype(np.float64)


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


def test_without_the_voice_server_a_sentence_says_so(
    exchange: tuple[int, int],
    prompts: Path,  # noqa: F811
) -> None:
    sip, _ = exchange

    async def call() -> float:
        async with calling(sip) as phone:
            return await phone.hears(prompts / f"{UNAVAILABLE}.wav")

    assert asyncio.run(call()) > ALIKE
