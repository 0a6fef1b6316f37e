"""Setting until when a group or an activity may be booked, audited with the rule before and after."""

from datetime import datetime

from django.db import transaction

from booking.models import Activity, ActivityGroup
from booking.rules import deadlines
from booking.rules.deadlines import DeadlineRule
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from tenants.town.services import lock_settings, renew_catalogue_stamp


def set_group_deadline(*, group_id: int, rule: DeadlineRule, by: Actor, at: datetime) -> None:
    """Give a group its rule, that of all its activities but those with their own.

    Raises `ActivityGroup.DoesNotExist`.
    """
    with transaction.atomic():
        lock_settings()
        group = ActivityGroup.objects.get(pk=group_id)
        before, group.deadline = group.deadline, deadlines.to_json(rule)
        _save(group, f"activity_group:{group_id}", before, by=by, at=at)


def set_activity_deadline(*, activity_id: int, rule: DeadlineRule | None, by: Actor, at: datetime) -> None:
    """Give an activity its own rule, or, with None, that of its group again. Raises `Activity.DoesNotExist`."""
    with transaction.atomic():
        lock_settings()
        activity = Activity.objects.get(pk=activity_id)
        before, activity.deadline = activity.deadline, None if rule is None else deadlines.to_json(rule)
        _save(activity, f"activity:{activity_id}", before, by=by, at=at)


def _save(row: Activity | ActivityGroup, subject: str, before: object, *, by: Actor, at: datetime) -> None:
    if row.deadline == before:
        return
    row.save(update_fields=("deadline",))
    after = row.deadline
    record(by=by, channel=Channel.OFFICE, action="deadline_changed", subject=subject, before=before, after=after, at=at)
    renew_catalogue_stamp()
