"""Lists of the day on paper: by activity and school, by class, or a week for the wall; ten statements at most."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from booking import roll
from booking.models import Booking, ServiceDay
from booking.rules.weeks import Week
from lps.families.queries.care import CallSheet, Reachable, call_sheet, contacts_of
from lps.families.rules.rollover import name_rank
from lps.kernel.text import sort_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is printed: of a day (or its week), one activity, a group, or everything; whose, with what beside names."""

    day: date
    sites: frozenset[int] = frozenset()
    activities: frozenset[int] = frozenset()
    activity: int | None = None
    group: str = ""
    with_contacts: bool = False
    with_health: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A child on a list: its class and name, what to know of it, whom to call."""

    child_id: int
    school_class: str
    name: str
    diets: tuple[str, ...]
    health: tuple[str, ...]
    forbidden: tuple[str, ...]
    contacts: tuple[Reachable, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The children booked for a service day, in the order of classes then names."""

    held: ServiceDay
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class ClassSheet:
    """The children of a class who are booked that day, and for which activities, in the town's order."""

    site: str
    school_class: str
    activities: Sequence[str]
    rows: Sequence[tuple[Row, Sequence[bool]]]


@dataclass(frozen=True, slots=True)
class WeekSheet:
    """An activity of a school in a week: its days, and who is booked on each."""

    activity: str
    site: str
    days: Sequence[date]
    rows: Sequence[tuple[Row, Sequence[bool]]]
    totals: Sequence[int]


def held_on(wanted: Wanted) -> list[ServiceDay]:
    """The service days that are asked for, by activity then school."""
    held = roll.service_days_of(wanted.day, sites=wanted.sites, activities=wanted.activities)
    return [one for one in held if _is_wanted(one, wanted)]


def by_activity(wanted: Wanted) -> list[Sheet]:
    """A sheet for each activity of each school on which somebody is booked."""
    held = held_on(wanted)
    booked = _booked(held)
    rows = _rows(booked, wanted)
    sheets = [Sheet(one, [rows[pk] for pk in rows if pk in booked.get(one.pk, ())]) for one in held]
    return [sheet for sheet in sheets if sheet.rows]


def by_class(wanted: Wanted) -> list[ClassSheet]:
    """A sheet for each class, with a column for each activity that one of its children has."""
    held = held_on(wanted)
    booked = _booked(held)
    rows = _rows(booked, wanted)
    found: dict[tuple[str, str], dict[int, set[int]]] = {}
    for one in held:
        for pk in booked.get(one.pk, ()):
            key = (one.site.name, rows[pk].school_class)
            found.setdefault(key, {}).setdefault(pk, set()).add(one.activity_id)
    names = {one.activity_id: one.activity.name for one in held}
    return [
        _class_sheet(site, school_class, found[site, school_class], rows, names)
        for site, school_class in sorted(found, key=lambda key: (sort_key(key[0]), name_rank(key[1])))
    ]


def of_week(wanted: Wanted) -> list[WeekSheet]:
    """A sheet for each activity of each school that is held in the day's week, with a column a day."""
    monday = Week.of(wanted.day).monday
    days = ServiceDay.objects.filter(open=True, day__range=(monday, monday + timedelta(days=6)))
    if wanted.sites:
        days = days.filter(site__in=wanted.sites)
    if wanted.activities:
        days = days.filter(activity__in=wanted.activities)
    ordered = days.select_related("activity__group", "site").order_by(
        "activity__group__order", "activity__order", "activity", "site__name", "day"
    )
    held = [one for one in ordered if _is_wanted(one, wanted)]
    booked = _booked(held)
    rows = _rows(booked, wanted)
    found: dict[tuple[int, int], list[ServiceDay]] = {}
    for one in held:
        found.setdefault((one.activity_id, one.site_id), []).append(one)
    sheets = [_week_sheet(some, booked, rows) for some in found.values()]
    return [sheet for sheet in sheets if sheet.rows]


def _is_wanted(held: ServiceDay, wanted: Wanted) -> bool:
    return wanted.activity in (None, held.activity_id) and wanted.group in ("", held.activity.group.slug)


def _booked(held: Iterable[ServiceDay]) -> dict[int, set[int]]:
    """The children booked for each of these service days: one statement."""
    found: dict[int, set[int]] = {}
    rows = Booking.objects.standing().filter(service_day__in=[one.pk for one in held]).order_by()
    for service_day, child in rows.values_list("service_day", "child"):
        found.setdefault(service_day, set()).add(child)
    return found


def _rows(booked: Mapping[int, Collection[int]], wanted: Wanted) -> dict[int, Row]:
    """Every child booked, by its key, in the order of classes then names: seven statements at most."""
    children = {pk for some in booked.values() for pk in some}
    sheet = call_sheet(children, day=wanted.day, with_health=wanted.with_health)
    contacts = contacts_of(children, day=wanted.day) if wanted.with_contacts else {}
    ordered = sorted(sheet.order, key=lambda pk: name_rank(sheet.classes.get(pk, "")))
    return {pk: _row(pk, sheet, contacts) for pk in ordered}


def _row(pk: int, sheet: CallSheet, contacts: Mapping[int, tuple[Reachable, ...]]) -> Row:
    return Row(
        child_id=pk,
        school_class=sheet.classes.get(pk, ""),
        name=sheet.names[pk],
        diets=sheet.diets.get(pk, ()),
        health=sheet.health.get(pk, ()),
        forbidden=sheet.forbidden.get(pk, ()),
        contacts=contacts.get(pk, ()),
    )


def _class_sheet(
    site: str,
    school_class: str,
    children: Mapping[int, Collection[int]],
    rows: Mapping[int, Row],
    names: Mapping[int, str],
) -> ClassSheet:
    activities = [pk for pk in names if any(pk in some for some in children.values())]
    return ClassSheet(
        site,
        school_class,
        [names[pk] for pk in activities],
        [(rows[pk], [one in children[pk] for one in activities]) for pk in rows if pk in children],
    )


def _week_sheet(
    held: Sequence[ServiceDay], booked: Mapping[int, Collection[int]], rows: Mapping[int, Row]
) -> WeekSheet:
    present = {pk for one in held for pk in booked.get(one.pk, ())}
    return WeekSheet(
        held[0].activity.name,
        held[0].site.name,
        [one.day for one in held],
        [(rows[pk], [pk in booked.get(one.pk, ()) for one in held]) for pk in rows if pk in present],
        [len(booked.get(one.pk, ())) for one in held],
    )
