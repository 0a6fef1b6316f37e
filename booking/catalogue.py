"""The town's catalogue and school calendar, read together and kept in the process until their stamp changes.

Only what agents decide is kept here: never a booking, a place, a code or a session.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from booking.models import Activity, ActivityGroup, PublicHoliday, SchoolVacation
from booking.rules import deadlines
from booking.rules.calendar import SchoolCalendar
from booking.rules.deadlines import DeadlineRule
from tenants import context
from tenants.town import queries as town

_KEPT = 200
_catalogues: OrderedDict[tuple[UUID, UUID], "Catalogue"] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """An activity as rules and pages need it."""

    pk: int
    name: str
    group_slug: str
    rule: DeadlineRule


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """A group with its activities, in the town's order."""

    slug: str
    name: str
    activities: tuple[ActivityFacts, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All groups in order, and the calendar that deadlines count with."""

    groups: tuple[GroupFacts, ...]
    calendar: SchoolCalendar
    activities: Mapping[int, ActivityFacts]

    def of_group(self, slug: str) -> tuple[GroupFacts, ...]:
        """The group of that slug, or all of them when none bears it."""
        return tuple(group for group in self.groups if group.slug == slug) or self.groups


def read() -> Catalogue:
    """The current commune's catalogue: four statements the first time after a change, then none."""
    key = (context.current().pk, town.settings().catalogue_stamp)
    with _lock:
        if found := _catalogues.get(key):
            _catalogues.move_to_end(key)
            return found
    built = _read()
    with _lock:
        _catalogues[key] = built
        while len(_catalogues) > _KEPT:
            _catalogues.popitem(last=False)
    return built


def _read() -> Catalogue:
    calendar = SchoolCalendar(
        public_holidays=frozenset(PublicHoliday.objects.values_list("day", flat=True)),
        vacations=tuple(SchoolVacation.objects.values_list("first_day", "last_day")),
    )
    activities: dict[int, list[ActivityFacts]] = {}
    groups = list(ActivityGroup.objects.all())
    own_rule = {group.pk: (group.slug, deadlines.from_json(group.deadline)) for group in groups}
    for activity in Activity.objects.order_by("order", "pk"):
        slug, rule = own_rule[activity.group_id]
        if activity.deadline is not None:
            rule = deadlines.from_json(activity.deadline)
        activities.setdefault(activity.group_id, []).append(ActivityFacts(activity.pk, activity.name, slug, rule))
    facts = tuple(GroupFacts(group.slug, group.name, tuple(activities.get(group.pk, ()))) for group in groups)
    by_pk = {activity.pk: activity for group in facts for activity in group.activities}
    return Catalogue(groups=facts, calendar=calendar, activities=by_pk)
