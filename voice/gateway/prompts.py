"""Sentences as sound: WAV files of 16 bits, one channel, 8 kHz, kept under the hash of the voice and of the text.

A sentence is rendered once. What has no file is rendered whole by espeak-ng, in some tens of milliseconds.
"""

import array
import hashlib
import io
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

RATE = 8000
VOICE = "espeak-ng fr 140"
UNAVAILABLE = "indisponible"  # the sentence that Asterisk says by itself when the voice server does not answer
SECONDS = 20.0
MOST_CHARACTERS = 2000
_READABLE, _OPEN = 0o644, 0o755  # Asterisk runs as a user of its own


class NoVoice(OSError):
    """espeak-ng is missing, or did not render a sentence."""


@dataclass(frozen=True, slots=True)
class Store:
    """The folder of the files, and the name under which whoever plays them sees it."""

    folder: Path
    seen_as: str = ""

    def prepare(self, *, unavailable: str) -> None:
        """Make the folder, open to Asterisk's user even where it was not, with the sentence for when we are away.

        Raises `NoVoice` when nothing can speak, OSError when the folder cannot be made or opened.
        """
        if shutil.which("espeak-ng") is None:
            raise NoVoice("espeak-ng")
        self.folder.mkdir(parents=True, exist_ok=True)
        mode = stat.S_IMODE(self.folder.stat().st_mode)
        if mode & _OPEN != _OPEN:
            self.folder.chmod(mode | _OPEN)
        part = self.folder / f"{UNAVAILABLE}.part"
        shutil.copy(self.file(unavailable), part)
        part.replace(self.folder / f"{UNAVAILABLE}.wav")

    def file(self, text: str, *, said: Sequence[tuple[str, str]] = ()) -> Path:
        """The file of a sentence, rendered now if it never was; `said` are the town's pronunciations.

        Raises `NoVoice`.
        """
        text = pronounced(text, said)[:MOST_CHARACTERS]
        path = self.folder / f"{key(text)}.wav"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True, mode=_OPEN)
            _render(text, path)
        return path

    def playable(self, path: Path) -> str:
        """The file as Asterisk names it: its own folder, no extension."""
        return f"{self.seen_as or self.folder}/{path.stem}"


def joined(files: Iterable[Path]) -> bytes:
    """Files of sentences as one: what a browser plays in a row."""
    made = io.BytesIO()
    with wave.open(made, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE)
        for path in files:
            with wave.open(str(path)) as read:
                written.writeframes(read.readframes(read.getnframes()))
    return made.getvalue()


def key(text: str) -> str:
    """What tells a sentence from the next."""
    return hashlib.sha256(f"{VOICE}\n{text}".encode()).hexdigest()


def pronounced(text: str, said: Iterable[tuple[str, str]]) -> str:
    """The text with the town's words written as they are said: whole words alone, whatever their capitals."""
    words = {written.casefold(): spoken for written, spoken in said if written}
    if not words:
        return text
    longest_first = sorted(words, key=len, reverse=True)
    pattern = rf"(?<!\w)({'|'.join(map(re.escape, longest_first))})(?!\w)"
    return re.sub(pattern, lambda found: words.get(found[0].casefold(), found[0]), text, flags=re.IGNORECASE)


def _render(text: str, path: Path) -> None:
    """Write then rename: a file that has its name is whole."""
    with tempfile.TemporaryDirectory(dir=path.parent) as place:
        raw, made = Path(place) / "raw.wav", Path(place) / "made.wav"
        command = ["espeak-ng", "-v", "fr", "-s", "140", "-w", str(raw), "--stdin"]
        try:
            subprocess.run(command, input=text.encode(), check=True, capture_output=True, timeout=SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            raise NoVoice(type(error).__name__) from error
        _resample(raw, made)
        os.chmod(made, _READABLE)
        made.rename(path)


def _resample(raw: Path, made: Path) -> None:
    """To 8 kHz, each sample the mean of those that it stands for: what a telephone carries, without its hiss."""
    with wave.open(str(raw)) as read:
        samples, rate = array.array("h", read.readframes(read.getnframes())), read.getframerate()
    if sys.byteorder == "big":
        samples.byteswap()
    sums = array.array("q", [0])
    for sample in samples:
        sums.append(sums[-1] + sample)
    number = len(samples) * RATE // rate
    bounds = [rank * rate // RATE for rank in range(number + 1)]
    told = array.array(
        "h",
        (((sums[end] - sums[start]) // max(1, end - start)) for start, end in zip(bounds, bounds[1:], strict=False)),
    )
    if sys.byteorder == "big":
        told.byteswap()
    with wave.open(str(made), "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE)
        written.writeframes(told.tobytes())
