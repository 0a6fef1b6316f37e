"""Closing days: what it touches is shown first, then canceled by the town and told to the families.

`booking.services.reopening` undoes it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from booking.message_kinds import CLOSURE
from booking.models import Booking, Closure, ClosureWork, ServiceDay
from booking.services import proofs
from booking.services.days import lock_days
from lps.families.models import Enrollment
from lps.families.recipients import of_many
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from notifications.services import Post, post_many
from tenants import context
from tenants.queries import url_of
from tenants.town.services import renew_catalogue_stamp

Note = Callable[[int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is to be closed: days, both included, and where (None: every school, every class, every activity)."""

    first_day: date
    last_day: date
    site_id: int | None = None
    school_class_id: int | None = None
    activity_id: int | None = None

    @classmethod
    def of(cls, closure: Closure | ClosureWork) -> "Scope":
        """What a closure closes, or will."""
        return cls(
            first_day=closure.first_day,
            last_day=closure.last_day,
            site_id=closure.site_id,
            school_class_id=closure.school_class_id,
            activity_id=closure.activity_id,
        )

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


def unheard(_step: int) -> None:
    """Nobody follows."""


def touched(scope: Scope) -> QuerySet[Booking]:
    """Every booking that closing would cancel, in the order of days and names: the preview."""
    return _in_order(scope).select_related("child", "activity__group", "household", "service_day__site")


def _in_order(scope: Scope) -> QuerySet[Booking]:
    return scope.bookings().order_by(
        "day", "activity__group__order", "activity__order", "activity", "child__name_sort", "pk"
    )


def _to_cancel(scope: Scope) -> list[Booking]:
    """The same with what proofs and mails say of them: thousands of rows are not made whole."""
    said = ("child_id", "household_id", "activity_id", "day", "child__first_name", "activity__name")
    return list(_in_order(scope).select_related("child", "activity").only(*said))


def close(*, scope: Scope, reason: str, by: Actor, at: datetime, tell: bool = True, note: Note = unheard) -> Closure:
    """Close these days: their bookings are canceled by the town (nothing is charged), the families told by e-mail.

    `at` is an aware instant. The number of statements does not depend on how many bookings. `note` is told each of the
    four steps as it begins.
    """
    with transaction.atomic():
        note(1)
        held = lock_days(scope.service_days())
        bookings = _to_cancel(scope)
        note(2)
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
        note(3)
        proofs.write(bookings, booked=False, reason=closure.reason, by=by, at=at)
        renew_catalogue_stamp()
        note(4)
        if tell:
            _tell(bookings, closure=closure, by=by)
        after = {"days": [str(scope.first_day), str(scope.last_day)], "reason": reason, "bookings": len(bookings)}
        subject = f"closure:{closure.pk}"
        record(by=by, channel=Channel.OFFICE, action="days_closed", subject=subject, after=after, at=at)
    return closure


def _tell(bookings: Iterable[Booking], *, closure: Closure, by: Actor) -> None:
    """One e-mail an address, with all that is canceled for the family."""
    by_household: dict[int, list[Booking]] = {}
    for booking in bookings:
        by_household.setdefault(booking.household_id, []).append(booking)
    url = url_of(context.current(), "/enfants/")
    posts = [
        Post(
            to=one.email, facts={**one.facts, "reason": closure.reason, "url": url, "lines": lines(by_household[home])}
        )
        for home, recipients in of_many(by_household, CLOSURE).items()
        for one in recipients
    ]
    post_many(posts, template="booking/emails/closed", by=by)


def lines(bookings: Iterable[Booking]) -> list[dict[str, object]]:
    """Bookings as a mail tells them."""
    return [
        {"child": booking.child.first_name, "activity": booking.activity.name, "day": booking.day}
        for booking in bookings
    ]
