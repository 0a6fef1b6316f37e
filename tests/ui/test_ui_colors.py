import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from styleguide import ROOT

from lps.ui import colors

hex_colors = st.integers(min_value=0, max_value=0xFFFFFF).map("#{:06x}".format)


@given(hex_colors)
def test_any_colour_becomes_readable_by_day_and_by_night(color: str) -> None:
    for mode, shades in ((colors.DAY, colors.light(color)), (colors.NIGHT, colors.dark(color))):
        for ground in (*mode.grounds, shades.soft, shades.ink):
            assert colors.contrast(shades.commune, ground) >= colors.CONTRAST


@given(hex_colors)
def test_a_letter_can_be_read_on_the_crest(color: str) -> None:
    crest, ink = re.findall(r"--crest(?:-ink)?:(#[0-9a-f]{6})", colors.theme_css(color))

    assert crest == color
    assert colors.contrast(crest, ink) >= colors.CONTRAST


@given(hex_colors)
def test_a_colour_is_only_changed_when_it_cannot_be_read(color: str) -> None:
    shades = colors.light(color)
    soft_of_color = colors.mixed(color, colors.DAY.card, colors.DAY.soft_share)

    readable = all(colors.contrast(color, ground) >= 4.5 for ground in (*colors.DAY.grounds, soft_of_color))
    assert (shades.commune == color) == readable


@given(hex_colors)
def test_a_shade_asked_twice_changes_no_more(color: str) -> None:
    shade = colors.light(color).commune

    assert colors.light(shade).commune == shade


def test_contrast_of_black_on_white_is_twenty_one() -> None:
    assert colors.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colors.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_short_and_long_writing_are_one_colour() -> None:
    assert colors.normalized(" #A3c ") == "#aa33cc"
    assert colors.theme_css("#A3C") == colors.theme_css("#aa33cc")


@pytest.mark.parametrize("color", ["", "red", "#12", "#12345g", "#fff}body{display:none", "a3195b"])
def test_refuses_what_is_not_a_colour(color: str) -> None:
    with pytest.raises(colors.BadColor):
        colors.theme_css(color)


def test_the_grounds_are_those_of_the_style_sheet() -> None:
    tokens = (ROOT / "static/ui/tokens.css").read_text()
    by_day, by_night = tokens.split("@media (prefers-color-scheme: dark)")

    for mode, css in ((colors.DAY, by_day), (colors.NIGHT, by_night)):
        named = re.findall(r"--(?:page|surface|sunken): (#[0-9a-f]{6})", css)
        assert tuple(named) == mode.grounds


def test_the_default_theme_is_the_one_of_the_style_sheet() -> None:
    by_day = (ROOT / "static/ui/tokens.css").read_text().split("@media")[0]
    shades = colors.light("#a3195b")

    assert f"--commune: {shades.commune};" in by_day
    assert f"--commune-soft: {shades.soft};" in by_day
