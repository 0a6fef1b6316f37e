"""Undoing a closure: its days open again, and the bookings that it canceled come back where they still can."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, F, FilteredRelation, Q, QuerySet
from django.utils.translation import gettext as _

from booking import catalogue
from booking.message_kinds import CLOSURE
from booking.models import Booking, Closure, ServiceDay, WaitingEntry
from booking.rules.reopening import TOLD, Canceled, Why, decide
from booking.services import proofs, waiting
from booking.services.closures import Note, Scope, lines, unheard
from booking.services.days import lock_days
from booking.wakeup import EXTEND
from lps.families.queries.locks import lock_children
from lps.families.recipients import of_many
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from notifications.services import Post, post_many
from tenants import context
from tenants.queries import url_of
from tenants.town.services import renew_catalogue_stamp
from tenants.wakeup import wake_after_commit

_BATCH = 2000


class AlreadyUndone(ValueError):
    """The closure was undone before."""


class Verdict(NamedTuple):
    """What becomes of a booking, named by its key, when its closure is undone: back, when `why` is None."""

    booking: int
    why: Why | None
    # The closure that still covers it: undoing that one brings the booking back.
    still: Closure | None = None


class _Row(NamedTuple):
    """A booking that the closure canceled, as it is judged: thousands are read, so no more than that is."""

    pk: int
    child_id: int
    activity_id: int
    service_day_id: int
    day: date
    booked_at: datetime
    site_id: int
    is_open: bool
    # The child's class and school of that day, and whether the day is that household's.
    seat_class: int | None
    seat_site: int | None
    is_owned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """How many bookings came back, and those that did not; `waiting` are first on the list of their day."""

    back: int
    left_out: tuple[Verdict, ...]
    waiting: frozenset[int]


def preview(closure: Closure, *, at: datetime) -> list[Verdict]:
    """What undoing it would do now to each booking that it canceled, by day and name; changes nothing.

    Six statements at most, and thousands of bookings in a moment: none is made whole.
    """
    return _judge(closure, _others(closure), at=at)


def undo(*, closure: Closure, by: Actor, at: datetime, tell: bool = True, note: Note = unheard) -> Undone:
    """Open the days again and put back the bookings that still can be: never more than places, nor two that clash.

    Those for which no place is left wait first on the list of their day, if it still can be booked; those that another
    closure covers become that one's. Raises `AlreadyUndone`. The number of statements does not depend on how many.
    `note` is told each of the four steps as it begins.
    """
    with transaction.atomic():
        note(1)
        # As a save does: children first, then the days, which whoever closes or books them waits for.
        lock_children(Booking.objects.filter(closure=closure.pk).values_list("child", flat=True))
        lock_days(Scope.of(closure).service_days())
        row, others = _locked(closure)
        row.undone_at = at
        free = _hand_days_over(row, others)
        ServiceDay.objects.filter(pk__in=free).update(open=True)
        verdicts = _judge(row, others, at=at)
        rows = _whole(row)
        back = [rows[verdict.booking] for verdict in verdicts if verdict.why is None]
        note(2)
        _put_back(back, at=at)
        _hand_bookings_over(verdicts)
        note(3)
        reason = _("Fermeture annulée : {reason}").format(reason=row.reason)
        proofs.write(back, booked=True, reason=reason, by=by, at=at)
        left_out = [verdict for verdict in verdicts if verdict.why not in (None, Why.CLOSED)]
        full = [rows[verdict.booking] for verdict in left_out if verdict.why is Why.FULL]
        waits = waiting.put_first(full, by=by, at=at)
        row.left_out = [_written(verdict, waits) for verdict in left_out]
        row.save(update_fields=("undone_at", "left_out"))
        renew_catalogue_stamp()
        note(4)
        if tell:
            _tell(verdicts, rows, waits, closure=row, by=by)
        _audit(row, verdicts, by=by, at=at)
        wake_after_commit(EXTEND)  # days that were never made while it stood
    return Undone(back=len(back), left_out=tuple(left_out), waiting=waits)


def _locked(closure: Closure) -> tuple[Closure, list[Closure]]:
    """The closure and those that overlap it, in the order of their keys: two undone at once hand over nothing twice."""
    rows = Closure.objects.select_for_update(of=("self",), no_key=True).filter(
        Q(pk=closure.pk) | Q(pk__in=_others(closure).values("pk"))
    )
    found = {row.pk: row for row in rows.order_by("pk")}
    own = found.pop(closure.pk)
    if own.undone_at:
        raise AlreadyUndone(own.pk)
    return own, [row for row in found.values() if row.undone_at is None]


def _others(closure: Closure) -> QuerySet[Closure]:
    """The closures that stand on some of its days."""
    standing = Closure.objects.filter(
        first_day__lte=closure.last_day, last_day__gte=closure.first_day, undone_at__isnull=True
    )
    return standing.exclude(pk=closure.pk).order_by("pk")


def _hand_days_over(closure: Closure, others: Sequence[Closure]) -> list[int]:
    """The days that nothing else closes. Those that another closure covers stay closed, and are now that one's."""
    whole = [one for one in others if one.school_class_id is None]
    free = []
    for held in ServiceDay.objects.filter(pk__in=closure.closed_days).order_by("pk"):
        other = next((one for one in whole if _covers_day(one, held)), None)
        if other is None:
            free.append(held.pk)
        elif held.pk not in other.closed_days:
            other.closed_days.append(held.pk)
    Closure.objects.bulk_update(whole, ["closed_days"])
    return free


