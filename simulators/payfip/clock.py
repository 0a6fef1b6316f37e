"""How far the portal beside has moved its clock: the Treasury's follows, or nothing would ever be late.

`LPS_CLOCK` is an instant with its offset (`2014-10-08T13:20+02:00`) or a shift (`+3d`, `-2h`, `+90m`); the instant
counts from `LPS_CLOCK_ORIGIN`, a POSIX time that the supervisor gives to all its programs.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

_SHIFT = re.compile(r"([+-][0-9]{1,5})([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def shift(variables: Mapping[str, str], *, now: float) -> timedelta:
    """What to add to the true time; `now` is POSIX. Raises ValueError for a clock that is none."""
    setting = variables.get("LPS_CLOCK", "")
    if not setting:
        return timedelta()
    if found := _SHIFT.fullmatch(setting):
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    wanted = datetime.fromisoformat(setting)
    if wanted.tzinfo is None:
        raise ValueError(setting)
    return timedelta(seconds=wanted.timestamp() - float(variables.get("LPS_CLOCK_ORIGIN") or now))
