"""How an SMS is counted: its alphabet, its parts, and the letters that would double its price.

The alphabet and the lengths are those of 3GPP TS 23.038 (GSM 7-bit default alphabet and its extension table) and of
its concatenation header: 160 then 153 a part, or 70 then 67 as soon as one character is outside of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

MAX_PARTS = 4
# Characters that a provider adds to a piece of news so that one may answer STOP.
STOP_CLAUSE = 11
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
# What French writes and the alphabet lacks, and what reads the same.
REPLACEMENTS = {
    "â": "a",
    "ç": "c",
    "ê": "e",
    "ë": "e",
    "î": "i",
    "ï": "i",
    "ô": "o",
    "û": "u",
    "ÿ": "y",
    "œ": "oe",
    "À": "A",
    "Â": "A",
    "È": "E",
    "Ê": "E",
    "Ë": "E",
    "Î": "I",
    "Ï": "I",
    "Ô": "O",
    "Ù": "U",
    "Û": "U",
    "Ÿ": "Y",
    "Œ": "OE",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "«": '"',
    "»": '"',
    "–": "-",
    "—": "-",
    "…": "...",
    "•": "-",
    "°": "o",
    "²": "2",
    "\u00a0": " ",
    "\u202f": " ",
    "\t": " ",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """A text as an operator counts it: `units` are septets, or UTF-16 code units outside of the GSM alphabet."""

    gsm: bool
    units: int
    parts: int
    # The characters that put the text outside of the GSM alphabet, each once, in the order of the text.
    foreign: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether it may be sent: not empty, at most `MAX_PARTS` parts."""
        return 1 <= self.parts <= MAX_PARTS


def count(text: str, *, added: int = 0) -> Counted:
    """Count a text, and the `added` characters that leave with it. An empty one has no part."""
    foreign = tuple(dict.fromkeys(char for char in text if char not in _BASIC and char not in _EXTENDED))
    widths = [*(_width(char, gsm=not foreign) for char in text), *([1] * added if text else ())]
    alone, joined = (70, 67) if foreign else (160, 153)
    units = sum(widths)
    parts = min(units, 1) if units <= alone else _joined_parts(widths, joined)
    return Counted(not foreign, units, parts, foreign)


def _width(char: str, *, gsm: bool) -> int:
    if gsm:
        return 2 if char in _EXTENDED else 1
    return 2 if ord(char) > 0xFFFF else 1


def _joined_parts(widths: list[int], room: int) -> int:
    """A character of two units is never cut by the end of a part."""
    parts, used = 1, 0
    for width in widths:
        if used + width > room:
            parts, used = parts + 1, 0
        used += width
    return parts


def replacements(text: str) -> dict[str, str]:
    """What can be written otherwise to stay in the GSM alphabet, in the order of the text."""
    return {char: REPLACEMENTS[char] for char in count(text).foreign if char in REPLACEMENTS}


def simplified(text: str) -> str:
    """The text with every replacement made; what has none stays as it is."""
    return "".join(_simplified(text))


def _simplified(text: str) -> Iterator[str]:
    for char in text:
        yield char if char in _BASIC or char in _EXTENDED else REPLACEMENTS.get(char, char)
