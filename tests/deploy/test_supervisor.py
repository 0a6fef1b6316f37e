"""One supervisor over several programs: what dies starts again, what is asked to stop leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.processes import INTERRUPTED, is_alive
from deploy.supervisor import ECHO_SECONDS, Output
from tests.deploy.seen import clean_environment, descendants, survivors, until

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Scene:
    """A supervisor at work in a folder, and what its programs wrote there."""

    process: subprocess.Popen[bytes]
    folder: Path

    def lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def begun(self, number: int = 1) -> None:
        until(lambda: len(self.lines("begun")) >= number, seconds=20, words=lambda: "\n".join(self.lines("words")))

    def ask(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def code(self) -> int:
        return self.process.wait(timeout=20)


@contextmanager
def played(scenario: str, folder: Path) -> Iterator[Scene]:
    roots = os.pathsep.join([str(ROOT), str(ROOT / "platform")])
    with (folder / "words").open("wb") as words:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.deploy.supervised", scenario],
            cwd=folder,
            env=clean_environment(PYTHONPATH=roots),
            stdout=words,
            stderr=words,
            start_new_session=True,
        )
    try:
        yield Scene(process, folder)
    finally:
        process.kill()
        process.wait()


def test_what_dies_is_started_again_later_and_later_then_given_up(tmp_path: Path) -> None:
    with played("dies", tmp_path) as scene:
        assert scene.code() == 1

    said = scene.lines("words")
    assert said.count("frêle  │ adieu") == 3
    assert "frêle s'est arrêté (code 3) : nouvel essai dans 0.1 s (1/2)." in said
    assert "frêle s'est arrêté (code 3) : nouvel essai dans 0.2 s (2/2)." in said
    assert said[-1] == "frêle s'est arrêté 3 fois (code 3) : lisez ses lignes ci-dessus."


def test_the_last_words_of_what_writes_in_a_log_of_its_own_are_told(tmp_path: Path) -> None:
    with played("silent", tmp_path) as scene:
        assert scene.code() == 1

    said = scene.lines("words")
    assert said.count("muet   │ plus de place") == 3
    assert said.index("muet   │ plus de place") < said.index(
        "muet s'est arrêté (code 3) : nouvel essai dans 0.1 s (1/2)."
    )


def test_what_ran_well_before_it_died_is_never_given_up(tmp_path: Path) -> None:
    with played("steady", tmp_path) as scene:
        scene.begun(5)

        assert is_alive(scene.process.pid)


def test_a_killed_program_is_told_by_its_signal_and_runs_again(tmp_path: Path) -> None:
    with played("stages", tmp_path) as scene:
        scene.begun(2)
        os.kill(next(descendants(scene.process.pid)), signal.SIGKILL)
        scene.begun(3)

        assert "base s'est arrêté (signal SIGKILL) : nouvel essai dans 0.1 s (1/2)." in scene.lines("words")
        assert scene.lines("begun")[2] == "base"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_users_end_before_what_they_use(tmp_path: Path, number: signal.Signals) -> None:
    with played("stages", tmp_path) as scene:
        scene.begun(2)
        below = list(descendants(scene.process.pid))

        scene.ask(number)

        assert scene.code() == INTERRUPTED
    assert scene.lines("ended") == ["web", "base"]
    assert survivors(below, seconds=0) == []


def test_what_does_not_listen_is_killed_after_its_grace(tmp_path: Path) -> None:
    with played("stubborn", tmp_path) as scene:
        scene.begun()
        below = list(descendants(scene.process.pid))
        started = time.monotonic()

        scene.ask()

        assert scene.code() == INTERRUPTED
    assert 0.5 <= time.monotonic() - started < 10
    assert survivors(below, seconds=0) == []


def test_a_second_request_hurries(tmp_path: Path) -> None:
    with played("patient", tmp_path) as scene:
        scene.begun()
        scene.ask()
        time.sleep(ECHO_SECONDS + 0.5)

        scene.ask(signal.SIGINT)

        assert scene.code() == INTERRUPTED


def test_the_echo_of_one_request_does_not_hurry(tmp_path: Path) -> None:
    with played("slow", tmp_path) as scene:
        scene.begun()

        scene.ask()
        time.sleep(0.1)
        scene.ask()

        assert scene.code() == INTERRUPTED
    assert scene.lines("ended") == ["lent"]


def test_a_process_that_left_its_family_is_ended_too(tmp_path: Path) -> None:
    with played("daemon", tmp_path) as scene:
        scene.begun()
        (daemon,) = map(int, scene.lines("begun"))

        scene.ask()

        assert scene.code() == INTERRUPTED
    assert survivors([daemon], seconds=0) == []


def test_programs_follow_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    with played("stages", tmp_path) as scene:
        scene.begun(2)
        below = list(descendants(scene.process.pid))

        scene.ask(signal.SIGKILL)
        scene.code()

        assert len(below) == 2
        assert survivors(below) == []
    assert sorted(scene.lines("ended")) == ["base", "web"]


def test_a_full_disk_behind_the_output_stops_nobody() -> None:
    full = open("/dev/full", "w")  # noqa: SIM115 (closing it would try to write again)
    output = Output(stream=full, width=6)

    output.say("Démarrage…")
    output.line("web", "bonjour")

    with suppress(OSError):
        full.close()


def test_lines_of_several_programs_are_told_apart(tmp_path: Path) -> None:
    with (tmp_path / "words").open("w") as words:
        output = Output(stream=words, width=6)
        output.line("web", "un")
        output.line("worker", "deux")

    assert (tmp_path / "words").read_text() == "web    │ un\nworker │ deux\n"
