"""On which days an activity is held: its weekdays in its season, outside public holidays and closures."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

Slot = tuple[int, int, date]
"""An activity, a site, a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """When an activity is held, and its places a day (None: no limit)."""

    activity_id: int
    season: str
    weekdays: frozenset[int]
    places: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A day as it stands: whether it is open, its places, whether an agent set it, how many bookings it holds, and
    how many places are offered to those who wait.
    """

    pk: int
    open: bool
    places: int | None
    by_hand: bool
    booked: int
    offered: int = 0

    def is_crowded_by(self, places: int | None) -> bool:
        """Whether bookings and offers take more than these new places."""
        return places is not None and self.places != places and self.booked + self.offered > places


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysPlan:
    """What making the days again does. `kept` stay open for the bookings they hold, though the patterns close them.

    `reopened` are those of `open` that are closed today; `crowded` hold more bookings and offers than their new places.
    """

    create: Mapping[Slot, int | None]
    open: Mapping[int, int | None]
    close: Sequence[int]
    kept: Mapping[Slot, Made]
    reopened: Sequence[int] = ()
    crowded: Mapping[Slot, Made] = field(default_factory=dict)

    @property
    def opening(self) -> int:
        """How many days open."""
        return len(self.create) + len(self.reopened)

    @property
    def changing(self) -> int:
        """How many open days get other places."""
        return len(self.open) - len(self.reopened)


def slots(
    patterns: Sequence[Pattern],
    *,
    sites: Sequence[int],
    first_day: date,
    last_day: date,
    season_of: Callable[[date], str | None],
    is_closed: Callable[[Slot], bool],
) -> Iterator[tuple[Slot, int | None]]:
    """Every activity, site and day on which it is held, with its places. `season_of` gives None on a public holiday."""
    days = [first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1)]
    seasons = {day: season_of(day) for day in days}
    for pattern in patterns:
        for day in days:
            if day.weekday() in pattern.weekdays and seasons[day] == pattern.season:
                for site in sites:
                    slot = (pattern.activity_id, site, day)
                    if not is_closed(slot):
                        yield slot, pattern.places


def plan(wanted: Mapping[Slot, int | None], standing: Mapping[Slot, Made]) -> DaysPlan:
    """Compare what the patterns want with the days that stand; those set by hand are left alone."""
    free = {slot: made for slot, made in standing.items() if not made.by_hand}
    unwanted = {slot: made for slot, made in free.items() if made.open and slot not in wanted}
    again = {slot: made for slot, made in free.items() if slot in wanted}
    return DaysPlan(
        create={slot: places for slot, places in wanted.items() if slot not in standing},
        open={made.pk: wanted[slot] for slot, made in again.items() if not made.open or made.places != wanted[slot]},
        close=[made.pk for made in unwanted.values() if not made.booked],
        kept={slot: made for slot, made in unwanted.items() if made.booked},
        reopened=[made.pk for made in again.values() if not made.open],
        crowded={slot: made for slot, made in again.items() if made.is_crowded_by(wanted[slot])},
    )
