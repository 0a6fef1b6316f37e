"""Périscotidien periods: when one may be chosen, and which days a choice of weekdays asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from booking.rules.deadlines import instant
from lps.kernel.refusals import Refusal

Weekdays = Mapping[int, frozenset[int]]
"""The weekdays chosen of each activity, Monday being 0."""


class PeriodRefusal(StrEnum):
    """Why a period may not be chosen, with the facts that come along."""

    ALREADY_CHOSEN = "already_chosen"
    NOT_YET_OPEN = "not_yet_open"  # opens_at
    TOO_LATE = "too_late"  # closed_at
    NO_DAY = "no_day"  # no weekday was chosen
    NOTHING_LEFT = "nothing_left"  # not one of the days asked for can be booked


class NotOffered(ValueError):
    """A choice names an activity or a weekday that the period does not offer: no page of ours asks that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFacts:
    """A period: its days, both included, and for each activity the weekdays that it offers."""

    pk: int
    first_day: date
    last_day: date
    offered: Weekdays
    opens_at: datetime | None = None
    closes_at: datetime | None = None

    def end(self, zone: ZoneInfo) -> datetime:
        """The instant from which it is too late to choose: the town's, or the end of the last day."""
        return self.closes_at or instant(self.last_day + timedelta(days=1), time(0), zone)


def why_not(
    period: PeriodFacts, *, is_chosen: bool, at: datetime, zone: ZoneInfo, reopened: bool = False
) -> Refusal | None:
    """Why the period cannot be chosen at an instant (aware): chosen already, too early or too late.

    One that an agent `reopened` for the child may be chosen until its last day is over.
    """
    if reopened:
        over = replace(period, closes_at=None).end(zone)
        return Refusal(PeriodRefusal.TOO_LATE, closed_at=over) if at >= over else None
    if is_chosen:
        return Refusal(PeriodRefusal.ALREADY_CHOSEN)
    if period.opens_at and at < period.opens_at:
        return Refusal(PeriodRefusal.NOT_YET_OPEN, opens_at=period.opens_at)
    if at >= period.end(zone):
        return Refusal(PeriodRefusal.TOO_LATE, closed_at=period.end(zone))
    return None


def days_asked(period: PeriodFacts, chosen: Weekdays) -> dict[int, tuple[date, ...]]:
    """The days of the period that fall on the weekdays chosen of each activity, in order; raises `NotOffered`."""
    for activity, weekdays in chosen.items():
        if not weekdays <= period.offered.get(activity, frozenset()):
            raise NotOffered(activity)
    length = (period.last_day - period.first_day).days + 1
    days = [period.first_day + timedelta(days=number) for number in range(length)]
    return {
        activity: tuple(day for day in days if day.weekday() in weekdays)
        for activity, weekdays in chosen.items()
        if weekdays
    }
