"""How a sum is spread over what a family owes."""

from collections.abc import Sequence
from decimal import Decimal

from billing.rules.money import ZERO


def spread(amount: Decimal, due: Sequence[tuple[int, Decimal]]) -> dict[int, Decimal]:
    """What of a sum goes to each invoice, by its key, in the order given; what is over goes to none."""
    found, rest = dict[int, Decimal](), amount
    for invoice, left in due:
        part = min(rest, left)
        if part > ZERO:
            found[invoice] = part
            rest -= part
    return found
