"""What the planning page shows: weeks of tiles with their deadlines, worked out from facts read once."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from booking import absences, planning_form, prices, queries, sentences
from booking.absences import Declared
from booking.catalogue import ActivityFacts, Catalogue, GroupFacts
from booking.prices import Prices
from booking.rules.deadlines import Closing, Opening, deadline, describe, opening
from booking.rules.planning import NO_POWERS, Cell, CellView, Change, DayFacts, PlanningRefusal, Timing, cell_state
from booking.rules.weeks import Week, days_of
from lps.families.models import Child, Household
from lps.kernel.refusals import Refusal
from lps.ui import grid
from lps.ui.grid import Away, Column, Tile, TileKind

NEAR = timedelta(hours=24)
_WORKDAYS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Which part of the planning is asked for; without `child_code`, full days lead to no page of the child."""

    child_code: str
    first: Week
    number: int
    groups: tuple[GroupFacts, ...]

    @property
    def weeks(self) -> list[Week]:
        return [self.first.shifted(number) for number in range(self.number)]

    @property
    def days(self) -> list[date]:
        return [day for week in self.weeks for day in days_of(week)]


@dataclass(frozen=True, slots=True)
class DeadlineLine:
    """A sentence above a week: "calm" when far, "near" on its last day, "shut" afterwards.

    `past` takes its place when a page stays open beyond `closes_at`: of one day, it does not speak of the week.
    """

    text: str
    state: str = "calm"
    closes_at: datetime | None = None
    left: str = ""
    past: str = ""


