"""Who may book an activity, and which activities go together or exclude each other: changed by agents, audited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from booking.models import Activity, ActivityTie, Admission, Booking, Entitlement, ServiceDay
from booking.rules.entitlements import Access, Pupil, is_entitled
from booking.services.catalogue import entitle, tie
from lps.families.queries.pupils import pupils_at_school
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from tenants.town.services import lock_settings, renew_catalogue_stamp


class AlreadyTied(ValueError):
    """These two activities have a tie: one tie a pair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEffect:
    """What changing the ways does on a day: children who lose the activity, who win it, and the bookings to come of
    those who lose it, which stay.
    """

    day: date
    losing: int
    winning: int
    bookings: int


def ways_of(activity_id: int) -> list[Access]:
    """The ways to be entitled to an activity."""
    rows = Entitlement.objects.filter(activity=activity_id)
    return [Access(site_id=row.site_id, level=row.level, youngest=row.youngest, oldest=row.oldest) for row in rows]


def preview_ways(*, activity_id: int, ways: Sequence[Access], today: date) -> AccessEffect:
    """Judge every child in a class on the next day of the activity: five statements.

    Children admitted by name keep it.
    """
    held = ServiceDay.objects.filter(activity=activity_id, open=True, day__gte=today).order_by("day").first()
    day = held.day if held else today
    standing = ways_of(activity_id)
    admitted = set(
        Admission.objects.filter(activity=activity_id, last_day__gte=today).values_list("child", flat=True).order_by()
    )
    losing, winning = set(), 0
    for child, site_id, level, birth_date in pupils_at_school(day=day):
        pupil = Pupil(site_id=site_id, level=level, birth_date=birth_date)
        before, after = (is_entitled(one, pupil=pupil, day=day) for one in (standing, ways))
        if child in admitted or before == after:
            continue
        if before:
            losing.add(child)
        else:
            winning += 1
    bookings = Booking.objects.standing().filter(activity=activity_id, child__in=losing, day__gte=today).count()
    return AccessEffect(day=day, losing=len(losing), winning=winning, bookings=bookings)


def set_ways(*, activity_id: int, ways: Sequence[Access], by: Actor, at: datetime) -> None:
    """Say who may book an activity; what is booked stays. Raises `Activity.DoesNotExist`."""
    with transaction.atomic():
        lock_settings()
        activity = Activity.objects.get(pk=activity_id)
        before, after = [_written(way) for way in ways_of(activity_id)], [_written(way) for way in ways]
        if before == after:
            return
        entitle(activity_id=activity.pk, ways=ways)
        _tell("access_changed", activity_id, by=by, at=at, before=before, after=after)


def ties_of(activity_id: int) -> list[tuple[ActivityTie, Activity]]:
    """The ties of an activity, each with the other one: two statements."""
    ties = list(ActivityTie.objects.filter(first=activity_id) | ActivityTie.objects.filter(second=activity_id))
    others = Activity.objects.select_related("group").in_bulk({_other(one, activity_id) for one in ties})
    return [(one, others[_other(one, activity_id)]) for one in ties]


def count_against(*, one: int, other: int, kind: str, today: date) -> int:
    """How many days already booked from today on do not respect a tie: they stay."""
    standing = Booking.objects.standing().filter(day__gte=today)
    first, second = standing.filter(activity=one), standing.filter(activity=other)
    both = first.filter(_beside(second)).count()
    if kind == ActivityTie.Kind.INCOMPATIBLE:
        return both
    return first.count() + second.count() - 2 * both


def add_tie(*, one: int, other: int, kind: str, by: Actor, at: datetime) -> None:
    """Tie two activities. Raises `Activity.DoesNotExist` and `AlreadyTied`."""
    with transaction.atomic():
        lock_settings()
        names = [Activity.objects.get(pk=pk).name for pk in (one, other)]
        first, second = sorted((one, other))
        if one == other or ActivityTie.objects.filter(first=first, second=second).exists():
            raise AlreadyTied(one, other)
        tie(one=one, other=other, kind=ActivityTie.Kind(kind))
        _tell("activities_tied", one, by=by, at=at, after={"kind": str(kind), "other": other, "names": names})


def remove_tie(*, tie_id: int, activity_id: int, by: Actor, at: datetime) -> bool:
    """Untie an activity from another; False when this tie is none of its own."""
    with transaction.atomic():
        lock_settings()
        found = ActivityTie.objects.filter(pk=tie_id).first()
        if found is None or activity_id not in (found.first_id, found.second_id):
            return False
        before = {"kind": found.kind, "other": _other(found, activity_id)}
        found.delete()
        renew_catalogue_stamp()
        _tell("activities_untied", activity_id, by=by, at=at, before=before)
    return True


def _other(found: ActivityTie, activity_id: int) -> int:
    return found.second_id if found.first_id == activity_id else found.first_id


def _beside(others: Any) -> Exists:
    return Exists(others.filter(child=OuterRef("child"), day=OuterRef("day")))


def _written(way: Access) -> dict[str, Any]:
    return {"site": way.site_id, "level": way.level, "youngest": way.youngest, "oldest": way.oldest}


def _tell(action: str, pk: int, *, by: Actor, at: datetime, before: object = None, after: object = None) -> None:
    subject = f"activity:{pk}"
    record(by=by, channel=Channel.OFFICE, action=action, subject=subject, before=before, after=after, at=at)
