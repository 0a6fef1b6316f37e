"""What days cost: units, brackets, extras, absences, flat prices, and the sums that never lose a cent."""

from dataclasses import replace
from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing.models import Tariff
from billing.rules.facts import Basis, Kind, Payer, Price, Priced, QuotientFacts, TariffFacts, Unit, Use, Used
from billing.rules.pricing import FLAT, MINUTES, charge, unit_price

FIRST, LAST = date(2012, 1, 1), date(2012, 1, 31)
GRID = tuple(
    Price(qf_from=Decimal(bound), resident=resident, from_rank=rank, amount=Decimal(amount) + (0 if resident else 2))
    for resident in (True, False)
    for bound, rank, amount in ((0, 1, "1.20"), (500, 1, "2.40"), (900, 1, "3.60"), (0, 2, "1.00"))
)
CANTEEN = TariffFacts(pk=1, activity_id=7, name="Cantine", since=date(2010, 1, 1), prices=GRID)


def tariff(**changed: object) -> TariffFacts:
    return replace(CANTEEN, **changed)


def days(*numbers: int, use: Use = Use.ATTENDED, **rest: object) -> Used:
    return Used(activity_id=7, use=use, days=tuple(date(2012, 1, number) for number in numbers), **rest)


def price(*used: Used, by: TariffFacts = CANTEEN, payer: Payer | None = None, **rest: object) -> Priced:
    return charge(used, tariffs=[by], payer=payer or Payer(), **{"first_day": FIRST, "last_day": LAST, **rest})


def total(priced: Priced) -> Decimal:
    return sum((line.amount for line in priced.lines), Decimal(0))


def quotient(value: str, since: date = FIRST, until: date | None = None) -> Payer:
    return Payer(quotients=(QuotientFacts(since=since, until=until, value=Decimal(value)),))


def test_what_agents_may_choose_is_what_is_priced() -> None:
    assert set(Tariff.Unit.values) == {Unit.BOOKING, Unit.DAY, *MINUTES, *FLAT} == set(Unit)
    assert set(Tariff.Basis.values) == set(Basis)


@pytest.mark.parametrize(
    ("value", "amount"), [("0", "1.20"), ("499.99", "1.20"), ("500", "2.40"), ("899.99", "2.40"), ("9999", "3.60")]
)
def test_a_quotient_has_the_bracket_that_begins_under_it(value: str, amount: str) -> None:
    assert unit_price(CANTEEN, quotient=Decimal(value), resident=True) == Decimal(amount)


def test_without_a_proof_it_is_the_top_bracket_and_outside_its_own_column() -> None:
    assert total(price(days(9, 10))) == Decimal("7.20")
    assert total(price(days(9, 10), payer=Payer(resident=False))) == Decimal("11.20")
    assert total(price(days(9, 10), sibling_rank=3)) == Decimal("2.00")


def test_a_quotient_that_begins_in_the_month_prices_its_days_only() -> None:
    priced = price(days(9, 10, 16), payer=quotient("100", since=date(2012, 1, 10)))

    assert [(line.unit_price, line.quantity, line.days) for line in priced.lines] == [
        (Decimal("1.20"), 2, (date(2012, 1, 10), date(2012, 1, 16))),
        (Decimal("3.60"), 1, (date(2012, 1, 9),)),
    ]


@pytest.mark.parametrize(
    ("rate", "value", "amount"),
    [("0.5", "1000", "5.00"), ("0.1234", "1000", "1.23"), ("0.1235", "1000", "1.24"), ("1", "10", "0.50")],
)
def test_an_effort_rate_goes_to_the_cent_between_its_bounds(rate: str, value: str, amount: str) -> None:
    effort = tariff(basis="effort", effort_rate=Decimal(rate), floor=Decimal("0.50"), ceiling=Decimal(9), prices=())

    assert unit_price(effort, quotient=Decimal(value), resident=True) == Decimal(amount)
    assert unit_price(effort, quotient=None, resident=True) == Decimal(9)


def test_an_absence_is_charged_unless_excused_and_after_the_waiting_days() -> None:
    waits = tariff(waiting_days=1)
    excused = days(9, 10, 12, use=Use.EXCUSED, ranks=(1, 2, 4))

    assert [line.kind for line in price(days(9, use=Use.ABSENT)).lines] == [Kind.ABSENCE]
    assert price(excused).lines == ()
    assert [line.days for line in price(excused, by=waits).lines] == [(date(2012, 1, 9),)]
    assert total(price(excused, by=tariff(needs_certificate=True))) == Decimal("10.80")
    assert price(days(9, use=Use.EXCUSED, ranks=(1,), proved=True), by=tariff(needs_certificate=True)).lines == ()


def test_what_is_called_alone_is_charged_where_the_town_says_so() -> None:
    called = tariff(counted="attended", unbooked_extra=Decimal("1.00"))

    priced = price(days(9), days(10, use=Use.UNBOOKED), days(12, use=Use.NOT_CALLED), by=called)

    assert [(line.kind, line.amount) for line in priced.lines] == [
        (Kind.USE, Decimal("7.20")),
        (Kind.UNBOOKED, Decimal("1.00")),
    ]


