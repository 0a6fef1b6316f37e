"""A figure: what was measured, the floor it is held against, and the ratio that was promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`ours` and `floor` in the same unit; `at_most` or `at_least` is promised of ours / floor, or neither."""

    name: str
    unit: str
    ours: float
    floor: float
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.floor

    @property
    def is_kept(self) -> bool:
        """Whether the promise holds."""
        return (self.at_most is None or self.ratio <= self.at_most) and (
            self.at_least is None or self.ratio >= self.at_least
        )

    def line(self) -> str:
        """One line of the table."""
        promise = f"<= {self.at_most:g}" if self.at_most else f">= {self.at_least:g}" if self.at_least else "-"
        verdict = "kept" if self.is_kept else "MISSED"
        ratio = f"{self.ratio:6.2f}" if self.ratio >= 0.1 else f"{self.ratio:6.4f}"
        numbers = f"{self.ours:9.2f} {self.floor:9.2f} {self.unit:<6} {ratio}  {promise:<8} {verdict:<7}"
        return f"{self.name:<52} {numbers} {self.note}"


def milliseconds(seconds: Sequence[float]) -> float:
    """The median of some durations."""
    return median(seconds) * 1000
