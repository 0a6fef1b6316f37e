"""What a save of the planning may change: the resulting state of each day is judged, not change by change.

Every door calls `decide`; the page that draws the planning asks `cell_state`, which shares its judge.
The promises and examples are in `docs/rules/planning.md`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

from booking.rules.calendar import SchoolCalendar
from booking.rules.deadlines import Action, Closed, DeadlineRule, TooEarly, deadline, judge
from lps.kernel.refusals import Refusal


class PlanningRefusal(StrEnum):
    """Why a cell may not be changed, with the facts that come along."""

    UNKNOWN = "unknown"  # this activity and day are not in the situation
    CHANGED_MEANWHILE = "changed_meanwhile"  # neither what the form showed nor what was asked
    OTHER_HOUSEHOLD = "other_household"  # booked: True when it holds the booking, False when it is its day
    NO_SERVICE = "no_service"
    NOT_ENTITLED = "not_entitled"
    TOO_LATE = "too_late"  # closed_at
    NOT_YET_OPEN = "not_yet_open"  # opens_at
    FULL = "full"
    INCOMPATIBLE = "incompatible"  # activity: the one that stands, or was asked too
    TOGETHER = "together"  # activity: one that would be in the other state


OVERRIDABLE = frozenset(
    {
        PlanningRefusal.OTHER_HOUSEHOLD,
        PlanningRefusal.NOT_ENTITLED,
        PlanningRefusal.TOO_LATE,
        PlanningRefusal.NOT_YET_OPEN,
    }
)
"""What an agent, or a period for the opening, may be given the power to pass over.

Never the places nor the states of a day. OTHER_HOUSEHOLD passes over the days of custody, not over a booking:
an agent cancels that one in the name of the household that made it.
"""

NO_POWERS: frozenset[PlanningRefusal] = frozenset()


class ContradictoryChanges(ValueError):
    """Two changes of one request name the same cell and differ."""


@dataclass(frozen=True, order=True)
class Cell:
    """One activity on one day, for the child whose planning is changed."""

    activity_id: int
    day: date


@dataclass(frozen=True)
class Change:
    """What is wanted of a cell: booked by the household or not; `seen` is what the form showed, None if unknown."""

    cell: Cell
    wanted: bool
    seen: bool | None = None


@dataclass(frozen=True, kw_only=True)
class DayFacts:
    """All that the rule needs to know of a cell.

    `capacity` None means no limit; `taken` counts every place held, this child's included; `booked_by` is the
    household that booked it for this child; `may_change` says whether custody gives it the day.
    """

    open: bool
    rule: DeadlineRule
    capacity: int | None = None
    taken: int = 0
    booked_by: int | None = None
    entitled: bool = True
    may_change: bool = True


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What stands now, read once: the cells asked and, on their days, the activities tied to them."""

    household_id: int
    cells: Mapping[Cell, DayFacts]
    calendar: SchoolCalendar
    zone: ZoneInfo
    incompatible: frozenset[frozenset[int]] = frozenset()
    together: frozenset[frozenset[int]] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Each change once, by day then activity. `unchanged` holds those that ask for nothing, or for what stands."""

    accepted: tuple[Change, ...] = ()
    refused: tuple[tuple[Change, Refusal], ...] = ()
    unchanged: tuple[Change, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CellView:
    """A cell as the page draws it. `closes_at` is the deadline of the one change that may be asked of it."""

    booked: bool
    by_other_household: bool
    changeable: bool
    reason: Refusal | None
    closes_at: datetime | None


def decide(
    *,
    situation: Situation,
    changes: Iterable[Change],
    received_at: datetime,
    powers: frozenset[PlanningRefusal] = NO_POWERS,
) -> Outcome:
    """Sort a request into what is accepted, refused and already so; the order of the changes plays no part.

    Raise ContradictoryChanges when the request cannot stand.
    """
    judge_of_cells = _Judge(situation, received_at, powers)
    accepted: list[Change] = []
    refused: dict[Change, Refusal] = {}
    unchanged: list[Change] = []
    for change in _by_day_and_activity(changes):
        facts = situation.cells.get(change.cell)
        if facts is None:
            refused[change] = Refusal(PlanningRefusal.UNKNOWN)
        elif _asks_nothing(change, facts, situation.household_id):
            unchanged.append(change)
        elif refusal := judge_of_cells.refusal(change, facts):
            refused[change] = refusal
        else:
            accepted.append(change)
    for day, of_day in groupby(accepted, key=lambda change: change.cell.day):
        refused |= _Day(situation, day).refusals(list(of_day))
    return Outcome(
        accepted=tuple(change for change in accepted if change not in refused),
        refused=tuple((change, refused[change]) for change in sorted(refused, key=_day_and_activity)),
        unchanged=tuple(unchanged),
    )


def cell_state(
    facts: DayFacts,
    *,
    day: date,
    household_id: int,
    calendar: SchoolCalendar,
    zone: ZoneInfo,
    now: datetime,
    powers: frozenset[PlanningRefusal] = NO_POWERS,
) -> CellView:
    """Say how the page draws a cell: whether its box may be ticked or unticked now, and why not.

    Incompatible and going-together activities lock nothing here: they depend on what else the save will ask.
    """
    asks = _Asks(day, facts, wanted=facts.booked_by != household_id)
    reason = _refusal(asks, household_id=household_id, calendar=calendar, zone=zone, at=now, powers=powers)
    served = facts.open or facts.booked_by is not None
    return CellView(
        booked=facts.booked_by is not None,
        by_other_household=facts.booked_by not in (None, household_id),
        changeable=reason is None,
        reason=reason,
        closes_at=deadline(asks.closing, day=day, calendar=calendar, zone=zone) if served else None,
    )


@dataclass(frozen=True)
class _Asks:
    """A wish that would really change a cell."""

    day: date
    facts: DayFacts
    wanted: bool
    seen: bool | None = None

    @property
    def action(self) -> Action:
        return Action.BOOK if self.wanted else Action.CANCEL

    @property
    def closing(self) -> Closing:
        return self.facts.rule.book if self.wanted else self.facts.rule.cancel


def _refusal(
    asks: _Asks,
    *,
    household_id: int,
    calendar: SchoolCalendar,
    zone: ZoneInfo,
    at: datetime,
    powers: frozenset[PlanningRefusal],
) -> Refusal | None:
    """The one judge of a single cell, for the page as for the save: the first reason that no power passes over."""
    facts = asks.facts
    if facts.booked_by not in (None, household_id):
        if asks.seen and not asks.wanted:  # ours on the form, the other household's by now
            return Refusal(PlanningRefusal.CHANGED_MEANWHILE)
        return Refusal(PlanningRefusal.OTHER_HOUSEHOLD, booked=True)
    if asks.wanted and not facts.open:
        return Refusal(PlanningRefusal.NO_SERVICE)
    reasons = (
        _not_theirs(asks),
        _out_of_time(asks, calendar, zone, at),
        _full(asks),
    )
    return next((reason for reason in reasons if reason is not None and reason.code not in powers), None)


def _not_theirs(asks: _Asks) -> Refusal | None: ...
