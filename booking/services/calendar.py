"""The town's own hand in the school calendar: holidays corrected or entered, public holidays of its own.

Each change makes the days it touches again; one that holds a booking stays open, and is told. A preview does the same
and takes it back.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from booking.models import PublicHoliday, SchoolVacation
from booking.rules.opening import DaysPlan
from booking.services.days import horizon, materialize, preview_days
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from tenants.town.services import lock_settings, renew_catalogue_stamp

_NOTHING = DaysPlan(create={}, open={}, close=(), kept={})


class NotLocal(ValueError):
    """What comes from the national calendar is corrected, never removed."""


class Taken(ValueError):
    """Other holidays hold one of these days; its text is their name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holidays:
    """School holidays as an agent says them, both days included."""

    name: str
    first_day: date
    last_day: date
    is_summer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change to come: the days between which it may open or close something, and what writes it.

    `write` gives what stood and what stands; it may raise `Taken`.
    """

    days: tuple[date, ...]
    write: Callable[[], tuple[Any, Any]]


def set_vacation(row: SchoolVacation | None, given: Holidays) -> Change:
    """Enter school holidays, or correct these: the national calendar does not bring back the days that stood."""
    standing = () if row is None else (row.first_day, row.last_day)

    def write() -> tuple[Any, Any]:
        found = SchoolVacation(is_local=True) if row is None else SchoolVacation.objects.get(pk=row.pk)
        before = None if row is None else _written(found)
        others = SchoolVacation.objects.filter(first_day__lte=given.last_day, last_day__gte=given.first_day)
        if other := others.exclude(pk=found.pk).first():
            raise Taken(other.name)
        if not found.is_local and found.published_day is None:
            found.published_day = found.first_day
        found.name, found.is_summer = given.name, given.is_summer
        found.first_day, found.last_day = given.first_day, given.last_day
        found.save()
        return before, _written(found)

    return Change(days=(*standing, given.first_day, given.last_day), write=write)


def remove_vacation(row: SchoolVacation) -> Change:
    """Remove holidays that the town entered. Raises `NotLocal`."""
    if not row.is_local:
        raise NotLocal(row.pk)
    return _removal(row)


def add_holiday(*, day: date, name: str) -> Change:
    """Enter a public holiday of the town's own."""

    def write() -> tuple[Any, Any]:
        if other := PublicHoliday.objects.filter(day=day).first():
            raise Taken(other.name)
        return None, _written(PublicHoliday.objects.create(day=day, name=name, is_local=True))

    return Change(days=(day,), write=write)


def remove_holiday(row: PublicHoliday) -> Change:
    """Remove a public holiday that the town entered. Raises `NotLocal`."""
    if not row.is_local:
        raise NotLocal(row.pk)
    return _removal(row)


def preview(change: Change, *, today: date) -> DaysPlan:
    """What a change would do to the days to come; nothing stays written. Raises `Taken`."""
    span = _span(change.days, today)
    with transaction.atomic():
        change.write()
        plan = preview_days(first_day=span[0], last_day=span[1]) if span else _NOTHING
        transaction.set_rollback(True)
    return plan


def apply(change: Change, *, today: date, by: Actor, at: datetime) -> None:
    """Write a change and make the days to come that it touches again. Raises `Taken`."""
    span = _span(change.days, today)
    with transaction.atomic():
        lock_settings()
        before, after = change.write()
        if before == after:  # somebody else did it at the same instant
            return
        if span:
            materialize(first_day=span[0], last_day=span[1])
        renew_catalogue_stamp()
        record(
            by=by,
            channel=Channel.OFFICE,
            action="calendar_changed",
            subject="calendar",
            before=before,
            after=after,
            at=at,
        )


def _removal(row: SchoolVacation | PublicHoliday) -> Change:
    def write() -> tuple[Any, Any]:
        gone, _by_model = row.__class__._default_manager.filter(pk=row.pk).delete()
        return (_written(row), None) if gone else (None, None)

    return Change(days=_days(row), write=write)


def _written(row: SchoolVacation | PublicHoliday) -> dict[str, Any]:
    return {"name": row.name, "days": [str(day) for day in _days(row)]}


def _days(row: SchoolVacation | PublicHoliday) -> tuple[date, ...]:
    return (row.day,) if isinstance(row, PublicHoliday) else (row.first_day, row.last_day)


def _span(days: Iterable[date], today: date) -> tuple[date, date] | None:
    """From the first to the last of these days, those to come alone; None when all are past, or not made yet."""
    touched = list(days)
    first, last = max(min(touched), today), min(max(touched), horizon(today))
    return (first, last) if first <= last else None
