"""What passes on the loopback, heard with the kernel's own instants: keys that end, and sound that begins.

A sentence made by `stamped` begins by twenty milliseconds that nothing else holds: its first packet is known by sight,
whatever still came of the sentence before.
"""

import array
import math
import socket
import struct
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.keys import PAYLOAD_TYPE
from voice.gateway.wav import RATE

MARK, BEAT = 160, 8  # samples of the mark, which a packet of twenty milliseconds holds, and of what it repeats
_LOUD = 8000
_ALAW, _END = 8, 0x80
_LINK, _UDP = 14, 17  # bytes before the packet, the protocol
_TIMESTAMP, _FORCED_BUFFER = 35, 33  # SO_TIMESTAMPNS, SO_RCVBUFFORCE
_BUFFER = 32 * 1024 * 1024
_SENT = 4  # the loopback shows each packet twice: as it is sent, as it comes


@dataclass(slots=True)
class Heard:
    """By the caller's port: when each of its keys ended, when each sentence to it began; in seconds."""

    ends: dict[int, list[float]] = field(default_factory=dict)
    begins: dict[int, list[float]] = field(default_factory=dict)
    _last: dict[int, int] = field(default_factory=dict)

    def delays(self, port: int) -> list[float | None]:
        """For each key from a port, how long until a sentence began; None where none did before the next key."""
        ends, begins = self.ends.get(port, []), self.begins.get(port, [])
        return [
            next((begin - end for begin in begins if end <= begin < bound), None)
            for end, bound in zip(ends, [*ends[1:], math.inf], strict=False)
        ]

    def key(self, port: int, key: int, instant: float) -> None:
        """A key has ended; told more than once, it counts once. `key` is the instant of its own clock."""
        if self._last.get(port) != key:
            self._last[port] = key
            self.ends.setdefault(port, []).append(instant)


def stamped(path: Path, *, seconds: float) -> None:
    """A sentence of so many seconds: its mark, then silence; written then renamed, open to Asterisk."""
    beat = array.array("h", [_LOUD] * (BEAT // 2) + [-_LOUD] * (BEAT // 2))
    part = path.with_suffix(".part")
    with wave.open(str(part), "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE)
        written.writeframes((beat * (MARK // BEAT)).tobytes() + bytes(2 * int(seconds * RATE)))
    part.chmod(0o644)
    part.replace(path)


@contextmanager
def listening() -> Iterator[Heard]:
    """Hear the loopback for the time of a block; what was heard is complete once it is left. Needs root."""
    heard, over = Heard(), threading.Event()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(0x0800)) as wire:
        wire.setsockopt(socket.SOL_SOCKET, _FORCED_BUFFER, _BUFFER)
        wire.setsockopt(socket.SOL_SOCKET, _TIMESTAMP, 1)
        wire.bind(("lo", 0))
        wire.settimeout(0.2)
        thread = threading.Thread(target=_hear, args=(wire, heard, over))
        thread.start()
        try:
            yield heard
        finally:
            over.set()
            thread.join()


def _hear(wire: socket.socket, heard: Heard, over: threading.Event) -> None:
    while not over.is_set():
        try:
            frame, told, _, address = wire.recvmsg(512, 64)
        except TimeoutError:
            continue
        if address[2] != _SENT and frame[_LINK + 9] == _UDP:
            seconds, rest = struct.unpack("qq", told[0][2])
            _note(heard, frame[_LINK + (frame[_LINK] & 15) * 4 :], seconds + rest / 1e9)


def _note(heard: Heard, udp: bytes, instant: float) -> None:
    came_from, came_to = struct.unpack_from(">HH", udp)
    rtp = udp[8:]
    if len(rtp) < 16 or rtp[0] != 0x80:
        return
    kind, sound = rtp[1] & 0x7F, rtp[12:]
    if kind == PAYLOAD_TYPE and sound[1] & _END:
        heard.key(came_from, struct.unpack_from(">I", rtp, 4)[0], instant)
    elif kind == _ALAW and _is_mark(sound):
        heard.begins.setdefault(came_to, []).append(instant)


def _is_mark(sound: bytes) -> bool:
    return len(set(sound[:BEAT])) == 2 and sound == sound[:BEAT] * (MARK // BEAT)
