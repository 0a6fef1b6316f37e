"""The roll of a day: who is expected at an activity of a school, who came, and what to know of each child.

Ten statements at most, however many children.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from booking.models import Absence, Attendance, Booking, ServiceDay
from lps.families.models import Child
from lps.families.queries.care import CallSheet, call_sheet
from lps.families.queries.pupils import pupils_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A child on the roll. `state` is "" until somebody says it; `expected` when a booking stands."""

    child_id: int
    name: str
    school_class: str
    expected: bool
    excused: bool
    state: str = ""
    arrived_at: datetime | None = None
    left_at: datetime | None = None
    diets: tuple[str, ...] = ()
    health: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roll:
    """The lines of a service day in the order of names, and their counts."""

    service_day: ServiceDay
    lines: tuple[Line, ...]
    by_child: Mapping[int, Line] = field(default_factory=dict)

    @property
    def expected(self) -> int:
        return sum(line.expected for line in self.lines)

    @property
    def called(self) -> int:
        return sum(bool(line.state) for line in self.lines)

    @property
    def present(self) -> int:
        return sum(line.state == Attendance.State.PRESENT for line in self.lines)


def read(service_day: ServiceDay, *, with_health: bool) -> Roll:
    """The roll of one service day; `with_health` opens health notes, whose reading the caller logs."""
    expected = set(Booking.objects.standing().filter(service_day=service_day).values_list("child", flat=True))
    noted = {row.child_id: row for row in Attendance.objects.filter(service_day=service_day)}
    children = expected | set(noted)
    sheet = call_sheet(children, day=service_day.day, with_health=with_health)
    excused = _excused(children, activity_id=service_day.activity_id, day=service_day.day)
    lines = tuple(_line(pk, sheet, noted.get(pk), pk in expected, pk in excused) for pk in sheet.order)
    return Roll(service_day, lines, {line.child_id: line for line in lines})


def service_days_of(day: date, *, sites: Collection[int] = (), activities: Collection[int] = ()) -> list[ServiceDay]:
    """What is held on a day, by activity then school; only these schools and activities when some are given."""
    found = ServiceDay.objects.filter(day=day, open=True).select_related("activity__group", "site")
    if sites:
        found = found.filter(site__in=sites)
    if activities:
        found = found.filter(activity__in=activities)
    return list(found.order_by("activity__group__order", "activity__order", "activity", "site__name"))


def may_be_noted(service_day: ServiceDay, children: Collection[int]) -> set[int]:
    """Those of these children who are on the roll, or pupils of its school that day: one statement.

    Whoever is noted is named with its health and whom to call: a child of another school never is.
    """
    here = {"service_day": service_day, "child": OuterRef("pk")}
    on_roll = Exists(Booking.objects.standing().filter(**here)) | Exists(Attendance.objects.filter(**here))
    pupils = pupils_on(service_day.day, site_id=service_day.site_id)
    found = Child.objects.filter(on_roll | Q(pk__in=pupils), pk__in=children)
    return set(found.values_list("pk", flat=True))


def _excused(children: Collection[int], *, activity_id: int, day: date) -> set[int]:
    """The children whose absence that day was accepted, for this activity or for all."""
    accepted = Absence.objects.filter(
        child__in=children, state=Absence.State.ACCEPTED, first_day__lte=day, last_day__gte=day
    )
    concerned = accepted.filter(Q(activities=activity_id) | Q(activities__isnull=True))
    return set(concerned.values_list("child", flat=True))


def _line(pk: int, sheet: CallSheet, noted: Attendance | None, expected: bool, excused: bool) -> Line:
    return Line(
        child_id=pk,
        name=sheet.names[pk],
        school_class=sheet.classes.get(pk, ""),
        expected=expected,
        excused=excused,
        state=noted.state if noted else "",
        arrived_at=noted.arrived_at if noted else None,
        left_at=noted.left_at if noted else None,
        diets=sheet.diets.get(pk, ()),
        health=sheet.health.get(pk, ()),
        forbidden=sheet.forbidden.get(pk, ()),
    )


@dataclass(frozen=True, slots=True)
class Counted:
    """A service day with how many are expected, called and present."""

    service_day: ServiceDay
    expected: int
    called: int
    present: int


def counted(held: Collection[ServiceDay]) -> list[Counted]:
    """The counts of several service days: three statements."""
    pks = [one.pk for one in held]
    expected = _counts(Booking.objects.standing().filter(service_day__in=pks))
    rows = Attendance.objects.filter(service_day__in=pks)
    called, present = _counts(rows), _counts(rows.filter(state=Attendance.State.PRESENT))
    return [Counted(one, expected.get(one.pk, 0), called.get(one.pk, 0), present.get(one.pk, 0)) for one in held]


def step(day: date, days: int) -> date:
    """A day before or after, within the calendar."""
    return day + timedelta(days=days)


def _counts(rows: QuerySet[Any]) -> dict[int, int]:
    return dict(rows.order_by().values_list("service_day").annotate(number=Count("pk")))
