"""Sounds of a telephone: 16 bits, one channel, 8 kHz; whatever was received or rendered is brought to that.

Plain arithmetic, a second or two for half a minute: never during a call.
"""

import array
import io
import math
import struct
import sys
import wave
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

RATE = 8000
LOWEST, HIGHEST = 150.0, 3400.0  # Hz: what a telephone carries
LOUDEST = 10 ** (-4 / 20)  # of full scale: -4 dB
SLOWEST_RATE, FASTEST_RATE = 8000, 96_000
SILENT = 0.01  # of full scale
EDGE_SECONDS = 0.04
_PCM, _EXTENSIBLE = 1, 0xFFFE
_WIDTHS = {1: 1 << 7, 2: 1 << 15, 3: 1 << 31, 4: 1 << 31}  # bytes of a sample, and its full scale once read
_ORDER_8 = (0.50979558, 0.60134489, 0.89997622, 2.5629154)  # the four halves of a filter of the eighth order


class NotSound(ValueError):
    """The bytes are no WAV file of whole samples (PCM), one or two channels, 8 to 96 kHz."""


class TooLong(ValueError):
    """It lasts longer than was allowed."""


class Unheard(ValueError):
    """Nothing is to be heard in it."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Samples between -1 and 1, so many a second."""

    samples: Sequence[float]
    rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate


def read(content: bytes, *, longest: float) -> Sound:
    """A WAV file of `longest` seconds at most, as one channel. A file cut short gives what it holds.

    Raises `NotSound`, `TooLong`.
    """
    form, data = _chunks(content)
    kind, channels, rate, width = _form(form)
    if kind != _PCM or channels not in (1, 2) or not SLOWEST_RATE <= rate <= FASTEST_RATE or width not in _WIDTHS:
        raise NotSound("form")
    if len(data) > longest * rate * channels * width:
        raise TooLong
    return Sound(_one_channel(_values(data, width, channels), channels, _WIDTHS[width]), rate)


def finished(sound: Sound, *, pause: float = EDGE_SECONDS) -> bytes:
    """The same as a telephone carries it: silent ends cut, filtered, as loud as any other; `pause` seconds follow.

    Raises `Unheard`.
    """
    heard = _without_ends(_coarser(sound))
    for quality in _ORDER_8:
        heard = Sound(_filtered(heard.samples, _low_pass(HIGHEST, heard.rate, quality)), heard.rate)
    samples = _filtered(_at_rate(heard), _high_pass(LOWEST, RATE, math.sqrt(0.5)))
    peak = max(map(abs, samples), default=0.0)
    if peak < SILENT:
        raise Unheard
    gain = LOUDEST * 32767 / peak
    told = array.array("h", (round(sample * gain) for sample in samples))
    told.extend([0] * round(pause * RATE))
    return _written([_little_endian(told).tobytes()])


