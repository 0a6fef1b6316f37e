"""The folder of the sentences: Asterisk, which has a user of its own, must be able to read it."""

import stat
import wave
from pathlib import Path

import pytest

from voice.gateway.agi import UNAVAILABLE
from voice.gateway.errors import NoVoice
from voice.gateway.prompts import Store

AWAY = "Le service ne répond pas."


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755])
def test_an_existing_folder_is_opened_to_asterisk(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "prompts"
    folder.mkdir()
    folder.chmod(mode)

    Store(folder).prepare(unavailable=AWAY)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_what_is_said_when_the_server_is_away_has_a_name_of_its_own(tmp_path: Path) -> None:
    store = Store(tmp_path / "new" / "prompts")

    store.prepare(unavailable="Une autre phrase.")
    store.prepare(unavailable=AWAY)

    said = store.folder / f"{UNAVAILABLE}.wav"
    assert said.read_bytes() == store.file(AWAY).read_bytes()
    assert stat.S_IMODE(said.stat().st_mode) == 0o644
    with wave.open(str(said)) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (8000, 1)


def test_without_a_voice_nothing_is_prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NoVoice):
        Store(tmp_path / "prompts").prepare(unavailable=AWAY)
    assert not (tmp_path / "prompts").exists()
