"""Days set by hand: opened, closed, given other places, whatever the pattern says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from booking.rules.opening import Made, Slot


class Act(StrEnum):
    """What is done to the days chosen."""

    PLACES = "places"
    OPEN = "open"
    CLOSE = "close"
    MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandPlan:
    """What setting days by hand does. `held` stay open, for they hold bookings or offers.

    `create` and `pin` get the places asked for and are open; `pin` holds those that stand, by their keys, even when
    they have these places already: the pattern changes them no more. `crowded` have fewer places than are taken.
    """

    create: Sequence[Slot] = ()
    pin: Sequence[int] = ()
    close: Sequence[int] = ()
    held: Mapping[Slot, Made] = field(default_factory=dict)
    crowded: Mapping[Slot, Made] = field(default_factory=dict)
    reopened: int = 0
    changed: int = 0


def by_hand(act: Act, *, places: int | None, chosen: Sequence[Slot], standing: Mapping[Slot, Made]) -> HandPlan:
    """Decide for days chosen; `act` is any but MODEL, which the patterns decide. No booking is ever lost."""
    rows = {slot: standing[slot] for slot in chosen if slot in standing}
    if act is Act.CLOSE:
        open_rows = {slot: made for slot, made in rows.items() if made.open}
        return HandPlan(
            close=[made.pk for made in open_rows.values() if not _is_promised(made)],
            held={slot: made for slot, made in open_rows.items() if _is_promised(made)},
        )
    if act is Act.PLACES:
        rows = {slot: made for slot, made in rows.items() if made.open}
    return HandPlan(
        create=[slot for slot in chosen if slot not in standing] if act is Act.OPEN else (),
        pin=[made.pk for made in rows.values()],
        crowded={slot: made for slot, made in rows.items() if made.is_crowded_by(places)},
        reopened=sum(not made.open for made in rows.values()),
        changed=sum(made.open and made.places != places for made in rows.values()),
    )


def _is_promised(made: Made) -> bool:
    """Whether some family has a place, or is offered one."""
    return made.booked + made.offered > 0
