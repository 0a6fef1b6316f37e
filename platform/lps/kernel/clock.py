"""The one clock. Everything that asks the time asks here; lint forbids any other source of now.

`LPS_CLOCK` moves it: an ISO instant (`2014-10-08T13:20+02:00`) or an offset (`+3d`, `-2h`, `+90m`).
The time then runs on from there. Production refuses to start with it (see `lps.config.refusals`).
"""

import os
import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

_OFFSET = re.compile(r"^([+-]\d{1,5})([dhm])$")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


class BadClock(ValueError):
    """`LPS_CLOCK` is neither an instant with its offset nor a shift such as `+3d`."""


def real_now() -> datetime:
    """The true instant, aware, in UTC: one-time passwords, sessions, token expiry, throttling."""
    return datetime.now(UTC)


def now() -> datetime:
    """The product's instant, aware, in UTC, moved by `LPS_CLOCK` when it is set."""
    return real_now() + shift()


def today(zone: ZoneInfo) -> date:
    """The product's day in a commune's zone."""
    return now().astimezone(zone).date()


def moved() -> bool:
    """Whether the clock shows another time than the true one."""
    return bool(shift())


def shift() -> timedelta:
    """How far the product's clock is from the true one."""
    return _shift_of(os.environ.get("LPS_CLOCK", ""))


@cache
def _shift_of(setting: str) -> timedelta:
    """Read `LPS_CLOCK` once per value: an instant becomes a constant shift, so the time runs on.

    `LPS_CLOCK_ORIGIN` (a POSIX time) is set by the supervisor so that all its processes agree.
    """
    if not setting:
        return timedelta()
    if match := _OFFSET.match(setting):
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        wanted = datetime.fromisoformat(setting)
    except ValueError as error:
        raise BadClock(setting) from error
    if wanted.tzinfo is None:
        raise BadClock(setting)
    origin = os.environ.get("LPS_CLOCK_ORIGIN")
    start = datetime.fromtimestamp(float(origin), UTC) if origin else real_now()
    return wanted.astimezone(UTC) - start
