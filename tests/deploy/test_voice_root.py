"""Whether Asterisk can start here, said in words; and the port that telephones of this machine call."""

import os
import shutil
import socket
from contextlib import closing
from pathlib import Path

import pytest

from deploy.processes import LOOPBACK, Impossible
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


@pytest.fixture
def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror that installs a small root, until `refuse` is written beside its tools."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    tools = tmp_path / "tools"
    tools.mkdir()
    scripts = {
        "apt-get": "echo mirror",
        "debootstrap": f"[ ! -e {tools}/refuse ] || exit 1; mkdir -p $4/usr/sbin; echo asterisk > $4/{root.BINARY}",
    }
    for name, words in scripts.items():
        (tools / name).write_text(f"#!/bin/sh\n{words}\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    return tools


def test_the_last_good_root_is_taken_up_when_debian_cannot_install_one(tmp_path: Path, debian: Path) -> None:
    where = tmp_path / "asterisk"
    assert root.make(where) is root.Made.NEW and root.make(where) is root.Made.THERE
    shutil.rmtree(where)
    (debian / "refuse").touch()

    assert root.make(where) is root.Made.KEPT

    assert (where / root.BINARY).read_text() == "asterisk\n"
    assert sorted(path.name for path in tmp_path.glob("asterisk*")) == [
        "asterisk",
        "asterisk.tar.gz",
        "asterisk.tar.gz.sha256",
    ]


def test_a_kept_root_that_is_damaged_is_not_taken_up(tmp_path: Path, debian: Path) -> None:
    where = tmp_path / "asterisk"
    root.make(where)
    shutil.rmtree(where)
    (debian / "refuse").touch()
    with root.packed(where).open("ab") as kept:
        kept.write(b"more")

    with pytest.raises(Impossible, match="debootstrap"):
        root.make(where)
    assert not where.exists()


def test_two_asterisks_have_two_ports() -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as first:
        first.bind((LOOPBACK, 0))
        taken = first.getsockname()[1]

        assert asterisk.sip_port(wanted=taken) != taken
    assert asterisk.sip_port(wanted=taken) == taken
