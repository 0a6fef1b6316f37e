"""What a child's days at one activity cost one household: pure, exact, in the order of the days."""

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from billing.rules.facts import Basis, Charged, Kind, Payer, Price, Priced, TariffFacts, Unit, Use, Used
from billing.rules.money import ZERO, euros, shares

Custody = Sequence[tuple[date, date | None]]

Month = tuple[int, int]
PERIOD: Month = (0, 0)
# Of a flat price that several households used: by month, or `PERIOD`, the weight of each, and which of them is asked.
Split = Mapping[Month, tuple[Sequence[int], int]]
_ALONE: Split = {}

# Units that are asked once a month or a period, whatever the days.
FLAT: frozenset[str] = frozenset({Unit.MONTH, Unit.PERIOD})
# Units that began count: so many minutes each.
MINUTES: Mapping[str, int] = {Unit.HOUR: 60, Unit.HALF_HOUR: 30}
_QUARTER = 15
_BOOKED = {Use.ATTENDED: Kind.USE, Use.NOT_CALLED: Kind.USE, Use.UNBOOKED: Kind.USE, Use.ABSENT: Kind.ABSENCE}
_PRESENT = {Use.ATTENDED: Kind.USE, Use.UNBOOKED: Kind.USE}
_ORDER = list(Kind)


class _Day(NamedTuple):
    """A day that is charged: its units, and what is added to it."""

    day: date
    kind: Kind
    units: int
    late: bool
    unbooked: bool
    quarters: int


def charge(
    used: Sequence[Used],
    *,
    tariffs: Sequence[TariffFacts],
    payer: Payer,
    sibling_rank: int = 1,
    first_day: date,
    last_day: date,
    custody: Custody = (),
    split: Split = _ALONE,
) -> Priced:
    """Price the days of one child at one activity, for one household, between two days, both included.

    `tariffs` are the versions of that activity, which never overlap; `custody` says on which days the household has
    the child, each to the eve of its end, and shares a flat price (nothing: it has it all the time). Days that no
    version covers are `missing`. `split` shares the flat prices that other households of the child used too.
    """
    inside = [days for days in used if days.days and days.days[0] <= last_day and days.days[-1] >= first_day]
    lines: list[Charged] = []
    versions = sorted(tariffs, key=lambda one: one.since)
    for tariff in versions:
        since = max(first_day, tariff.since)
        last = min(last_day, tariff.until - timedelta(days=1)) if tariff.until else last_day
        if since > last:
            continue
        prices = _prices(tariff, payer, sibling_rank)
        if _is_plain(tariff, inside) and _is_steady(payer, since, last):
            lines += _plainly(tariff, inside, prices(since), since=since, last=last)
            continue
        charged = sorted(day for days in inside for day in _charged(days, tariff) if since <= day.day <= last)
        if charged:
            lines += _lines(tariff, charged, prices, since=since, last=last, custody=custody, split=split)
    return Priced(lines=tuple(lines), missing=_missing(inside, versions, first_day, last_day))


def _missing(
    used: Iterable[Used], versions: Sequence[TariffFacts], first_day: date, last_day: date
) -> tuple[date, ...]:
    """The days used that no version covers; none is looked at when one covers all, as most months are."""
    if any(_covers(one, first_day) and _covers(one, last_day) for one in versions):
        return ()
    inside = {day for days in used for day in days.days if first_day <= day <= last_day}
    return tuple(sorted(day for day in inside if not any(_covers(one, day) for one in versions)))


def _covers(tariff: TariffFacts, day: date) -> bool:
    return tariff.since <= day and (tariff.until is None or day < tariff.until)


def unit_price(tariff: TariffFacts, *, quotient: Decimal | None, resident: bool, sibling_rank: int = 1) -> Decimal:
    """The price of one unit; without a quotient, that of the highest ones."""
    extra = ZERO if resident else tariff.non_resident_extra
    if tariff.basis == Basis.EFFORT:
        return _effort(tariff, quotient) + extra
    cells = [cell for cell in tariff.prices if cell.resident == resident and cell.from_rank <= sibling_rank]
    rank = max((cell.from_rank for cell in cells), default=1)
    row = sorted((cell for cell in cells if cell.from_rank == rank), key=lambda cell: cell.qf_from)
    return euros(_bracket(row, quotient) + extra)


def _bracket(row: Sequence[Price], quotient: Decimal | None) -> Decimal:
    if not row:
        raise ValueError("a grid without price")
    under = row if quotient is None else [cell for cell in row if cell.qf_from <= quotient]
    return (under or row[:1])[-1].amount


