"""A day typed as four keys, JJMM: which one is meant."""

from datetime import date


class NoSuchDay(ValueError):
    """No day is written so: 3104, 0000, 1013. Days and months are never swapped in silence."""


class FarDay(ValueError):
    """The day exists but lies outside of what can be booked."""


def meant(keys: str, *, today: date, last_day: date) -> date:
    """The next such day from today on, at the latest `last_day`. Raises `NoSuchDay`, `FarDay`.

    29 February is meant only when the year that the window holds has one.
    """
    day, month = int(keys[:2]), int(keys[2:])
    found = [made for year in range(today.year, last_day.year + 1) if (made := _made(year, month, day))]
    inside = [one for one in found if today <= one <= last_day]
    if inside:
        return inside[0]
    # 2024 has every day of every year: what it lacks is no day.
    if _made(2024, month, day) is None:
        raise NoSuchDay(keys)
    raise FarDay(keys)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