def _covers_day(closure: Closure, held: ServiceDay) -> bool:
    return closure.covers(held.day, site_id=held.site_id, school_class_id=None, activity_id=held.activity_id)


def _judge(closure: Closure, others: Iterable[Closure], *, at: datetime) -> list[Verdict]:
    """Read what stands and decide. As a preview the days are still closed: those that it closed count as open."""
    standing_closures = list(others)
    rows = _canceled_by(closure)
    still = {row.pk: next((one for one in standing_closures if _covers(one, row)), None) for row in rows}
    opened, today = set(closure.closed_days), at.astimezone(context.current().zone).date()
    why = decide(
        [_facts(row, today=today, opened=opened, still=still[row.pk]) for row in rows],
        left=_places_left({row.service_day_id for row in rows}, at=at),
        standing=_standing(rows),
        incompatible=catalogue.read().incompatible,
    )
    return [Verdict(row.pk, why[row.pk], still[row.pk]) for row in rows]


def _canceled_by(closure: Closure) -> list[_Row]:
    """Joined, for a child sits in one class and a household has it once on a day: two constraints say so."""
    seat = Q(child__enrollments__valid_during__contains=F("day"))
    owned = Q(child__custodies__household=F("household"), child__custodies__valid_during__contains=F("day"))
    rows = Booking.objects.filter(closure=closure.pk, canceled_at__isnull=False).annotate(
        seat=FilteredRelation("child__enrollments", condition=seat),
        owned=FilteredRelation("child__custodies", condition=owned),
        site_id=F("service_day__site"),
        is_open=F("service_day__open"),
        seat_class=F("seat__school_class"),
        seat_site=F("seat__school_class__site"),
        is_owned=Q(owned__isnull=False),
    )
    rows = rows.order_by("day", "activity__order", "activity", "child__name_sort", "pk")
    return [_Row._make(row) for row in rows.values_list(*_Row._fields)]


def _whole(closure: Closure) -> dict[int, Booking]:
    """The bookings that it canceled, by key, with what is written, booked and told of them."""
    said = ("child", "household", "activity", "service_day", "day", "booked_at", "child__first_name", "activity__name")
    rows = Booking.objects.filter(closure=closure.pk, canceled_at__isnull=False).select_related("child", "activity")
    return {row.pk: row for row in rows.only(*said).order_by()}


def _covers(closure: Closure, row: _Row) -> bool:
    return closure.covers(row.day, site_id=row.site_id, school_class_id=row.seat_class, activity_id=row.activity_id)


def _facts(row: _Row, *, today: date, opened: set[int], still: Closure | None) -> Canceled:
    why = None
    if row.day < today:
        why = Why.PAST
    elif row.seat_site != row.site_id:
        why = Why.LEFT
    elif not row.is_owned:
        why = Why.OTHER_HOUSEHOLD
    elif still is not None:
        why = Why.CLOSED
    elif not (row.is_open or row.service_day_id in opened):
        why = Why.NO_SERVICE
    return Canceled(row.pk, row.child_id, row.activity_id, row.service_day_id, row.day, row.booked_at, why)


