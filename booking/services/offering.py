"""What the town does with périscotidien periods: offering them, changing them, reopening one for a child."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from booking.message_kinds import ANSWER
from booking.models import Period, PeriodChoice, PeriodReopening
from lps.families.queries.locks import lock_child
from lps.families.recipients import of_many
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from notifications.services import Post, post_many
from tenants import context
from tenants.queries import url_of
from tenants.town.services import renew_catalogue_stamp


class PeriodChosen(ValueError):
    """A family has chosen it: its days and activities are no longer changed, nor is it removed."""


class NotReopened(ValueError):
    """That choice does not stand any more: it was reopened before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSpec:
    """What an agent says of a period; days are included, instants aware (None: at once, until its last day)."""

    first_day: date
    last_day: date
    activities: Sequence[int]
    opens_at: datetime | None = None
    closes_at: datetime | None = None


def offer(*, spec: PeriodSpec, by: Actor, at: datetime) -> Period:
    """Offer a period to families."""
    with transaction.atomic():
        period = Period.objects.create(
            first_day=spec.first_day, last_day=spec.last_day, opens_at=spec.opens_at, closes_at=spec.closes_at
        )
        period.activities.set(spec.activities)
        renew_catalogue_stamp()
        _record(period, "period_offered", by=by, at=at, after=_written(period))
    return period


def change(*, period: Period, spec: PeriodSpec, by: Actor, at: datetime) -> Period:
    """Change a period; once a family has chosen it, when it may be chosen alone. Raises `PeriodChosen`."""
    with transaction.atomic():
        row = _locked(period)
        before = _written(row)
        row.first_day, row.last_day, row.opens_at, row.closes_at = (
            spec.first_day,
            spec.last_day,
            spec.opens_at,
            spec.closes_at,
        )
        row.save()
        row.activities.set(spec.activities)
        after = _written(row)
        days = ("first_day", "last_day", "activities")
        if any(before[name] != after[name] for name in days) and row.choices.exists():
            raise PeriodChosen(row.pk)
        renew_catalogue_stamp()
        _record(row, "period_changed", by=by, at=at, before=before, after=after)
    return row


def remove(*, period: Period, by: Actor, at: datetime) -> None:
    """Withdraw a period that nobody has chosen. Raises `PeriodChosen`."""
    with transaction.atomic():
        row = _locked(period)
        if row.choices.exists():
            raise PeriodChosen(row.pk)
        before, subject = _written(row), f"period:{row.pk}"
        row.delete()
        renew_catalogue_stamp()
        record(by=by, channel=Channel.OFFICE, action="period_removed", subject=subject, before=before, at=at)


def reopen(*, choice: PeriodChoice, reason: str, by: Actor, at: datetime) -> PeriodReopening:
    """Let the household choose the period again for this child, and tell it why. Its bookings stay as they are.

    Raises `NotReopened`.
    """
    with transaction.atomic():
        lock_child(choice.child)  # as choosing does
        if PeriodReopening.objects.filter(choice=choice.pk).exists():
            raise NotReopened(choice.pk)
        made = PeriodReopening.objects.create(choice=choice, at=at, by=by.label, reason=reason)
        after = {"child": choice.child_id, "household": choice.household_id, "reason": reason}
        _record(choice.period, "period_reopened", by=by, at=at, after=after)
        _tell(choice, reason=reason, by=by)
    return made


def _locked(period: Period) -> Period:
    """The row, held against those who change it; a choice under way holds it from its commit on."""
    return Period.objects.select_for_update(of=("self",)).get(pk=period.pk)


def _written(period: Period) -> dict[str, Any]:
    return {
        "first_day": str(period.first_day),
        "last_day": str(period.last_day),
        "activities": sorted(period.activities.values_list("pk", flat=True)),
        "opens_at": period.opens_at.isoformat() if period.opens_at else None,
        "closes_at": period.closes_at.isoformat() if period.closes_at else None,
    }


def _record(period: Period, action: str, *, by: Actor, at: datetime, before: Any = None, after: Any = None) -> None:
    subject = f"period:{period.pk}"
    record(by=by, channel=Channel.OFFICE, action=action, subject=subject, before=before, after=after, at=at)


def _tell(choice: PeriodChoice, *, reason: str, by: Actor) -> None:
    facts = {
        "child": choice.child.first_name,
        "first": choice.period.first_day,
        "last": choice.period.last_day,
        "reason": reason,
        "url": url_of(context.current(), "/enfants/"),
    }
    recipients = of_many([choice.household_id], ANSWER).get(choice.household_id, [])
    posts = [Post(to=one.email, facts={**facts, **one.facts}) for one in recipients]
    post_many(posts, template="booking/emails/period_reopened", by=by)
