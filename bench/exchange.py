"""An Asterisk of one's own: its ports, its configuration, its start and its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.processes import LOOPBACK, Impossible, start, stop, wait_until
from deploy.voice import root
from deploy.voice.asterisk import Asterisk, sip_port
from deploy.voice.configuration import Operator, files

START_SECONDS, END_SECONDS = 30.0, 10.0
RTP = (20_000, 29_999)  # below what the kernel lends to anybody; Asterisk passes over those that are taken


@dataclass(frozen=True, slots=True)
class Exchange:
    """One that answers: its SIP port and its process."""

    sip: int
    pid: int


@contextmanager
def exchange(*, home: Path, prompts: Path, agi: int, extensions: str = "") -> Iterator[Exchange]:
    """Start it, the voice server looked for on the port `agi`; `extensions` are more of its dialplan.

    Raises `Impossible` when it does not answer.
    """
    asterisk, sip = Asterisk(root.chosen(), home, prompts), sip_port(wanted=0)
    written = files(operator=Operator(), sip=f"{LOOPBACK}:{sip}", agi=f"{LOOPBACK}:{agi}", rtp=RTP)
    asterisk.write({**written, "extensions.conf": written["extensions.conf"] + extensions})
    with (home / "words").open("wb") as words:
        process = start(asterisk.command(), output=words)
    try:
        if not wait_until(lambda: asterisk.answers(pid=process.pid), seconds=START_SECONDS, pause=0.2):
            raise Impossible("Asterisk n'a pas démarré : ses journaux sont dans le dossier « log ».")
        yield Exchange(sip, process.pid)
    finally:
        stop(process, grace=END_SECONDS)
