"""Whether Asterisk can start here, said in words; and the port that telephones of this machine call."""

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from deploy.processes import LOOPBACK
from deploy.voice import asterisk, root


def test_says_how_to_add_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    assert "« make voice » l'ajoute" in root.obstacle(tmp_path)


def test_says_that_only_root_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert "root" in root.obstacle(tmp_path)


def test_says_when_the_machine_lets_nothing_be_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (tmp_path / root.BINARY).parent.mkdir(parents=True)
    (tmp_path / root.BINARY).touch()
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "unshare").symlink_to("/bin/false")
    monkeypatch.setenv("PATH", str(tools))

    assert "monter" in root.obstacle(tmp_path)


def test_two_asterisks_have_two_ports() -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as first:
        first.bind((LOOPBACK, 0))
        taken = first.getsockname()[1]

        assert asterisk.sip_port(wanted=taken) != taken
    assert asterisk.sip_port(wanted=taken) == taken