def _effort(tariff: TariffFacts, quotient: Decimal | None) -> Decimal:
    assert tariff.effort_rate is not None and tariff.floor is not None and tariff.ceiling is not None
    if quotient is None:
        return euros(tariff.ceiling)
    return min(max(euros(quotient * tariff.effort_rate / 100), euros(tariff.floor)), euros(tariff.ceiling))


def _prices(tariff: TariffFacts, payer: Payer, sibling_rank: int) -> Callable[[date], Decimal]:
    """The unit price of each day, by the quotient in force on it."""
    known: dict[Decimal | None, Decimal] = {}

    def price(day: date) -> Decimal:
        found = (one.value for one in payer.quotients if one.since <= day and (one.until is None or day < one.until))
        quotient = next(found, None)
        if quotient not in known:
            known[quotient] = unit_price(tariff, quotient=quotient, resident=payer.resident, sibling_rank=sibling_rank)
        return known[quotient]

    return price


def _is_plain(tariff: TariffFacts, used: Sequence[Used]) -> bool:
    """Whether every day that is charged is one unit and nothing more: most of a month, priced by groups."""
    return (
        tariff.unit not in FLAT
        and tariff.unit not in MINUTES
        and tariff.pickup_at is None
        and not (tariff.free_units or tariff.late_booking_extra or tariff.unbooked_extra)
        and not any(days.use is Use.EXCUSED for days in used)
    )


def _is_steady(payer: Payer, since: date, last: date) -> bool:
    """Whether one quotient, or none, holds from a day to another."""
    inside = [one for one in payer.quotients if one.since <= last and (one.until is None or one.until > since)]
    return not inside or (
        len(inside) == 1 and inside[0].since <= since and (inside[0].until is None or inside[0].until > last)
    )


def _plainly(
    tariff: TariffFacts, used: Sequence[Used], amount: Decimal, *, since: date, last: date
) -> Iterator[Charged]:
    """The lines of days of one unit and one price each, without looking at each day."""
    kinds = _PRESENT if tariff.counted == "attended" else _BOOKED
    groups: dict[Kind, list[date]] = {}
    for days in used:
        if kind := kinds.get(days.use):
            groups.setdefault(kind, []).extend(_between(days.days, since, last))
    for kind in sorted(groups, key=_ORDER.index):
        if days_of_kind := sorted(groups[kind]):
            yield _total(tariff, kind, amount, number=len(days_of_kind), days=tuple(dict.fromkeys(days_of_kind)))


def _between(days: Sequence[date], since: date, last: date) -> Sequence[date]:
    """Those of days in order that are between two, both included."""
    if since <= days[0] and days[-1] <= last:
        return days
    return [day for day in days if since <= day <= last]


def _charged(used: Used, tariff: TariffFacts) -> Iterator[_Day]:
    """The days of a group that are charged, with their units."""
    kind = (_PRESENT if tariff.counted == "attended" else _BOOKED).get(used.use)
    excused = used.use is Use.EXCUSED and tariff.counted == "booked"
    if kind is None and not excused:
        return
    hours = used.hours or ((None, None),) * len(used.days)
    for rank, (day, noted) in enumerate(zip(used.days, hours, strict=True)):
        if excused and not _is_still_charged(used, rank, tariff):
            continue
        yield _Day(
            day=day,
            kind=kind or Kind.ABSENCE,
            units=_units(tariff, noted),
            late=used.late,
            unbooked=used.use is Use.UNBOOKED,
            quarters=_quarters(tariff, noted),
        )


def _is_still_charged(used: Used, rank: int, tariff: TariffFacts) -> bool:
    """An excused day in its waiting days (carence), or without the certificate that the town asks for."""
    place = used.ranks[rank] if used.ranks else 1
    return place <= tariff.waiting_days or (tariff.needs_certificate and not used.proved)


