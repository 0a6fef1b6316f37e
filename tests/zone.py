"""Where the towns of the tests are, whose day begins before that of UTC ends, and days of which a test needs one."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.services.days import school_year_of
from lps.kernel import clock

PARIS = ZoneInfo("Europe/Paris")


def wednesday_noon() -> datetime:
    """Of a November in which the demonstration's children are seated: no holiday is near, every class may leave."""
    first = school_year_of(clock.today(PARIS))[0].replace(month=11, day=22)
    return datetime.combine(first + timedelta(days=(2 - first.weekday()) % 7), time(11), UTC)


def next_day_of(hours: int) -> date:
    """The next day of twenty-three or twenty-five hours, in two days or later."""
    day = clock.today(PARIS) + timedelta(days=2)
    while _midnight(day + timedelta(days=1)) - _midnight(day) != timedelta(hours=hours):
        day += timedelta(days=1)
    return day


def in_days(number: int) -> date:
    """So many days from now, or the last day of the school year where it ends before: nobody joins a class after."""
    today = clock.today(PARIS)
    return min(today + timedelta(days=number), school_year_of(today)[1])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), PARIS).astimezone(UTC)
