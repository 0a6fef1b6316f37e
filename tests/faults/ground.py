"""The product on servers of its own, which a test may kill, and a crowd of parents who send again what failed."""

import http.client
import subprocess
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.db import connection

from deploy.processes import LOOPBACK, wait_until
from deploy.services import Postgres, seat
from tests.live import TEMPLATE, Copy, Pages
from tests.races.test_races_http import Sent

SENTENCE = "Une partie du portail ne répond pas"
SILENCE = 30  # seconds after which an answer is none
PATIENCE = 90  # seconds for a crowd, on a busy machine
DATABASE = "lps"


@dataclass(frozen=True, slots=True)
class OwnCopy(Copy):
    """A copy of the template database on a server that nobody else uses."""

    server: Postgres

    @property
    def url(self) -> str:
        return self.server.url(DATABASE)

    @contextmanager
    def standing_in(self) -> Iterator[None]:
        """Every connection of this process is the copy's, for the time of a block."""
        address = urlsplit(self.url)
        own = {"PORT": str(address.port), "USER": address.username, "PASSWORD": address.password}
        before = {name: connection.settings_dict[name] for name in own}
        connection.close()
        connection.settings_dict.update(own)
        try:
            with Copy.standing_in(self):
                yield
        finally:
            connection.settings_dict.update(before)


def fill(server: Postgres, *, source: str) -> None:
    """Copy the template database of the run's server to this one."""
    server.create_database(DATABASE)
    template, binaries = source.rpartition("/")[0] + f"/{TEMPLATE}", seat().binaries
    writer = [binaries / "psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", server.url(DATABASE)]
    with subprocess.Popen([binaries / "pg_dump", template], stdout=subprocess.PIPE) as reader:
        subprocess.run(writer, stdin=reader.stdout, check=True)
    assert reader.returncode == 0


@dataclass(slots=True)
class Crowd:
    """Parents who send a form each, and send the very same again when they were told to come back."""

    pages: Pages
    left: deque[Sent]
    receipts: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    threads: list[threading.Thread] = field(default_factory=list)

    @classmethod
    def of(cls, pages: Pages, forms: Sequence[Sent], *, number: int = 4) -> "Crowd":
        """Start so many of them at once on these forms."""
        crowd = cls(pages, deque(forms))
        crowd.threads = [threading.Thread(target=crowd._send_all, daemon=True) for _ in range(number)]
        for thread in crowd.threads:
            thread.start()
        return crowd

    def until(self, happened: Callable[[], bool]) -> None:
        """Wait for what the crowd meets."""
        assert wait_until(happened, seconds=PATIENCE), dict(self.seen)

    def end(self) -> None:
        """Wait until every form was saved."""
        end = time.monotonic() + PATIENCE
        for thread in self.threads:
            thread.join(timeout=max(0.0, end - time.monotonic()))
        assert not any(thread.is_alive() for thread in self.threads), (len(self.left), dict(self.seen))

    def _send_all(self) -> None:
        with suppress(IndexError):  # nothing is left
            while True:
                form = self.left.popleft()
                how = self._send(form)
                self.seen[how] += 1
                if how != "saved":
                    self.left.append(form)
                    time.sleep(0.2)  # a parent who reads the page

    def _send(self, form: Sent) -> str:
        server = http.client.HTTPConnection(LOOPBACK, self.pages.port, timeout=SILENCE)
        try:
            host = f"buchelay.localhost:{self.pages.port}"
            server.request("POST", form.path, form.body, {**form.headers, "Host": host})
            answer = server.getresponse()
            return self._read(answer, answer.read().decode())
        except OSError as error:
            return type(error).__name__
        finally:
            server.close()

    def _read(self, answer: http.client.HTTPResponse, body: str) -> str:
        place = urlsplit(answer.headers.get("Location", "")).query
        if answer.status == http.client.FOUND and "recu=R-" in place:
            self.receipts.append(place.partition("recu=")[2].partition("&")[0])
            return "saved"
        if answer.status == http.client.SERVICE_UNAVAILABLE and SENTENCE in body and answer.headers["Retry-After"]:
            return "come back"
        return f"{answer.status} {body[:300]}"
