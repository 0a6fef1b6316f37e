"""Which invoices of a family its credits settle: the oldest credit first, on the oldest invoice."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from billing.rules.money import ZERO


class Credit(NamedTuple):
    """What a family may still use, of a payment or of a credit note, by its key."""

    key: str
    amount: Decimal


class Due(NamedTuple):
    """An invoice with what is left to pay of it."""

    key: int
    left: Decimal


class Used(NamedTuple):
    """So much of a credit settles an invoice."""

    credit: str
    invoice: int
    amount: Decimal


def settle(credits: Iterable[Credit], dues: Iterable[Due]) -> list[Used]:
    """Use a family's credits, in the order given, on its invoices, in theirs, until either is used up."""
    found: list[Used] = []
    open_ones = iter(dues)
    due = next(open_ones, None)
    left = due.left if due else ZERO
    for credit in credits:
        rest = credit.amount
        while due is not None and rest > 0:
            amount = min(rest, left)
            if amount > 0:
                found.append(Used(credit.key, due.key, amount))
            rest, left = rest - amount, left - amount
            if left <= 0:
                due = next(open_ones, None)
                left = due.left if due else ZERO
    return found
