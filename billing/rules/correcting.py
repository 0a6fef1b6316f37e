"""What became of days that were invoiced: what was asked, what is due now, day by day and to the cent.

Nothing here counts twice: what earlier corrections asked or gave back is part of what was invoiced, each on its days.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from billing.rules.money import ZERO, shares

Service = tuple[int | None, int | None]
"""A child and an activity."""


class Part(NamedTuple):
    """A line of an invoice: of which days it is, and whether it is the price of a whole month or period."""

    child_id: int | None
    activity_id: int | None
    amount: Decimal
    quantity: Decimal = Decimal(1)
    days: tuple[date, ...] = ()
    is_flat: bool = False

    @property
    def is_by_day(self) -> bool:
        """Whether each of its days costs the same: hours and half-hours do not say which day had how many."""
        return self.is_flat or abs(self.quantity) == max(1, len(self.days))


class Change(NamedTuple):
    """Days alike: what each was invoiced and what it costs now. `days` is empty for what no day bears."""

    child_id: int | None
    activity_id: int | None
    number: int
    before_each: Decimal
    now_each: Decimal
    days: tuple[date, ...]
    is_by_day: bool = True

    @property
    def before(self) -> Decimal:
        return self.number * self.before_each

    @property
    def now(self) -> Decimal:
        return self.number * self.now_each

    @property
    def amount(self) -> Decimal:
        return self.now - self.before


def changes(
    before: Sequence[Part], now: Sequence[Part], *, origin: date, first_day: date, last_day: date
) -> list[Change]:
    """What changed of one household's days between two days, both included, by child and activity.

    `origin` is the first day of the run that is corrected: it bears what no day does, the price of a month above all.
    Where days are not told apart, a child's activity is one change, of all its days.
    """
    old, new = _daily(before, origin), _daily(now, origin)
    apart = _told_apart([*before, *now])
    undated = {_service(part) for part in (*before, *now) if part.is_flat or not part.days}
    found: list[Change] = []
    for service in dict.fromkeys([*new, *old]):
        was, will = old.get(service, {}), new.get(service, {})
        pairs = {
            day: (was.get(day, ZERO), will.get(day, ZERO))
            for day in sorted({*was, *will})
            if first_day <= day <= last_day and was.get(day, ZERO) != will.get(day, ZERO)
        }
        bare = origin if service in undated else None
        found += _grouped(service, pairs, bare) if apart[service] else _whole(service, pairs)
    return found


def _daily(parts: Iterable[Part], origin: date) -> dict[Service, dict[date, Decimal]]:
    """What each day of a service bears: the shares of a line add up to it."""
    found: dict[Service, dict[date, Decimal]] = {}
    for part in parts:
        days = (origin,) if part.is_flat or not part.days else part.days
        borne = found.setdefault(_service(part), {})
        for day, amount in zip(days, shares(part.amount, [1] * len(days)), strict=True):
            borne[day] = borne.get(day, ZERO) + amount
    return found


def _told_apart(parts: Iterable[Part]) -> dict[Service, bool]:
    found: dict[Service, bool] = {}
    for part in parts:
        found[_service(part)] = found.get(_service(part), True) and part.is_by_day
    return found


def _grouped(service: Service, pairs: Mapping[date, tuple[Decimal, Decimal]], bare: date | None) -> list[Change]:
    """One change for the days that cost the same before, and cost the same now; that of the `bare` day stands alone."""
    groups: dict[tuple[Decimal, Decimal, bool], list[date]] = {}
    for day, (was, will) in pairs.items():
        groups.setdefault((was, will, day == bare), []).append(day)
    return [
        Change(*service, len(days), was, will, () if is_bare else tuple(days))
        for (was, will, is_bare), days in groups.items()
    ]


def _whole(service: Service, pairs: Mapping[date, tuple[Decimal, Decimal]]) -> list[Change]:
    """One change for all the days."""
    was = sum((pair[0] for pair in pairs.values()), ZERO)
    will = sum((pair[1] for pair in pairs.values()), ZERO)
    return [Change(*service, 1, was, will, tuple(pairs), is_by_day=False)] if was != will else []


def _service(part: Part) -> Service:
    return part.child_id, part.activity_id
