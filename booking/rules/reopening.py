"""Undoing a closure: which of the bookings that it canceled come back, and why the others do not."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple


class Why(StrEnum):
    """Why a booking does not come back."""

    PAST = "past"
    LEFT = "left"  # the child is no longer at that school
    OTHER_HOUSEHOLD = "other_household"  # the day is no longer this household's
    BOOKED_AGAIN = "booked_again"
    CLOSED = "closed"  # another closure covers it: undoing that one brings it back
    NO_SERVICE = "no_service"
    INCOMPATIBLE = "incompatible"
    FULL = "full"


TOLD = frozenset({Why.NO_SERVICE, Why.INCOMPATIBLE, Why.FULL})
"""Those that the family reads: it would else believe that its booking came back."""


class Canceled(NamedTuple):
    """A booking that a closure canceled; `why` is a reason of its own, whatever becomes of the others."""

    pk: int
    child_id: int
    activity_id: int
    service_day_id: int
    day: date
    booked_at: datetime
    why: Why | None = None


def decide(
    canceled: Iterable[Canceled],
    *,
    left: Mapping[int, int],
    standing: Mapping[tuple[int, date], frozenset[int]],
    incompatible: frozenset[frozenset[int]],
) -> dict[int, Why | None]:
    """Say of each booking, by its key, that it comes back (None) or why not: first booked, first served.

    `left` gives the places of the service days that have a number of them, `standing` the activities booked for a
    child on a day.
    """
    places, booked = dict(left), dict(standing)
    verdicts: dict[int, Why | None] = {}
    for one in sorted(canceled, key=lambda one: (one.booked_at, one.pk)):
        others = booked.get((one.child_id, one.day), frozenset())
        verdicts[one.pk] = why = one.why or _why_not(one, places, others, incompatible)
        if why is None:
            booked[one.child_id, one.day] = others | {one.activity_id}
            if one.service_day_id in places:
                places[one.service_day_id] -= 1
    return verdicts


def _why_not(
    one: Canceled, places: Mapping[int, int], others: frozenset[int], incompatible: frozenset[frozenset[int]]
) -> Why | None:
    if one.activity_id in others:
        return Why.BOOKED_AGAIN
    if any(one.activity_id in tied and (tied - {one.activity_id}) & others for tied in incompatible):
        return Why.INCOMPATIBLE
    return Why.FULL if places.get(one.service_day_id, 1) < 1 else None
