"""`make run` itself, on free ports and in a folder of its own: it serves, stops whole, and keeps its data."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from deploy.processes import LOOPBACK, free_port
from tests.deploy.seen import clean_environment, descendants, survivors, until

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180.0
STOP_SECONDS = 60.0
OPENED = "INSERT INTO public.django_content_type (app_label, model) VALUES ('kept', 'kept')"
KEPT = "SELECT count(*) FROM public.django_content_type WHERE app_label = 'kept'"


@dataclass(frozen=True, slots=True)
class Run:
    """A `make run` at work."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text()

    @property
    def ground(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.folder / "ground.json").read_text())
        return found

    def get(self, host: str, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Host": f"{host}:{self.port}"})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def ask(self, statement: str) -> object:
        with psycopg.connect(self.ground["DATABASE_URL"]) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None

    def ready(self) -> None:
        until(
            lambda: "celery@" in self.said or self.process.poll() is not None,
            seconds=START_SECONDS,
            words=lambda: self.said,
        )
        assert self.process.poll() is None, self.said

    def stop(self, number: signal.Signals = signal.SIGTERM) -> list[str]:
        """Ask it to stop; give what it left running."""
        below = list(descendants(self.process.pid))
        assert len(below) > 5  # database, broker, mails, pages, worker, scheduler, and what they start
        self.process.send_signal(number)
        self.process.wait(timeout=STOP_SECONDS)
        return survivors(below, seconds=0)


@contextmanager
def running(folder: Path, **more: str) -> Iterator[Run]:
    ports = {"PORT": str(free_port()), "MAILSINK_PORT": str(free_port())}
    environment = clean_environment(**{**ports, "DATA_DIR": str(folder), **more})
    log = folder.with_name(f"{folder.name}.log")
    with log.open("wb") as words:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.run"], cwd=ROOT, env=environment, stdout=words, stderr=words
        )
    try:
        yield Run(process, int(environment["PORT"]), folder, log)
    finally:
        below = list(descendants(process.pid))
        process.kill()
        process.wait()
        survivors(below)


def test_serves_two_communes_stops_whole_and_keeps_its_data(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with running(folder) as first:
        first.ready()

        assert first.get("anything.example", "/sante/pret")[0] == 200
        for host, name in (("demo", "de démonstration"), ("buchelay", "de Buchelay")):
            status, page = first.get(f"{host}.localhost", "/")
            assert (status, f"Bienvenue sur les Parents Services {name}" in page) == (200, True)
        _tells_a_newcomer_all(first)
        first.ask(OPENED)

        assert first.stop() == []
        assert first.process.returncode == 0
        assert first.said.endswith("Tout est arrêté.\n")
        assert not (folder / "ground.json").exists()

    with running(folder) as second:
        second.ready()

        assert second.ask(KEPT) == 1
        assert "commune demo opened" not in second.said
        assert second.stop(signal.SIGINT) == []


def _tells_a_newcomer_all(run: Run) -> None:
    """Addresses, one parent a commune, one agent a role, one operator, each with what opens the door."""
    for words in (
        f"http://demo.localhost:{run.port}/",
        f"http://buchelay.localhost:{run.port}/",
        f"http://console.localhost:{run.port}/",
        "code enfant 123456    code famille 654321",
        "code enfant 48291573  code famille 73026418",
    ):
        assert words in run.said
    accounts = [line.split() for line in run.said.splitlines() if " TOTP " in line]
    assert {account[0] for account in accounts} == {"console", "demo", "buchelay"}
    assert all(len(account[-1]) == 32 for account in accounts)
    assert len({account[-1] for account in accounts}) == len(accounts)


@pytest.mark.soak
def test_starts_again_after_every_kind_of_kill(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for number in range(4):
        with running(folder) as run:
            run.ready()
            run.ask(OPENED if number == 0 else KEPT)
            assert run.ask(KEPT) == 1
            below = list(descendants(run.process.pid))
            for pid in {0: [run.process.pid], 1: [run.process.pid, *below], 2: below[:1], 3: []}[number]:
                with suppress(ProcessLookupError):  # it followed the one before it
                    os.kill(pid, signal.SIGKILL)
            if number < 2:
                assert survivors(below, seconds=30) == []
            elif number == 2:  # the database alone
                until(lambda: "nouvel essai" in run.said, seconds=30, words=lambda: run.said)
                until(lambda: run.get("x", "/sante/pret")[0] == 200, seconds=60, words=lambda: run.said)
                assert run.stop() == []
            else:
                assert run.stop() == []


@pytest.mark.soak
def test_every_program_that_is_killed_runs_again(tmp_path: Path) -> None:
    with running(tmp_path / "data") as run:
        run.ready()
        for listing in Path(f"/proc/{run.process.pid}/task").glob("*/children"):
            for pid in map(int, listing.read_text().split()):
                os.kill(pid, signal.SIGKILL)

        until(lambda: run.said.count("nouvel essai") >= 6, seconds=60, words=lambda: run.said)
        until(lambda: run.said.count("celery@") >= 2, seconds=120, words=lambda: run.said)
        until(lambda: _is_served(run), seconds=60, words=lambda: run.said)
        assert run.stop() == []


@pytest.mark.soak
def test_two_run_side_by_side_on_one_machine_one_with_services_that_it_was_given(tmp_path: Path) -> None:
    with running(tmp_path / "one") as one:
        one.ready()
        one_url, broker = one.ground["DATABASE_URL"], one.ground["REDIS_URL"]
        with psycopg.connect(one_url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE other")
        given = {
            "DATABASE_URL": one_url.rpartition("/")[0] + "/other",
            "REDIS_URL": broker.rpartition("/")[0] + "/1",
            "EMAIL_URL": one.ground["EMAIL_URL"],
        }
        with running(tmp_path / "two", LPS_CLOCK="2014-10-08T13:20+02:00", **given) as two:
            two.ready()

            assert "08/10/2014 13:2" in two.get("demo.localhost", "/")[1]
            assert "Horloge déplacée" in two.said
            assert "Horloge de démonstration" not in one.get("demo.localhost", "/")[1]
            assert not (tmp_path / "two" / "postgres").exists()
            _every_product_program_has_its_clock(two)
            below = list(descendants(two.process.pid))
            two.process.send_signal(signal.SIGTERM)
            two.process.wait(timeout=STOP_SECONDS)
            assert survivors(below, seconds=0) == []
        assert _is_served(one)
        assert one.stop() == []


def _every_product_program_has_its_clock(run: Run) -> None:
    """Pages, worker and scheduler reckon from the same instant."""
    seen = set()
    for pid in descendants(run.process.pid):
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        if b"LPS_ENV=development" not in variables:
            continue  # Asterisk gets none of our variables
        seen.add(tuple(sorted(one for one in variables if one.startswith(b"LPS_CLOCK"))))
    (clocks,) = seen
    assert [one.partition(b"=")[0] for one in clocks] == [b"LPS_CLOCK", b"LPS_CLOCK_ORIGIN"]


def _is_served(run: Run) -> bool:
    try:
        return run.get("demo.localhost", "/")[0] == run.get("x", "/sante/pret")[0] == 200
    except (OSError, http.client.HTTPException):
        return False
