"""The town's catalogue and school calendar, read together and kept in the process until their stamp changes.

Only what agents decide is kept here: never a booking, a place, a code or a session.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from threading import Lock
from uuid import UUID

from booking.models import (
    Activity,
    ActivityGroup,
    ActivityTie,
    Campaign,
    Closure,
    Entitlement,
    Period,
    PublicHoliday,
    SchoolVacation,
)
from booking.rules import deadlines
from booking.rules.calendar import SchoolCalendar
from booking.rules.deadlines import DeadlineRule
from booking.rules.entitlements import Access
from booking.rules.periods import PeriodFacts
from tenants import context
from tenants.town import queries as town

_KEPT = 200
_catalogues: OrderedDict[tuple[UUID, UUID], "Catalogue"] = OrderedDict()
_lock = Lock()

Ties = frozenset[frozenset[int]]


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """An activity as rules and pages need it; `ways` are the ways to be entitled to it, none meaning all children.

    `reserved` holds the days, both included, that a campaign keeps for the children whom the town validated.
    A `retired` one is no longer offered: its past is told, and what is booked can be left.
    """

    pk: int
    name: str
    group_slug: str
    rule: DeadlineRule
    weekdays: frozenset[int] = frozenset()
    ways: tuple[Access, ...] = ()
    reserved: tuple[tuple[date, date], ...] = ()
    retired: bool = False

    @property
    def is_guarded(self) -> bool:
        """Whether some children may not book it: else nobody asks who is admitted by name."""
        return bool(self.ways or self.reserved)

    def is_reserved(self, day: date) -> bool:
        """Whether that day is for the children admitted by name alone."""
        return any(first <= day <= last for first, last in self.reserved)


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """A group with its activities, in the town's order."""

    slug: str
    name: str
    activities: tuple[ActivityFacts, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a child is on a day, as closures name it: its school, its class. Nowhere without a class."""

    site_id: int | None = None
    school_class_id: int | None = None


@dataclass(frozen=True, slots=True)
class ClosureFacts:
    """Days on which nothing is held, both included; None means every site, every class, every activity."""

    first_day: date
    last_day: date
    reason: str
    site_id: int | None
    school_class_id: int | None
    activity_id: int | None

    def covers(self, day: date, *, place: Place, activity_id: int) -> bool:
        """Whether an activity is closed on that day for a child who is there."""
        return (
            self.first_day <= day <= self.last_day
            and self.site_id in (None, place.site_id)
            and self.school_class_id in (None, place.school_class_id)
            and self.activity_id in (None, activity_id)
        )


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All groups in order, how activities are tied, and the calendar that deadlines count with."""

    stamp: UUID
    groups: tuple[GroupFacts, ...]
    calendar: SchoolCalendar
    activities: Mapping[int, ActivityFacts]
    incompatible: Ties = frozenset()
    together: Ties = frozenset()
    holidays: Mapping[date, str] = field(default_factory=dict)
    closures: tuple[ClosureFacts, ...] = ()
    periods: tuple[PeriodFacts, ...] = ()

    def of_group(self, slug: str) -> tuple[GroupFacts, ...]:
        """The group of that slug, or all of them when none bears it."""
        return tuple(group for group in self.groups if group.slug == slug) or self.groups

    def kept_to(self, activities: Collection[int]) -> tuple[GroupFacts, ...]:
        """The groups with these activities alone; all of them when none is given."""
        if not activities:
            return self.groups
        kept = (
            replace(group, activities=tuple(one for one in group.activities if one.pk in activities))
            for group in self.groups
        )
        return tuple(group for group in kept if group.activities)

    @property
    def offered(self) -> tuple[GroupFacts, ...]:
        """The groups of which something is offered."""
        return tuple(group for group in self.groups if any(not activity.retired for activity in group.activities))

    @property
    def activity_names(self) -> dict[int, str]:
        """The activities' names by their keys."""
        return {pk: activity.name for pk, activity in self.activities.items()}

    def period(self, pk: int) -> PeriodFacts | None:
        """The period of that key, or None."""
        return next((period for period in self.periods if period.pk == pk), None)

    def tied_to(self, activities: Iterable[int]) -> frozenset[int]:
        """These activities and all those that a tie binds to one of them."""
        asked = frozenset(activities)
        return asked.union(*(tied for tied in self.incompatible | self.together if tied & asked))

    def why_closed(self, day: date, *, place: Place, activity_id: int) -> str:
        """The public holiday's name or the closure's reason; empty when neither explains that nothing is held."""
        if day in self.holidays:
            return self.holidays[day]
        covering = (one for one in self.closures if one.covers(day, place=place, activity_id=activity_id))
        return next((one.reason for one in covering), "")

    def is_closed_for_the_class(self, day: date, *, place: Place, activity_id: int) -> bool:
        """Whether a closure of the child's class alone takes the day away: the others' day stays open."""
        return any(
            one.school_class_id is not None and one.covers(day, place=place, activity_id=activity_id)
            for one in self.closures
        )


def read() -> Catalogue:
    """The current commune's catalogue: ten statements the first time after a change, then none."""
    key = (context.current().pk, town.settings().catalogue_stamp)
    with _lock:
        if found := _catalogues.get(key):
            _catalogues.move_to_end(key)
            return found
    built = _read(key[1])
    with _lock:
        _catalogues[key] = built
        while len(_catalogues) > _KEPT:
            _catalogues.popitem(last=False)
    return built


def _read(stamp: UUID) -> Catalogue:
    holidays = dict(PublicHoliday.objects.values_list("day", "name"))
    calendar = SchoolCalendar(
        public_holidays=frozenset(holidays),
        vacations=tuple(SchoolVacation.objects.values_list("first_day", "last_day")),
    )
    groups = _groups()
    return Catalogue(
        stamp=stamp,
        groups=groups,
        calendar=calendar,
        activities={activity.pk: activity for group in groups for activity in group.activities},
        holidays=holidays,
        closures=tuple(
            ClosureFacts(*found)
            for found in Closure.objects.filter(undone_at__isnull=True).values_list(
                "first_day", "last_day", "reason", "site_id", "school_class_id", "activity_id"
            )
        ),
        periods=_periods(),
        **_ties(),
    )


def _groups() -> tuple[GroupFacts, ...]:
    groups = list(ActivityGroup.objects.all())
    known: dict[DeadlineRule, DeadlineRule] = {}

    def rule_of(written: object) -> DeadlineRule:
        """Equal rules become one, so that a page judges each of its days once."""
        rule = deadlines.from_json(written)
        return known.setdefault(rule, rule)

    own_rule = {group.pk: (group.slug, rule_of(group.deadline)) for group in groups}
    ways, reserved = _ways(), _reserved()
    activities: dict[int, list[ActivityFacts]] = {}
    for activity in Activity.objects.order_by("order", "pk"):
        slug, rule = own_rule[activity.group_id]
        if activity.deadline is not None:
            rule = rule_of(activity.deadline)
        facts = ActivityFacts(
            pk=activity.pk,
            name=activity.name,
            group_slug=slug,
            rule=rule,
            weekdays=frozenset(activity.weekdays),
            ways=tuple(ways.get(activity.pk, ())),
            reserved=tuple(reserved.get(activity.pk, ())),
            retired=activity.retired_at is not None,
        )
        activities.setdefault(activity.group_id, []).append(facts)
    return tuple(GroupFacts(group.slug, group.name, tuple(activities.get(group.pk, ()))) for group in groups)


def _ways() -> dict[int, list[Access]]:
    ways: dict[int, list[Access]] = {}
    for row in Entitlement.objects.all():
        way = Access(site_id=row.site_id, level=row.level, youngest=row.youngest, oldest=row.oldest)
        ways.setdefault(row.activity_id, []).append(way)
    return ways


def _reserved() -> dict[int, list[tuple[date, date]]]:
    """The days that campaigns keep for the children whom they validate, by activity."""
    reserved: dict[int, list[tuple[date, date]]] = {}
    rows = Campaign.objects.filter(reserves=True).order_by("pk")
    for activity, first, last in rows.values_list("activities", "first_day", "last_day"):
        reserved.setdefault(activity, []).append((first, last))
    return reserved


def _periods() -> tuple[PeriodFacts, ...]:
    return tuple(
        PeriodFacts(
            pk=period.pk,
            first_day=period.first_day,
            last_day=period.last_day,
            offered={activity.pk: frozenset(activity.weekdays) for activity in period.activities.all()},
            opens_at=period.opens_at,
            closes_at=period.closes_at,
        )
        for period in Period.objects.prefetch_related("activities")
    )


def _ties() -> dict[str, Ties]:
    """Ties of each kind, under the names that `Catalogue` gives them."""
    found: dict[str, set[frozenset[int]]] = {kind: set() for kind in ActivityTie.Kind.values}
    for kind, first, second in ActivityTie.objects.values_list("kind", "first", "second"):
        found[kind].add(frozenset((first, second)))
    return {kind: frozenset(ties) for kind, ties in found.items()}