def _places_left(service_days: Iterable[int], *, at: datetime) -> dict[int, int]:
    """The places that bookings and open offers leave on the days that have a number of them: three statements."""
    places = dict(
        ServiceDay.objects.filter(pk__in=list(service_days), places__isnull=False).values_list("pk", "places")
    )
    booked = Booking.objects.standing().filter(service_day__in=places).values_list("service_day")
    taken = dict(booked.annotate(number=Count("pk")).order_by())
    offers = WaitingEntry.objects.filter(
        service_day__in=places, state=WaitingEntry.State.OFFERED, accept_by__gt=at
    ).values_list("service_day")
    held = dict(offers.annotate(number=Count("pk")).order_by())
    return {pk: (number or 0) - taken.get(pk, 0) - held.get(pk, 0) for pk, number in places.items()}


def _standing(rows: Sequence[_Row]) -> dict[tuple[int, date], frozenset[int]]:
    """What is booked for these children on these days."""
    found: dict[tuple[int, date], frozenset[int]] = {}
    standing = Booking.objects.standing().filter(
        child__in={row.child_id for row in rows}, day__in={row.day for row in rows}
    )
    for child, day, activity in standing.values_list("child", "day", "activity").order_by():
        found[child, day] = found.get((child, day), frozenset()) | {activity}
    return found


def _put_back(bookings: Iterable[Booking], *, at: datetime) -> None:
    Booking.objects.bulk_create(
        (
            Booking(
                child_id=booking.child_id,
                household_id=booking.household_id,
                activity_id=booking.activity_id,
                service_day_id=booking.service_day_id,
                day=booking.day,
                booked_at=at,
            )
            for booking in bookings
        ),
        batch_size=_BATCH,
    )


def _hand_bookings_over(verdicts: Iterable[Verdict]) -> None:
    """What another closure covers is canceled by that one from now on: undoing it brings the booking back."""
    moved: dict[int, list[int]] = {}
    for verdict in verdicts:
        if verdict.why is Why.CLOSED and verdict.still is not None:
            moved.setdefault(verdict.still.pk, []).append(verdict.booking)
    for closure, bookings in moved.items():
        Booking.objects.filter(pk__in=bookings).update(closure=closure)


def _written(verdict: Verdict, waits: frozenset[int]) -> dict[str, Any]:
    return {"booking": verdict.booking, "why": str(verdict.why), "waits": verdict.booking in waits}


def _audit(closure: Closure, verdicts: Sequence[Verdict], *, by: Actor, at: datetime) -> None:
    counts: dict[str, int] = {}
    for verdict in verdicts:
        key = str(verdict.why) if verdict.why else "bookings"
        counts[key] = counts.get(key, 0) + 1
    subject, after = f"closure:{closure.pk}", {"bookings": 0, **counts}
    record(by=by, channel=Channel.OFFICE, action="closure_undone", subject=subject, after=after, at=at)


def _tell(
    verdicts: Iterable[Verdict],
    rows: Mapping[int, Booking],
    waits: frozenset[int],
    *,
    closure: Closure,
    by: Actor,
) -> None:
    """One e-mail an address: what came back, what waits first on its list, what does not come back."""
    told: dict[int, dict[str, list[Booking]]] = {}
    for verdict in verdicts:
        if verdict.why is None or verdict.why in TOLD:
            part = "lines" if verdict.why is None else "waiting" if verdict.booking in waits else "lost"
            booking = rows[verdict.booking]
            told.setdefault(booking.household_id, {}).setdefault(part, []).append(booking)
    url = url_of(context.current(), "/enfants/")
    posts = [
        Post(to=one.email, facts={**one.facts, "reason": closure.reason, "url": url, **_parts(told[household])})
        for household, recipients in of_many(told, CLOSURE).items()
        for one in recipients
    ]
    post_many(posts, template="booking/emails/reopened", by=by)


def _parts(bookings: Mapping[str, list[Booking]]) -> dict[str, object]:
    return {part: lines(bookings.get(part, ())) for part in ("lines", "waiting", "lost")}
