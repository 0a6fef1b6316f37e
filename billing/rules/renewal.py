"""Prices raised or lowered by a percentage, then rounded to a step: their order is kept, what is free stays so."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum

from billing.rules.money import euros

_RATE = Decimal("0.0001")


class Way(StrEnum):
    """Which step a price between two of them goes to."""

    NEAREST = "nearest"
    UP = "up"
    DOWN = "down"


_ROUNDING = {Way.NEAREST: ROUND_HALF_UP, Way.UP: ROUND_CEILING, Way.DOWN: ROUND_FLOOR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """A percentage, negative to lower, and the step that prices are rounded to, in cents: a divisor of 100."""

    percent: Decimal
    step: int = 1
    way: Way = Way.NEAREST

    def of(self, amount: Decimal) -> Decimal:
        """The new price, in euros. Never negative."""
        steps = Decimal(100 // self.step)
        whole = (self._exact(amount) * steps).to_integral_value(rounding=_ROUNDING[self.way])
        return euros(max(whole, Decimal(0)) / steps)

    def of_rate(self, rate: Decimal) -> Decimal:
        """The new effort rate, in percent to four places: its prices follow, no step applies to it."""
        return self._exact(rate).quantize(_RATE, rounding=ROUND_HALF_UP)

    def _exact(self, amount: Decimal) -> Decimal:
        return amount * (100 + self.percent) / 100
