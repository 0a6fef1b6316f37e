"""Shares add up to the cent, numbers read back."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing.rules.money import euros, shares
from billing.rules.numbers import InvoiceNumber, parse, ticket

amounts = some.integers(-10_000_000, 10_000_000).map(lambda cents: Decimal(cents) / 100)
weights = some.lists(some.integers(0, 400), min_size=1, max_size=12).filter(any)


@given(amounts, weights)
def test_shares_lose_and_make_no_cent(amount: Decimal, parts: list[int]) -> None:
    shared = shares(amount, parts)

    assert sum(shared) == amount
    exact = [amount * part / sum(parts) for part in parts]
    assert all(abs(share - wanted) < Decimal("0.01") for share, wanted in zip(shared, exact, strict=True))


@given(amounts, weights)
def test_who_weighs_nothing_pays_nothing(amount: Decimal, parts: list[int]) -> None:
    assert all(share == 0 for share, part in zip(shares(amount, parts), parts, strict=True) if part == 0)


@pytest.mark.parametrize(("amount", "rounded"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("2.675", "2.68")])
def test_halves_go_away_from_zero(amount: str, rounded: str) -> None:
    assert euros(amount) == Decimal(rounded)


def test_nothing_is_shared_among_nobody() -> None:
    with pytest.raises(ValueError, match="weights"):
        shares(Decimal(1), [0, 0])


numbers = some.builds(InvoiceNumber, some.integers(2000, 9999), some.integers(1, 999), some.integers(1, 999_999))


@given(numbers)
def test_a_number_reads_back_with_or_without_dashes(number: InvoiceNumber) -> None:
    assert parse(str(number)) == parse(number.refdet) == number


def test_the_numbers_of_2012() -> None:
    number = InvoiceNumber(2012, 1, 56)

    assert (str(number), number.order_number("04"), number.refdet) == (
        "2012-001-000056",
        "2012-04-00-56",
        "2012001000056",
    )
    opened = datetime(2012, 2, 28, 12, 50, 20, tzinfo=UTC)
    assert ticket(opened_at=opened, zone=ZoneInfo("Europe/Paris"), number=62206) == "20120228135020x62206"
