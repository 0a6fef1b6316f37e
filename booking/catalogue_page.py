"""What the agents' page of the catalogue shows: groups, activities, their days and deadlines in words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking import sentences
from booking.models import Activity, ActivityGroup
from booking.rules import deadlines
from booking.rules.opening import DaysPlan, Made, Slot
from lps.families.queries.school import site_names

LISTED = 60  # days named in a preview: what a person reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group with the activities that this agent sees."""

    group: ActivityGroup
    deadline: str
    activities: tuple["Line", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An activity in the list: when it is held in words, its own deadline if it has one, whether one that is offered
    stands above it and below it.
    """

    activity: Activity
    when: str
    deadline: str
    may_change: bool
    may_rise: bool
    may_sink: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What a change does to the days of an activity, to be read before it is accepted."""

    opening: int
    changing: int
    closing: int
    kept: tuple["Touched", ...]
    crowded: tuple["Touched", ...]

    @property
    def is_nothing(self) -> bool:
        return not (self.opening or self.changing or self.closing or self.kept)


@dataclass(frozen=True, slots=True)
class Touched:
    """A day of a school that holds bookings or offers."""

    day: date
    site: str
    booked: int
    offered: int


def groups_seen(*, activities: Collection[int], changeable: Collection[int] | None) -> list[Group]:
    """Groups and activities in the town's order: two statements.

    `activities` are those that the agent is kept to (none: all); `changeable` those that it may change, None for all.
    """
    found = []
    for group in ActivityGroup.objects.prefetch_related("activities"):
        ordered = sorted(group.activities.all(), key=_offered_first)
        offered = [one.pk for one in ordered if one.retired_at is None]
        lines = tuple(
            _line(one, offered, may_change=changeable is None or one.pk in changeable)
            for one in ordered
            if not activities or one.pk in activities
        )
        if lines or not activities:
            words = sentences.rule_words(deadlines.from_json(group.deadline))
            found.append(Group(group=group, deadline=words, activities=lines))
    return found


def when_words(activity: Activity) -> str:
    """ "lundi, jeudi, temps scolaire, 40 places par jour, repas"."""
    weekdays = sentences.weekday_names(sorted(activity.weekdays)) or _("aucun jour")
    parts = [weekdays, activity.get_season_display()]
    if activity.places is None:
        parts.append(_("places illimitées"))
    else:
        number = ngettext("%(number)s place par jour", "%(number)s places par jour", activity.places)
        parts.append(number % {"number": activity.places})
    return ", ".join([*parts, _("repas")] if activity.is_meal else parts)


def effects(plan: DaysPlan) -> Effects:
    """A plan in numbers and names: one statement."""
    names = site_names()
    return Effects(
        opening=plan.opening,
        changing=plan.changing,
        closing=len(plan.close),
        kept=touched(plan.kept, names),
        crowded=touched(plan.crowded, names),
    )


def touched(days: Mapping[Slot, Made], names: Mapping[int, str]) -> tuple[Touched, ...]:
    """Days by their dates and the names of their schools."""
    rows = (Touched(day, names.get(site, ""), made.booked, made.offered) for (_, site, day), made in days.items())
    return tuple(sorted(rows, key=lambda row: (row.day, row.site)))


def _line(activity: Activity, offered: Sequence[int], *, may_change: bool) -> Line:
    own = sentences.rule_words(deadlines.from_json(activity.deadline)) if activity.deadline is not None else ""
    return Line(
        activity=activity,
        when=when_words(activity),
        deadline=own,
        may_change=may_change,
        may_rise=activity.pk in offered[1:],
        may_sink=activity.pk in offered[:-1],
    )


def _offered_first(activity: Activity) -> tuple[bool, int, int]:
    return activity.retired_at is not None, activity.order, activity.pk
