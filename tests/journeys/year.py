"""A town's year on a product of its own: its pages and its worker live at the same moved time, and go on from there."""

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from subprocess import Popen

import pytest
from celery import current_app
from django.conf import settings
from playwright.sync_api import Page
from pytest_django import DjangoDbBlocker

from deploy.processes import free_port, wait_until
from simulators.payfip.server import Server, serving
from tests.live import Pages, Site, running_site

CODE = re.compile(r"votre code est (\d{6})")


@dataclass(slots=True)
class Year:
    """The product, whose clock is put forward."""

    site: Site
    treasury: Server
    port: int = field(default_factory=free_port)
    running: ExitStack = field(default_factory=ExitStack)
    clock: dict[str, str] = field(default_factory=dict)
    worker: Popen[bytes] | None = None
    pages: Pages = field(init=False)

    def at(self, instant: datetime) -> None:
        """It is now this instant (aware), for the pages and for the worker."""
        if self.worker:
            self.worker.send_signal(signal.SIGTERM)  # it ends while the pages do
        self.running.close()
        self.clock = {"LPS_CLOCK": instant.isoformat(), "LPS_CLOCK_ORIGIN": str(time.time())}
        alike = {**self.clock, "PAYFIP_URL": self.treasury.url, "WEB_CONCURRENCY": "1"}
        self.worker = self.running.enter_context(self.site.worker_with(**alike, PORT=str(self.port)))
        self.pages = self.running.enter_context(self.site.pages_with(port=self.port, **alike))

    @contextmanager
    def inside(self, slug: str) -> Iterator[None]:
        """What this process does in the block, it does in the town and at its hour: the voice server answers here."""
        with pytest.MonkeyPatch.context() as patch, self.site.inside(slug):
            for name, value in self.clock.items():
                patch.setenv(name, value)
            yield

    def ticks(self) -> None:
        """The minute passes: what is due at this hour is sent to the worker."""
        with current_app.connection_for_write(self.site.valkey.url()) as broker:
            current_app.send_task("lps.tick", connection=broker)

    def code_sent(self, number: str) -> str:
        """The code that a telephone received (in figures, after +33)."""
        kept, found = settings.LPS_DATA_DIR / "sms", []

        def has_come() -> bool:
            told = [json.loads(file.read_text()) for file in kept.glob("*.json")]
            found[:] = [match[1] for one in told if one["to"] == number and (match := CODE.search(one["text"]))]
            return bool(found)

        assert wait_until(has_come, seconds=60)
        return found[0]


@pytest.fixture(scope="module")
def year(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Year]:
    """A product without the town."""
    with running_site(tmp_path_factory.mktemp("year"), django_db_blocker, name="year") as site, serving() as treasury:
        site.take_mails()
        site.works = True  # its own worker, under the year's clock
        made = Year(site, treasury)
        with made.running:
            yield made


def picture(page: Page, name: str) -> None:
    """Keep the page as a phone and as a desk show it, where `PICTURES` says; nowhere unless it says so."""
    if not (said := os.environ.get("PICTURES")):
        return
    folder = Path(said)
    folder.mkdir(parents=True, exist_ok=True)
    number, before = len(list(folder.glob("*-360.png"))) + 1, page.viewport_size
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=folder / f"{number:02} {name}-{width}.png", full_page=True)
    if before:
        page.set_viewport_size(before)
