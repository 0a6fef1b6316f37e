"""What the town's other software reads of the catalogue and the bookings: keys and facts, no name of a person."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet

from booking.models import (
    Absence,
    Activity,
    ActivityGroup,
    Attendance,
    Booking,
    Closure,
    JournalEntry,
    Receipt,
    ServiceDay,
    WaitingEntry,
)


def groups() -> QuerySet[ActivityGroup]:
    """Every group of activities."""
    return ActivityGroup.objects.only("pk", "name", "order")


def activities() -> QuerySet[Activity]:
    """Every activity that is offered."""
    return Activity.objects.filter(retired_at__isnull=True).defer("deadline")


def service_days() -> QuerySet[ServiceDay]:
    """Every day of an activity at a site."""
    return ServiceDay.objects.all()


@dataclass(frozen=True, slots=True)
class Occupied:
    """What holds the places of a service day: bookings, offers still to be answered, and who waits."""

    booked: int = 0
    offered: int = 0
    waiting: int = 0

    def left(self, places: int | None) -> int | None:
        """The places that anybody may book now: none while somebody waits; None without a limit."""
        if places is None:
            return None
        return 0 if self.waiting else max(0, places - self.booked - self.offered)


FREE = Occupied()


def occupied(days: Collection[ServiceDay], *, at: datetime) -> dict[int, Occupied]:
    """What holds the places of each of these days at an instant: two statements; wholly free days are left out."""
    pks = [day.pk for day in days]
    standing = Booking.objects.standing().filter(service_day__in=pks).values_list("service_day")
    booked = dict(standing.annotate(number=Count("pk")).order_by())
    lists = WaitingEntry.objects.filter(service_day__in=pks, state__in=WaitingEntry.OPEN).values_list("service_day")
    held = lists.annotate(
        offered=Count("pk", filter=Q(state=WaitingEntry.State.OFFERED, accept_by__gt=at)),
        waiting=Count("pk", filter=Q(state=WaitingEntry.State.WAITING)),
    )
    waited = {pk: (offered, waiting) for pk, offered, waiting in held.order_by()}
    return {pk: Occupied(booked.get(pk, 0), *waited.get(pk, (0, 0))) for pk in booked.keys() | waited.keys()}


def bookings(*, canceled_too: bool, changed_since: datetime | None) -> QuerySet[Booking]:
    """The bookings that stand, or all of them; those made or canceled since an instant, with the canceled ones."""
    found = Booking.objects.all() if canceled_too or changed_since else Booking.objects.standing()
    if changed_since:
        found = found.filter(Q(booked_at__gte=changed_since) | Q(canceled_at__gte=changed_since))
    return found.select_related("service_day")


def entries() -> QuerySet[JournalEntry]:
    """Every change of the journal, with its receipt."""
    return JournalEntry.objects.select_related("receipt")


def receipts() -> QuerySet[Receipt]:
    """Every receipt."""
    return Receipt.objects.defer("refused")


def changes_proved(receipts: Collection[Receipt]) -> dict[int, int]:
    """How many changes each of these receipts proves: one statement."""
    entries = JournalEntry.objects.filter(receipt__in=[receipt.pk for receipt in receipts]).values_list("receipt")
    return dict(entries.annotate(number=Count("pk")).order_by())


def receipt(*, number: str) -> Receipt | None:
    """The receipt of that number (`R-2026-000123`), or None."""
    pk = number.rpartition("-")[2]
    if not (pk.isascii() and pk.isdigit() and len(pk) <= 18):
        return None
    found = Receipt.objects.filter(pk=int(pk)).first()
    return found if found and found.number == number else None


def attendances() -> QuerySet[Attendance]:
    """What was said at every roll call."""
    return Attendance.objects.select_related("service_day")


def absences() -> QuerySet[Absence]:
    """Every absence, with the keys of its activities; neither reason nor document."""
    named = Absence.activities.through.objects.filter(absence=OuterRef("pk")).order_by("activity")
    rows = Absence.objects.defer("reason", "document", "answer")
    return rows.annotate(activity_ids=ArraySubquery(named.values("activity")))


def closures() -> QuerySet[Closure]:
    """The closures that stand."""
    return Closure.objects.filter(undone_at__isnull=True)


def service_day(*, activity: int, site: int, day: date) -> ServiceDay | None:
    """An activity held at a site on a day, or None."""
    return ServiceDay.objects.filter(activity=activity, site=site, day=day, open=True).first()
