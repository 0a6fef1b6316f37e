"""The town's colour: one hex value in, a theme that stays readable out, by day and by night.

A town gives any colour. Texts and buttons use the nearest shade of it (same hue, in OKLCH) that keeps
4.5:1 on every ground where it may stand; the crest alone keeps the colour as it was given.
"""

import math
import re
from dataclasses import dataclass
from functools import lru_cache

CONTRAST = 4.5
"""What WCAG 2.2 (1.4.3) asks of a text of ordinary size."""

_HEX = re.compile(r"^#(?:[0-9a-f]{3}|[0-9a-f]{6})$")

Rgb = tuple[int, int, int]


class BadColor(ValueError):
    """Not a colour written `#rgb` or `#rrggbb`."""


@dataclass(frozen=True, kw_only=True)
class Shades:
    """One mode of the theme: the readable shade, the text on it, a pale ground that bears it."""

    commune: str
    ink: str
    soft: str


@dataclass(frozen=True, kw_only=True)
class Mode:
    """A ground to read on: the page, the cards, the sunken parts, as in `tokens.css` (a test compares)."""

    grounds: tuple[str, str, str]
    card: str
    ink: str
    least: float
    chroma: float
    soft_share: float
    step: float


DAY = Mode(
    grounds=("#f6f4ef", "#ffffff", "#efeae2"),
    card="#ffffff",
    ink="#ffffff",
    least=CONTRAST,
    chroma=1,
    soft_share=0.09,
    step=-0.004,
)
# A vivid shade glares on a dark page: by night it goes further towards white, and is less vivid.
NIGHT = Mode(
    grounds=("#14171e", "#1d212b", "#262b37"),
    card="#1d212b",
    ink="#14171e",
    least=5.5,
    chroma=0.65,
    soft_share=0.14,
    step=0.004,
)


def normalized(color: str) -> str:
    """`#ABC` and `#AABBCC` as `#aabbcc`; raise BadColor for anything else."""
    text = color.strip().lower()
    if not _HEX.match(text):
        raise BadColor(color)
    return text if len(text) == 7 else "#" + "".join(digit * 2 for digit in text[1:])


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two colours, from 1 to 21."""
    low, high = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))))
    return (high + 0.05) / (low + 0.05)


def light(color: str) -> Shades:
    """The colour by day: itself, or darker."""
    return _shades(_shade_of(normalized(color), by=DAY), by=DAY)


def dark(color: str) -> Shades:
    """The colour by night: itself, or lighter, with a dark text on it."""
    return _shades(_shade_of(normalized(color), by=NIGHT), by=NIGHT)


def sample_css(color: str) -> str:
    """The same for what bears the class `sample` alone: a look to try. Raise BadColor when it cannot be read."""
    return theme_css(color).replace(":root{", ".sample{")


@lru_cache(maxsize=512)
def theme_css(color: str) -> str:
    """The town's style sheet. Raise BadColor when the colour cannot be read."""
    own = normalized(color)
    crest = f"--crest:{own};--crest-ink:{_ink_on(own)}"
    return (
        f":root{{{_variables(light(own))};{crest}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{_variables(dark(own))}}}}}\n"
    )


def _variables(shades: Shades) -> str:
    return f"--commune:{shades.commune};--commune-ink:{shades.ink};--commune-soft:{shades.soft}"


def _ink_on(color: str) -> str:
    return max(("#ffffff", "#000000"), key=lambda ink: contrast(ink, color))


def _shades(shade: str, *, by: Mode) -> Shades:
    return Shades(commune=shade, ink=by.ink, soft=mixed(shade, by.card, by.soft_share))


def _shade_of(color: str, *, by: Mode) -> str:
    """Walk the lightness from the colour towards black or white until every ground bears it."""
    shade = color
    lightness, chroma, hue = _oklch(_rgb(color))
    while not _stands_out(shade, by) and 0 < lightness + by.step < 1:
        lightness += by.step
        shade = _hex(_from_oklch(lightness, chroma * by.chroma, hue))
    return shade


def _stands_out(shade: str, by: Mode) -> bool:
    grounds = (*by.grounds, mixed(shade, by.card, by.soft_share), by.ink)
    return all(contrast(shade, ground) >= by.least for ground in grounds)


def mixed(shade: str, ground: str, share: float) -> str:
    """A share (0–1) of the shade laid on the ground."""
    pairs = zip(_rgb(shade), _rgb(ground), strict=True)
    red, green, blue = (round(over * share + under * (1 - share)) for over, under in pairs)
    return _hex((red, green, blue))


def _rgb(color: str) -> Rgb:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _hex(rgb: Rgb) -> str:
    return "#" + "".join(f"{part:02x}" for part in rgb)


def _linear(part: int) -> float:
    share = part / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _encoded(share: float) -> int:
    curved = 12.92 * share if share <= 0.0031308 else 1.055 * share ** (1 / 2.4) - 0.055
    return round(curved * 255)


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (_linear(part) for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _oklch(rgb: Rgb) -> tuple[float, float, float]:
    """Lightness 0–1, chroma, hue in radians (Björn Ottosson's OKLab)."""
    red, green, blue = (_linear(part) for part in rgb)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _from_oklch(lightness: float, chroma: float, hue: float) -> Rgb:
    """Back to sRGB, giving up chroma until the screen can show the shade."""
    while True:
        linear = _linear_from_oklch(lightness, chroma, hue)
        if chroma <= 0 or all(-0.0005 <= part <= 1.0005 for part in linear):
            red, green, blue = (_encoded(min(max(part, 0.0), 1.0)) for part in linear)
            return red, green, blue
        chroma = max(chroma - 0.004, 0.0)


def _linear_from_oklch(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
