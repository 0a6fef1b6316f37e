"""The planning on a telephone, what it weighs, and that a page's complaints are heard at all."""

import gzip
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Browse, Watch
from tests.journeys.families import ANGELINE, OF_BUCHELAY, Family, soon
from tests.journeys.steps import is_signed_in, open_planning, tab_to
from tests.live import Site

KILOBYTE = 1000
BOXES = "tiles => tiles.map(tile => tile.getBoundingClientRect()).map(box => Math.min(box.width, box.height))"
PLANNING = {"all groups": ANGELINE, "with the canteen": OF_BUCHELAY}


@pytest.fixture(params=PLANNING)
def family(request: pytest.FixtureRequest) -> Family:
    return PLANNING[request.param]


def planning(site: Site, browse: Browse, family: Family, **options: object) -> Page:
    page = browse(family.slug, **options)
    is_signed_in(page, site, family)
    page.goto(f"/enfants/{family.child}/planning/")
    return page


@pytest.mark.parametrize("width", [320, 360])
def test_every_tile_of_the_planning_fits_a_thumb(site: Site, browse: Browse, family: Family, width: int) -> None:
    """44 pixels, on the narrowest screen and in a week with a Saturday too."""
    page = planning(site, browse, family, width=width)

    page.get_by_role("link", name="Suivant").click()
    expect(page.locator("label.day").first).to_be_visible()

    assert min(page.locator("label.day").evaluate_all(BOXES)) >= 44


def test_the_planning_weighs_at_most_40_kilobytes_compressed(site: Site, browse: Browse, family: Family) -> None:
    page = planning(site, browse, family)

    assert len(gzip.compress(page.content().encode(), 6)) <= 40 * KILOBYTE


def test_every_button_and_field_of_a_telephone_is_44_pixels_high(site: Site, browse: Browse) -> None:
    page = planning(site, browse, ANGELINE, width=360)

    small = page.locator("button:visible:not([aria-hidden]), select:visible, a.btn:visible, .kid:visible").evaluate_all(
        "found => found.filter(one => one.getBoundingClientRect().height < 44).map(one => one.textContent)"
    )

    assert small == []


def test_by_keyboard_the_days_are_four_keys_away(site: Site, browse: Browse, script: bool) -> None:
    page = browse(script=script)
    is_signed_in(page, site, ANGELINE)
    open_planning(page, ANGELINE, soon() + timedelta(days=7))

    for key in ("Tab", "Tab"):
        page.keyboard.press(key)
    expect(page.locator(":focus")).to_have_text("Aller aux jours à cocher")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.locator("#planning :focus")).to_have_count(1)


def test_what_has_the_focus_is_told_from_what_is_changed(site: Site, browse: Browse) -> None:
    page = planning(site, browse, ANGELINE)
    tiles = page.locator("label.day")

    tiles.first.click()
    tab_to(page, tiles.nth(1).locator("input"))

    ring = tiles.first.evaluate("tile => getComputedStyle(tile).boxShadow")
    focus = tiles.nth(1).evaluate("tile => getComputedStyle(tile).outlineColor")
    assert "3px" in ring
    assert focus not in ring


def test_what_a_page_complains_of_is_heard(site: Site, chromium: Browser) -> None:
    origin = site.pages.origin("demo")
    watch = Watch(origin)
    with chromium.new_context(base_url=origin) as context:
        watch.over(context)
        page = context.new_page()
        page.goto("/rien/")
        assert watch.complaints == []

        page.evaluate("document.body.setAttribute('onclick', 'alert(1)'), document.body.click()")
        page.evaluate("document.body.append(Object.assign(new Image(), { src: 'http://ailleurs.localhost/x.png' }))")
        page.evaluate("setTimeout(() => { throw new Error('perdu') })")
        page.evaluate("() => console.error('faute')")
        page.goto("http://buchelay.localhost:" + origin.rpartition(":")[2])

    assert sum("Content Security Policy" in complaint for complaint in watch.complaints) == 2
    assert {"perdu", "faute"} <= set(watch.complaints)
    assert any(complaint.startswith("asked a stranger: http://buchelay.") for complaint in watch.complaints)
