"""Variables by themselves or by files, and what is refused."""

from pathlib import Path

import pytest

from lps.config import env


@pytest.fixture
def secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A secret that a file holds, with the line's end that editors leave."""
    path = tmp_path / "secret"
    path.write_text("postgresql://lps:mot%20de%20passe@base:5432/lps\n")
    monkeypatch.delenv("ESSAI", raising=False)
    monkeypatch.setenv("ESSAI_FILE", str(path))
    return path


def test_a_secret_is_read_in_its_file(secret: Path) -> None:
    assert env.text("ESSAI") == "postgresql://lps:mot%20de%20passe@base:5432/lps"
    assert env.database("ESSAI")["PASSWORD"] == "mot de passe"
    assert env.given("ESSAI", "AUTRE_ESSAI") == {"ESSAI": env.text("ESSAI")}


def test_words_and_keys_are_read_there_too(secret: Path) -> None:
    secret.write_text("k1:" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=\n")

    assert list(env.application_keys("ESSAI")) == ["k1"]
    assert len(env.words("ESSAI")) == 1


def test_a_default_stands_for_what_is_given_neither_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ESSAI", raising=False)
    monkeypatch.setenv("ESSAI_FILE", "")

    assert env.text("ESSAI", "rien") == "rien"
    with pytest.raises(env.MissingSetting, match="ESSAI manque"):
        env.text("ESSAI")


def test_given_both_ways_is_refused_rather_than_guessed(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESSAI", "autre")

    with pytest.raises(env.MissingSetting, match="gardez l'un des deux"):
        env.text("ESSAI")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named_and_not_quoted(secret: Path, content: bytes | None) -> None:
    if content is None:
        secret.unlink()
    else:
        secret.write_bytes(content)

    with pytest.raises(env.MissingSetting, match="ESSAI_FILE ne se lit pas") as refused:
        env.text("ESSAI")
    assert str(secret) not in str(refused.value)
