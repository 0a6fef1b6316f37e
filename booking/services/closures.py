"""Closing days: what it touches is shown first, then canceled by the town, told to the families, and can be undone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from booking.models import Booking, Closure, ServiceDay
from booking.services import proofs
from booking.services.days import lock_days
from lps.families.models import Enrollment
from lps.families.queries import emails_of_many
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from notifications.services import Post, post_many
from tenants import context
from tenants.queries import url_of
from tenants.town.services import renew_catalogue_stamp

_BATCH = 2000


class AlreadyUndone(ValueError):
    """The closure was undone before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is to be closed: days, both included, and where (None: every school, every class, every activity)."""

    first_day: date
    last_day: date
    site_id: int | None = None
    school_class_id: int | None = None
    activity_id: int | None = None

    def service_days(self) -> QuerySet[ServiceDay]:
        """The service days of these days, schools and activities. A class alone closes none: the others go on."""
        found = ServiceDay.objects.filter(day__range=(self.first_day, self.last_day))
        if self.site_id is not None:
            found = found.filter(site=self.site_id)
        if self.activity_id is not None:
            found = found.filter(activity=self.activity_id)
        return found

    def bookings(self) -> QuerySet[Booking]:
        """The bookings that stand on them, of the class's children alone when a class is named."""
        found = Booking.objects.standing().filter(service_day__in=self.service_days())
        if self.school_class_id is None:
            return found
        sits_there = Enrollment.objects.filter(
            child=OuterRef("child"), school_class=self.school_class_id, valid_during__contains=OuterRef("day")
        )
        return found.filter(Exists(sits_there))


def touched(scope: Scope) -> QuerySet[Booking]:
    """Every booking that closing would cancel, in the order of days and names: the preview."""
    return (
        scope.bookings()
        .select_related("child", "activity", "household")
        .order_by("day", "activity__order", "child__name_sort", "pk")
    )


def close(*, scope: Scope, reason: str, by: Actor, at: datetime, tell: bool = True) -> Closure:
    """Close these days: their bookings are canceled by the town (nothing is charged), the families told by e-mail.

    `at` is the aware instant of the agent's request. The number of statements does not depend on how many bookings.
    """
    with transaction.atomic():
        held = lock_days(scope.service_days())
        bookings = list(touched(scope))
        closure = Closure.objects.create(
            first_day=scope.first_day,
            last_day=scope.last_day,
            reason=reason,
            site_id=scope.site_id,
            school_class_id=scope.school_class_id,
            activity_id=scope.activity_id,
            closed_days=[] if scope.school_class_id else [pk for pk, is_open in held if is_open],
            applied_by=by.label,
            applied_at=at,
        )
        ServiceDay.objects.filter(pk__in=closure.closed_days).update(open=False)
        Booking.objects.filter(pk__in=[booking.pk for booking in bookings]).update(canceled_at=at, closure=closure)
        proofs.write(bookings, booked=False, reason=closure.reason, by=by, at=at)
        renew_catalogue_stamp()
        if tell:
            _tell(bookings, closure=closure, template="booking/emails/closed", by=by)
        after = {"days": [str(scope.first_day), str(scope.last_day)], "reason": reason, "bookings": len(bookings)}
        subject = f"closure:{closure.pk}"
        record(by=by, channel=Channel.OFFICE, action="days_closed", subject=subject, after=after, at=at)
    return closure


def undo(*, closure: Closure, by: Actor, at: datetime, tell: bool = True) -> int:
    """Open the days again and put back the bookings that the closure canceled; returns how many.

    A booking whose child has been booked again since is left as it is. Raises `AlreadyUndone`.
    """
    with transaction.atomic():
        row = Closure.objects.select_for_update(of=("self",), no_key=True).get(pk=closure.pk)
        if row.undone_at:
            raise AlreadyUndone(row.pk)
        row.undone_at = at
        row.save(update_fields=("undone_at",))
        ServiceDay.objects.filter(pk__in=_handed_over(row)).update(open=True)
        again = _to_put_back(row)
        Booking.objects.bulk_create(
            (
                Booking.of(
                    child_id=booking.child_id,
                    household_id=booking.household_id,
                    service_day=booking.service_day,
                    booked_at=at,
                )
                for booking in again
            ),
            batch_size=_BATCH,
        )
        proofs.write(again, booked=True, reason=row.reason, by=by, at=at)
        renew_catalogue_stamp()
        if tell:
            _tell(again, closure=row, template="booking/emails/reopened", by=by)
        subject, after = f"closure:{row.pk}", {"bookings": len(again)}
        record(by=by, channel=Channel.OFFICE, action="closure_undone", subject=subject, after=after, at=at)
    return len(again)


def _handed_over(closure: Closure) -> list[int]:
    """The days that nothing else closes. Those that another closure covers stay closed, and are now that one's."""
    others = list(
        Closure.objects.filter(
            first_day__lte=closure.last_day,
            last_day__gte=closure.first_day,
            school_class__isnull=True,
            undone_at__isnull=True,
        )
    )
    free = []
    for held in ServiceDay.objects.filter(pk__in=closure.closed_days).order_by("pk"):
        other = next((one for one in others if _covers(one, held)), None)
        if other is None:
            free.append(held.pk)
        elif held.pk not in other.closed_days:
            other.closed_days.append(held.pk)
    Closure.objects.bulk_update(others, ["closed_days"])
    return free


def _covers(closure: Closure, held: ServiceDay) -> bool:
    return (
        closure.first_day <= held.day <= closure.last_day
        and closure.site_id in (None, held.site_id)
        and closure.activity_id in (None, held.activity_id)
    )


def _to_put_back(closure: Closure) -> list[Booking]:
    """The bookings canceled by this closure, unless the child has been booked again or the day stays closed."""
    stands = Booking.objects.standing().filter(
        child=OuterRef("child"), day=OuterRef("day"), activity=OuterRef("activity")
    )
    canceled = Booking.objects.filter(closure=closure, service_day__open=True).exclude(Exists(stands))
    return list(canceled.select_related("child", "activity", "household", "service_day").order_by("day", "pk"))


def _tell(bookings: Iterable[Booking], *, closure: Closure, template: str, by: Actor) -> None:
    """One e-mail an address, with all that is canceled, or put back, for the family."""
    by_household: dict[int, list[Booking]] = {}
    for booking in bookings:
        by_household.setdefault(booking.household_id, []).append(booking)
    url = url_of(context.current(), "/enfants/")
    posts = [
        Post(to=email, facts={"reason": closure.reason, "url": url, "lines": _lines(by_household[household])})
        for household, emails in emails_of_many(by_household).items()
        for email in emails
    ]
    post_many(posts, template=template, by=by)


def _lines(bookings: Iterable[Booking]) -> list[dict[str, object]]:
    return [
        {"child": booking.child.first_name, "activity": booking.activity.name, "day": booking.day}
        for booking in bookings
    ]
