"""What makes the planning easy in one hand: little to scroll, the deadline in sight, nothing that jumps or hides."""

import pytest
from browsing import browser, opened, visit
from playwright.sync_api import Browser, Page, expect

__all__ = ["browser"]

PHONE = {"width": 360, "height": 740}
ROWS = """rows => rows.map(row => [row.className, row.getBoundingClientRect().height])"""
SHIFTS = """() => new Promise(tell => {
    let sum = 0;
    const watch = new PerformanceObserver(list => list.getEntries().forEach(one => { sum += one.value; }));
    watch.observe({ type: "layout-shift", buffered: true });
    setTimeout(() => tell(sum), 400);
})"""
HIDDEN = """() => {
    if (document.activeElement === document.body) return false;
    const focused = document.activeElement.closest(".day") ?? document.activeElement;
    const box = focused.getBoundingClientRect();
    const over = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return !(focused.contains(over) || over?.contains(focused));
}"""


def top(page: Page, selector: str) -> float:
    return page.locator(selector).first.evaluate("one => one.getBoundingClientRect().top")


def test_an_activity_takes_one_line_of_tiles_on_a_phone(browser: Browser) -> None:
    with opened(browser, viewport=PHONE) as context:
        page = visit(context, "styleguide/angeline")

        heights = [height for _kind, height in page.locator(".grid tbody tr").evaluate_all(ROWS)]

        assert len(heights) == 6
        assert max(heights) <= 56


def test_a_row_without_service_is_slim(browser: Browser) -> None:
    with opened(browser, viewport=PHONE) as context:
        page = visit(context, "styleguide")

        rows = page.locator(".grid:not(.d7) tbody tr").evaluate_all(ROWS)

        slim = [height for kind, height in rows if kind == "off"]
        assert len(slim) == 1
        assert max(slim) <= 36
        assert min(height for kind, height in rows if kind != "off") >= 48


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_deadline_and_the_days_stay_in_sight(browser: Browser, width: int) -> None:
    with opened(browser, viewport={"width": width, "height": 740}) as context:
        page = visit(context, "styleguide")
        week = page.locator(".week").nth(1)

        week.locator("tbody tr").last.evaluate(
            "row => window.scrollTo(0, scrollY + row.getBoundingClientRect().top - 150)"
        )
        title, deadline, days = (week.locator(one).bounding_box() for one in ("h2", ".until", "thead"))

        assert title and deadline and days
        assert title["y"] >= 0 and deadline["y"] >= 0
        expect(week.locator(".until")).to_be_in_viewport(ratio=1)
        head = week.locator("thead th").nth(1).bounding_box()
        assert head and head["y"] + 1 >= deadline["y"] + deadline["height"], "the days lie over the deadline"


def test_a_low_screen_is_left_to_the_tiles(browser: Browser) -> None:
    with opened(browser, viewport={"width": 740, "height": 360}) as context:
        page = visit(context, "styleguide")

        page.locator(".week").nth(1).locator("tbody tr").last.scroll_into_view_if_needed()

        assert top(page, ".week:nth-of-type(2) > header") < 0


@pytest.mark.parametrize("path", ["styleguide", "styleguide/angeline", "styleguide_home", "styleguide_pieces"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_jumps_while_a_page_opens(browser: Browser, path: str, width: int) -> None:
    with opened(browser, viewport={"width": width, "height": 740}) as context:
        assert visit(context, path).evaluate(SHIFTS) == 0


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 720}])
def test_what_has_the_focus_is_never_under_a_bar(browser: Browser, viewport: dict[str, int]) -> None:
    with opened(browser, viewport=viewport) as context:
        page = visit(context, "styleguide")
        page.locator("label.day").first.click()
        hidden = []
        for key in ("Tab", "Shift+Tab"):
            for _ in range(45):
                page.keyboard.press(key)
                if page.evaluate(HIDDEN):
                    hidden.append(page.evaluate("document.activeElement.outerHTML"))

    assert hidden == []


@pytest.mark.parametrize("width", [320, 344, 360, 390, 430, 600, 1024])
@pytest.mark.parametrize("size", ["100%", "200%"])
def test_no_letter_size_widens_the_planning(browser: Browser, width: int, size: str) -> None:
    with opened(browser, viewport={"width": width, "height": 740}) as context:
        page = visit(context, "styleguide")

        page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)

        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_states_differ_where_people_chose_their_colours(browser: Browser) -> None:
    with opened(browser, forced_colors="active") as context:
        page = visit(context, "styleguide")
        border = "tile => getComputedStyle(tile).border"

        kinds = ("label.day:has(:checked)", "label.day:not(:has(:checked))", ".grid .day.locked", ".grid .day.none")

        assert len({page.locator(kind).first.evaluate(border) for kind in kinds}) == len(kinds)


SPACED = "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }"
CUT = """tiles => tiles.filter(tile => tile.scrollWidth > tile.clientWidth + 1).map(tile => tile.textContent)"""
LINES = """tiles => tiles.map(tile => tile.firstElementChild)
    .map(words => words.getBoundingClientRect().height / parseFloat(getComputedStyle(words).lineHeight))"""


@pytest.mark.parametrize("width", [320, 344, 360, 390, 430])
def test_words_of_a_tile_are_whole_where_letters_stand_further_apart(browser: Browser, width: int) -> None:
    """WCAG 1.4.12, in a week of seven days too; as they come, no word is broken."""
    with opened(browser, viewport={"width": width, "height": 740}) as context:
        page = visit(context, "styleguide")
        assert page.locator(".grid.d7 .day.full").count() == 2

        assert max(page.locator(".day.full").evaluate_all(LINES)) < 1.5

        page.evaluate(
            "css => { const one = new CSSStyleSheet(); one.replaceSync(css); document.adoptedStyleSheets = [one]; }",
            SPACED,
        )
        assert page.locator(".grid .day").evaluate_all(CUT) == []
