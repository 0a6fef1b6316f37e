"""Activities: made, changed, put in order, retired. Their days follow at once, and no booking is lost."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from booking.models import (
    Activity,
    ActivityGroup,
    Attendance,
    Booking,
    Campaign,
    JournalEntry,
    Period,
    ServiceDay,
    WaitingEntry,
)
from booking.rules.opening import DaysPlan
from booking.services import waiting
from booking.services.catalogue import NewActivity
from booking.services.days import horizon, lock_days, materialize, preview_days
from booking.services.groups import NameTaken, moved_by_one
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from tenants import context
from tenants.town.services import lock_settings, renew_catalogue_stamp
from tenants.wakeup import named_after_commit


class EverUsed(ValueError):
    """Somebody booked, waited, chose or was called there: it is retired, not removed."""


def add_activity(*, group_id: int, wanted: NewActivity, by: Actor, at: datetime) -> Activity:
    """Add an activity at the end of a group, and its days from today on.

    Raises `ActivityGroup.DoesNotExist` and `NameTaken`.
    """
    with transaction.atomic():
        lock_settings()
        group = ActivityGroup.objects.get(pk=group_id)
        _refuse_name(wanted.name, group_id)
        last = group.activities.order_by("-order").first()
        made = Activity(group=group, order=last.order + 1 if last else 0)
        _set(made, wanted)
        made.save()
        _make_days(made, at=at)
        _tell("activity_added", made.pk, by=by, at=at, after=written(made))
        renew_catalogue_stamp()
        named_after_commit()
    return made


def preview_change(*, activity: Activity, wanted: NewActivity, today: date) -> DaysPlan:
    """What changing an activity would do to its days, today included."""
    _set(activity, wanted)
    return preview_days(first_day=today, last_day=horizon(today), activity=activity)


def change_activity(*, activity_id: int, wanted: NewActivity, by: Actor, at: datetime) -> Activity:
    """Change an activity, and make its days again when they are no longer the same.

    Places that this frees are offered to those who wait. Raises `Activity.DoesNotExist` and `NameTaken`.
    """
    with transaction.atomic():
        lock_settings()
        activity = Activity.objects.get(pk=activity_id)
        before = written(activity)
        _refuse_name(wanted.name, activity.group_id, but=activity_id)
        _set(activity, wanted)
        after = written(activity)
        if after == before:
            return activity
        activity.save()
        if changes_days(before, after):
            _make_days(activity, at=at)
        _tell("activity_changed", activity_id, by=by, at=at, before=before, after=after)
        renew_catalogue_stamp()
        named_after_commit()
    return activity


def move_activity(*, activity_id: int, up: bool, by: Actor, at: datetime) -> None:
    """Put an activity before the one above it in its group, or after the one below.

    Raises `Activity.DoesNotExist`.
    """
    with transaction.atomic():
        lock_settings()
        moved = Activity.objects.get(pk=activity_id)
        siblings = list(Activity.objects.filter(group=moved.group_id, retired_at__isnull=True).order_by("order", "pk"))
        if moved in siblings and (moves := moved_by_one(siblings, moved, up=up)):
            Activity.objects.bulk_update(moves, ["order"])
            names = [one.name for one in sorted(moves, key=lambda one: one.order)]
            _tell("activity_moved", activity_id, by=by, at=at, after={"order": names})
            renew_catalogue_stamp()


def preview_retiring(*, activity: Activity, today: date, at: datetime) -> DaysPlan:
    """Which days would close, and which keep their bookings."""
    activity.retired_at = at
    return preview_days(first_day=today, last_day=horizon(today), activity=activity)


def retire_activity(*, activity_id: int, by: Actor, at: datetime) -> None:
    """Offer an activity no more: its days close but those with bookings, which stay. Raises `Activity.DoesNotExist`."""
    _set_retired(activity_id, at, by=by, at=at)


def restore_activity(*, activity_id: int, by: Actor, at: datetime) -> None:
    """Offer a retired activity again, its days made as its pattern wants them. Raises `Activity.DoesNotExist`."""
    _set_retired(activity_id, None, by=by, at=at)


def is_unused(activity_id: int) -> bool:
    """Whether nothing was ever asked of it: then it may be removed."""
    of_its_days = Q(service_day__activity=activity_id)
    return not (
        Booking.objects.filter(activity=activity_id).exists()
        or JournalEntry.objects.filter(activity=activity_id).exists()
        or Attendance.objects.filter(of_its_days).exists()
        or WaitingEntry.objects.filter(of_its_days).exists()
        or Period.objects.filter(activities=activity_id).exists()
        or Campaign.objects.filter(activities=activity_id).exists()
    )


def remove_activity(*, activity_id: int, by: Actor, at: datetime) -> None:
    """Remove an activity of which nothing was ever asked. Raises `Activity.DoesNotExist` and `EverUsed`."""
    with transaction.atomic():
        lock_settings()
        activity = Activity.objects.get(pk=activity_id)
        days = ServiceDay.objects.filter(activity=activity_id)
        lock_days(days)  # who books at this instant is waited for, and seen
        if not is_unused(activity_id):
            raise EverUsed(activity_id)
        days.delete()
        activity.delete()
        _tell("activity_removed", activity_id, by=by, at=at, before=written(activity))
        renew_catalogue_stamp()


def written(activity: Activity) -> dict[str, Any]:
    """What an agent decides of an activity, as the journal keeps it."""
    return {
        "name": activity.name,
        "weekdays": list(activity.weekdays),
        "season": str(activity.season),
        "places": activity.places,
        "is_meal": activity.is_meal,
    }


def changes_days(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the days are no longer the same."""
    return any(before[name] != after[name] for name in ("weekdays", "season", "places"))


def _set(activity: Activity, wanted: NewActivity) -> None:
    activity.name, activity.season, activity.places = wanted.name, wanted.season, wanted.places
    activity.weekdays, activity.is_meal = sorted(set(wanted.weekdays)), wanted.is_meal


def _set_retired(activity_id: int, retired_at: datetime | None, *, by: Actor, at: datetime) -> None:
    with transaction.atomic():
        lock_settings()
        activity = Activity.objects.get(pk=activity_id)
        if (activity.retired_at is None) == (retired_at is None):
            return
        activity.retired_at = retired_at
        activity.save(update_fields=("retired_at",))
        _make_days(activity, at=at)
        action = "activity_retired" if retired_at else "activity_restored"
        _tell(action, activity_id, by=by, at=at, after={"name": activity.name})
        renew_catalogue_stamp()


def _make_days(activity: Activity, *, at: datetime) -> None:
    """Make its days from today on; whoever waits for one is offered what is free now, or told that it closed."""
    today = at.astimezone(context.current().zone).date()
    materialize(first_day=today, last_day=horizon(today), activity=activity)
    listed = WaitingEntry.objects.filter(service_day__activity=activity.pk, state__in=WaitingEntry.OPEN)
    if days := sorted(set(listed.order_by().values_list("service_day", flat=True))):
        waiting.offer_places(days, at=at)


def _refuse_name(name: str, group_id: int, *, but: int | None = None) -> None:
    if Activity.objects.filter(group=group_id, name__iexact=name).exclude(pk=but or 0).exists():
        raise NameTaken(name)


def _tell(action: str, pk: int, *, by: Actor, at: datetime, before: object = None, after: object = None) -> None:
    subject = f"activity:{pk}"
    record(by=by, channel=Channel.OFFICE, action=action, subject=subject, before=before, after=after, at=at)
