"""The page of the API: everything that the description holds, in the site's look, without script, for everybody."""

import mimetypes
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from booking.rules.planning import PlanningRefusal
from lps.accounts.api import problems
from lps.accounts.api.docs import document, set_type
from lps.config.theme import theme_css
from tenants.models import Commune

HOST = "demo.localhost"
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture
def page(demo: Commune) -> str:
    answer = Client(headers={"host": HOST}).get("/api/docs/")
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
    return unescape(answer.content.decode())


def test_it_shows_every_operation(page: str) -> None:
    for path, methods in document()["paths"].items():
        assert path.strip("/") in page.replace("<wbr>", "")
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page
            assert set_type(operation["description"]) in page
            assert all(f"<code>{one['name']}</code>" in page for one in operation.get("parameters", ()))
            assert operation.get("x-portee", "") in page


def test_it_shows_every_field_down_to_the_last(page: str) -> None:
    for name in (
        "resultats[].limites.reserver.regle.jour_semaine",
        "modifications[].avant",
        "refusees[].faits",
        "recu",
    ):
        assert f"<code>{name}</code>" in page


@pytest.mark.parametrize("kind", problems.KINDS, ids=lambda kind: kind.code)
def test_the_type_of_a_problem_leads_to_its_line(page: str, kind: problems.Kind) -> None:
    assert f'id="{kind.type.partition("#")[2]}"' in page
    assert set_type(str(kind.detail)) in page


@pytest.mark.parametrize("code", PlanningRefusal)
def test_every_refusal_is_explained(code: PlanningRefusal) -> None:
    told = document()["components"]["schemas"]["Refus"]["properties"]["code"]["description"]

    assert code.value in told


def test_it_shows_this_towns_address(page: str) -> None:
    assert f"http://{HOST}:8000/api/v1/moi/" in page
    assert "curl -X POST" in page and "Idempotency-Key: $(uuidgen)" in page


def test_no_french_sign_is_torn_from_its_word(page: str) -> None:
    sentences = re.sub(r"<pre.*?</pre>|<[^>]+>", "", page, flags=re.DOTALL)

    assert re.findall(r".{20} [;:?!»].|« .{20}", sentences) == []


@pytest.fixture
def browser(demo: Commune) -> Iterator[Browser]:
    """Started after the test's transaction and ended before it: Django refuses the database beside an event loop."""
    served = Client(headers={"host": HOST}).get("/api/docs/")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM) as chromium,
    ):
        chromium.served = served
        yield chromium


@contextmanager
def opened(browser: Browser, *, width: int) -> Iterator[Page]:
    """The page in a browser without script; nothing else than what it is made of can be reached."""

    served = browser.served

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/static/"):
            found = finders.find(path.removeprefix("/static/"))
            assert isinstance(found, str), path
            route.fulfill(path=found, content_type=mimetypes.guess_type(found)[0] or "font/woff2")
        elif path == "/theme.css":
            route.fulfill(body=theme_css("#0b5a7a"), content_type="text/css")
        else:
            headers = {name: served.headers[name] for name in ("Content-Type", "Content-Security-Policy")}
            route.fulfill(status=200, headers=headers, body=served.content)

    options = {"viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"}
    with browser.new_context(**options) as context:
        context.route("**/*", answer)
        page = context.new_page()
        page.goto(f"http://{HOST}/api/docs/")
        yield page


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_by_day_nor_by_night(browser: Browser, width: int) -> None:
    with opened(browser, width=width) as page:
        for summary in page.locator("summary").all():
            summary.click()
        for mode in ("light", "dark"):
            page.emulate_media(color_scheme=mode)
            found = Axe().run(page).response["violations"]
            assert [(rule["id"], node["target"]) for rule in found for node in rule["nodes"]] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_answers_open_by_keyboard(browser: Browser) -> None:
    with opened(browser, width=1280) as page:
        details = page.locator("article", has=page.locator("#modifier_les_reservations")).locator("details")

        details.locator("summary").focus()
        page.keyboard.press("Enter")

        expect(details.get_by_text("sans_effet", exact=True)).to_be_visible()


def test_the_table_of_contents_leads_to_each_chapter(browser: Browser) -> None:
    with opened(browser, width=1280) as page:
        links = page.get_by_role("navigation", name="Sommaire").get_by_role("link").all()

        assert len(links) == 30
        for link in links:
            assert page.locator(str(link.get_attribute("href"))).count() == 1
