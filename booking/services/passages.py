"""Bookings follow children who change school, level or leave: moved to the new school, else canceled by the town.

A booking is canceled when the child leaves, when the new school does not hold the activity that day, when its new
level gives no right to it, or when no place is left. It is written in the family's journal, and put back by an undo.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from booking import catalogue
from booking.message_kinds import CLOSURE
from booking.models import Admission, Attendance, Booking, BookingQuerySet, ServiceDay, WaitingEntry
from booking.rules.entitlements import Pupil, is_entitled
from booking.services import proofs
from booking.services.closures import lines
from booking.wakeup import EXTEND
from lps.families.followers import Moved, Parted
from lps.families.recipients import of_many
from lps.journal.actors import Actor
from notifications.services import Post, post_many
from tenants import context
from tenants.queries import url_of
from tenants.wakeup import wake_after_commit

Slot = tuple[int, int, date]
"""An activity, a site and a day."""


@dataclass(slots=True)
class Plan:
    """What becomes of the bookings of days to come: `moved` gives each its new service day."""

    moved: dict[int, int] = field(default_factory=dict)
    former: dict[int, int] = field(default_factory=dict)
    canceled: list[Booking] = field(default_factory=list)


def preview(moves: Sequence[Moved]) -> Mapping[str, int]:
    """How many bookings would move to another school, and how many would be canceled."""
    plan = _plan(moves, lock=False)
    return {"bookings_moved": len(plan.moved), "bookings_canceled": len(plan.canceled)}


def follow(moves: Sequence[Moved], *, by: Actor, at: datetime, reason: str = "") -> dict[str, Any]:
    """Move and cancel, with the proofs; the days of the schools are made again after the commit."""
    plan = _plan(moves, lock=True)
    _put(plan.moved)
    Booking.objects.filter(pk__in=[booking.pk for booking in plan.canceled]).update(canceled_at=at)
    proofs.write(plan.canceled, booked=False, reason=reason or _("Passage à l'année suivante"), by=by, at=at)
    _tell(plan.canceled, template="booking/emails/passed", by=by)
    wake_after_commit(EXTEND)
    return {"moved": plan.former, "canceled": [booking.pk for booking in plan.canceled]}


def depends(moves: Sequence[Moved], back: Sequence[Moved], *, done: Any, at: datetime) -> int:
    """Bookings made since, and children called there since, that the former class would not hold."""
    sites = {one.child_id: one.site_id for one in back}
    since = min((one.since for one in moves), default=None)
    if since is None:
        return 0
    children = [one.child_id for one in moves]
    ours = {int(pk) for pk in done["moved"]} if done else set()
    booked = Booking.objects.standing().filter(child__in=children, day__gte=since)
    rows = booked.filter(booked_at__gte=at).values_list("pk", "child", "service_day__site")
    seen = Attendance.objects.filter(child__in=children, service_day__day__gte=since, noted_at__gte=at)
    canceled = Booking.objects.filter(pk__in=done["canceled"] if done else [])
    again = {(row.child_id, row.activity_id, row.day) for row in canceled}
    twins = sum(row in again for row in booked.values_list("child", "activity", "day"))
    return (
        sum(pk not in ours and sites.get(child) != site for pk, child, site in rows)
        + sum(sites.get(child) != site for child, site in seen.values_list("child", "service_day__site"))
        + twins
    )


def preview_parting(parted: Parted) -> Mapping[str, int]:
    """How many bookings the household would lose, and how many lists it would leave."""
    return {"bookings_canceled": _asked(parted).count(), "waiting_ended": _waits(parted).count()}


def part(parted: Parted, *, by: Actor, at: datetime) -> None:
    """Cancel what the household booked for the child from that day on, with the proofs; it waits for nothing more."""
    canceled = list(_asked(parted).select_related("activity", "child").order_by("day", "pk"))
    Booking.objects.filter(pk__in=[booking.pk for booking in canceled]).update(canceled_at=at)
    _waits(parted).update(state=WaitingEntry.State.LEFT, ended_at=at, accept_by=None)
    proofs.write(canceled, booked=False, reason=_("Fin de la garde dans cette famille"), by=by, at=at)
    _tell(canceled, template="booking/emails/parted", by=by)


def _asked(parted: Parted) -> BookingQuerySet:
    rows = Booking.objects.standing().filter(child=parted.child_id, household=parted.household_id)
    return rows.filter(day__gte=parted.since)


def _waits(parted: Parted) -> QuerySet[WaitingEntry]:
    return WaitingEntry.objects.filter(
        child=parted.child_id,
        household=parted.household_id,
        service_day__day__gte=parted.since,
        state__in=WaitingEntry.OPEN,
    )


def unfollow(done: Any, *, by: Actor, at: datetime) -> None:
    """Put every booking back where it stood; one whose day was closed since stays canceled."""
    _put({int(pk): former for pk, former in done["moved"].items()})
    rows = Booking.objects.filter(pk__in=done["canceled"], service_day__open=True).select_related("activity", "child")
    again = list(rows.order_by("day", "pk"))
    Booking.objects.filter(pk__in=[booking.pk for booking in again]).update(canceled_at=None)
    _tell(again, template="booking/emails/put_back", by=by)
    proofs.write(again, booked=True, reason=_("Passage à l'année suivante annulé"), by=by, at=at)


def _tell(bookings: Sequence[Booking], *, template: str, by: Actor) -> None:
    """One e-mail an address, with all that is canceled, or put back, for the family."""
    by_household: dict[int, list[Booking]] = {}
    for booking in bookings:
        by_household.setdefault(booking.household_id, []).append(booking)
    url = url_of(context.current(), "/enfants/")
    posts = [
        Post(to=one.email, facts={**one.facts, "url": url, "lines": lines(by_household[household])})
        for household, recipients in of_many(by_household, CLOSURE).items()
        for one in recipients
    ]
    post_many(posts, template=template, by=by)


def _plan(moves: Sequence[Moved], *, lock: bool) -> Plan:
    """Decide for each booking of the days to come, in the order in which they were made: at most five statements."""
    by_child = {one.child_id: one for one in moves}
    bookings = _to_come(by_child)
    admitted = _admissions(by_child)
    wanted = {}
    for booking in bookings:
        if slot := _target(booking, by_child[booking.child_id], admitted):
            wanted[booking.pk] = slot
    held = _service_days(wanted.values())
    left = _places_left(held, lock=lock) if held else {}
    plan = Plan()
    for booking in bookings:
        target = held.get(wanted[booking.pk]) if booking.pk in wanted else None
        if target == booking.service_day_id:
            continue
        if target is None or left.get(target, 1) < 1:
            plan.canceled.append(booking)
            continue
        if target in left:
            left[target] -= 1
        plan.moved[booking.pk], plan.former[booking.pk] = target, booking.service_day_id
    return plan


def _to_come(moves: Mapping[int, Moved]) -> list[Booking]:
    if not moves:
        return []
    first = min(one.since for one in moves.values())
    rows = Booking.objects.standing().filter(child__in=moves, day__gte=first)
    rows = rows.select_related("activity", "child", "service_day").order_by("booked_at", "pk")
    return [booking for booking in rows if booking.day >= moves[booking.child_id].since]


def _admissions(children: Collection[int]) -> dict[tuple[int, int], list[tuple[date, date]]]:
    """The days on which a child is admitted to an activity by name, whatever its class."""
    found: dict[tuple[int, int], list[tuple[date, date]]] = {}
    rows = Admission.objects.filter(child__in=children).order_by("pk")
    for child, activity, first, last in rows.values_list("child", "activity", "first_day", "last_day"):
        found.setdefault((child, activity), []).append((first, last))
    return found


def _target(
    booking: Booking, move: Moved, admitted: Mapping[tuple[int, int], Sequence[tuple[date, date]]]
) -> Slot | None:
    """Where the booking should be; None when the child may not come any more."""
    if move.site_id is None:
        return None
    activity = catalogue.read().activities.get(booking.activity_id)
    by_name = admitted.get((booking.child_id, booking.activity_id), ())
    by_its_name = any(first <= booking.day <= last for first, last in by_name)
    pupil = Pupil(site_id=move.site_id, level=move.level, birth_date=booking.child.birth_date)
    if activity is None or not is_entitled(activity.ways, pupil=pupil, day=booking.day, admitted=by_its_name):
        return None
    return booking.activity_id, move.site_id, booking.day


def _service_days(slots: Any) -> dict[Slot, int]:
    wanted = set(slots)
    if not wanted:
        return {}
    activities, sites, days = map(set, zip(*wanted, strict=True))
    rows = ServiceDay.objects.filter(open=True, activity__in=activities, site__in=sites, day__in=days)
    found = {(row.activity_id, row.site_id, row.day): row.pk for row in rows}
    return {slot: pk for slot, pk in found.items() if slot in wanted}


def _places_left(held: Mapping[Slot, int], *, lock: bool) -> dict[int, int]:
    """The places left of the days that have a number of them, locked in the order of their keys before they count."""
    rows = ServiceDay.objects.filter(pk__in=list(held.values()), places__isnull=False).order_by("pk")
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    places = dict(rows.values_list("pk", "places"))
    counted = Booking.objects.standing().filter(service_day__in=places).values_list("service_day")
    taken = dict(counted.annotate(number=Count("pk")).order_by())
    return {pk: (number or 0) - taken.get(pk, 0) for pk, number in places.items()}


def _put(service_days: Mapping[int, int]) -> None:
    """Give each booking its service day: one statement."""
    if not service_days:
        return
    table = connection.ops.quote_name(Booking._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} AS kept SET service_day_id = given.value::bigint"
            " FROM jsonb_each_text(%s::jsonb) AS given WHERE kept.id = given.key::bigint",
            [json.dumps(service_days)],
        )
