"""The sample pages in a browser: accessible in both modes and both widths, by keyboard, without script."""

import pytest
from browsing import HOST, browser, opened, violations, visit
from playwright.sync_api import Browser, expect
from styleguide import PAGES

__all__ = ["browser"]

TILES = "[...document.querySelectorAll('label.day')].map(tile => tile.getBoundingClientRect())"
WITH_ERRORS = [f"{page}/errors" for page in PAGES if page != "styleguide"]


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", [*PAGES, *WITH_ERRORS, "404", "500"])
def test_axe_finds_nothing_by_day_nor_by_night(browser: Browser, path: str, width: int) -> None:
    with opened(browser, viewport={"width": width, "height": 800}) as context:
        page = visit(context, path)

        for mode in ("light", "dark"):
            page.emulate_media(color_scheme=mode, reduced_motion="reduce")
            assert violations(page) == []
        assert page.complaints == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("color", ["#ffd500", "#000000"])
def test_axe_finds_nothing_in_a_town_of_a_difficult_colour(browser: Browser, color: str) -> None:
    with opened(browser, color=color) as context:
        page = visit(context, "styleguide_pieces")

        for mode in ("light", "dark"):
            page.emulate_media(color_scheme=mode, reduced_motion="reduce")
            assert violations(page) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_every_tile_is_large_enough_for_a_thumb(browser: Browser, width: int) -> None:
    with opened(browser, viewport={"width": width, "height": 800}) as context:
        tiles = visit(context, "styleguide").evaluate(TILES)

        assert len(tiles) == 19
        assert min(tile["width"] for tile in tiles) >= 44
        assert min(tile["height"] for tile in tiles) >= 44


def test_nothing_overflows_a_very_narrow_screen(browser: Browser) -> None:
    with opened(browser, viewport={"width": 320, "height": 640}) as context:
        for path in PAGES:
            assert visit(context, path).evaluate("document.documentElement.scrollWidth") <= 320


def test_the_keyboard_meets_everything_in_reading_order(browser: Browser) -> None:
    with opened(browser) as context:
        page = visit(context, "styleguide")
        met = []
        for _ in range(9):
            page.keyboard.press("Tab")
            met.append(page.evaluate("document.activeElement.textContent.trim()"))

    assert met[0] == "Aller au contenu"
    assert met[2:9] == [
        "Déconnexion",
        "Planning",
        "Facture",
        "Facture TIPI",
        "Préinscription",
        "aide",
        "Choisir un autre enfant",
    ]


def test_the_skip_link_leads_to_the_content(browser: Browser) -> None:
    with opened(browser) as context:
        page = visit(context, "styleguide")

        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")

        assert page.evaluate("document.activeElement.textContent") == "Choisir un autre enfant"


def test_a_tile_is_ticked_and_counted_by_keyboard(browser: Browser) -> None:
    with opened(browser) as context:
        page = visit(context, "styleguide")
        count = page.locator("[data-count]")
        tile = page.get_by_role("checkbox", name="Transport scolaire 8h30, jeudi 9 octobre")

        tile.focus()
        page.keyboard.press("Space")
        assert tile.is_checked()
        assert count.inner_text() == "1 modification à valider"
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
        assert count.inner_text() == "2 modifications à valider"
        assert page.locator(".save.unsaved").count() == 1
        page.keyboard.press("Space")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Space")
        assert count.inner_text() == "Aucune modification"
        assert page.complaints == []


def test_arrows_pass_over_what_cannot_be_ticked(browser: Browser) -> None:
    with opened(browser) as context:
        page = visit(context, "styleguide")

        page.get_by_role("checkbox", name="Accueil Matin, mardi 14 octobre").focus()
        page.keyboard.press("ArrowRight")

        expect(page.get_by_role("checkbox", name="Accueil Matin, jeudi 16 octobre")).to_be_focused()


def test_what_changed_wears_a_ring_without_script(browser: Browser) -> None:
    with opened(browser, java_script_enabled=False) as context:
        page = visit(context, "styleguide")
        tile = page.locator("label.day", has_text="Transport scolaire 8h30, jeudi 9 octobre")
        ring = "tile => getComputedStyle(tile).boxShadow"

        assert tile.evaluate(ring) == "none"
        tile.click()
        assert tile.evaluate(ring) != "none"


@pytest.mark.parametrize("script", [True, False])
def test_the_summary_of_errors_takes_the_focus(browser: Browser, script: bool) -> None:
    with opened(browser, java_script_enabled=script) as context:
        page = visit(context, "styleguide_home/errors")

        assert page.locator("#erreurs").evaluate("summary => summary === document.activeElement")


def test_leaving_with_unsaved_ticks_asks_first(browser: Browser) -> None:
    with opened(browser) as context:
        page = visit(context, "styleguide")
        asked = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

        page.get_by_role("checkbox", name="Transport scolaire 8h30, jeudi 9 octobre").check(force=True)
        page.goto(f"{HOST}/styleguide_home")

        assert asked == ["beforeunload"]


def test_the_time_left_follows_the_clock_of_the_server(browser: Browser) -> None:
    with opened(browser) as context:
        page = visit(context, "styleguide")

        assert page.locator("[data-left]").inner_text() == "encore 3\u00a0h\u00a040"


def test_the_menu_of_agents_opens_without_script(browser: Browser) -> None:
    with opened(browser, viewport={"width": 360, "height": 740}, java_script_enabled=False) as context:
        page = visit(context, "styleguide_office")
        rail = page.get_by_role("navigation", name="Rubriques")

        assert not rail.is_visible()
        page.get_by_role("button", name="Menu").click()
        assert rail.is_visible()
