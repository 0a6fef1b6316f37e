"""What comes out of a printer: the content alone, on few sheets, in black and white."""

import re

import pytest
from browsing import browser, opened, visit
from playwright.sync_api import Browser, expect

__all__ = ["browser"]

COLORS = """() => [...document.querySelectorAll("main *")].filter(one => one.checkVisibility()).flatMap(one => {
    const style = getComputedStyle(one);
    return [style.color, style.backgroundColor].filter(color => {
        const [red, green, blue] = color.match(/\\d+/g);
        return red !== green || green !== blue;
    });
})"""


def sheets(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_a_planning_prints_its_weeks_and_nothing_to_press(browser: Browser) -> None:
    with opened(browser) as context:
        page = visit(context, "styleguide/angeline")
        page.emulate_media(media="print")

        for name in ("Rubriques", "Semaines", "Enfants"):
            expect(page.get_by_label(name)).to_be_hidden()
        assert [button for button in page.locator("button, .btn, select").all() if button.is_visible()] == []
        expect(page.get_by_role("heading", name="Angéline MARSONE")).to_be_visible()
        expect(page.get_by_role("heading", name="Semaine N° 43")).to_be_visible()


@pytest.mark.parametrize("path", ["styleguide", "styleguide/angeline"])
def test_a_planning_prints_on_one_sheet(browser: Browser, path: str) -> None:
    with opened(browser) as context:
        assert sheets(visit(context, path).pdf(format="A4", prefer_css_page_size=True)) == 1


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_paper_needs_no_colour(browser: Browser, mode: str) -> None:
    with opened(browser, color_scheme=mode) as context:
        page = visit(context, "styleguide/angeline")
        page.emulate_media(media="print", color_scheme=mode)

        assert page.evaluate(COLORS) == []


def test_paper_says_that_ticks_are_not_saved(browser: Browser) -> None:
    with opened(browser) as context:
        page = visit(context, "styleguide/angeline")

        page.locator("label.day").first.click()
        page.emulate_media(media="print")

        expect(page.get_by_text("1 modification à valider")).to_be_visible()


def test_a_button_prints(browser: Browser) -> None:
    with opened(browser) as context:
        page = visit(context, "styleguide/angeline")
        page.evaluate("() => { window.print = () => { document.title = 'imprimé'; }; }")

        page.get_by_role("button", name="Imprimer ce planning").click()

        assert page.title() == "imprimé"
