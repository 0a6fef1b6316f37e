"""The planning page through gunicorn against a view that runs its statements and sends its bytes ready-made."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from bench.figures import Figure
from deploy.processes import LOOPBACK, free_port, start, stop, wait_until
from tenants.queries import forget_hosts

PATH = "/enfants/123456/planning/"
SECONDS, TURNS = 4.0, 5
ROOT = Path(__file__).resolve().parent.parent


def measure(directory: Path) -> list[Figure]:
    """Turns of a few seconds each, ours then the floor."""
    cookie, page = _signed_in(), directory / "page.json"
    page.write_text(json.dumps(_recorded(cookie)))
    ours, floor = [], []
    with _served("lps.config.settings") as product, _served("bench.floor_settings", page) as bare:
        for port in (product, bare):
            _rate(port, cookie, seconds=2.0)
        for _ in range(TURNS):
            ours.append(_rate(product, cookie, seconds=SECONDS))
            floor.append(_rate(bare, cookie, seconds=SECONDS))
    facts = json.loads(page.read_text())
    note = f"{len(facts['statements'])} statements, {len(facts['body']) / 1000:.0f} kB before gzip"
    name = "planning page / its statements and its bytes ready-made"
    return [Figure(name=name, unit="req/s", ours=median(ours), floor=median(floor), at_least=0.4, note=note)]


def _signed_in() -> str:
    forget_hosts()
    client = Client(headers={"host": "demo.localhost"})
    client.post("/", {"child_code": "123456", "family_code": "654321"})
    return client.cookies["lps_famille"].value


def _recorded(cookie: str) -> dict[str, object]:
    """The body of one request and the statements of its view: the middleware's are run for the floor as well."""
    client = Client(headers={"host": "demo.localhost"})
    client.cookies["lps_famille"] = cookie
    client.get(PATH)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(PATH)
    assert answer.status_code == 200
    with override_settings(ROOT_URLCONF="bench.floor"), CaptureQueriesContext(connection) as behind:
        client.get("/enfants/123456/rien/")
    statements = [query["sql"] for query in captured.captured_queries[len(behind) :]]
    return {"statements": statements, "body": answer.content.decode()}


@contextmanager
def _served(settings: str, page: Path | None = None) -> Iterator[int]:
    """Serve the product under these settings as `make run` does, on a free port."""
    port = free_port()
    variables = {**os.environ, "PORT": str(port), "BENCH_PAGE": str(page), "LPS_ENV": "development"}
    variables["DJANGO_SETTINGS_MODULE"] = settings
    variables["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "platform")])
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py", "lps.config.wsgi:application"]
    process = start(command, output=subprocess.DEVNULL, env=variables, cwd=ROOT)
    try:
        if not wait_until(lambda: _answers(port), seconds=60.0, pause=0.2):
            raise RuntimeError(f"{settings} do not answer")
        yield port
    finally:
        stop(process, stop_signal=signal.SIGTERM, grace=6.0)


def _answers(port: int) -> bool:
    server = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        server.request("GET", "/sante/vivant", headers={"Host": "demo.localhost"})
        return server.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        server.close()


def _rate(port: int, cookie: str, *, seconds: float) -> float:
    """Answers a second, asked by another process."""
    command = [sys.executable, "-m", "bench.client", str(port), PATH, cookie, str(seconds)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=seconds + 30)
    return int(done.stdout) / seconds
