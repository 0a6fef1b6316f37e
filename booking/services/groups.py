"""Groups of activities: made, renamed, put in order, removed while empty. Each change is audited."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.utils.text import slugify

from booking.models import Activity, ActivityGroup
from booking.rules import deadlines
from booking.rules.deadlines import DeadlineRule
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from tenants.town.services import lock_settings, renew_catalogue_stamp

Ordered = TypeVar("Ordered", ActivityGroup, Activity)
_SLUG = 70  # leaves room for a number


class NameTaken(ValueError):
    """Another one bears this name."""


class NotEmpty(ValueError):
    """The group still holds activities, retired ones perhaps."""


def add_group(*, name: str, rule: DeadlineRule, by: Actor, at: datetime) -> ActivityGroup:
    """Add a group after the others, its slug made from its name for good. Raises `NameTaken`."""
    with transaction.atomic():
        lock_settings()
        groups = list(ActivityGroup.objects.all())
        _refuse_name(name, groups)
        made = ActivityGroup.objects.create(
            name=name,
            slug=free_slug(name, taken={group.slug for group in groups}),
            order=1 + max((group.order for group in groups), default=-1),
            deadline=deadlines.to_json(rule),
        )
        _tell("group_added", made.pk, by=by, at=at, after={"name": name, "slug": made.slug})
        renew_catalogue_stamp()
    return made


def rename_group(*, group_id: int, name: str, by: Actor, at: datetime) -> None:
    """Give a group another name; its address stays. Raises `ActivityGroup.DoesNotExist` and `NameTaken`."""
    with transaction.atomic():
        lock_settings()
        group = ActivityGroup.objects.get(pk=group_id)
        if group.name == name:
            return
        _refuse_name(name, ActivityGroup.objects.exclude(pk=group_id))
        before, group.name = group.name, name
        group.save(update_fields=("name",))
        _tell("group_renamed", group_id, by=by, at=at, before={"name": before}, after={"name": name})
        renew_catalogue_stamp()


def move_group(*, group_id: int, up: bool, by: Actor, at: datetime) -> None:
    """Put a group before the one above it, or after the one below; the ends stay.

    Raises `ActivityGroup.DoesNotExist`.
    """
    with transaction.atomic():
        lock_settings()
        moved = ActivityGroup.objects.get(pk=group_id)
        if moves := moved_by_one(list(ActivityGroup.objects.all()), moved, up=up):
            ActivityGroup.objects.bulk_update(moves, ["order"])
            names = [group.name for group in sorted(moves, key=lambda group: group.order)]
            _tell("group_moved", group_id, by=by, at=at, after={"order": names})
            renew_catalogue_stamp()


def remove_group(*, group_id: int, by: Actor, at: datetime) -> None:
    """Remove a group without activities. Raises `ActivityGroup.DoesNotExist` and `NotEmpty`."""
    with transaction.atomic():
        lock_settings()
        group = ActivityGroup.objects.get(pk=group_id)
        if group.activities.exists():
            raise NotEmpty(group_id)
        group.delete()
        _tell("group_removed", group_id, by=by, at=at, before={"name": group.name, "slug": group.slug})
        renew_catalogue_stamp()


def free_slug(name: str, *, taken: set[str]) -> str:
    """A name as an address that no other has: "petites-vacances", "petites-vacances-2"."""
    slug = slugify(name)[:_SLUG].strip("-") or "groupe"
    numbered = (f"{slug}-{number}" for number in range(2, len(taken) + 3))
    return slug if slug not in taken else next(one for one in numbered if one not in taken)


def moved_by_one(rows: Sequence[Ordered], moved: Ordered, *, up: bool) -> list[Ordered]:
    """The rows numbered again with one of them moved by a place; nothing when it is at the end already."""
    order = list(rows)
    place = order.index(moved)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(order):
        return []
    order[place], order[other] = order[other], order[place]
    for number, row in enumerate(order):
        row.order = number
    return order


def _refuse_name(name: str, others: Iterable[ActivityGroup]) -> None:
    if any(other.name.casefold() == name.casefold() for other in others):
        raise NameTaken(name)


def _tell(action: str, pk: int, *, by: Actor, at: datetime, before: object = None, after: object = None) -> None:
    subject = f"activity_group:{pk}"
    record(by=by, channel=Channel.OFFICE, action=action, subject=subject, before=before, after=after, at=at)
