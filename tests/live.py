"""The product as people meet it: its pages, its worker and its mail server, on a database that keeps what is written.

A worker of the tests makes one `Site` for all its files, when the first of them asks for it. Browsers resolve
`demo.localhost` by themselves; other clients connect to the loopback and name the host.
"""

import http.client
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from subprocess import Popen
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql
from psycopg.errors import ObjectInUse
from pytest_django import DjangoDbBlocker

from deploy.processes import LOOPBACK, free_port, last_lines, start, stop, wait_until
from deploy.services import Valkey
from tenants import context, queries
from tenants.models import Commune

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "lps_template"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
READY_SECONDS = 60.0
MAIL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the template database: transactions commit there, other processes and threads see them."""

    name: str
    blocker: DjangoDbBlocker

    @classmethod
    def made(cls, name: str, blocker: DjangoDbBlocker) -> "Copy":
        """Copy the template under this worker's name; the whole server goes with the run."""
        own = f"lps_{name}_{WORKER}"

        def is_made() -> bool:
            with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server, suppress(ObjectInUse):
                words = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
                server.execute(words.format(sql.Identifier(own), sql.Identifier(TEMPLATE)))
                return True
            return False  # the server itself looks through the template: it is waited for

        assert wait_until(is_made, seconds=120)
        return cls(own, blocker)

    def drop(self) -> None:
        """Give its disk space back."""
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(self.name)))

    @property
    def url(self) -> str:
        """Its address."""
        return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{self.name}"))

    @property
    def environment(self) -> dict[str, str]:
        """Of another process of the product that works on it."""
        own = {"DATABASE_URL": self.url, "LPS_DATA_DIR": str(settings.LPS_DATA_DIR)}
        own |= {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}", "DJANGO_SETTINGS_MODULE": "lps.config.settings"}
        return {**os.environ, **own}

    @contextmanager
    def standing_in(self) -> Iterator[None]:
        """Every connection of this process is the copy's, in whatever thread, for the time of a block."""
        assert not connection.in_atomic_block, "a test in a transaction of its own cannot leave its database"
        before = connection.settings_dict["NAME"]
        with self.blocker.unblock(), _beside_a_browser():
            connection.close()
            connection.settings_dict["NAME"] = self.name
            queries.forget_hosts()
            try:
                yield
            finally:
                connection.close()
                connection.settings_dict["NAME"] = before
                queries.forget_hosts()

    @contextmanager
    def inside(self, slug: str) -> Iterator[Commune]:
        """The block's body runs inside a commune of the copy."""
        with self.standing_in(), context.use(queries.commune_by_slug(slug=slug)) as commune:
            yield commune


