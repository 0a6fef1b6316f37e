"""The day that an agents' page is about."""

from datetime import date

from lps.kernel import clock
from tenants import context


def day_asked(asked: str) -> tuple[date, bool]:
    """The day asked for (`2026-11-25`), today by default; whether what was asked is no day."""
    today = clock.today(context.current().zone)
    if not asked:
        return today, False
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        return today, True
    return (day, False) if 2000 <= day.year <= 2199 else (today, True)
