"""What agents read about waiting lists: which days have one, who waits in which order, and all that happened."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from booking.models import Booking, ServiceDay, WaitingEntry
from booking.rules.waiting import Criterion
from lps.families.models import Child, Custody, Enrollment
from lps.families.queries.pupils import search_pupils
from lps.journal.models import AuditEntry

HISTORY = 200


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody on a list: its place in it from 1, 0 once it has an offer or left."""

    entry: WaitingEntry
    rank: int
    criterion: Criterion
    school_class: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a list, as the audit keeps it."""

    at: datetime
    by: str
    action: str
    child: str
    reason: str
    criterion: Criterion | None


@dataclass(frozen=True, slots=True)
class Found:
    """A child who may be put on the list, for one of its households."""

    child_id: int
    household_id: int
    name: str
    household: str
    school_class: str


def days(
    *, today: date, sites: Collection[int], activities: Collection[int], full: bool = False
) -> QuerySet[ServiceDay]:
    """The days to come that somebody waits for, with their counts; with `full`, the full ones that have no list."""
    open_entries = WaitingEntry.objects.filter(service_day=OuterRef("pk"), state__in=WaitingEntry.OPEN)
    rows = ServiceDay.objects.filter(day__gte=today, places__isnull=False).select_related("activity", "site")
    rows = rows.annotate(
        booked=_counted(Booking.objects.standing().filter(service_day=OuterRef("pk"))),
        waiters=_counted(open_entries.filter(state=WaitingEntry.State.WAITING)),
        offers=_counted(open_entries.filter(state=WaitingEntry.State.OFFERED)),
    )
    has_list = Q(waiters__gt=0) | Q(offers__gt=0)
    rows = rows.filter(~has_list, open=True, booked__gte=F("places")) if full else rows.filter(has_list)
    if sites:
        rows = rows.filter(site__in=sites)
    if activities:
        rows = rows.filter(activity__in=activities)
    return rows.order_by("day", "activity__order", "activity", "site__name", "pk")


def lines(held: ServiceDay) -> tuple[list[Line], list[Line]]:
    """Who is on the list in its provable order, then who was: two statements."""
    seat = Enrollment.objects.filter(child=OuterRef("child"), valid_during__contains=held.day)
    rows = WaitingEntry.objects.filter(service_day=held.pk).select_related("child", "household")
    rows = rows.annotate(seat=Subquery(seat.values("school_class__name")[:1]))
    there: list[Line] = []
    gone: list[Line] = []
    rank = 0
    for entry in rows.order_by("priority", "joined_at", "pk"):
        waits = entry.state == WaitingEntry.State.WAITING
        rank += waits
        line = Line(entry, rank if waits else 0, criterion_of(entry.priority), entry.seat or "")
        (there if entry.state in WaitingEntry.OPEN else gone).append(line)
    return there, gone


def criterion_of(priority: int) -> Criterion:
    """The criterion that a priority stands for; any other number is the order of joining."""
    return Criterion(priority) if priority in set(Criterion) else Criterion.ORDER


def history(held: ServiceDay) -> list[Event]:
    """All that happened on a list, the latest first: two statements."""
    rows = AuditEntry.objects.filter(subject=f"service_day:{held.pk}", action__startswith="waiting_")
    entries = list(rows.order_by("-at", "-pk")[:HISTORY])
    children = {entry.after["child"] for entry in entries if entry.after}
    names = {child.pk: str(child) for child in Child.objects.filter(pk__in=children)}
    return [_event(entry, names) for entry in entries]


def found(asked: str, *, held: ServiceDay, there: Iterable[Line]) -> list[Found]:
    """The children of that school whose name is asked for, once for each household that has them that day."""
    if len(asked) < 2:
        return []
    pupils = {pupil["pk"]: pupil for pupil in search_pupils(asked, day=held.day, site_id=held.site_id)}
    on_list = {line.entry.child_id for line in there}
    custodies = Custody.objects.filter(child__in=set(pupils) - on_list, valid_during__contains=held.day)
    rows = custodies.select_related("household").order_by("child__name_sort", "child", "household__name_sort", "pk")
    return [
        Found(
            row.child_id,
            row.household_id,
            pupils[row.child_id]["name"],
            row.household.name,
            pupils[row.child_id]["school_class"],
        )
        for row in rows
    ]


def custody(*, child_id: int, household_id: int, held: ServiceDay) -> Custody | None:
    """That this household has this child, a pupil of the school, on that day."""
    pupil = Enrollment.objects.filter(child=child_id, school_class__site=held.site_id, valid_during__contains=held.day)
    rows = Custody.objects.filter(child=child_id, household=household_id, valid_during__contains=held.day)
    return rows.select_related("child", "household").first() if pupil.exists() else None


def _event(entry: AuditEntry, names: dict[int, str]) -> Event:
    after = entry.after or {}
    priority = after.get("priority")
    return Event(
        at=entry.at,
        by=entry.actor_label,
        action=entry.action.removeprefix("waiting_"),
        child=names.get(after.get("child", 0), ""),
        reason=after.get("reason", ""),
        criterion=criterion_of(priority) if isinstance(priority, int) else None,
    )


def _counted(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("service_day").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)