@pytest.mark.parametrize(
    ("left", "units"), [(16 * 60 + 31, 1), (17 * 60, 1), (17 * 60 + 1, 2), (18 * 60, 3), (None, 2)]
)
def test_half_hours_count_when_they_begin(left: int | None, units: int) -> None:
    care = tariff(unit="half_hour", starts_at=time(16, 30), default_units=2)

    priced = price(days(9, hours=((None, left),)), by=care)

    assert [line.quantity for line in priced.lines] == [units]


@pytest.mark.parametrize(("left", "quarters"), [(18 * 60 + 30, 0), (18 * 60 + 31, 1), (18 * 60 + 46, 2)])
def test_a_late_pick_up_is_charged_by_started_quarter(left: int, quarters: int) -> None:
    care = tariff(pickup_at=time(18, 30), late_pickup_extra=Decimal(5))

    priced = price(days(9, hours=((None, left),)), by=care)

    assert [line.quantity for line in priced.lines if line.kind is Kind.LATE_PICKUP] == [quarters] * (quarters > 0)


def test_units_are_offered_each_month() -> None:
    priced = price(days(9, 10, 12), by=tariff(free_units=2))

    assert [(line.kind, line.quantity, line.amount) for line in priced.lines] == [
        (Kind.USE, 1, Decimal("3.60")),
        (Kind.FREE, 2, Decimal("0.00")),
    ]


def test_days_without_a_tariff_are_missing() -> None:
    priced = price(days(9, 10, 12), by=tariff(until=date(2012, 1, 10)))

    assert (total(priced), priced.missing) == (Decimal("3.60"), (date(2012, 1, 10), date(2012, 1, 12)))


@given(some.dates(FIRST, LAST), some.integers(1, 99_999), some.sets(some.integers(1, 31), min_size=1))
def test_two_households_share_a_flat_price_and_no_cent_is_lost(split: date, price_: int, numbers: set[int]) -> None:
    amount = Decimal(price_) / 100
    grid = (Price(qf_from=Decimal(0), resident=True, from_rank=1, amount=amount),)
    flat = tariff(unit="month", prices=grid)
    used = days(*sorted(numbers))

    mine = price(used, by=flat, custody=[(date(2000, 1, 1), split)])
    theirs = price(used, by=flat, custody=[(split, None)])

    if split > FIRST:
        assert total(mine) + total(theirs) == amount
    else:
        assert total(theirs) == amount


uses = some.sampled_from([Use.ATTENDED, Use.NOT_CALLED, Use.ABSENT, Use.UNBOOKED])
used_days = some.dictionaries(some.integers(1, 31), uses, min_size=1)


@given(used_days, some.permutations(range(5)), some.decimals(0, 3000, places=2))
def test_the_order_of_the_facts_does_not_matter_and_lines_multiply(
    chosen: dict[int, Use], order: list[int], value: Decimal
) -> None:
    groups = [days(*sorted(day for day, one in chosen.items() if one is use), use=use) for use in Use]
    shuffled = [groups[place] for place in order]

    priced = price(*shuffled, payer=quotient(str(value)))

    assert priced == price(*groups, payer=quotient(str(value)))
    assert all(line.quantity * line.unit_price == line.amount >= 0 for line in priced.lines)
    assert total(priced) == len(chosen) * unit_price(CANTEEN, quotient=value, resident=True)


@given(some.sets(some.integers(1, 31), min_size=1), some.dates(FIRST, LAST))
def test_a_month_cut_in_two_versions_costs_the_same(numbers: set[int], cut: date) -> None:
    whole, used = [CANTEEN], [days(*sorted(numbers))]
    parts = [tariff(until=cut), tariff(pk=2, since=cut)]

    def cost(versions: list[TariffFacts]) -> Decimal:
        return total(charge(used, tariffs=versions, payer=Payer(), first_day=FIRST, last_day=LAST))

    assert cost(whole) == cost(parts) == cost(parts[::-1])


@given(used_days, some.sampled_from(["booked", "attended"]), some.dates(FIRST, LAST), some.booleans())
def test_days_priced_by_groups_cost_what_days_priced_one_by_one_cost(
    chosen: dict[int, Use], counted: str, since: date, ends: bool
) -> None:
    """A pick-up time sends the same days, of which no hour was noted, through the pricing of each day."""
    used = [days(*sorted(day for day, one in chosen.items() if one is use), use=use) for use in Use]
    payer = quotient("700", since=since, until=LAST if ends else None)
    by_groups = tariff(counted=counted)
    one_by_one = tariff(counted=counted, pickup_at=time(18, 30), late_pickup_extra=Decimal(5))

    assert price(*used, by=by_groups, payer=payer) == price(*used, by=one_by_one, payer=payer)
