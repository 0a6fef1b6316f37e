"""The product's processes start by one command, show that they live, and end when asked."""

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery.schedules import crontab

from deploy.processes import LOOPBACK, free_port, last_lines, start, stop, wait_until
from lps.config.celery import app
from lps.console import serving
from tests.live import Site

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
END_SECONDS = 30.0


@contextmanager
def served(site: Site, name: str, folder: Path, **variables: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    own = {
        "LPS_ENV": "production",
        "LPS_BASE_DOMAINS": "localhost",
        "DATABASE_URL": site.copy.url,
        "REDIS_URL": site.valkey.url(),
        "EMAIL_URL": "memory://",
        "LPS_DATA_DIR": str(folder),
        "LPS_STATIC_DIR": str(folder),
        "LPS_ALIVE_FILE": str(folder / "alive"),
        "WEB_CONCURRENCY": "1",
        "LPS_WORKER_CONCURRENCY": "1",
    }
    log = folder / "log"
    with log.open("wb") as output:
        command = [sys.executable, "manage.py", "serve", name]
        process = start(command, output=output, env={**os.environ, **own, **variables}, cwd=ROOT)
    try:
        yield process, log
    finally:
        stop(process, grace=2)


def answers(port: int, path: str = "/sante/vivant") -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def test_the_pages_answer_show_their_figures_and_end_when_asked(site: Site, tmp_path: Path) -> None:
    port, figures = free_port(), free_port()
    variables = {"PORT": str(port), "LPS_LISTEN": "0.0.0.0", "LPS_METRICS_PORT": str(figures), "TMPDIR": str(tmp_path)}
    with served(site, "web", tmp_path, **variables) as (process, log):
        assert wait_until(lambda: answers(port), seconds=START_SECONDS), last_lines(log)
        assert answers(figures, "/metrics")
        folders = len(list(tmp_path.glob("lps-metrics-*")))

        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=END_SECONDS) == 0, last_lines(log)
    assert (folders, list(tmp_path.glob("lps-metrics-*"))) == (1, [])


COUNTS = "import sys\nimport lps.kernel.metrics\nprint('counts', flush=True)\nsys.stdin.read()"


def counting(folder: Path) -> subprocess.Popen[bytes]:
    """A process that counts in a folder of its own, below another, until it is ended."""
    own = {"LPS_METRICS_PORT": str(free_port()), "TMPDIR": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", COUNTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **own}
    )
    assert process.stdout and process.stdout.readline() == b"counts\n"
    return process


def test_a_killed_process_leaves_its_figures_until_the_next_one_starts(tmp_path: Path) -> None:
    def folders() -> int:
        return len(list(tmp_path.glob("lps-metrics-*")))

    (tmp_path / "lps-metrics-other").mkdir()  # of another version: whether somebody counts there, nobody knows
    with counting(tmp_path) as lives, counting(tmp_path) as killed:
        assert folders() == 3
        killed.kill()
        killed.wait()

        with counting(tmp_path) as third:
            assert folders() == 3  # the other one, that which lives, its own
            third.communicate()
        lives.communicate()
    assert folders() == 1


@pytest.mark.parametrize("name", ["worker", "scheduler", "voice"])
def test_the_others_show_that_they_live_and_end_when_asked(site: Site, tmp_path: Path, name: str) -> None:
    alive = tmp_path / "alive"
    with served(site, name, tmp_path, LPS_VOICE_PORT=str(free_port())) as (process, log):
        assert wait_until(alive.exists, seconds=START_SECONDS), last_lines(log)
        # Gone, it comes back: the loop turns. The scheduler's turns as often as it has something to do.
        alive.unlink()
        assert name == "scheduler" or wait_until(alive.exists, seconds=START_SECONDS), last_lines(log)

        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=END_SECONDS) == 0, last_lines(log)


def test_the_scheduler_turns_at_least_once_a_minute() -> None:
    """What a probe of its file relies on."""
    assert min(entry["schedule"] for entry in app.conf.beat_schedule.values()) <= 60.0
    assert not any(isinstance(entry["schedule"], crontab) for entry in app.conf.beat_schedule.values())


def test_unknown_processes_are_refused_by_name() -> None:
    done = subprocess.run([sys.executable, "manage.py", "serve", "tout"], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode != 0 and all(name in done.stderr for name in serving.PROCESSES)
