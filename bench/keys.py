"""Keys as they come on the wire: RFC 4733 events in RTP, kept as a capture that sipp plays to its end.

What sipp makes of keys by itself begins its clock anew for every word, and Asterisk lets go by what looks old.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence

PAYLOAD_TYPE = 101
TONE, PACKET = 0.1, 0.02  # seconds of a key pressed, and of a packet
EVERY = 0.4  # seconds from one key to the next
ENDS = 3  # packets that tell the end of a key
_EVENTS = "0123456789*#"
_CLOCK, _VOLUME, _END = 8000, 10, 0x80
_ETHERNET = 1

Word = tuple[float, str]  # the second at which its first key is pressed, and its keys


def capture(words: Sequence[Word], *, source: int) -> bytes:
    """All that one caller types, as a capture file; `source` tells its sound from that of the others."""
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, _ETHERNET)
    return head + b"".join(
        struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(frame), len(frame)) + frame
        for at, frame in _frames(words, source)
    )


def in_turn(words: Iterable[str], *, pause: float) -> tuple[Word, ...]:
    """Each word so many seconds after the last key of the one before."""
    found, at = [], 0.0
    for keys in words:
        found.append((at, keys))
        at += EVERY * len(keys) + pause
    return tuple(found)


def _frames(words: Sequence[Word], source: int) -> Iterator[tuple[float, bytes]]:
    sequence = 0
    for begun, keys in words:
        for rank, key in enumerate(keys):
            pressed = begun + rank * EVERY
            for at, payload in _of_key(key):
                sequence += 1
                rtp = struct.pack(
                    ">BBHII", 0x80, PAYLOAD_TYPE | 0x80 * (at == 0), sequence, int(pressed * _CLOCK), source
                )
                yield pressed + at, _framed(rtp + payload)


def _of_key(key: str) -> Iterator[tuple[float, bytes]]:
    """When, from the moment it is pressed, and what is told of it: which key, since when, and whether it has ended."""
    event, packets = _EVENTS.index(key), round(TONE / PACKET)
    for number in range(packets):
        yield number * PACKET, struct.pack(">BBH", event, _VOLUME, int((number + 1) * PACKET * _CLOCK))
    for _ in range(ENDS):
        yield TONE, struct.pack(">BBH", event, _VOLUME | _END, int(TONE * _CLOCK))


def _framed(rtp: bytes) -> bytes:
    """Under headers that whoever plays the capture writes anew."""
    udp = struct.pack(">HHHH", 9, 9, 8 + len(rtp), 0) + rtp
    loopback = bytes((127, 0, 0, 1))
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, loopback, loopback) + udp
    return bytes(12) + b"\x08\x00" + ip
