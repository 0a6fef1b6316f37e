"""Sounds as somebody's recorder writes them."""

import math
import struct


def tone(*, hertz: float = 440, seconds: float = 1.0, rate: int = 44_100, width: int = 2, channels: int = 1) -> bytes:
    """A pure tone between two silences, as a WAV file of these samples."""
    full = 0.5 * (1 << (8 * width - 1))
    values = [0.0] * (rate // 5)
    values += [full * math.sin(2 * math.pi * hertz * rank / rate) for rank in range(int(seconds * rate))]
    values += [0.0] * (rate // 5)
    return riff([round(value) for value in values], rate=rate, width=width, channels=channels)


def riff(values: list[int], *, rate: int = 44_100, width: int = 2, channels: int = 1, kind: int = 1) -> bytes:
    """A WAV file of these whole samples, the same in each channel."""
    offset = 128 if width == 1 else 0
    data = b"".join((value + offset).to_bytes(width, "little", signed=width > 1) * channels for value in values)
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * width * channels, width * channels, 8 * width)
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body
