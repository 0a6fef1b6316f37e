"""The first command on a machine: it makes `.venv`, or says in one sentence what to do."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from deploy import bootstrap
from deploy.processes import LOOPBACK, free_port, is_alive
from deploy.services import namespaces_are_open
from tests.deploy.seen import clean_environment, command_line, descendants, until

ROOT = Path(__file__).resolve().parents[2]
NOTHING = "# nothing to install\n"
SOMETHING = f"something==1.0 --hash=sha256:{'0' * 64}\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone as small as can be: the command and an empty lock."""
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "deploy" / "bootstrap.py", tmp_path / "deploy")
    (tmp_path / "requirements.lock").write_text(NOTHING)
    return tmp_path


def command(checkout: Path, *arguments: str) -> list[str]:
    return [sys.executable, str(checkout / "deploy" / "bootstrap.py"), *arguments]


def run(checkout: Path, *arguments: str, prefix: tuple[str, ...] = (), **more: str) -> subprocess.CompletedProcess[str]:
    whole = [*prefix, *command(checkout, *arguments)]
    return subprocess.run(whole, env=clean_environment(**more), capture_output=True, text=True, check=False)


def somebody() -> tuple[str, ...]:
    """What runs a command as a user without rights, whoever we are."""
    if os.geteuid() != 0:
        return ()
    if namespaces_are_open():
        return ("unshare", "--user", "--map-user=1000", "--map-group=1000")
    return ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def registry(port: int) -> dict[str, str]:
    """pip's variables for a registry on this port of the loopback, and no other."""
    address = f"http://{LOOPBACK}:{port}/"
    return {"PIP_INDEX_URL": address, "PIP_RETRIES": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}


@contextmanager
def mute_registry() -> Iterator[dict[str, str]]:
    """A registry that accepts and never answers: an installation without end."""
    with closing(socket.create_server((LOOPBACK, 0))) as listening:
        yield registry(listening.getsockname()[1])


def test_makes_it_once_and_then_says_nothing(checkout: Path) -> None:
    first, second = run(checkout), run(checkout)

    assert (first.returncode, second.returncode) == (0, 0)
    assert "Installation des bibliothèques" in first.stderr
    assert (second.stdout, second.stderr) == ("", "")
    roots = next(checkout.glob(".venv/lib/python3*/site-packages/lps_roots.pth")).read_text()
    assert roots.split() == [str(checkout), str(checkout / "platform")]


def test_makes_it_anew_when_its_python_went_away(checkout: Path) -> None:
    run(checkout)
    (checkout / ".venv" / "bin" / "python").unlink()

    assert run(checkout).returncode == 0
    assert (checkout / ".venv" / "bin" / "python").exists()


def test_makes_a_half_made_one_anew(checkout: Path) -> None:
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "half").touch()

    again = run(checkout)

    assert again.returncode == 0
    assert (checkout / ".venv" / "bin" / "python").exists()
    assert not (checkout / ".venv" / "half").exists()


def test_adds_what_a_command_needs_beside_once(checkout: Path) -> None:
    (checkout / bootstrap.SPEECH).write_text(NOTHING)

    first, second, other = run(checkout, "--speech"), run(checkout, "--speech"), run(checkout)

    assert (first.returncode, second.returncode, other.returncode) == (0, 0, 0)
    assert bootstrap.SPEECH in first.stderr
    assert second.stderr == other.stderr == ""
    (checkout / bootstrap.SPEECH).write_text("# another nothing\n")
    assert bootstrap.SPEECH in run(checkout, "--speech").stderr


def test_an_ordinary_user_is_told_the_packages_and_nothing_is_made(checkout: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"  # a machine without a browser
    tools.mkdir()
    (tools / "apt-get").symlink_to("/bin/false")

    done = run(checkout, "--tests", prefix=tuple(_absolute(somebody())), PATH=str(tools))

    assert done.returncode == 1
    assert done.stderr.startswith("Il manque des paquets du système. Lancez : sudo apt-get install -y")
    assert "chromium" in done.stderr and "sip-tester" in done.stderr
    assert not (checkout / ".venv").exists()


def test_no_network_is_a_sentence(checkout: Path) -> None:
    (checkout / "requirements.lock").write_text(SOMETHING)

    done = run(checkout, **registry(free_port()))

    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("Les bibliothèques n'ont pas pu être installées. Le réseau ne répond pas")
    assert not (checkout / ".venv" / "made-from").exists()


def test_a_full_disk_is_a_sentence(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", checkout)
    monkeypatch.setattr(bootstrap, "VENV", checkout / ".venv")
    monkeypatch.setattr(bootstrap, "STAMP", checkout / ".venv" / "made-from")
    monkeypatch.setattr(bootstrap, "NEEDED_BYTES", 10**18)

    assert bootstrap.main([]) == 1

    assert f"Le disque est plein ({checkout}) : libérez de la place" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "Le disque est"),
        ("E: You don't have enough free space in /var/cache/apt/archives/.", "Le disque est plein"),
        ("Err:1 Temporary failure resolving 'somewhere'", "Le réseau ne répond pas"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "Les lignes ci-dessus disent pourquoi"),
    ],
)
def test_the_last_words_of_a_step_are_put_in_a_sentence(words: str, sentence: str) -> None:
    assert sentence in bootstrap._sentence("Échec.", words=words)


def test_an_interrupted_step_ends_before_we_do(checkout: Path) -> None:
    (checkout / "requirements.lock").write_text(SOMETHING)
    with mute_registry() as variables, started(checkout, variables) as process:
        step = _step_of(process)

        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=30) == bootstrap.INTERRUPTED
        assert not is_alive(step)
        assert "relancez la même commande" in words_of(checkout)


def test_the_next_command_waits_for_a_step_that_outlived_its_own(checkout: Path) -> None:
    (checkout / "requirements.lock").write_text(SOMETHING)
    with mute_registry() as variables, started(checkout, variables) as killed:
        step = _step_of(killed)
        killed.kill()
        killed.wait()
        (checkout / "requirements.lock").write_text(NOTHING)

        with started(checkout, variables) as waiting:
            until(lambda: "attente de sa fin" in words_of(checkout), seconds=20, words=lambda: words_of(checkout))
            os.kill(step, signal.SIGKILL)

            assert waiting.wait(timeout=60) == 0
    assert (checkout / ".venv" / "made-from").exists()


@contextmanager
def started(checkout: Path, variables: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with (checkout / "words").open("wb") as words:
        process = subprocess.Popen(
            command(checkout), env=clean_environment(**variables), stderr=words, start_new_session=True
        )
    try:
        yield process
    finally:
        for pid in [*descendants(process.pid), process.pid]:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def words_of(checkout: Path) -> str:
    return (checkout / "words").read_text()


def _step_of(process: subprocess.Popen[bytes]) -> int:
    """The pid of its pip, once there is one."""

    found: list[int] = []

    def begun() -> bool:
        found[:] = [pid for pid in descendants(process.pid) if "--require-hashes" in command_line(pid)]
        return bool(found)

    until(begun, seconds=60, words=lambda: str(list(descendants(process.pid))))
    return found[0]


def _absolute(prefix: tuple[str, ...]) -> list[str]:
    return [shutil.which(prefix[0]) or prefix[0], *prefix[1:]] if prefix else []
