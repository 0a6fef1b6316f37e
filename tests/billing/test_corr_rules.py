"""What changed since days were invoiced: to the cent whatever happened, and nothing the second time."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from billing.rules.correcting import Change, Part, changes

FIRST = date(2012, 1, 1)
LAST = date(2012, 1, 31)
THIRD, FIFTH, TENTH = (date(2012, 1, number) for number in (3, 5, 10))
CANTEEN = (1, 1)

EUROS = some.integers(0, 2000).map(lambda number: Decimal(number) / 100)
DAYS = some.lists(some.integers(0, 30), unique=True, max_size=8).map(
    lambda found: tuple(FIRST + timedelta(days=number) for number in sorted(found))
)


def used(days: tuple[date, ...], each: Decimal, service: tuple[int, int] = CANTEEN) -> Part:
    return Part(*service, each * len(days), Decimal(len(days)), days)


def month(price: Decimal, service: tuple[int, int]) -> Part:
    return Part(*service, price, is_flat=True)


def hours(days: tuple[date, ...], more: int, each: Decimal, service: tuple[int, int]) -> Part:
    number = len(days) + more
    return Part(*service, each * number, Decimal(number), days)


SERVICES = some.sampled_from([(1, 1), (1, 2), (2, 1)])
PARTS = some.one_of(
    some.builds(used, DAYS.filter(len), EUROS, SERVICES),
    some.builds(month, EUROS, SERVICES),
    some.builds(hours, DAYS.filter(len), some.integers(0, 9), EUROS, SERVICES),
)
DUE = some.lists(PARTS, max_size=6)
CHOSEN = some.tuples(some.integers(0, 30), some.integers(0, 30)).map(
    lambda two: (FIRST + timedelta(days=min(two)), FIRST + timedelta(days=max(two)))
)


def correct(issued: Sequence[Part], due: Sequence[Part], days: tuple[date, date] = (FIRST, LAST)) -> list[Change]:
    return changes(issued, due, origin=FIRST, first_day=days[0], last_day=days[1])


def as_issued(found: Sequence[Change]) -> list[Part]:
    """The lines that an invoice or a credit note bears of these changes, as the next correction reads them."""
    return [Part(one.child_id, one.activity_id, one.amount, Decimal(one.number), one.days) for one in found]


def asked(parts: Sequence[Part]) -> dict[tuple[int | None, int | None], Decimal]:
    sums: dict[tuple[int | None, int | None], Decimal] = {}
    for part in parts:
        service = (part.child_id, part.activity_id)
        sums[service] = sums.get(service, Decimal(0)) + part.amount
    return {service: total for service, total in sums.items() if total}


@given(DUE, some.lists(some.tuples(DUE, CHOSEN), max_size=5), DUE)
def test_issued_and_corrected_is_what_is_due_and_nothing_the_second_time(
    first: list[Part], history: list[tuple[list[Part], tuple[date, date]]], due: list[Part]
) -> None:
    issued = list(first)
    for then, days in history:
        issued += as_issued(correct(issued, then, days))
        assert correct(issued, then, days) == []

    issued += as_issued(correct(issued, due))

    assert asked(issued) == asked(due)
    assert correct(issued, due) == []


@given(DUE, DUE, CHOSEN)
def test_chosen_days_and_the_others_make_the_month(
    issued: list[Part], due: list[Part], days: tuple[date, date]
) -> None:
    eve, morrow = days[0] - timedelta(days=1), days[1] + timedelta(days=1)

    parts = [part for span in ((FIRST, eve), days, (morrow, LAST)) for part in as_issued(correct(issued, due, span))]

    assert asked([*issued, *parts]) == asked(due)


@given(DUE, DUE, CHOSEN)
def test_a_correction_keeps_to_its_days(issued: list[Part], due: list[Part], days: tuple[date, date]) -> None:
    found = correct(issued, due, days)

    assert all(days[0] <= day <= days[1] for one in found for day in one.days)
    assert all(one.days or days[0] == FIRST for one in found)


def test_a_wrong_price_is_one_line_of_all_its_days() -> None:
    [one] = correct([used((THIRD, FIFTH), Decimal("3.50"))], [used((THIRD, FIFTH), Decimal("3.00"))])

    assert one == Change(1, 1, 2, Decimal("3.50"), Decimal("3.00"), (THIRD, FIFTH))
    assert (one.before, one.now, one.amount) == (Decimal("7.00"), Decimal("6.00"), Decimal("-1.00"))


def test_a_day_that_moved_is_told_and_adds_nothing() -> None:
    found = correct([used((THIRD, TENTH), Decimal("3.50"))], [used((FIFTH, TENTH), Decimal("3.50"))])

    assert [(one.days, one.amount) for one in found] == [
        ((THIRD,), Decimal("-3.50")),
        ((FIFTH,), Decimal("3.50")),
    ]


def test_hours_are_one_line_since_no_day_says_how_many_it_had() -> None:
    before, now = hours((THIRD, FIFTH), 1, Decimal("0.60"), CANTEEN), hours((THIRD,), 0, Decimal("0.60"), CANTEEN)

    [one] = correct([before], [now])

    assert (one.amount, one.number, one.is_by_day) == (Decimal("-1.20"), 1, False)


def test_a_flat_price_goes_with_the_first_day() -> None:
    before, now = month(Decimal(40), CANTEEN), month(Decimal(30), CANTEEN)

    assert correct([before], [now], (THIRD, LAST)) == []
    [one] = correct([before], [now])
    assert (one.amount, one.days) == (Decimal(-10), ())
