"""When a message may leave: quiet hours by class of message, in the commune's own time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

SUNDAY = 6
# No town forbids more days in a row than this: a setting that does is a mistake and is said, not waited for.
_LONGEST = 14


class MessageClass(StrEnum):
    """Why a message is sent: what a family needs of its contract, what it asked to be told, or a danger."""

    SERVICE = "service"
    NEWS = "news"
    DANGER = "danger"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """News leaves between these two hours, not on Sundays and public holidays (providers: 8:00–20:00)."""

    opens: time = time(8)
    closes: time = time(20)
    sundays: bool = False
    holidays: bool = False

    def __post_init__(self) -> None:
        if not self.opens < self.closes:
            raise ValueError("quiet hours leave no time to send")


def may_leave_at(
    asked_at: datetime,
    *,
    of: MessageClass,
    hours: QuietHours,
    zone: ZoneInfo,
    is_holiday: Callable[[date], bool],
) -> datetime:
    """The first instant, `asked_at` (aware) or later, at which a message of this class may leave.

    What a family needs and dangers leave at once. Raises ValueError when two weeks hold no hour to send.
    """
    if of is not MessageClass.NEWS:
        return asked_at
    local = asked_at.astimezone(zone)
    for days in range(_LONGEST):
        day = local.date() + timedelta(days=days)
        if (day.weekday() == SUNDAY and not hours.sundays) or (is_holiday(day) and not hours.holidays):
            continue
        opens, closes = (_instant(day, at, zone) for at in (hours.opens, hours.closes))
        if asked_at < closes:
            return max(asked_at, opens)
    raise ValueError("no hour to send in two weeks")


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
