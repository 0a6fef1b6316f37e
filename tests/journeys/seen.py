"""What every page must be, whoever looks at it, on whatever screen: read in a real browser."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
WIDTHS = (360, 768, 1280)
# A very narrow screen, which is also a window of 1280 at 400 %; and the same window at 200 %.
NARROW, DOUBLED = 320, 640
HEIGHT = 900
BY_NIGHT = ["color-contrast", "link-in-text-block"]
RUN = """async only => {
    const rules = only ? {} : { "target-size": { enabled: true } };
    const options = { rules, resultTypes: ["violations"] };
    if (only) options.runOnly = { type: "rule", values: only };
    const found = await axe.run(document, options);
    return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id} ${node.target.join(" ")}`));
}"""
FRAME = """() => {
    const skip = document.querySelector("a");
    skip.focus();
    const shown = skip.getBoundingClientRect();
    const main = document.querySelector(skip.hash || "#nothing");
    document.activeElement.blur();
    return {
        lang: document.documentElement.lang,
        headings: [...document.querySelectorAll("h1")].filter(one => one.checkVisibility()).length,
        title: document.title,
        skip: skip.textContent,
        leads_to: main && main.tagName,
        seen: shown.top >= 0 && shown.left >= 0 && shown.width > 0,
    };
}"""
# What a reader may ask of any page: lines, words and letters further apart (WCAG 1.4.12).
SPACED = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
        word-spacing: 0.16em !important } p { margin-bottom: 2em !important }`);
    document.adoptedStyleSheets = [sheet];
}"""
UNSPACED = "document.adoptedStyleSheets = []"
TOO_SMALL = """() => [...document.querySelectorAll("a[href], button, select, textarea, input:not([type=hidden])")]
    .filter(one => one.checkVisibility() && !one.closest(".skip, .hidden"))
    .filter(one => !(one.matches("a:not([class])") && getComputedStyle(one).display === "inline"
        && one.parentElement.textContent.trim() !== one.textContent.trim()))
    .map(one => ["checkbox", "radio"].includes(one.type) ? one.labels[0] : one)
    .map(one => [one, one.getBoundingClientRect()])
    .filter(([one, box]) => Math.min(box.width, box.height) < 44)
    .map(([one, box]) => `${one.textContent.trim() || one.name}, ${box.width} x ${box.height}`)"""
CUT = """() => [...document.querySelectorAll(".btn, .day, .badge, .kid, .tabs a, .who b")]
    .filter(one => one.checkVisibility() && one.scrollWidth > one.clientWidth + 2)
    .map(one => one.textContent.trim())"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def faults(page: Page, *, by_day: Sequence[int] = WIDTHS, by_night: Sequence[int] = WIDTHS) -> list[str]:
    """All that is wrong with the page as it stands, by day and by night, on every screen."""
    page.evaluate("document.fonts.ready")
    page.evaluate(AXE)
    return [*_of_its_frame(page), *_of_its_width(page), *_found_by_axe(page, by_day, by_night)]


def faults_in_hand(page: Page) -> list[str]:
    """What a telephone's reader would meet: things too small for a thumb, words cut when they stand further apart."""
    small = []
    for width in (360, NARROW):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        small += [f"{width} px, less than 44 px: {words}" for words in page.evaluate(TOO_SMALL)]
    page.evaluate(SPACED)
    beyond, cut = page.evaluate(TOO_WIDE), page.evaluate(CUT)
    page.evaluate(UNSPACED)
    return [*small, *(f"spaced, cut: {words}" for words in cut), *([f"spaced: {beyond} px too wide"] if beyond else [])]


def _found_by_axe(page: Page, by_day: Sequence[int], by_night: Sequence[int]) -> Iterator[str]:
    for mode, widths, only in (("light", by_day, None), ("dark", by_night, BY_NIGHT)):
        page.emulate_media(color_scheme=mode)
        for width in widths:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            yield from (f"{width} px, {mode}: {fault}" for fault in page.evaluate(RUN, only))


def _of_its_width(page: Page) -> Iterator[str]:
    """Only a table may scroll sideways, in a frame of its own."""
    for width in (NARROW, *WIDTHS, DOUBLED):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if beyond := page.evaluate(TOO_WIDE):
            yield f"{width} px: {beyond} px too wide"
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    if beyond := page.evaluate(TOO_WIDE):
        yield f"letters twice as large at {width} px: {beyond} px too wide"
    page.evaluate("document.documentElement.style.fontSize = ''")


def _of_its_frame(page: Page) -> Iterator[str]:
    frame = page.evaluate(FRAME)
    expected = {"lang": "fr", "headings": 1, "skip": "Aller au contenu", "leads_to": "MAIN", "seen": True}
    yield from (f"{name}: {frame[name]}" for name, wanted in expected.items() if frame[name] != wanted)
    if not frame["title"].strip():
        yield "no title"
