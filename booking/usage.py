"""What became of every day of every child: booked and attended, absent, excused, or come without a booking.

Whoever reads it (billing) gets rows in the order of the households, through a server-side cursor: memory does not grow
with the town.
"""

from collections.abc import Collection, Iterator
from contextlib import closing
from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from booking.models import Absence, Attendance, Booking, ServiceDay

CHUNK = 2000
# Days excused by the roll call alone are one absence while less than this apart: a week-end does not end it.
_SAME_ABSENCE = 5


class Usage(NamedTuple):
    """Days alike of a child at an activity for a household, in order.

    `use` is "attended", "not_called", "absent", "excused" or "unbooked". `hours` are minutes of the local day, empty
    when none was noted. `ranks`, of excused days alone, says which day of its absence each is, the first being 1;
    `proved`, whether a document was given. The household is None when a child came unbooked on a day on which two
    households have it, or none.
    """

    household_id: int | None
    child_id: int
    activity_id: int
    use: str
    late: bool
    proved: bool
    days: tuple[date, ...]
    hours: tuple[tuple[int | None, int | None], ...]
    ranks: tuple[int, ...]


_MINUTES = "extract(epoch FROM date_trunc('minute', {0} AT TIME ZONE %(zone)s)::time)::int / 60"
_USAGE = f"""
WITH excuse AS (
    SELECT DISTINCT ON (booking.id) booking.id AS booking_id, booking.day - absence.first_day + 1 AS rank,
        absence.document <> '' AS proved
    FROM booking_absence absence
    JOIN booking_booking booking ON booking.child_id = absence.child_id
        AND booking.household_id = absence.household_id
        AND booking.day BETWEEN absence.first_day AND absence.last_day
    WHERE absence.state = 'accepted' AND absence.first_day <= %(last)s AND absence.last_day >= %(first)s
        AND booking.day BETWEEN %(first)s AND %(last)s AND booking.canceled_at IS NULL
        AND (
            NOT EXISTS (SELECT FROM booking_absence_activities named WHERE named.absence_id = absence.id)
            OR EXISTS (
                SELECT FROM booking_absence_activities named
                WHERE named.absence_id = absence.id AND named.activity_id = booking.activity_id
            )
        )
    ORDER BY booking.id, proved DESC, absence.first_day DESC, absence.id
), late AS (
    SELECT DISTINCT entry.child_id, entry.activity_id, entry.day, entry.at
    FROM booking_receipt receipt JOIN booking_journalentry entry ON entry.receipt_id = receipt.id
    WHERE receipt.passed_over @> '["too_late"]' AND entry.after AND entry.day BETWEEN %(first)s AND %(last)s
), used AS (
    SELECT booking.household_id, booking.child_id, booking.activity_id, booking.day,
        CASE
            WHEN seen.state = 'present' THEN 'attended'
            WHEN seen.state = 'excused' OR excuse.booking_id IS NOT NULL THEN 'excused'
            WHEN seen.state = 'absent' THEN 'absent'
            ELSE 'not_called'
        END AS use,
        late.day IS NOT NULL AS late,
        coalesce(excuse.proved, false) AND seen.state IS DISTINCT FROM 'present' AS proved,
        seen.arrived_at, seen.left_at, excuse.rank
    FROM booking_booking booking
    LEFT JOIN booking_attendance seen
        ON seen.service_day_id = booking.service_day_id AND seen.child_id = booking.child_id
    LEFT JOIN excuse ON excuse.booking_id = booking.id
    LEFT JOIN late ON late.child_id = booking.child_id AND late.activity_id = booking.activity_id
        AND late.day = booking.day AND late.at = booking.booked_at
    WHERE booking.day BETWEEN %(first)s AND %(last)s AND booking.canceled_at IS NULL
    UNION ALL
    SELECT CASE WHEN owner.number = 1 THEN owner.household_id END, seen.child_id, held.activity_id, held.day,
        'unbooked', false, false, seen.arrived_at, seen.left_at, NULL
    FROM booking_serviceday held
    JOIN booking_attendance seen ON seen.service_day_id = held.id AND seen.state = 'present'
    LEFT JOIN LATERAL (
        SELECT count(*) AS number, min(custody.household_id) AS household_id
        FROM families_custody custody
        WHERE custody.child_id = seen.child_id AND custody.valid_during @> held.day
    ) owner ON true
    WHERE held.day BETWEEN %(first)s AND %(last)s
        AND NOT EXISTS (
            SELECT FROM booking_booking booking
            WHERE booking.child_id = seen.child_id AND booking.day = held.day
                AND booking.activity_id = held.activity_id AND booking.canceled_at IS NULL
        )
)
SELECT household_id, child_id, activity_id, use, late, proved, array_agg(day ORDER BY day),
    CASE WHEN count(arrived_at) + count(left_at) > 0
        THEN array_agg({_MINUTES.format("arrived_at")} ORDER BY day) END,
    CASE WHEN count(arrived_at) + count(left_at) > 0
        THEN array_agg({_MINUTES.format("left_at")} ORDER BY day) END,
    CASE WHEN use = 'excused' THEN array_agg(rank ORDER BY day) END
FROM used
WHERE (%(activities)s::bigint[] IS NULL OR activity_id = ANY(%(activities)s))
    AND NOT activity_id = ANY(%(without)s)
    AND (%(households)s::bigint[] IS NULL OR household_id = ANY(%(households)s))
GROUP BY household_id, child_id, activity_id, use, late, proved
ORDER BY household_id, child_id, activity_id, use, late, proved
"""


