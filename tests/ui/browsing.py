"""A real browser on the sample pages, answered here with the product's policy: nothing else can be reached."""

import mimetypes
import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright
from styleguide import PAGES, ROOT, render, render_bare, request

from lps.ui.colors import theme_css
from lps.ui.middleware import content_security_policy

HOST = "http://buchelay.localhost"
COLOR = "#a3195b"
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM) as chromium,
    ):
        yield chromium


def opened(browser: Browser, *, color: str = COLOR, **options: object) -> BrowserContext:
    """A browser on our pages, answered here with the product's policy: nothing else can be reached."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        kind, body = _content(path, color)
        headers = {"Content-Type": kind, "Content-Security-Policy": content_security_policy(origins={})}
        route.fulfill(status=200, headers=headers, body=body)

    context.route("**/*", answer)
    return context


def _content(path: str, color: str) -> tuple[str, bytes]:
    if path == "/theme.css":
        return "text/css", theme_css(color).encode()
    if path.startswith("/static/"):
        file = ROOT / path.removeprefix("/")
        return mimetypes.guess_type(file.name)[0] or "font/woff2", file.read_bytes()
    page, _, variant = path.strip("/").partition("/")
    html = render(page, variant=variant) if page in PAGES else render_bare(f"{page}.html", asked=request())
    return "text/html; charset=utf-8", html.encode()


def visit(context: BrowserContext, path: str) -> Page:
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(f"{HOST}/{path}")
    page.evaluate("document.fonts.ready")
    return page


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]
