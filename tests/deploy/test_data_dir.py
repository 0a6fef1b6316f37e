"""The folder of one run: refused when it cannot serve, held by one run at a time, kept for the next."""

import json
import socket
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from deploy import data_dir
from deploy.data_dir import DataDirectory
from deploy.processes import LOOPBACK, Impossible, explained, free_port


@pytest.fixture
def data(tmp_path: Path) -> DataDirectory:
    folder = DataDirectory(tmp_path / "data")
    folder.prepare()
    return folder


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is leaving: what is taken stays so."""
    monkeypatch.setattr(data_dir, "LEAVING_SECONDS", 0.1)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def listening() -> socket.socket:
    return socket.create_server((LOOPBACK, 0))


def test_is_made_for_us_alone(data: DataDirectory) -> None:
    assert mode(data.path) == 0o700


def test_is_named_by_the_environment_from_the_root_of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    for value in ("", ".data-2", "/srv/lps", "~/lps"):
        monkeypatch.setenv("DATA_DIR", value)
        seen.append(data_dir.chosen().path)

    assert seen == [data_dir.ROOT / ".data", data_dir.ROOT / ".data-2", Path("/srv/lps"), Path("~/lps").expanduser()]


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_refuses_what_is_not_a_folder(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Impossible, match="ce n'est pas un dossier.*donnez-en un autre"):
        DataDirectory(tmp_path / place).prepare()


def test_refuses_a_folder_that_nobody_can_make() -> None:
    with pytest.raises(Impossible, match="ne peut pas être lu et écrit"):
        DataDirectory(Path("/proc/nothing")).prepare()


@pytest.mark.parametrize("limit", ["NEEDED_BYTES", "LEAST_BYTES"])
def test_refuses_a_full_disk(data: DataDirectory, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    if limit == "LEAST_BYTES":  # of a folder that has already run
        data.remember_port("web", 8000)
    monkeypatch.setattr(data_dir, limit, 10**18)

    with pytest.raises(Impossible, match=r"Le disque est plein .* libérez de la place"):
        data.prepare()


def test_an_old_folder_needs_less_room_than_a_new_one(data: DataDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    data.remember_port("web", 8000)
    monkeypatch.setattr(data_dir, "NEEDED_BYTES", 10**18)

    data.prepare()


def test_a_disk_that_fills_up_while_we_write_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def writes() -> int:
        with open("/dev/full", "w") as full:
            full.write("x")
        return 0

    assert explained(writes, place="/srv/lps") == 1
    assert "Le disque est plein (/srv/lps)" in capsys.readouterr().err


def test_is_held_by_one_run_at_a_time(data: DataDirectory) -> None:
    with data.reserved(), pytest.raises(Impossible, match="DATA_DIR=.data-2 PORT=8010 make run"), data.reserved():
        raise AssertionError("both hold it")

    with data.reserved():
        assert data.path.exists()


def test_keeps_its_secrets_for_us_alone(data: DataDirectory) -> None:
    first, second = data.secrets(), data.secrets()

    assert first == second
    assert first["LPS_SECRET_KEY"].startswith("demonstration-")  # production refuses it
    assert {mode(path) for path in (data.path / "secrets").iterdir()} == {0o600}


def test_two_folders_share_no_secret(data: DataDirectory, tmp_path: Path) -> None:
    other = DataDirectory(tmp_path / "other")
    other.prepare()

    assert not set(data.secrets().values()) & set(other.secrets().values())


def test_keeps_its_ports(data: DataDirectory) -> None:
    assert data.port("postgres") == data.port("postgres")


def test_leaves_a_port_that_somebody_took(data: DataDirectory) -> None:
    with closing(listening()) as somebody:
        taken = somebody.getsockname()[1]
        data.remember_port("postgres", taken)

        found = data.port("postgres")

    assert found != taken
    assert json.loads((data.path / "ports.json").read_text()) == {"postgres": found}


def test_takes_the_port_that_is_wanted_when_it_is_free(data: DataDirectory) -> None:
    wanted = free_port()

    assert data.port("mails", wanted=wanted) == wanted


RESERVES = "import sys; from deploy import processes as p; print(p.reserve(int(sys.argv[1])), flush=True); input()"


def test_leaves_a_port_that_another_run_is_about_to_take(data: DataDirectory) -> None:
    wanted = free_port()
    command = [sys.executable, "-c", RESERVES, str(wanted)]
    with subprocess.Popen(command, cwd=data_dir.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout and other.stdout.readline() == b"True\n"
        refused = data.port("metrics-web", wanted=wanted)
        other.communicate(b"\n")

    assert refused != wanted
    assert DataDirectory(data.path).port("metrics-voice", wanted=wanted) == wanted  # it has gone


def test_tells_where_it_runs_only_while_it_runs(data: DataDirectory) -> None:
    data.remember_ground({"DATABASE_URL": "postgresql://…"})

    assert data.ground() is None  # left by a killed run
    with data.reserved():
        assert data.ground() == {"DATABASE_URL": "postgresql://…"}
        assert mode(data.path / "ground.json") == 0o600
        data.forget_ground()
        assert data.ground() is None
