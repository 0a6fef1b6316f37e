"""Sentences as sound: WAV files of 16 bits, one channel, 8 kHz, kept under the hash of the voice and of the text.

A sentence is rendered once. What has no file is rendered whole by espeak-ng, in some tens of milliseconds.
"""

import hashlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from lps.kernel import clock
from voice.dialogue.facts import Phrase
from voice.gateway import engines, wav
from voice.gateway.agi import UNAVAILABLE
from voice.gateway.engines import Engine
from voice.gateway.errors import NoVoice
from voice.phrases import is_neutral, pieces, sentence

VOICE = "espeak-ng fr 140"
SECONDS = 20.0
MOST_CHARACTERS = 2000
USED_SECONDS = 86_400.0  # a file that is played is marked so, once a day
KEPT_SECONDS = 60 * USED_SECONDS
_READABLE, _OPEN = 0o644, 0o755  # Asterisk runs as a user of its own


@dataclass(frozen=True, slots=True)
class TownVoice:
    """What one town's callers hear otherwise: words said as it taught them, pieces that somebody there recorded.

    `recordings` gives the digest of a recording by the words that it says. `place` is the town's own folder.
    """

    place: str = ""
    said: Sequence[tuple[str, str]] = ()
    recordings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A piece that has no file here yet: its words as they are said, its name, whether it is the same for all towns."""

    words: str
    name: str
    is_shared: bool
    is_recording: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """The files of a phrase, in order, and the pieces for want of which it is espeak-ng that says it."""

    files: tuple[Path, ...]
    wanted: tuple[Wanted, ...] = ()


@dataclass(frozen=True, slots=True)
class Store:
    """The folder of the files, and the name under which whoever plays them sees it."""

    folder: Path
    seen_as: str = ""

    def prepare(self, *, unavailable: str, catalogue: Path | None = None) -> None:
        """Make the folder, open to Asterisk's user even where it was not, with the sentence for when we are away.

        `catalogue` holds files rendered before, which are taken over. Raises `NoVoice` when nothing can speak, OSError
        when the folder cannot be made or opened.
        """
        if shutil.which("espeak-ng") is None:
            raise NoVoice("espeak-ng")
        self.folder.mkdir(parents=True, exist_ok=True)
        mode = stat.S_IMODE(self.folder.stat().st_mode)
        if mode & _OPEN != _OPEN:
            self.folder.chmod(mode | _OPEN)
        for path in sorted(catalogue.glob("*.wav")) if catalogue else ():
            if not (self.folder / path.name).exists():
                self.keep(self.folder / path.name, path.read_bytes())
        self.keep(self.folder / f"{UNAVAILABLE}.wav", self._unavailable(unavailable).read_bytes())

    def heard(self, said: Phrase, voice: TownVoice) -> Heard:
        """The files of a phrase, now: natural pieces and recordings when all are here, else the whole by espeak-ng.

        Raises `NoVoice`.
        """
        engine, texts = engines.natural(), pieces([said])
        if not texts or (engine is None and not any(text in voice.recordings for text in texts)):
            return Heard((self.file(sentence(said), said=voice.said),))
        found = [self._piece(text, voice, engine) for text in texts]
        wanted = tuple(one for one in found if isinstance(one, Wanted))
        if wanted:
            return Heard((self.file(sentence(said), said=voice.said),), wanted)
        return Heard(tuple(one for one in found if isinstance(one, Path)))

    def file(self, text: str, *, said: Sequence[tuple[str, str]] = ()) -> Path:
        """The file of a sentence by espeak-ng, rendered now if it never was; `said` are the town's pronunciations.

        Raises `NoVoice`.
        """
        text = pronounced(text, said)[:MOST_CHARACTERS]
        path = self.folder / f"{key(text)}.wav"
        if not _is_used(path):
            self.folder.mkdir(parents=True, exist_ok=True, mode=_OPEN)
            _render(text, path)
        return path

    def path(self, one: Wanted, *, place: str) -> Path:
        """Where the file of a piece belongs: what says something of a town lies in a folder of its own."""
        return (self.folder if one.is_shared else self.folder / place) / f"{one.name}.wav"

    def keep(self, path: Path, content: bytes) -> None:
        """Write then rename: a file that has its name is whole. Asterisk may read it."""
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, mode=_OPEN)
            path.parent.chmod(_OPEN)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            part.write(content)
        os.chmod(part.name, _READABLE)
        os.replace(part.name, path)

    def playable(self, path: Path) -> str:
        """The file as Asterisk names it: its own folder, no extension."""
        return f"{self.seen_as or self.folder}/{path.relative_to(self.folder).with_suffix('')}"

    def forget_unused(self) -> int:
        """Remove the files that nobody has heard for sixty days; returns how many. They are made again when wanted."""
        term, forgotten = clock.now().timestamp() - KEPT_SECONDS, 0
        for path in self._all():
            with suppress(FileNotFoundError):  # somebody else is at it
                if path.stat().st_mtime < term and path.stem != UNAVAILABLE:
                    path.unlink()
                    forgotten += 1
        return forgotten

    def _all(self) -> Iterator[Path]:
        for pattern in ("*.wav", "*/*.wav", "*.part", "*/*.part"):
            yield from self.folder.glob(pattern)

    def _piece(self, text: str, voice: TownVoice, engine: Engine | None) -> Path | Wanted:
        digest = voice.recordings.get(text)
        if digest is None and engine is None:
            return self.file(text, said=voice.said)
        one = wanted_recording(text, digest) if digest else wanted(text, said=voice.said, engine=engine)
        path = self.path(one, place=voice.place)
        return path if _is_used(path) else one

    def _unavailable(self, text: str) -> Path:
        engine = engines.natural()
        rendered = self.folder / f"{wanted(text, said=(), engine=engine).name}.wav" if engine else None
        return rendered if rendered and rendered.exists() else self.file(text)


def wanted(text: str, *, said: Iterable[tuple[str, str]], engine: Engine | None) -> Wanted:
    """A piece as this voice says it: what a town teaches makes it another one, of its own."""
    spoken = pronounced(text, said)[:MOST_CHARACTERS]
    assert engine is not None
    return Wanted(spoken, key(spoken, version=engine.version), is_neutral(text) and spoken == text)


def wanted_recording(text: str, digest: str) -> Wanted:
    """A piece as somebody of the town recorded it."""
    return Wanted(text, digest, is_shared=False, is_recording=True)


def key(text: str, *, version: str = VOICE) -> str:
    """What tells a sentence of a voice from the next."""
    return hashlib.sha256(f"{version}\n{text}".encode()).hexdigest()


def pronounced(text: str, said: Iterable[tuple[str, str]]) -> str:
    """The text with the town's words written as they are said: whole words alone, whatever their capitals."""
    words = {written.casefold(): spoken for written, spoken in said if written}
    if not words:
        return text
    longest_first = sorted(words, key=len, reverse=True)
    pattern = rf"(?<!\w)({'|'.join(map(re.escape, longest_first))})(?!\w)"
    return re.sub(pattern, lambda found: words.get(found[0].casefold(), found[0]), text, flags=re.IGNORECASE)


def _is_used(path: Path) -> bool:
    """Whether the file is there; it is marked as used, so that it is not forgotten."""
    try:
        now = clock.now().timestamp()
        if now - path.stat().st_mtime > USED_SECONDS:
            os.utime(path, (now, now))
    except FileNotFoundError:
        return False
    return True


def _render(text: str, path: Path) -> None:
    """Write then rename: a file that has its name is whole."""
    with tempfile.TemporaryDirectory(dir=path.parent) as place:
        raw, made = Path(place) / "raw.wav", Path(place) / "made.wav"
        command = ["espeak-ng", "-v", "fr", "-s", "140", "-w", str(raw), "--stdin"]
        try:
            subprocess.run(command, input=text.encode(), check=True, capture_output=True, timeout=SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            raise NoVoice(type(error).__name__) from error
        made.write_bytes(wav.quickly(raw.read_bytes()))
        os.chmod(made, _READABLE)
        made.rename(path)
