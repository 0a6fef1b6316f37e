"""A browser on the running product. What it complains of, and every request that leaves our origin, fails the test."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.live import Pages, Site

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE *.localhost, EXCLUDE 127.0.0.1",
]
# Milliseconds on a busy machine: what a page may take to change, and to open when its processes just began.
PATIENCE, OPENING = 15_000, 60_000
Browse = Callable[..., Page]

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One a module: two at once in a thread would meet the other tests' own."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM) as browser,
    ):
        yield browser


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def script(request: pytest.FixtureRequest) -> bool:
    """Whether the browser runs JavaScript."""
    return bool(request.param)


@dataclass
class Watch:
    """What a browser said and asked for while it was open."""

    origin: str
    abroad: str = ""
    restarts: bool = False
    documents: set[str] = field(default_factory=set)
    errors: list[tuple[str, str]] = field(default_factory=list)
    strangers: set[str] = field(default_factory=set)

    def over(self, context: BrowserContext) -> None:
        """Watch all the tabs of a browser."""
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.errors.append(("", error.error.message)))

    @property
    def complaints(self) -> list[str]:
        """Errors, but that a page which was asked for answered with one: the test reads that page.

        Where the product restarts, a page that follows its work asks in vain meanwhile.
        """
        said = [text for where, text in self.errors if not (where in self.documents and "status of" in text)]
        said = [text for text in said if not (self.restarts and "net::ERR_" in text)]
        return [*said, *(f"asked a stranger: {url}" for url in sorted(self.strangers))]

    def _asked(self, request: Request) -> None:
        known = (f"{self.origin}/", "data:", *([f"{self.abroad}/"] if self.abroad else []))
        if not request.url.startswith(known):
            self.strangers.add(request.url)

    def _answered(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self.documents.add(response.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append((message.location["url"], message.text))


@pytest.fixture
def browse(site: Site, chromium: Browser) -> Iterator[Browse]:
    """Open a browser that was never here, on a commune's pages; the watch ends with the test."""
    opened: list[tuple[BrowserContext, Watch]] = []

    def new(
        slug: str = "demo",
        *,
        pages: Pages | None = None,
        script: bool = True,
        width: int = 1280,
        abroad: str = "",
        restarts: bool = False,
    ) -> Page:
        origin = (pages or site.pages).origin(slug)
        context = chromium.new_context(
            base_url=origin,
            java_script_enabled=script,
            viewport={"width": width, "height": 900},
            locale="fr-FR",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        context.set_default_navigation_timeout(OPENING)
        watch = Watch(origin, abroad, restarts)
        watch.over(context)
        opened.append((context, watch))
        return context.new_page()

    yield new
    complaints = [complaint for context, watch in opened for complaint in _closed(context, watch)]
    assert complaints == []


def _closed(context: BrowserContext, watch: Watch) -> list[str]:
    context.close()
    return watch.complaints
