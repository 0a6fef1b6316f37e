"""The preview of a deadline: what it says of the next days of service, beside what stands today."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from booking import catalogue, sentences
from booking.models import ServiceDay
from booking.rules.calendar import SchoolCalendar
from booking.rules.deadlines import Closing, DeadlineRule, deadline, opening
from booking.rules.examples import Why, example_days

_AHEAD = timedelta(days=366)
WHY: dict[Why, str | Promise] = {
    Why.NEXT: "",
    Why.AFTER_PUBLIC_HOLIDAY: _("après un jour férié"),
    Why.AFTER_VACATION: _("après des vacances"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A day of service: until when it may be booked and canceled under the new rule, and what stands today.

    `never` says that it opens after its deadline; `cancel` is "" when it is the same as `book`.
    """

    day: date
    why: str | Promise
    book: str
    cancel: str
    opens: str
    standing: str
    is_over: bool
    never: bool


def preview(
    rule: DeadlineRule, *, standing: DeadlineRule, activities: Collection[int], zone: ZoneInfo, now: datetime
) -> list[Line]:
    """The lines for the next days of these activities: two statements at most."""
    calendar = catalogue.read().calendar
    days = _days(activities, calendar, today=now.astimezone(zone).date())
    lines = []
    for example in example_days(days, calendar=calendar):
        closes_at = _at(rule.book, example.day, calendar, zone)
        opens_at = opening(rule.opening, day=example.day, zone=zone)
        lines.append(
            Line(
                day=example.day,
                why=WHY[example.why],
                book=_words(rule.book, example.day, calendar, zone),
                cancel="" if rule.cancel == rule.book else _words(rule.cancel, example.day, calendar, zone),
                opens=sentences.at(opens_at, zone),
                standing=_words(standing.book, example.day, calendar, zone),
                is_over=closes_at <= now,
                never=opens_at >= closes_at,
            )
        )
    return lines


def _days(activities: Collection[int], calendar: SchoolCalendar, *, today: date) -> Sequence[date]:
    """The days on which one of these activities is held, or the days of school while none is made."""
    held = ServiceDay.objects.filter(activity__in=activities, open=True, day__range=(today, today + _AHEAD))
    if found := sorted(set(held.order_by().values_list("day", flat=True))):
        return found
    ahead = (today + timedelta(days=number) for number in range(1, _AHEAD.days))
    return [day for day in ahead if calendar.is_school_day(day)]


def _at(closing: Closing, day: date, calendar: SchoolCalendar, zone: ZoneInfo) -> datetime:
    return deadline(closing, day=day, calendar=calendar, zone=zone)


def _words(closing: Closing, day: date, calendar: SchoolCalendar, zone: ZoneInfo) -> str:
    return sentences.at(_at(closing, day, calendar, zone), zone)