def usage(
    *,
    first_day: date,
    last_day: date,
    zone: str,
    activities: Collection[int] | None = None,
    without: Collection[int] = (),
    households: Collection[int] | None = None,
) -> Iterator[Usage]:
    """The use of these activities, or of all `without` some, on these days, both included: one statement, in the order
    of the households.

    `zone` is the commune's, for the hours. Rows of no household come last. Canceled bookings, closures included, are
    not among them. Read it in a transaction.
    """
    given: dict[str, Any] = {
        "first": first_day,
        "last": last_day,
        "zone": zone,
        "activities": None if activities is None else list(activities),
        "without": list(without),
        "households": None if households is None else list(households),
    }
    with closing(connection.chunked_cursor()) as cursor:
        cursor.execute(_USAGE, given)
        while rows := cursor.fetchmany(CHUNK):
            yield from map(_row, rows)


def days_not_called(*, first_day: date, last_day: date, activities: Collection[int]) -> QuerySet[ServiceDay]:
    """The days of these activities on which somebody was expected and no roll was called at all, in order."""
    expected = Booking.objects.standing().filter(service_day=OuterRef("pk"))
    seen = Attendance.objects.filter(service_day=OuterRef("pk"))
    held = ServiceDay.objects.filter(Exists(expected), ~Exists(seen), day__range=(first_day, last_day))
    return held.filter(activity__in=list(activities)).select_related("activity", "site").order_by("day", "pk")


def absences_to_examine(*, first_day: date, last_day: date) -> QuerySet[Absence]:
    """Absences of these days that nobody answered, the oldest first."""
    waits = Q(state=Absence.State.DECLARED, first_day__lte=last_day, last_day__gte=first_day)
    return Absence.objects.filter(waits).select_related("child").order_by("declared_at", "pk")


def _row(row: tuple[Any, ...]) -> Usage:
    household, child, activity, use, late, proved, days, arrived, left, ranks = row
    hours = tuple(zip(arrived, left, strict=True)) if arrived else ()
    return Usage(household, child, activity, use, late, proved, tuple(days), hours, _ranks(days, ranks or ()))


def _ranks(days: list[date], known: Collection[int | None]) -> tuple[int, ...]:
    """The ranks of excused days; those that no absence was noted for follow one another."""
    found: list[int] = []
    for number, rank in enumerate(known):
        follows = number > 0 and (days[number] - days[number - 1]).days < _SAME_ABSENCE
        found.append(rank if rank is not None else found[-1] + 1 if follows else 1)
    return tuple(found)
