"""Euros, exact: two places, shares that add up to what is shared."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
# Below it a commune issues no titre de recettes (CGCT, D1611-1).
TITRE_MINIMUM = Decimal("15.00")


def euros(amount: Decimal | int | str) -> Decimal:
    """The amount to the cent, halves away from zero, as a family would round it."""
    return Decimal(amount).quantize(CENT, rounding=ROUND_HALF_UP)


def cents(amount: Decimal) -> int:
    """The same in cents. Raises ValueError for a fraction of a cent."""
    whole = amount * 100
    if whole != whole.to_integral_value():
        raise ValueError(f"a fraction of a cent: {amount}")
    return int(whole)


def shares(amount: Decimal, weights: Sequence[int]) -> list[Decimal]:
    """Share an amount by weights: no cent is lost or made; the largest remainders get the cents left, the first first.

    Raises ValueError when no weight is positive or one is negative.
    """
    if not weights or min(weights) < 0 or sum(weights) == 0:
        raise ValueError("weights must be positive")
    total, sign = abs(cents(amount)), 1 if amount >= 0 else -1
    parts = [divmod(total * weight, sum(weights)) for weight in weights]
    left = total - sum(whole for whole, _ in parts)
    served = sorted(range(len(weights)), key=lambda rank: (-parts[rank][1], rank))[:left]
    return [euros(Decimal(sign * (whole + (rank in served))) / 100) for rank, (whole, _) in enumerate(parts)]
