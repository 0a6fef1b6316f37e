"""An operator's line of the old kind, between a telephone and Asterisk: nobody on it hears of keys but by their tones.

What tells of telephone events is taken out of each offer; all else passes as it came.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import numpy as np

from voice.gateway.wav import RATE

ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477)  # hertz
_KEYS = "123456789*0#"
_SECONDS = 0.12  # of a tone, and of the silence after it
_LOUD = 8000.0


def tone(key: str) -> bytes:
    """A key as a telephone sounds it: its two tones, then silence; samples of 16 bits."""
    row, column = divmod(_KEYS.index(key), 3)
    at = 2 * np.pi * np.arange(int(_SECONDS * RATE)) / RATE
    sound = _LOUD * (np.sin(ROWS[row] * at) + np.sin(COLUMNS[column] * at))
    return np.concatenate([sound, np.zeros(len(sound))]).astype("<i2").tobytes()


class OldLine(asyncio.DatagramProtocol):
    """Passes on what one telephone and Asterisk say to each other, and keeps what Asterisk said."""

    def __init__(self, exchange: str) -> None:
        address, port = exchange.split(":")
        self.exchange, self._named = (address, int(port)), exchange.encode()
        self.said = b""

    @property
    def address(self) -> str:
        """Where the telephone calls through it."""
        return self._own.decode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self._own = "{}:{}".format(*transport.get_extra_info("sockname")).encode()

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        if addr == self.exchange:
            self.said += data
            self._transport.sendto(data.replace(self._named, self._own), self._telephone)
            return
        self._telephone = addr
        self._transport.sendto(_without_events(data).replace(self._own, self._named), self.exchange)


@asynccontextmanager
async def old_line(exchange: str) -> AsyncIterator[OldLine]:
    """A line to Asterisk, whose address is given, while it is needed."""
    loop = asyncio.get_running_loop()
    transport, line = await loop.create_datagram_endpoint(lambda: OldLine(exchange), local_addr=("127.0.0.1", 0))
    try:
        yield line
    finally:
        transport.close()


def _without_events(message: bytes) -> bytes:
    head, end, offer = message.partition(b"\r\n\r\n")
    if not (found := re.search(rb"a=rtpmap:(\d+) telephone-event", offer)):
        return message
    number = found[1]
    offer = re.sub(rb"a=(rtpmap|fmtp):%b [^\r\n]*\r\n" % number, b"", offer)
    offer = re.sub(rb"(m=audio [^\r\n]*) %b\b" % number, rb"\1", offer)
    return re.sub(rb"(?i)(content-length: *)\d+", rb"\g<1>%d" % len(offer), head) + end + offer
