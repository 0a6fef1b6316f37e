"""What a save of the planning may change: the resulting state of each day is judged, not change by change.

Every door calls `decide`; the page that draws the planning asks `cell_state`, which shares its judge.
The promises and examples are in `docs/rules/planning.md`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, assert_never
from zoneinfo import ZoneInfo

from booking.rules.calendar import SchoolCalendar
from booking.rules.deadlines import Action, Closed, DeadlineRule, Open, TooEarly, judge
from lps.kernel.refusals import Refusal


class PlanningRefusal(StrEnum):
    """Why a cell may not be changed, with the facts that come along."""

    UNKNOWN = "unknown"  # this activity and day are not in the situation
    CHANGED_MEANWHILE = "changed_meanwhile"  # by_other_household: it holds what the form showed as ours
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

    def __init__(self, cell: "Cell") -> None:
        super().__init__(f"two different changes of activity {cell.activity_id} on {cell.day}")
        self.cell = cell


class Cell(NamedTuple):
    """One activity on one day, for the child whose planning is changed."""

    activity_id: int
    day: date


@dataclass(frozen=True)
class Change:
    """What is wanted of a cell: booked by this household or not; `seen` is what its form showed, None without form."""

    cell: Cell
    wanted: bool
    seen: bool | None = None


class DayFacts(NamedTuple):
    """All that the rule needs to know of a cell; a page makes hundreds, so they are made of tuples.

    `capacity` None means no limit; `taken` counts every place held, by bookings and by offers to those who wait: by
    bookings alone for whom a place is `offered`, since places may have been taken away under the offers; `waiters`
    counts who waits for a place; `booked_by` is the household that booked it for this child; `may_change` says
    whether custody gives it the day.
    """

    open: bool
    rule: DeadlineRule
    capacity: int | None = None
    taken: int = 0
    waiters: int = 0
    offered: bool = False
    booked_by: int | None = None
    entitled: bool = True
    may_change: bool = True


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What stands now, read once: the cells asked and, on their days, the activities tied to them.

    `incompatible` and `together` hold sets of activities, usually pairs: no two of the first may stand on one day,
    none of the second without the others.
    """

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


class CellView(NamedTuple):
    """A cell as the page draws it; `reason` says why it is not changeable."""

    booked: bool
    by_other_household: bool
    changeable: bool
    reason: Refusal | None


class Timing:
    """What deadlines answer at one instant: a rule's day is judged once, however many cells it governs."""

    def __init__(self, *, calendar: SchoolCalendar, zone: ZoneInfo, at: datetime) -> None:
        self._calendar = calendar
        self._zone = zone
        self._at = at
        self._known: dict[tuple[int, date, Action], tuple[DeadlineRule, Refusal | None]] = {}

    def refusal(self, action: Action, *, day: date, rule: DeadlineRule) -> Refusal | None:
        """Too late, not yet open, or None: in time."""
        key = (id(rule), day, action)  # hashing the rule would cost as much as judging; it is kept, so is its id
        if key not in self._known:
            self._known[key] = (rule, self._judged(action, day, rule))
        return self._known[key][1]

    def _judged(self, action: Action, day: date, rule: DeadlineRule) -> Refusal | None:
        verdict = judge(
            action=action, day=day, rule=rule, calendar=self._calendar, zone=self._zone, received_at=self._at
        )
        match verdict:
            case Open():
                return None
            case TooEarly():
                return Refusal(PlanningRefusal.NOT_YET_OPEN, opens_at=verdict.opens_at)
            case Closed():
                return Refusal(PlanningRefusal.TOO_LATE, closed_at=verdict.closed_at)
            case _:
                assert_never(verdict)


def decide(
    *,
    situation: Situation,
    changes: Iterable[Change],
    received_at: datetime,
    powers: frozenset[PlanningRefusal] = NO_POWERS,
    powers_since: date = date.min,
) -> Outcome:
    """Sort a request into what is accepted, refused and already so; the order of the changes plays no part.

    `powers` hold from the day `powers_since` on: what is older is as closed to an agent as to a parent. Raise
    ContradictoryChanges when the request cannot stand, ValueError for a power that nobody may be given.
    """
    powers = _granted(powers)
    timing = Timing(calendar=situation.calendar, zone=situation.zone, at=received_at)
    accepted: list[Change] = []
    refused: dict[Change, Refusal] = {}
    unchanged: list[Change] = []
    for change in _by_day_and_activity(changes):
        facts = situation.cells.get(change.cell)
        if _asks_nothing(change, facts, situation.household_id):
            unchanged.append(change)
        elif facts is None:
            refused[change] = Refusal(PlanningRefusal.UNKNOWN)
        elif refusal := _refusal(
            _Asks(change.cell.day, facts, change.wanted, change.seen),
            situation.household_id,
            timing,
            powers if change.cell.day >= powers_since else NO_POWERS,
        ):
            refused[change] = refusal
        else:
            accepted.append(change)
    refused |= _Ties.of(situation).refusals(accepted)
    return Outcome(
        accepted=tuple(change for change in accepted if change not in refused),
        refused=tuple((change, refused[change]) for change in sorted(refused, key=_day_and_activity)),
        unchanged=tuple(unchanged),
    )


