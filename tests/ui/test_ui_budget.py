import gzip

from styleguide import ROOT, render

STATIC = ROOT / "static/ui"
CSS = ("tokens.css", "look.css", "desk.css", "print.css")


def compressed(*names: str) -> int:
    return sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in names)


def test_all_style_sheets_stay_under_14_kilobytes() -> None:
    assert compressed(*CSS) <= 14_000


def test_all_scripts_stay_under_20_kilobytes() -> None:
    scripts = [path.name for path in STATIC.glob("*.js")]

    assert "planning.js" in scripts
    assert compressed(*scripts) <= 20_000


def test_the_scripts_of_the_planning_stay_small() -> None:
    assert compressed("planning.js", "copying.js") <= 5_000


def test_the_first_page_weighs_less_than_150_kilobytes() -> None:
    fonts = [f"fonts/{path.name}" for path in (STATIC / "fonts").glob("*.woff2")]
    html = len(gzip.compress(render("styleguide_home").encode()))

    assert html + compressed("tokens.css", "look.css", "print.css", *fonts) <= 150_000


def test_the_two_fonts_stay_under_80_kilobytes() -> None:
    fonts = sorted(path.name for path in (STATIC / "fonts").glob("*.woff2"))

    assert fonts == ["atkinson-hyperlegible-next.woff2", "bricolage-grotesque.woff2"]
    assert sum((STATIC / "fonts" / name).stat().st_size for name in fonts) <= 80_000


def test_each_font_comes_with_its_licence() -> None:
    for font in (STATIC / "fonts").glob("*.woff2"):
        assert "SIL OPEN FONT LICENSE" in (font.parent / f"OFL-{font.stem}.txt").read_text()


def test_everything_is_served_from_here() -> None:
    for name in CSS:
        assert "http" not in (STATIC / name).read_text().replace("http://www.w3.org/2000/svg", "")
