"""The families' real pages and the two other doors in a browser: accessible, on a telephone and on a desk."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from lps.accounts.doors import CONSOLE, OFFICE, Door
from lps.accounts.models import Account
from lps.accounts.services import holder_of
from lps.accounts.sessions import Session
from tenants import context
from tests.journeys.steps import sign_in
from tests.live import Site

Browse = Callable[..., Page]
PUBLIC = ["/", "/?perdu=1", "/difficultes/", "/aide/", "/accessibilite/", "/donnees-personnelles/", "/deconnexion/"]
FAMILY = [
    "/",
    "/enfants/",
    "/aide/",
    "/accessibilite/",
    "/donnees-personnelles/",
    "/deconnexion/",
    "/enfants/0/planning/",
]
SIZES = pytest.mark.parametrize("width", [360, 1280])


def faults(page: Page, width: int) -> list[str]:
    """What axe finds by day and by night, and what does not fit the screen."""
    found = []
    for mode in ("light", "dark"):
        page.emulate_media(color_scheme=mode)
        violations = Axe().run(page).response["violations"]
        found += [f"{page.url} {mode} {rule['id']}: {node['target']}" for rule in violations for node in rule["nodes"]]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return found + [f"{page.url}: {wide} px wide"] * (wide > width)


@SIZES
def test_everybodys_pages(browse: Browse, width: int) -> None:
    page, found = browse(width=width), []

    for path in PUBLIC:
        page.goto(path)
        found += faults(page, width)
    page.goto("/difficultes/")
    page.get_by_role("button", name="Recevoir le lien").click()
    expect(page.get_by_role("heading", name="Une information est à corriger")).to_be_visible()
    found += faults(page, width)

    assert found == []


@SIZES
def test_the_pages_of_the_family_that_is_in(browse: Browse, width: int) -> None:
    page, found = browse(width=width), []
    sign_in(page, child="123456", family="654321")
    expect(page.get_by_role("heading", level=1)).to_have_text("Angéline MARSONE")

    for path in FAMILY:
        page.goto(path)
        found += faults(page, width)
    page.goto("/donnees-personnelles/")
    page.get_by_label("Précisions").fill("Mon numéro a changé.")
    page.get_by_role("button", name="Envoyer ma demande").click()
    expect(page.get_by_text("Votre demande est enregistrée.")).to_be_visible()
    found += faults(page, width)

    assert found == []


@SIZES
def test_the_agents_pages(browse: Browse, site: Site, width: int) -> None:
    page = browse(width=width)
    page.goto("/mairie/")
    found = faults(page, width)
    with site.inside("demo"):
        is_in(page, site.pages.origin("demo"), OFFICE, email="scolaire@demo.example")

    for path in ("/mairie/", "/mairie/familles/demandes/"):
        page.goto(path)
        expect(page.get_by_role("button", name="Déconnexion", include_hidden=True)).to_have_count(1)
        found += faults(page, width)

    assert found == []


@SIZES
def test_the_operators_pages(browse: Browse, site: Site, width: int) -> None:
    page = browse("console", width=width)
    page.goto("/")
    found = faults(page, width)
    with site.copy.standing_in(), context.public():
        is_in(page, site.pages.origin("console"), CONSOLE, email="exploitant@lps.example")

    page.goto("/")
    expect(page.get_by_role("heading", name="Communes", exact=True)).to_be_visible()
    found += faults(page, width)

    assert found == []


def is_in(page: Page, origin: str, door: Door, *, email: str) -> None:
    """Come as somebody who signed in before: a one-time code would serve one test alone."""
    account = Account.objects.get(email=email)
    session = Session(door)
    session.begin(holder=holder_of(account), generation=account.generation)
    session.save()
    page.context.add_cookies([{"name": door.cookie, "value": str(session.session_key), "url": f"{origin}{door.path}"}])


@pytest.mark.parametrize("script", [True, False])
def test_the_keyboard_alone_signs_in(browse: Browse, site: Site, script: bool) -> None:
    page = browse(script=script)
    page.goto("/")

    for _ in range(20):
        page.keyboard.press("Tab")
        if page.locator("#id_child_code").evaluate("field => field === document.activeElement"):
            break
    page.keyboard.type("123456")
    page.keyboard.press("Tab")
    page.keyboard.type("654321")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Angéline MARSONE")
