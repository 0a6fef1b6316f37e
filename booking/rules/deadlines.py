"""Until when a day may be booked or cancelled, and from when: the same answer through every door.

The rules are explained with examples in `docs/rules/deadlines.md`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar, TypeVar, assert_never
from zoneinfo import ZoneInfo

from booking.rules.calendar import SchoolCalendar
from booking.rules.weeks import FIRST_YEAR, LAST_YEAR, Week


class InvalidRule(ValueError):
    """These values make no deadline rule."""


def _require(fact: bool, otherwise: str) -> None:
    if not fact:
        raise InvalidRule(otherwise)


def _require_wall_time(at: time) -> None:
    _require(at.tzinfo is None and at.fold == 0, "a time on the wall has no zone: the commune gives it")
    _require(at.second == 0 and at.microsecond == 0, "a deadline is set to the minute")


def _require_reachable(day: date) -> None:
    _require(FIRST_YEAR <= day.year <= LAST_YEAR, f"a date lies between {FIRST_YEAR} and {LAST_YEAR}")


class Action(StrEnum):
    BOOK = "book"
    CANCEL = "cancel"


class OnHoliday(StrEnum):
    """What becomes of a deadline that falls on a public holiday."""

    KEPT = "kept"
    WORKING_DAY_BEFORE = "working_day_before"
    WORKING_DAY_AFTER = "working_day_after"


class WithoutSchool(StrEnum):
    """What becomes of a weekly deadline in a week without school."""

    KEPT = "kept"
    LAST_OF_SCHOOL = "last_of_school"


class DayKind(StrEnum):
    CALENDAR = "calendar"
    WORKING = "working"
    SCHOOL = "school"


@dataclass(frozen=True, kw_only=True)
class Weekly:
    """All days of an ISO week close together: "le jeudi 17h00 de la semaine précédente"."""

    type: ClassVar[str] = "weekly"
    weekday: int
    at: time
    weeks_before: int = 1
    on_holiday: OnHoliday = OnHoliday.WORKING_DAY_BEFORE
    without_school: WithoutSchool = WithoutSchool.KEPT

    def __post_init__(self) -> None:
        _require(0 <= self.weekday <= 6, "weekday goes from 0 (Monday) to 6")
        _require(0 <= self.weeks_before <= 52, "weeks_before goes from 0 to 52")
        _require_wall_time(self.at)


@dataclass(frozen=True, kw_only=True)
class DaysBefore:
    """Each day closes on its own: "la veille, 17h00" is one calendar day before."""

    type: ClassVar[str] = "days_before"
    days: int
    at: time
    kind: DayKind = DayKind.CALENDAR
    on_holiday: OnHoliday = OnHoliday.WORKING_DAY_BEFORE

    def __post_init__(self) -> None:
        _require(1 <= self.days <= 366, "days goes from 1 to 366; the day itself is SameDay")
        _require_wall_time(self.at)


@dataclass(frozen=True, kw_only=True)
class SameDay:
    """The day itself may still be changed, until this time of the day."""

    type: ClassVar[str] = "same_day"
    at: time

    def __post_init__(self) -> None:
        _require_wall_time(self.at)


@dataclass(frozen=True, kw_only=True)
class FixedDate:
    """One deadline for a whole period, as the town published it: no holiday moves it."""

    type: ClassVar[str] = "fixed_date"
    day: date
    at: time

    def __post_init__(self) -> None:
        _require_reachable(self.day)
        _require_wall_time(self.at)


@dataclass(frozen=True, kw_only=True)
class Rolling:
    """A day opens this many times seven days before it, at 00:00."""

    type: ClassVar[str] = "rolling"
    weeks: int = 13

    def __post_init__(self) -> None:
        _require(1 <= self.weeks <= 104, "weeks goes from 1 to 104")


@dataclass(frozen=True, kw_only=True)
class FixedOpening:
    """Everything opens at once, at 00:00 of this day unless a time is given."""

    type: ClassVar[str] = "fixed_opening"
    day: date
    at: time = time(0)

    def __post_init__(self) -> None:
        _require_reachable(self.day)
        _require_wall_time(self.at)


Closing = Weekly | DaysBefore | SameDay | FixedDate
Opening = Rolling | FixedOpening
_Part = TypeVar("_Part", bound=Closing | Opening)


@dataclass(frozen=True, kw_only=True)
class DeadlineRule:
    """What a group or an activity asks: booking and cancelling apart; the opening is that of booking."""

    book: Closing
    cancel: Closing
    opening: Opening = Rolling()


@dataclass(frozen=True, kw_only=True)
class Open:
    closes_at: datetime


@dataclass(frozen=True, kw_only=True)
class TooEarly:
    opens_at: datetime


@dataclass(frozen=True, kw_only=True)
class Closed:
    closed_at: datetime


Verdict = Open | TooEarly | Closed


def judge(
    *,
    action: Action,
    day: date,
    rule: DeadlineRule,
    calendar: SchoolCalendar,
    zone: ZoneInfo,
    received_at: datetime,
) -> Verdict:
    """Say whether a request received at this instant is in time. The opening instant is in, the deadline is out.

    Cancelling has no opening: what was booked early, by a period or by the town, may be cancelled at once.
    """
    closing = rule.book if action is Action.BOOK else rule.cancel
    closes_at = deadline(closing, day=day, calendar=calendar, zone=zone)
    received_at = _instant(received_at)
    if received_at >= closes_at:
        return Closed(closed_at=closes_at)
    if action is Action.BOOK:
        opens_at = opening(rule.opening, day=day, zone=zone)
        if opens_at >= closes_at:
            return Closed(closed_at=closes_at)  # never open: promising an opening would be a lie
        if received_at < opens_at:
            return TooEarly(opens_at=opens_at)
    return Open(closes_at=closes_at)


def deadline(closing: Closing, *, day: date, calendar: SchoolCalendar, zone: ZoneInfo) -> datetime:
    """The instant (UTC) from which it is too late for this day.

    Only SameDay reaches into the day itself: any other deadline comes at its first instant at the latest,
    so that no fixed date or moved holiday leaves a past day open.
    """
    return _deadline(closing, day, calendar, zone)


@lru_cache(maxsize=4096)  # a page asks the same few rules and days for every cell
def _deadline(closing: Closing, day: date, calendar: SchoolCalendar, zone: ZoneInfo) -> datetime:
    if isinstance(closing, SameDay):
        return instant(day, closing.at, zone)
    return min(instant(_deadline_day(closing, day, calendar), closing.at, zone), instant(day, time(0), zone))


@lru_cache(maxsize=4096)
def opening(opening: Opening, *, day: date, zone: ZoneInfo) -> datetime:
    """The instant (UTC) from which this day may be booked."""
    if isinstance(opening, FixedOpening):
        return instant(opening.day, opening.at, zone)
    return instant(day - timedelta(weeks=opening.weeks), time(0), zone)


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which clocks on the wall of this zone show `at`.

    Shown twice (clocks go back): the first time. Never shown (clocks go forward): as far after the change,
    so that 02:30 means 03:30 in Paris on the last Sunday of March.
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def _deadline_day(closing: Weekly | DaysBefore | FixedDate, day: date, calendar: SchoolCalendar) -> date:
    match closing:
        case Weekly():
            return _weekly_day(closing, day, calendar)
        case DaysBefore():
            return _days_before(closing, day, calendar)
        case FixedDate():
            return closing.day
        case _:
            assert_never(closing)


def _weekly_day(closing: Weekly, day: date, calendar: SchoolCalendar) -> date:
    monday = Week.of(day).shifted(-closing.weeks_before).monday
    found = monday + timedelta(days=closing.weekday)
    if closing.without_school is WithoutSchool.LAST_OF_SCHOOL and not calendar.week_has_school(Week.of(found)):
        while not calendar.is_in_term(found):
            found -= timedelta(weeks=1)
    return _off_holiday(found, closing.on_holiday, calendar)


def _days_before(closing: DaysBefore, day: date, calendar: SchoolCalendar) -> date:
    match closing.kind:
        case DayKind.CALENDAR:
            return _off_holiday(day - timedelta(days=closing.days), closing.on_holiday, calendar)
        case DayKind.WORKING:
            step = calendar.working_day_before
        case DayKind.SCHOOL:
            step = calendar.school_day_before
        case _:
            assert_never(closing.kind)
    for _ in range(closing.days):
        day = step(day)
    return day


def _off_holiday(day: date, choice: OnHoliday, calendar: SchoolCalendar) -> date:
    if choice is OnHoliday.KEPT or not calendar.is_public_holiday(day):
        return day
    if choice is OnHoliday.WORKING_DAY_BEFORE:
        return calendar.working_day_before(day)
    return calendar.working_day_after(day)


def _instant(moment: datetime) -> datetime:
    """In UTC, because two datetimes of one zone are compared by their wall time, wrongly when clocks go back."""
    if moment.utcoffset() is None:
        raise ValueError("a request is received at an instant: the datetime must be aware")
    return moment.astimezone(UTC)


class Wording(StrEnum):
    """Which sentence tells a deadline."""

    WEEK = "week"  # one instant for the whole week: "Modifiable jusqu'au jeudi 09/10 à 17h00"
    DAYS_BEFORE = "days_before"  # the rule: "Modifiable jusqu'à la veille, 17h00"
    SAME_DAY = "same_day"  # "Modifiable jusqu'au jour même, 9h00"
    DATE = "date"  # "Modifiable jusqu'au lundi 15/06 à 23h59"


@dataclass(frozen=True, kw_only=True)
class Description:
    """The facts of a sentence about a deadline; the page has the words.

    With WEEK the page asks `deadline` for the instant; `days` and `kind` serve DAYS_BEFORE, `day` serves DATE.
    """

    wording: Wording
    at: time
    days: int = 0
    kind: DayKind = DayKind.CALENDAR
    day: date | None = None


def describe(closing: Closing) -> Description:
    match closing:
        case Weekly():
            return Description(wording=Wording.WEEK, at=closing.at)
        case DaysBefore():
            return Description(wording=Wording.DAYS_BEFORE, at=closing.at, days=closing.days, kind=closing.kind)
        case SameDay():
            return Description(wording=Wording.SAME_DAY, at=closing.at)
        case FixedDate():
            return Description(wording=Wording.DATE, at=closing.at, day=closing.day)
        case _:
            assert_never(closing)


def to_json(rule: DeadlineRule) -> dict[str, Any]:
    """Write a rule as the catalogue stores it; `from_json` reads it back."""
    return {name: _part_to_json(getattr(rule, name)) for name in ("book", "cancel", "opening")}


def from_json(written: object) -> DeadlineRule:
    """Read a stored rule. Raise InvalidRule for an unknown or missing key, a wrong type or a value out of range.

    Keys that have a default in the classes above may be left out, and `opening` altogether.
    """
    parts = _keys(written, allowed={"book", "cancel", "opening"}, required={"book", "cancel"})
    return DeadlineRule(
        book=_part_from_json(parts["book"], CLOSINGS),
        cancel=_part_from_json(parts["cancel"], CLOSINGS),
        opening=_part_from_json(parts.get("opening", {"type": "rolling"}), OPENINGS),
    )


CLOSINGS: Mapping[str, type[Closing]] = {part.type: part for part in (Weekly, DaysBefore, SameDay, FixedDate)}
OPENINGS: Mapping[str, type[Opening]] = {part.type: part for part in (Rolling, FixedOpening)}


def _part_to_json(part: Closing | Opening) -> dict[str, Any]:
    written: dict[str, Any] = {"type": part.type}
    for field in fields(part):
        written[field.name] = _value_to_json(getattr(part, field.name))
    return written


def _value_to_json(value: object) -> int | str:
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, int) else str(value)


def _part_from_json(written: object, kinds: Mapping[str, type[_Part]]) -> _Part:
    name = written.get("type") if isinstance(written, dict) else None
    if not isinstance(name, str) or name not in kinds:
        raise InvalidRule(f"type is one of {', '.join(kinds)}, not {name!r}")
    kind = kinds[name]
    known = fields(kind)
    required = {field.name for field in known if field.default is MISSING}
    parts = _keys(written, allowed={"type"} | {field.name for field in known}, required={"type"} | required)
    values = {field.name: _READERS[field.name](parts[field.name]) for field in known if field.name in parts}
    return kind(**values)


def _keys(written: object, *, allowed: set[str], required: set[str]) -> dict[str, Any]:
    if not isinstance(written, dict):
        raise InvalidRule(f"an object is expected, not {written!r}")
    if unknown := set(written) - allowed:
        raise InvalidRule(f"unknown keys: {', '.join(sorted(map(repr, unknown)))}")
    if missing := required - set(written):
        raise InvalidRule(f"missing keys: {', '.join(sorted(missing))}")
    return written


def _whole_number(written: object) -> int:
    if not isinstance(written, int) or isinstance(written, bool):
        raise InvalidRule(f"a whole number is expected, not {written!r}")
    return written


def _wall_time(written: object) -> time:
    if not isinstance(written, str) or re.fullmatch(r"[0-2][0-9]:[0-5][0-9]", written) is None or written >= "24":
        raise InvalidRule(f"a time is written 17:00, not {written!r}")
    return time.fromisoformat(written)


def _day(written: object) -> date:
    if not isinstance(written, str) or re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", written) is None:
        raise InvalidRule(f"a day is written 2015-06-15, not {written!r}")
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise InvalidRule(f"no such day: {written!r}") from error


def _choice(choices: type[StrEnum]) -> Callable[[object], StrEnum]:
    def read(written: object) -> StrEnum:
        if not isinstance(written, str) or written not in set(choices):
            raise InvalidRule(f"one of {', '.join(choices)} is expected, not {written!r}")
        return choices(written)

    return read


_READERS: dict[str, Callable[[object], Any]] = {
    "weekday": _whole_number,
    "weeks_before": _whole_number,
    "days": _whole_number,
    "weeks": _whole_number,
    "at": _wall_time,
    "day": _day,
    "kind": _choice(DayKind),
    "on_holiday": _choice(OnHoliday),
    "without_school": _choice(WithoutSchool),
}
