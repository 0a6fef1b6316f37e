"""The operator of the tests: where it is not, it is said how to add it."""

from pathlib import Path

import pytest

from deploy.voice import mock_operator


def test_says_how_to_add_what_is_missing(tmp_path: Path) -> None:
    assert "« make voice » l'ajoute" in mock_operator.obstacle(tmp_path)


def test_says_when_it_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/sbin/kamailio").symlink_to("/bin/false")

    assert "ne démarre pas" in mock_operator.obstacle(tmp_path)


def test_without_packages_nothing_is_left_and_the_rest_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert not mock_operator.fetch(tmp_path / "cache" / "kamailio")
    assert not list((tmp_path / "cache").iterdir())
