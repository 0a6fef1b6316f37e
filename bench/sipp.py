"""Callers by the hundred: sipp (Debian's `sip-tester`) makes the calls and plays to each what its caller types.

It hears nothing. Pauses stand for what a caller listens to; a key typed too early is typed ahead, as parents do.
"""

import csv
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.keys import PAYLOAD_TYPE, Word, capture
from deploy.processes import LOOPBACK
from deploy.voice.asterisk import sip_port

PROGRAM = "sipp"
SOUND, PORTS = 30_000, 4  # the first port of its sound, below what the kernel lends to anybody; those of a call
_ANSWER_MS, _CALL_MS = 20_000, 120_000  # how long the answer, then all the rest, may take

_INVITE = f"""INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]-[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:[field0]@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP 8 {PAYLOAD_TYPE}
a=rtpmap:8 PCMA/8000
a=rtpmap:{PAYLOAD_TYPE} telephone-event/8000
a=fmtp:{PAYLOAD_TYPE} 0-15
"""
_ACK = """ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]-[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0
"""
_GOOD_BYE = """SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0
"""
# Up to the answer; then to the message that plays what this caller types: its rank is in the caller's row.
_BEGIN = [
    f'<send retrans="500"><![CDATA[{_INVITE}]]></send>',
    *(f'<recv response="{code}" optional="true"/>' for code in (100, 180, 183)),
    f'<recv response="200" timeout="{_ANSWER_MS}"/>',
    f"<send><![CDATA[{_ACK}]]></send>",
    '<pause milliseconds="1000"/>',
    '<nop><action><assignstr assign_to="words" value="[field1]"/><todouble assign_to="rank" variable="words"/>'
    '<jump variable="rank"/></action></nop>',
]
_END = [
    '<label id="listen"/>',
    f'<recv request="BYE" timeout="{_CALL_MS}"/>',
    f"<send><![CDATA[{_GOOD_BYE}]]></send>",
]


@dataclass(frozen=True, slots=True)
class Caller:
    """A telephone number, and what is typed from it, each word with its second; the first one begins it."""

    number: str
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many calls came to their end as they should, how many did not, and what sipp said of these."""

    ended: int
    failed: int
    errors: str


@dataclass(frozen=True, slots=True)
class Load:
    """Calls to be made, all at once if they last; `sound` begins the ports of theirs, `folder` holds its files."""

    folder: Path
    callers: Sequence[Caller]
    sound: int = SOUND

    def command(self, *, called: str, sip: int, rate: float) -> list[str]:
        """What makes them, `rate` new ones a second, to the SIP port of an exchange of this machine."""
        self._write()
        number, every = str(len(self.callers)), str(int(1000 / rate))
        return [
            *(PROGRAM, "-sf", str(self.folder / "call.xml"), "-inf", str(self.folder / "callers.csv"), "-nostdin"),
            *("-m", number, "-l", number, "-r", "1", "-rp", every),
            *("-i", LOOPBACK, "-p", str(sip_port(wanted=0)), "-mi", LOOPBACK, "-mp", str(self.sound)),
            *("-trace_err", "-error_file", str(self.folder / "errors")),
            *("-trace_stat", "-stf", str(self.folder / "counts")),
            *("-s", called, f"{LOOPBACK}:{sip}"),
        ]

    def outcome(self) -> Outcome:
        """What a command that has ended left. Raises FileNotFoundError when it did not even start."""
        with (self.folder / "counts").open(newline="") as file:
            last = list(csv.DictReader(file, delimiter=";"))[-1]
        errors = self.folder / "errors"
        words = errors.read_text(errors="replace")[:2000] if errors.exists() else ""
        return Outcome(int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"]), words)

    def _write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        plays = []
        for rank, caller in enumerate(self.callers):
            path = self.folder / f"{rank}.pcap"
            path.write_bytes(capture(caller.words, source=rank + 1))
            # A jump goes on as the message before the one that it names would: that one does nothing.
            plays += ["<nop/>", f'<nop next="listen"><action><exec play_pcap_audio="{path}"/></action></nop>']
        lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<scenario name="call">', *_BEGIN, *plays, *_END]
        (self.folder / "call.xml").write_text("\n".join([*lines, "</scenario>", ""]))
        rows = [[caller.number, len(_BEGIN) + 2 * rank + 1] for rank, caller in enumerate(self.callers)]
        with (self.folder / "callers.csv").open("w", newline="") as file:
            file.write("SEQUENTIAL\n")
            csv.writer(file, delimiter=";", lineterminator="\n").writerows(rows)


def is_there() -> bool:
    """Whether this machine has it."""
    return shutil.which(PROGRAM) is not None


def run(command: Sequence[str], *, seconds: float) -> None:
    """Make the calls; their outcome is read afterwards. Raises subprocess.TimeoutExpired."""
    quiet = subprocess.DEVNULL
    subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, timeout=seconds, check=False)