@dataclass(frozen=True, slots=True)
class WeekBlock:
    """A week as its template draws it; `notes` say why days are locked or empty: "mardi 11/11 : Armistice 1918"."""

    number: int
    first: date
    last: date
    columns: Sequence[Column]
    deadlines: Sequence[DeadlineLine]
    notes: Sequence[str]
    body: SafeString
    price: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The weeks, and the signed list of what may be changed on them ("" when nothing may).

    Of the changes sent and not kept, `unsaved` are ticked again and `gone` may no longer be made.
    """

    weeks: Sequence[WeekBlock]
    seen: str
    price_note: str = ""
    unsaved: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """What an agent may do on the planning that parents see: pass over some rules from a day on, in some places.

    `may` is asked with a school (None when the child is in none) and an activity; `ticked` are the boxes of a form
    that comes back to be mended. `read_only`: nothing may be changed, and nothing needs be explained.
    `tells_absences`: the agent may read what the family declared.
    """

    powers: frozenset[PlanningRefusal]
    since: date
    may: Callable[[int | None, int], bool]
    ticked: Collection[Cell] | None = None
    read_only: bool = False
    tells_absences: bool = False

    def powers_on(self, day: date) -> frozenset[PlanningRefusal]:
        """What may be passed over that day."""
        return self.powers if day >= self.since else NO_POWERS


def build(
    *,
    child: Child,
    household: Household,
    shown: Shown,
    catalogue: Catalogue,
    zone: ZoneInfo,
    now: datetime,
    counter: Counter | None = None,
    sent: Sequence[Change] = (),
) -> Page:
    """Read the days shown and draw them as they stand at `now` (aware), for a parent or at the counter.

    Changes that were `sent` and not kept are drawn on them, to be validated.
    """
    pks = [activity.pk for group in shown.groups for activity in group.activities]
    days = queries.days_of_child(child=child, household=household, days=shown.days, activities=pks, at=now)
    wishes = {change.cell: change.wanted for change in sent}
    declared = _declared(child, household, shown, days) if counter is None or counter.tells_absences else {}
    drawing = _Drawing(household.pk, days, shown, catalogue, zone, now, counter, wishes, declared)
    told = drawing.prices(child, household) if counter is None else Prices()
    weeks = [drawing.week(week, told.weeks.get(week.monday, "")) for week in shown.weeks] if drawing.groups else []
    seen = planning_form.seen_field(drawing.changeable, child=child, household=household) if drawing.changeable else ""
    unsaved = sum(drawing.changeable.get(cell, wanted) != wanted for cell, wanted in wishes.items())
    gone = sum(cell not in drawing.changeable and drawing.is_booked(cell) != wanted for cell, wanted in wishes.items())
    return Page(weeks, seen, told.note, unsaved, gone)


def _declared(child: Child, household: Household, shown: Shown, days: queries.Days) -> Mapping[Cell, Declared]:
    """The absence that the household declared for each of its bookings shown: one statement."""
    rows = absences.declared(household.pk, first_day=shown.days[0], last_day=shown.days[-1])
    booked = [cell for cell, standing in days.bookings.items() if standing.household_id == household.pk]
    return absences.told_of(booked, rows, child_id=child.pk)


class _Drawing:
    """Draws weeks; remembers which cells may be changed."""

    def __init__(
        self,
        household_id: int,
        days: queries.Days,
        shown: Shown,
        catalogue: Catalogue,
        zone: ZoneInfo,
        now: datetime,
        counter: Counter | None,
        wishes: Mapping[Cell, bool],
        declared: Mapping[Cell, Declared],
    ) -> None:
        self.counter = counter
        self.declared = declared
        self.wishes = wishes
        self.household_id = household_id
        self.days = days
        self.shown = shown
        self.catalogue = catalogue
        self.zone = zone
        self.now = now
        self.today = now.astimezone(zone).date()
        self.groups = [group for group in (self._for_the_child(group, shown) for group in shown.groups) if group]
        self.activities = [activity for group in self.groups for activity in group.activities]
        self.busy = self._busy_days()
        self.timing = Timing(calendar=catalogue.calendar, zone=zone, at=now)
        self.changeable: dict[Cell, bool] = {}
        self.closed: dict[tuple[date, str], None] = {}
        self.held: set[Cell] = set()
        self.reasons: dict[Refusal, str] = {}
        self.to_explain: dict[date, None] = {}

    def prices(self, child: Child, household: Household) -> Prices:
        """What the household's bookings of the weeks that are not over may cost it."""
        days = [day for week in self.shown.weeks if week.sunday >= self.today for day in days_of(week)]
        shown, booked = set(days), dict[int, list[date]]()
        for cell, standing in self.days.bookings.items():
            if standing.household_id == self.household_id and cell.day in shown:
                booked.setdefault(cell.activity_id, []).append(cell.day)
        return prices.estimate(household=household, child=child, days=days, booked=booked)

    def is_booked(self, cell: Cell) -> bool:
        """Whether the household has it."""
        standing = self.days.bookings.get(cell)
        return standing is not None and standing.household_id == self.household_id

    def week(self, week: Week, price: str) -> WeekBlock:
        columns = self._columns(week)
        self.closed.clear()
        self.to_explain.clear()
        lines = [(one.name, [self._tile(one, column) for column in columns]) for one in self.activities]
        return WeekBlock(
            number=week.number,
            first=week.monday,
            last=week.sunday,
            columns=columns,
            deadlines=list(self._deadlines(week)),
            notes=[
                *grid.why_locked(columns=columns, lines=lines),
                *grid.absences(columns=columns, lines=lines),
                *self._notes(columns),
            ],
            body=grid.rows(name=planning_form.BOX, columns=columns, lines=lines),
            price=price,
        )

    def _for_the_child(self, group: GroupFacts, shown: Shown) -> GroupFacts | None:
        """The group without the activities that the child neither may book nor has on any day shown.

        Whoever may pass over entitlements sees all of them.
        """
        if self.counter and PlanningRefusal.NOT_ENTITLED in self.counter.powers:
            return group if group.activities else None
        had = {cell.activity_id for cell in self.days.bookings}
        activities = tuple(
            activity
            for activity in group.activities
            if activity.pk in had or (not activity.retired and self._may_book(activity, shown.days))
        )
        return replace(group, activities=activities) if activities else None

    def _may_book(self, activity: ActivityFacts, days: Sequence[date]) -> bool:
        return not activity.is_guarded or any(self.days.may_book(activity, day) for day in days)

    def _busy_days(self) -> frozenset[date]:
        """The days on which something shown is held, booked, or closed for a reason."""
        pks = {activity.pk for activity in self.activities}
        cells = (*self.days.service_days, *self.days.bookings)
        return frozenset(cell.day for cell in cells if cell.activity_id in pks and self._has_a_column(cell))

    def _has_a_column(self, cell: Cell) -> bool:
        held = self.days.service_days.get(cell)
        return cell in self.days.bookings or (held is not None and (held.open or bool(self._why_closed(cell))))

    def _columns(self, week: Week) -> list[Column]:
        """Monday to Friday, and the busy days of the week-end."""
        days = days_of(week)
        return [Column.of(day) for day in days if day in days[:_WORKDAYS] or day in self.busy]

    def _tile(self, activity: ActivityFacts, column: Column) -> Tile:
        cell = Cell(activity.pk, column.day)
        if cell not in self.days.service_days and cell not in self.days.bookings:
            return self._empty(cell)
        facts = queries.facts(cell, days=self.days, catalogue=self.catalogue)
        if not facts.open:
            empty = self._empty(cell)  # its reason is told of a booked day too
            if facts.booked_by is None:
                return empty
        self.held.add(cell)
        view = cell_state(facts, day=column.day, household_id=self.household_id, timing=self.timing)
        if self.counter is not None:
            return self._at_the_counter(self.counter, view, facts, cell, column.sent)
        return self._open(view.booked, cell, column.sent) if view.changeable else self._locked(view, cell)

    def _open(self, booked: bool, cell: Cell, sent: str) -> Tile:
        self.changeable[cell] = booked
        ticked = self.counter.ticked if self.counter else None
        is_ticked = self.wishes.get(cell, booked) if ticked is None else cell in ticked
        value = f"{cell.activity_id}-{sent}"
        return Tile(TileKind.OPEN, booked=is_ticked, value=value, is_unsaved=is_ticked != booked, away=self._away(cell))

    def _at_the_counter(self, counter: Counter, view: CellView, facts: DayFacts, cell: Cell, sent: str) -> Tile:
        """What the agent may change, the rules passed over included; the days that ask for a reason are noted."""
        if counter.read_only:
            return Tile(TileKind.LOCKED, booked=view.booked, away=self._away(cell))
        if not counter.may(self.days.place(cell.day).site_id, cell.activity_id):
            reason = _("hors de vos écoles ou de vos activités")
            return Tile(TileKind.LOCKED, booked=view.booked, reason=reason, away=self._away(cell))
        if view.changeable:
            return self._open(view.booked, cell, sent)
        powers = counter.powers_on(cell.day)
        passed = cell_state(facts, day=cell.day, household_id=self.household_id, timing=self.timing, powers=powers)
        if not passed.changeable:
            return self._locked(passed, cell)
        self.to_explain[cell.day] = None
        return self._open(passed.booked, cell, sent)

    def _empty(self, cell: Cell) -> Tile:
        """A cell where nothing is held; what explains it is noted for the week."""
        why = self._why_closed(cell)
        if why:
            self.closed[cell.day, why] = None
        return Tile(TileKind.NONE, reason=why)

    def _why_closed(self, cell: Cell) -> str:
        """The public holiday or the closure that explains an empty cell, with its activity's usual days."""
        if cell.day.weekday() not in self.catalogue.activities[cell.activity_id].weekdays:
            return ""
        return self.catalogue.why_closed(cell.day, place=self.days.place(cell.day), activity_id=cell.activity_id)

    def _notes(self, columns: Sequence[Column]) -> Iterator[str]:
        """Each day that a public holiday or a closure empties, once a reason; then the places offered.

        At the counter, first the days that are changed with a reason alone.
        """
        if self.to_explain:
            days = ", ".join(map(sentences.named_day, sorted(self.to_explain)))
            yield _("Motif à donner pour changer\u00a0: %(days)s") % {"days": days}
        for day, why in sorted(self.closed):
            yield f"{sentences.named_day(day)}\u00a0: {why}"
        for column in columns if self.days.lists else ():
            for activity in self.activities:
                if accept_by := self._waiting(Cell(activity.pk, column.day)).accept_by:
                    yield sentences.offer_sentence(activity.name, column.day, accept_by=accept_by, zone=self.zone)

    def _locked(self, view: CellView, cell: Cell) -> Tile:
        assert view.reason is not None
        reason = self._lock_reason(view.reason)
        if view.by_other_household:
            return Tile(TileKind.OTHER, note=reason)
        if view.reason.code == PlanningRefusal.FULL:
            return self._full(cell)
        return Tile(TileKind.LOCKED, booked=view.booked, reason=reason, away=self._away(cell))

    def _away(self, cell: Cell) -> Away | None:
        """The absence declared for what the household has there, and its page."""
        declared = self.declared.get(cell)
        if declared is None:
            return None
        page = "booking_office:absence" if self.counter else "booking:absence"
        return Away(declared.number, reverse(page, args=[declared.pk]))

    def _lock_reason(self, refusal: Refusal) -> str:
        """Its sentence, made once for all the cells that it locks."""
        if refusal not in self.reasons:
            self.reasons[refusal] = sentences.lock_reason(refusal.code, refusal.facts, zone=self.zone)
        return self.reasons[refusal]

    def _full(self, cell: Cell) -> Tile:
        """A full day, with the child's place in its waiting list; the tile leads to that list."""
        position = self._waiting(cell).position
        note = _("attente n°\u00a0%(position)s") % {"position": position} if position else _("complet")
        code = self.shown.child_code
        href = reverse("booking:waiting", args=[code, planning_form.box_value(cell)]) if code else ""
        return Tile(TileKind.FULL, note=note, reason=_("liste d'attente"), href=href)

    def _waiting(self, cell: Cell) -> queries.WaitingFacts:
        held = self.days.service_days.get(cell)
        return self.days.lists.get(held.pk, queries.NOBODY_WAITS) if held else queries.NOBODY_WAITS

    def _deadlines(self, week: Week) -> Iterator[DeadlineLine]:
        """One line per different deadline of the days drawn as held, named by its groups when there are several."""
        governed: dict[tuple[Closing, str], _Governed] = {}
        of_week = days_of(week)
        for group in self.groups:
            for activity in group.activities:
                days = [day for day in of_week if Cell(activity.pk, day) in self.held]
                for closing, action, openings in _closings(activity) if days else ():
                    found = governed.setdefault((closing, action), _Governed({}, set(), set()))
                    found.names[group.name] = None
                    found.days.update(days)
                    found.openings.update(openings)
        for (closing, action), found in governed.items():
            line = self._deadline_line(closing, found)
            heading = " · ".join((*found.names, action) if action else found.names)
            yield line if len(governed) == 1 else _headed(line, heading)

    def _deadline_line(self, closing: Closing, governed: "_Governed") -> DeadlineLine:
        """The instant that the week still waits for, else that it is past."""
        instants = {
            day: deadline(closing, day=day, calendar=self.catalogue.calendar, zone=self.zone)
            for day in sorted(governed.days)
        }
        to_come = [(at, day) for day, at in instants.items() if at > self.now]
        if not to_come:
            return DeadlineLine(self._past(max(instants.values())), "shut")
        if opens_at := self._opens_later(governed):
            return DeadlineLine(_("Réservable à partir du %(when)s") % {"when": sentences.at(opens_at, self.zone)})
        closes_at, day = min(to_come)
        left = closes_at - self.now
        if left > NEAR:
            return DeadlineLine(sentences.rule_sentence(describe(closing), closes_at=closes_at, zone=self.zone))
        past = _("Date limite passée")
        text = sentences.rule_sentence(describe(closing), closes_at=closes_at, zone=self.zone)
        if len(set(instants.values())) > 1:
            text = sentences.day_sentence(day, closes_at=closes_at, today=self.today, zone=self.zone)
            past = _under(sentences.named_day(day).capitalize(), past)
        return DeadlineLine(text, "near", closes_at, sentences.time_left(left), past)

    def _past(self, closed_at: datetime) -> str:
        if self.now - closed_at > timedelta(days=7):
            return _("Semaine fermée aux familles") if self.counter else _("Semaine non modifiable")
        return _("Date limite passée depuis le %(when)s") % {"when": sentences.at(closed_at, self.zone)}

    def _opens_later(self, governed: "_Governed") -> datetime | None:
        """When the first of these days opens, if none of them is open yet."""
        first_day = min(governed.days)
        opens_at = min((opening(one, day=first_day, zone=self.zone) for one in governed.openings), default=self.now)
        return opens_at if opens_at > self.now else None


@dataclass(frozen=True, slots=True)
class _Governed:
    """What one deadline governs in a week: the groups, in their order, the days on which they are held, and from when
    these may be booked (nothing for a deadline of cancellations alone).
    """

    names: dict[str, None]
    days: set[date]
    openings: set[Opening]


def _closings(activity: ActivityFacts) -> tuple[tuple[Closing, str, tuple[Opening, ...]], ...]:
    """The deadlines of an activity: one, or two when booking and canceling are apart."""
    rule = activity.rule
    if rule.book == rule.cancel:
        return ((rule.book, "", (rule.opening,)),)
    return ((rule.book, _("réserver"), (rule.opening,)), (rule.cancel, _("annuler"), ()))


def _headed(line: DeadlineLine, heading: str) -> DeadlineLine:
    past = _under(heading, line.past) if line.past else ""
    return DeadlineLine(_under(heading, line.text), line.state, line.closes_at, line.left, past)


def _under(heading: str, text: str) -> str:
    return f"{heading}\u00a0: {text[0].lower()}{text[1:]}"
