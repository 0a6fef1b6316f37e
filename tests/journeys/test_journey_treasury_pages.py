"""The simulated Treasury's own pages: axe finds nothing, and they hold on a telephone and on a desk."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from billing.payfip import Client
from simulators.payfip.server import serving
from tests.billing.test_payfip import REQUEST
from tests.journeys.seen import AXE, HEIGHT, NARROW, RUN, TOO_WIDE
from tests.journeys.steps import follow


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="fr-FR")
    yield context.new_page()
    context.close()


def wrong(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = []
    for width in (NARROW, 360, 1280):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if page.evaluate(TOO_WIDE):
            found.append(f"{width} px: too wide")
        found += [f"{width} px: {fault}" for fault in page.evaluate(RUN, None)]
    return found


def test_the_treasurys_pages_are_readable(page: Page) -> None:
    with serving() as treasury:
        client = Client(treasury.url)
        page.goto(client.page(client.create(REQUEST)))
        assert wrong(page) == []
        with page.expect_navigation():
            page.get_by_role("button", name="Continuer").click()
        assert wrong(page) == []
        with page.expect_navigation():
            page.get_by_role("button", name="Valider").click()
        assert wrong(page) == []
        follow(page, "Imprimer")
        assert wrong(page) == []
        page.goto(f"{treasury.url}/controle")
        assert wrong(page) == []
        page.goto(client.page("inconnu"))
        assert wrong(page) == []
