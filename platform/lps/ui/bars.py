"""A chart of a few bars, drawn on the server: no script, the page's own colors, told to those who do not see it."""

from collections.abc import Sequence
from dataclasses import dataclass

STEP, WIDTH, TOP, BASE = 36, 24, 24, 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A number with its name of two short lines ("lu", "17"), and what is written above it; `pale` may still change."""

    name: tuple[str, str]
    value: int
    text: str
    pale: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """A bar with its place in the drawing."""

    bar: Bar
    left: int
    middle: int
    top: int
    height: int
    above: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars as a template draws them, scaled to the tallest, or to `full` when it is higher."""

    title: str
    bars: Sequence[Bar]
    full: int = 0

    @property
    def width(self) -> int:
        """Of the drawing, in units of which a phone shows one as a pixel."""
        return max(STEP * len(self.bars), STEP)

    @property
    def height(self) -> int:
        return BASE + 38

    @property
    def base(self) -> int:
        """Where the bars stand."""
        return BASE

    @property
    def names(self) -> tuple[int, int]:
        """Where the two lines under the bars are written."""
        return BASE + 16, BASE + 32

    @property
    def drawn(self) -> list[Drawn]:
        """The bars in their places; a number that is not zero is always seen."""
        tallest = max((self.full, *(bar.value for bar in self.bars)), default=0)
        found = []
        for rank, bar in enumerate(self.bars):
            height = max(round((BASE - TOP) * bar.value / tallest), 2) if bar.value and tallest else 0
            left = rank * STEP + (STEP - WIDTH) // 2
            found.append(Drawn(bar, left, left + WIDTH // 2, BASE - height, height, BASE - height - 6))
        return found