def quickly(content: bytes) -> bytes:
    """What espeak-ng wrote, at 8 kHz: each sample the mean of those that it stands for. Some milliseconds."""
    with wave.open(io.BytesIO(content)) as given:
        samples, rate = array.array("h", given.readframes(given.getnframes())), given.getframerate()
    sums = [0, *accumulate(_little_endian(samples))]
    bounds = [rank * rate // RATE for rank in range(len(samples) * RATE // rate + 1)]
    means = ((sums[end] - sums[begin]) // max(1, end - begin) for begin, end in zip(bounds, bounds[1:], strict=False))
    return _written([_little_endian(array.array("h", means)).tobytes()])


def joined(files: Iterable[Path]) -> bytes:
    """Files of the telephone as one: what a browser plays in a row."""
    return _written(_frames(path) for path in files)


def seconds_of(content: bytes) -> float:
    """How long a file that we wrote lasts."""
    return max(0, len(content) - 44) / (2 * RATE)


def _frames(path: Path) -> bytes:
    with wave.open(str(path)) as kept:
        frames: bytes = kept.readframes(kept.getnframes())
    return frames


def _written(frames: Iterable[bytes]) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE)
        for some in frames:
            written.writeframes(some)
    return made.getvalue()


def _chunks(content: bytes) -> tuple[bytes, bytes]:
    """The chunk that tells the form, and the samples."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise NotSound("riff")
    form, at = b"", 12
    while at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        body = content[at + 8 : at + 8 + size]
        if name == b"fmt ":
            form = body
        elif name == b"data":
            return form, body
        at += 8 + size + size % 2
    raise NotSound("data")


def _form(form: bytes) -> tuple[int, int, int, int]:
    """Kind, channels, rate, bytes a sample."""
    if len(form) < 16:
        raise NotSound("form")
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", form[:16])
    if kind == _EXTENSIBLE and len(form) >= 26:
        kind = int.from_bytes(form[24:26], "little")
    return kind, channels, rate, bits // 8 if bits % 8 == 0 else 0


def _values(data: bytes, width: int, channels: int) -> Sequence[int]:
    data = data[: len(data) // (width * channels) * width * channels]
    if width == 1:
        return [value - 128 for value in data]
    if width == 3:  # shifted into four bytes
        wider = bytearray(len(data) // 3 * 4)
        for rank in range(3):
            wider[rank + 1 :: 4] = data[rank::3]
        data = bytes(wider)
    return _little_endian(array.array("h" if width == 2 else "i", data))


def _little_endian(values: "array.array[int]") -> "array.array[int]":
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _one_channel(values: Sequence[int], channels: int, full: int) -> Sequence[float]:
    if channels == 1:
        return array.array("d", (value / full for value in values))
    both = zip(values[::2], values[1::2], strict=True)
    return array.array("d", ((left + right) / (2 * full) for left, right in both))


def _coarser(sound: Sound) -> Sound:
    """Means of neighbors, at 16 kHz or somewhat more: filters have less to go through."""
    step = sound.rate // 16_000
    if step < 2:
        return sound
    sums = [0.0, *accumulate(sound.samples)][::step]
    means = array.array("d", ((end - begin) / step for begin, end in zip(sums, sums[1:], strict=False)))
    return Sound(means, round(sound.rate / step))


def _without_ends(sound: Sound) -> Sound:
    """Without the silence before and after, but for an edge. Raises `Unheard`."""
    level = max(SILENT, SILENT * max(map(abs, sound.samples), default=0.0))
    loud = [rank for rank, sample in enumerate(sound.samples) if abs(sample) > level]
    if not loud:
        raise Unheard
    edge = round(EDGE_SECONDS * sound.rate)
    return Sound(sound.samples[max(0, loud[0] - edge) : loud[-1] + edge], sound.rate)


def _at_rate(sound: Sound) -> Sequence[float]:
    """At 8 kHz, straight between two samples: filters left nothing finer."""
    if sound.rate == RATE:
        return sound.samples
    samples, step = sound.samples, sound.rate / RATE
    number = int((len(samples) - 1) / step)
    return array.array("d", _between(samples, step, number))


def _between(samples: Sequence[float], step: float, number: int) -> Iterator[float]:
    for rank in range(number):
        at = rank * step
        whole = int(at)
        yield samples[whole] + (at - whole) * (samples[whole + 1] - samples[whole])


Filter = tuple[float, float, float, float, float]


def _low_pass(hertz: float, rate: int, quality: float) -> Filter:
    turn = 2 * math.pi * hertz / rate
    cosine, alpha = math.cos(turn), math.sin(turn) / (2 * quality)
    return _scaled((1 - cosine) / 2, 1 - cosine, (1 - cosine) / 2, alpha, cosine)


def _high_pass(hertz: float, rate: int, quality: float) -> Filter:
    turn = 2 * math.pi * hertz / rate
    cosine, alpha = math.cos(turn), math.sin(turn) / (2 * quality)
    return _scaled((1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2, alpha, cosine)


def _scaled(b0: float, b1: float, b2: float, alpha: float, cosine: float) -> Filter:
    whole = 1 + alpha
    return b0 / whole, b1 / whole, b2 / whole, -2 * cosine / whole, (1 - alpha) / whole


def _filtered(samples: Iterable[float], by: Filter) -> Sequence[float]:
    b0, b1, b2, a1, a2 = by
    made = array.array("d")
    kept1 = kept2 = 0.0
    for sample in samples:
        told = b0 * sample + kept1
        kept1 = b1 * sample - a1 * told + kept2
        kept2 = b2 * sample - a2 * told
        made.append(told)
    return made
