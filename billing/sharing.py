"""Flat prices of children who have several households: asked once, shared by those who used the service."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Protocol

from billing.rules.facts import TariffFacts
from billing.rules.pricing import FLAT, PERIOD, Month, Split
from booking.usage import usage
from lps.families.queries.custody import SharedCustody, shared_custodies

Splits = Mapping[tuple[int, int, int], Split]
"""By household, child and activity. Only prices that two households or more used are there."""

# Divides by two, three and four: the parts of a day that so many households have.
_DAY = 12


class Days(Protocol):
    """The days asked."""

    @property
    def first_day(self) -> date: ...
    @property
    def last_day(self) -> date: ...
    @property
    def zone(self) -> str: ...


def flat_splits(asked: Days, tariffs: Mapping[int, Sequence[TariffFacts]]) -> Splits:
    """How flat prices are shared: at most two statements, none where no price is flat.

    All households count, asked or not: a price is shared alike whoever is computed.
    """
    flat = [activity for activity, versions in tariffs.items() if any(one.unit in FLAT for one in versions)]
    held = shared_custodies(asked.first_day, asked.last_day) if flat else []
    if not held:
        return {}
    custodies: dict[int, list[SharedCustody]] = defaultdict(list)
    for one in held:
        custodies[one.child_id].append(one)
    found: dict[tuple[int, int, int], dict[Month, tuple[Sequence[int], int]]] = defaultdict(dict)
    for (child, activity, month), households in _users(asked, flat, custodies).items():
        if len(households) > 1:
            weights = _weights(custodies[child], households, _days(asked, month))
            for own, household in enumerate(households):
                found[household, child, activity][month] = (weights, own)
    return found


def _users(
    asked: Days, activities: Sequence[int], custodies: Mapping[int, Sequence[SharedCustody]]
) -> dict[tuple[int, int, Month], list[int]]:
    """Who used what of these children, by month and in all, in the order of the households' keys."""
    rows = usage(
        first_day=asked.first_day,
        last_day=asked.last_day,
        activities=activities,
        zone=asked.zone,
        households=sorted({one.household_id for held in custodies.values() for one in held}),
    )
    users: dict[tuple[int, int, Month], set[int]] = defaultdict(set)
    for row in rows:
        if row.child_id in custodies and row.household_id is not None and row.use != "excused":
            for month in {PERIOD, *((day.year, day.month) for day in row.days)}:
                users[row.child_id, row.activity_id, month].add(row.household_id)
    return {key: sorted(households) for key, households in users.items()}


def _days(asked: Days, month: Month) -> list[date]:
    number = (asked.last_day - asked.first_day).days + 1
    days = (asked.first_day + timedelta(days=rank) for rank in range(number))
    return [day for day in days if month == PERIOD or (day.year, day.month) == month]


def _weights(custodies: Sequence[SharedCustody], households: Sequence[int], days: Iterable[date]) -> list[int]:
    """The days of each household, a day that several have being shared between them; alike when none has any."""
    weights = dict.fromkeys(households, 0)
    for day in days:
        holders = {one.household_id for one in custodies if one.holds(day)} & set(households)
        for household in holders:
            weights[household] += _DAY // len(holders)
    return list(weights.values()) if any(weights.values()) else [1] * len(households)