def _units(tariff: TariffFacts, noted: tuple[int | None, int | None]) -> int:
    """Started hours or half-hours, one at least; the tariff's default when an hour that is needed was not noted."""
    size = MINUTES.get(tariff.unit)
    if size is None:
        return 1
    arrived, left = noted
    begins = max((at for at in (arrived, _minutes(tariff.starts_at)) if at is not None), default=None)
    if begins is None or left is None:
        return tariff.default_units
    return max(1, -((begins - left) // size))


def _quarters(tariff: TariffFacts, noted: tuple[int | None, int | None]) -> int:
    limit, left = _minutes(tariff.pickup_at), noted[1]
    return max(0, -((limit - left) // _QUARTER)) if limit is not None and left is not None else 0


def _minutes(at: time | None) -> int | None:
    return None if at is None else at.hour * 60 + at.minute


def _lines(
    tariff: TariffFacts,
    charged: Sequence[_Day],
    price: Callable[[date], Decimal],
    *,
    since: date,
    last: date,
    custody: Custody,
    split: Split,
) -> Iterator[Charged]:
    if tariff.unit in FLAT:
        yield from _flat(tariff, charged, price, since=since, last=last, custody=custody, split=split)
    else:
        yield from _by_unit(tariff, charged, price)
    extras = (
        (Kind.LATE_BOOKING, tariff.late_booking_extra, [(day.day, 1) for day in charged if day.late]),
        (Kind.UNBOOKED, tariff.unbooked_extra, [(day.day, 1) for day in charged if day.unbooked]),
        (Kind.LATE_PICKUP, tariff.late_pickup_extra, [(day.day, day.quarters) for day in charged if day.quarters]),
    )
    for kind, amount, days in extras:
        if amount and days:
            yield _line(tariff, kind, amount, days)


def _by_unit(tariff: TariffFacts, charged: Sequence[_Day], price: Callable[[date], Decimal]) -> Iterator[Charged]:
    """One line a kind and a price; the first units of each month are free where the town offers some."""
    groups: dict[tuple[Kind, Decimal], list[tuple[date, int]]] = {}
    free: dict[tuple[int, int], int] = {}
    for day in charged:
        month = (day.day.year, day.day.month)
        offered = min(day.units, free.get(month, tariff.free_units))
        free[month] = free.get(month, tariff.free_units) - offered
        if offered:
            groups.setdefault((Kind.FREE, ZERO), []).append((day.day, offered))
        if day.units > offered:
            groups.setdefault((day.kind, price(day.day)), []).append((day.day, day.units - offered))
    for (kind, amount), days in sorted(groups.items(), key=lambda group: (_ORDER.index(group[0][0]), group[0][1])):
        yield _line(tariff, kind, amount, days)


def _flat(
    tariff: TariffFacts,
    charged: Sequence[_Day],
    price: Callable[[date], Decimal],
    *,
    since: date,
    last: date,
    custody: Custody,
    split: Split,
) -> Iterator[Charged]:
    """Once a month, or once a period, with a day charged; shared by days when the child has two households."""
    spans = list(_months(since, last)) if tariff.unit == Unit.MONTH else [(since, last)]
    for first, end in spans:
        days = sorted({day.day for day in charged if first <= day.day <= end})
        if days:
            month = (first.year, first.month) if tariff.unit == Unit.MONTH else PERIOD
            amount = _part(price(days[0]), split.get(month), custody, first=first, last=end)
            yield _line(tariff, Kind.FLAT, amount, [(days[0], 1)], days=tuple(days))


def _part(
    amount: Decimal, split: tuple[Sequence[int], int] | None, custody: Custody, *, first: date, last: date
) -> Decimal:
    if split is None:
        return _share(amount, custody, first=first, last=last)
    weights, own = split
    return shares(amount, weights)[own]


def _share(amount: Decimal, custody: Custody, *, first: date, last: date) -> Decimal:
    """The household's part by the days on which it has the child; of a cent that cannot be shared, who has the first
    day pays the larger part: two households' parts of one price add up to it.
    """
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    own = sum(_holds(custody, day) for day in days)
    if not custody or own in (0, len(days)):
        return amount
    mine_first = _holds(custody, first)
    parts = shares(amount, (own, len(days) - own) if mine_first else (len(days) - own, own))
    return parts[0 if mine_first else 1]


def _holds(custody: Custody, day: date) -> bool:
    return any(since <= day and (until is None or day < until) for since, until in custody)


def _months(first: date, last: date) -> Iterator[tuple[date, date]]:
    while first <= last:
        end = first.replace(day=monthrange(first.year, first.month)[1])
        yield first, min(end, last)
        first = end + timedelta(days=1)


def _line(
    tariff: TariffFacts,
    kind: Kind,
    amount: Decimal,
    counted: Iterable[tuple[date, int]],
    *,
    days: tuple[date, ...] | None = None,
) -> Charged:
    pairs = list(counted)
    number = sum(units for _day, units in pairs)
    own = days if days is not None else tuple(dict.fromkeys(day for day, _units in pairs))
    return _total(tariff, kind, amount, number=number, days=own)


def _total(tariff: TariffFacts, kind: Kind, amount: Decimal, *, number: int, days: tuple[date, ...]) -> Charged:
    price = euros(amount)
    return Charged(
        kind=kind,
        activity_id=tariff.activity_id,
        tariff_id=tariff.pk,
        name=tariff.name,
        quantity=Decimal(number),
        unit_price=price,
        amount=euros(price * number),
        days=days,
    )