def passed_over(
    *, situation: Situation, changes: Iterable[Change], received_at: datetime
) -> frozenset[PlanningRefusal]:
    """What accepted changes could not have done without powers: what an agent answers for with a reason."""
    timing = Timing(calendar=situation.calendar, zone=situation.zone, at=received_at)
    found = (
        reason
        for change in changes
        for reason in _reasons(_Asks(change.cell.day, situation.cells[change.cell], change.wanted), timing)
    )
    return frozenset(PlanningRefusal(reason.code) for reason in found if reason is not None)


def clash(*, situation: Situation, cell: Cell) -> Refusal | None:
    """Why a cell could not be booked beside what stands that day, were a place free: for who would wait for one."""
    return _Ties.of(situation).clash(Change(cell, wanted=True))


def cell_state(
    facts: DayFacts,
    *,
    day: date,
    household_id: int,
    timing: Timing,
    powers: frozenset[PlanningRefusal] = NO_POWERS,
) -> CellView:
    """Say how the page draws a cell: whether its box may be ticked or unticked at that instant, and why not.

    Incompatible and going-together activities lock nothing here: they depend on what else the save will ask.
    """
    asks = _Asks(day, facts, wanted=facts.booked_by != household_id)
    by_other_household = facts.booked_by not in (None, household_id)
    reason = _refusal(asks, household_id, timing, _granted(powers))
    return CellView(
        booked=facts.booked_by is not None,
        by_other_household=by_other_household,
        changeable=reason is None,
        reason=reason,
    )


def _by_day_and_activity(changes: Iterable[Change]) -> list[Change]:
    """Each change once: a request that says the same twice says it once."""
    by_cell: dict[Cell, Change] = {}
    for change in changes:
        if by_cell.setdefault(change.cell, change) != change:
            raise ContradictoryChanges(change.cell)
    return sorted(by_cell.values(), key=_day_and_activity)


def _day_and_activity(change: Change) -> tuple[date, int]:
    return change.cell.day, change.cell.activity_id


def _granted(powers: frozenset[PlanningRefusal]) -> frozenset[PlanningRefusal]:
    if powers and (beyond := powers - OVERRIDABLE):
        raise ValueError(f"nobody passes over: {', '.join(sorted(beyond))}")
    return powers


def _asks_nothing(change: Change, facts: DayFacts | None, household_id: int) -> bool:
    """The three-way rule: a box left as the form showed it is no wish, and a wish already fulfilled is done."""
    if change.wanted == change.seen:
        return True
    if facts is None:
        return False
    if change.wanted:
        return facts.booked_by == household_id
    return facts.booked_by is None


class _Asks(NamedTuple):
    """A wish that would really change a cell."""

    day: date
    facts: DayFacts
    wanted: bool
    seen: bool | None = None

    @property
    def action(self) -> Action:
        return Action.BOOK if self.wanted else Action.CANCEL


def _refusal(asks: _Asks, household_id: int, timing: Timing, powers: frozenset[PlanningRefusal]) -> Refusal | None:
    """The one judge of a single cell, for the page as for the save: the first reason that no power passes over."""
    facts = asks.facts
    if facts.booked_by not in (None, household_id):
        return _held_by_other_household(asks)
    if asks.wanted and not facts.open:
        return Refusal(PlanningRefusal.NO_SERVICE)
    found = (reason for reason in _reasons(asks, timing) if reason is not None and reason.code not in powers)
    return next(found, None)


def _reasons(asks: _Asks, timing: Timing) -> tuple[Refusal | None, ...]:
    """All that stands against a wish to change an open cell which no other household holds."""
    out_of_time = timing.refusal(asks.action, day=asks.day, rule=asks.facts.rule)
    return _not_theirs(asks), _not_entitled(asks), out_of_time, _full(asks)


