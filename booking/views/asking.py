"""What the pages of a planning read in their address."""

from datetime import date

from django.http import HttpRequest
from django.utils.http import urlencode

from booking.rules.weeks import Week, WeekError


def week(asked: str, today: date) -> tuple[Week, bool]:
    """The week asked for, the current one by default; whether what was asked is no week."""
    if not asked:
        return Week.of(today), False
    try:
        return Week.parse(asked), False
    except WeekError:
        return Week.of(today), True


def query(first: Week | None, group: str, **more: object) -> str:
    """The end of an address: where one is in the planning."""
    found = {"semaine": str(first)} if first else {}
    if group:
        found["groupe"] = group
    found |= {name: str(value) for name, value in more.items()}
    return f"?{urlencode(found)}" if found else ""


def before(request: HttpRequest) -> int | None:
    """Where the next page of a list starts; anything unreadable is the first page."""
    return key(request.GET.get("avant", ""))


def key(asked: str) -> int | None:
    """A key that an address or a form names, None when it is none."""
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 18 else None