@contextmanager
def _beside_a_browser() -> Iterator[None]:
    """A browser driven from this thread runs an event loop there, near which Django refuses to ask the database.

    It never runs while we do: both are one thread. Blocks may stand in one another.
    """
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a page answered."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Pages:
    """One gunicorn, with a clock of its own."""

    port: int
    log: Path

    def origin(self, slug: str) -> str:
        """Where a commune's pages are, or the console's."""
        return f"http://{slug}.localhost:{self.port}"

    def get(self, slug: str, path: str, **headers: str) -> Answer:
        """Ask for one page as a plain client does."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Host": f"{slug}.localhost:{self.port}", **headers})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read().decode(errors="replace"))
        finally:
            connection.close()

    def is_ready(self) -> bool:
        """Tell whether the pages answer."""
        try:
            return self.get("demo", "/sante/vivant").status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False


@dataclass(slots=True)
class Site:
    """The product running: its pages start when they are asked for, its worker and mail server when a mail is."""

    copy: Copy
    directory: Path
    valkey: Valkey
    ending: ExitStack
    mails_port: int = field(default_factory=free_port)
    smtp_port: int = field(default_factory=free_port)
    works: bool = False
    served: Pages | None = None

    @property
    def pages(self) -> Pages:
        """The pages at the true time."""
        if self.served is None:
            self.served = self.ending.enter_context(self.pages_with())
        return self.served

    def inside(self, slug: str) -> Any:
        """The block's body runs inside a commune of the site."""
        return self.copy.inside(slug)

    @contextmanager
    def pages_with(self, *, port: int = 0, **variables: str) -> Iterator[Pages]:
        """Serve the same database under other variables, for the time of a block."""
        pages = Pages(port or free_port(), self.directory / f"pages-{len(list(self.directory.glob('pages-*')))}.log")
        command = ("gunicorn", "-c", "deploy/gunicorn.py", "lps.config.wsgi:application")
        with self._running(*command, log=pages.log, PORT=str(pages.port), **variables) as process:
            _wait(lambda: process.poll() is not None or pages.is_ready(), log=pages.log)
            assert process.poll() is None, last_lines(pages.log)
            yield pages

    def pages_at(self, instant: datetime, *, port: int = 0) -> Any:
        """Serve the same database as if it were another instant (aware), for the time of a block.

        On the port of pages that have ended, a browser goes on with them where it was.
        """
        origin = str(time.time())  # the time runs on from now for every process, as under `make run`
        return self.pages_with(port=port, LPS_CLOCK=instant.isoformat(), LPS_CLOCK_ORIGIN=origin, WEB_CONCURRENCY="1")

    def work(self) -> None:
        """Start the worker and the mail server, once: what waits in the queue is done."""
        if not self.works:
            self.works = True
            self.take_mails()
            self.ending.enter_context(self.worker_with())

    def take_mails(self) -> None:
        """Start the mail server."""
        mails = ("notifications.sink", "--directory", str(self.directory / "mails"))
        folder = ("--sms", str(self.directory / "sms"))
        ports = ("--smtp-port", str(self.smtp_port), "--page-port", str(self.mails_port))
        self.ending.enter_context(self._running(*mails, *folder, *ports, log=self.directory / "mails.log"))

    def worker_with(self, **variables: str) -> AbstractContextManager[Popen[bytes]]:
        """A worker under other variables, for the time of a block; who asks for one lets no other work."""
        celery = ("celery", "-A", "lps.config.celery:app", "worker", "--pool", "solo")
        alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        return self._running(*celery, *alone, log=self.directory / "worker.log", **variables)

    def mails_to(self, address: str, *, subject: str = "", number: int = 1) -> list[dict[str, Any]]:
        """Wait until so many mails have come to an address, under a subject if one is given; newest first."""
        self.work()
        found: list[dict[str, Any]] = []

        def have_come() -> bool:
            found[:] = [mail for mail in self._mails(address) if subject in mail["subject"]]
            return len(found) >= number

        _wait(have_come, log=self.directory / "worker.log", seconds=MAIL_SECONDS)
        return found

    def _mails(self, address: str) -> list[dict[str, Any]]:
        client = http.client.HTTPConnection(LOOPBACK, self.mails_port, timeout=10)
        try:
            client.request("GET", f"/api/mails?to={quote(address)}")
            return list(json.loads(client.getresponse().read())["mails"])
        except ConnectionRefusedError:
            return []  # it is starting
        finally:
            client.close()

    @contextmanager
    def _running(self, module: str, *rest: str, log: Path, **variables: str) -> Iterator[Popen[bytes]]:
        """Run one of the product's programs; it ends with the block, or with us should we be killed."""
        own = {
            "LPS_ENV": "development",
            "DATABASE_URL": self.copy.url,
            "REDIS_URL": self.valkey.url(),
            "LPS_DATA_DIR": str(settings.LPS_DATA_DIR),  # files laid down by a test are found, and the contrary
            "EMAIL_URL": f"smtp://{LOOPBACK}:{self.smtp_port}",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")]),
        }
        if module == "celery" and "PORT" not in variables:
            own["PORT"] = str(self.pages.port)
        with log.open("wb") as output:
            process = start(
                [sys.executable, "-m", module, *rest], output=output, env={**os.environ, **own, **variables}, cwd=ROOT
            )
        try:
            yield process
        finally:
            stop(process, grace=2)


@contextmanager
def running_site(directory: Path, blocker: DjangoDbBlocker, *, name: str = "site") -> Iterator[Site]:
    """Start the product on a copy of the template, of this name; everything ends with the block."""
    (settings.LPS_DATA_DIR / "static").mkdir(parents=True, exist_ok=True)
    with ExitStack() as ending:
        valkey = Valkey(directory, ephemeral=True)
        valkey.start()
        ending.callback(valkey.stop)
        yield Site(Copy.made(name, blocker), directory, valkey, ending)


@pytest.fixture(scope="session")
def site(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The product running, for all the files of this worker that ask for it."""
    with running_site(tmp_path_factory.mktemp("site"), django_db_blocker) as running:
        yield running


def _wait(condition: Callable[[], bool], *, log: Path, seconds: float = READY_SECONDS) -> None:
    assert wait_until(condition, seconds=seconds), last_lines(log)