def _held_by_other_household(asks: _Asks) -> Refusal:
    if asks.seen and not asks.wanted:  # ours on the form: the booking that it meant to cancel is gone
        return Refusal(PlanningRefusal.CHANGED_MEANWHILE, by_other_household=True)
    return Refusal(PlanningRefusal.OTHER_HOUSEHOLD, booked=True)


def _not_theirs(asks: _Asks) -> Refusal | None:
    return None if asks.facts.may_change else Refusal(PlanningRefusal.OTHER_HOUSEHOLD, booked=False)


def _not_entitled(asks: _Asks) -> Refusal | None:
    """Only booking asks for an entitlement: what was booked under a lost one may be cancelled."""
    return Refusal(PlanningRefusal.NOT_ENTITLED) if asks.wanted and not asks.facts.entitled else None


def _full(asks: _Asks) -> Refusal | None:
    """While somebody waits, a free place goes to whom it is offered, and to nobody else."""
    facts = asks.facts
    if not asks.wanted or facts.capacity is None:
        return None
    is_full = facts.taken >= facts.capacity or (facts.waiters > 0 and not facts.offered)
    return Refusal(PlanningRefusal.FULL) if is_full else None


_Partners = Mapping[int, frozenset[int]]
_Kept = Mapping[Cell, Change]


@dataclass(frozen=True)
class _Ties:
    """What the activities of one day ask of one another."""

    situation: Situation
    together: _Partners
    incompatible: _Partners

    @classmethod
    def of(cls, situation: Situation) -> "_Ties":
        return cls(situation, _partners(situation.together), _partners(situation.incompatible))

    def refusals(self, changes: Iterable[Change]) -> dict[Change, Refusal]:
        """Give changes up, round by round, until the state that the others would leave is allowed.

        A round gives up together all that it finds wrong, so that no order plays a part. What cannot come
        without its partner goes first: it stands in nobody's way.
        """
        kept = {change.cell: change for change in changes}
        refused: dict[Change, Refusal] = {}
        while found := self._parted(kept) or self._clashing(kept):
            refused |= found
            kept = {cell: change for cell, change in kept.items() if change not in found}
        return refused

    def clash(self, change: Change) -> Refusal | None:
        """Why this booking alone cannot stand beside the others of its day."""
        return self._clashing({change.cell: change}).get(change)

    def _parted(self, kept: _Kept) -> dict[Change, Refusal]:
        """Changes that would leave this household with one of two activities that go together and are both open."""
        found: dict[Change, Refusal] = {}
        for cell, change in kept.items():
            bound = (other for other in self._others(self.together, cell) if self._both_open(cell, other))
            apart = (other for other in bound if self._ours(other, kept) != change.wanted)
            if other := next(apart, None):
                found[change] = Refusal(PlanningRefusal.TOGETHER, activity=other.activity_id)
        return found

    def _clashing(self, kept: _Kept) -> dict[Change, Refusal]:
        """Bookings that would stand beside an incompatible one, whichever household made it."""
        found: dict[Change, Refusal] = {}
        for cell, change in kept.items():
            standing = (other for other in self._others(self.incompatible, cell) if self._stands(other, kept))
            if change.wanted and (other := next(standing, None)):
                found[change] = Refusal(PlanningRefusal.INCOMPATIBLE, activity=other.activity_id)
        return found

    def _others(self, partners: _Partners, cell: Cell) -> list[Cell]:
        """The cells tied to this one on its day, those without any service left out."""
        others = (Cell(activity_id, cell.day) for activity_id in sorted(partners.get(cell.activity_id, ())))
        return [other for other in others if other in self.situation.cells]

    def _both_open(self, cell: Cell, other: Cell) -> bool:
        return self.situation.cells[cell].open and self.situation.cells[other].open

    def _ours(self, cell: Cell, kept: _Kept) -> bool:
        """Whether this household would hold the cell."""
        if cell in kept:
            return kept[cell].wanted
        return self.situation.cells[cell].booked_by == self.situation.household_id

    def _stands(self, cell: Cell, kept: _Kept) -> bool:
        """Whether the child would be booked, by whichever household."""
        return self._ours(cell, kept) or self.situation.cells[cell].booked_by not in (None, self.situation.household_id)


def _partners(ties: Iterable[frozenset[int]]) -> _Partners:
    partners: dict[int, frozenset[int]] = {}
    for tied in ties:
        for activity_id in tied:
            partners[activity_id] = partners.get(activity_id, frozenset()) | (tied - {activity_id})
    return partners
