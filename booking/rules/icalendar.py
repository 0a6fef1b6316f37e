"""A calendar as other software reads it (RFC 5545): escaped, folded at 75 octets, in UTC or in whole days."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_FOLD = 75
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something on a whole day; `uid` stays the same from one reading to the next."""

    uid: str
    day: date
    summary: str
    changed_at: datetime


def write(events: Iterable[Event], *, name: str) -> str:
    """The whole file, its lines ended as the standard asks."""
    return "".join(f"{part}\r\n" for line in _lines(events, name) for part in _folded(line))


def _lines(events: Iterable[Event], name: str) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Les Parents Services//FR", "CALSCALE:GREGORIAN")
    yield f"X-WR-CALNAME:{_text(name)}"
    yield "REFRESH-INTERVAL;VALUE=DURATION:PT6H"
    for event in events:
        yield "BEGIN:VEVENT"
        yield f"UID:{event.uid}"
        yield f"DTSTAMP:{event.changed_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        yield f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}"
        yield f"SUMMARY:{_text(event.summary)}"
        yield "TRANSP:TRANSPARENT"
        yield "END:VEVENT"
    yield "END:VCALENDAR"


def _text(value: str) -> str:
    return "".join(char for char in value if char.isprintable() or char == "\n").translate(_ESCAPED)


def _folded(line: str) -> Iterator[str]:
    """Pieces of 75 octets at most, each after the first begun by a space; no character is cut."""
    piece, size = "", 0
    for char in line:
        octets = len(char.encode())
        if size + octets > _FOLD:
            yield piece
            piece, size = " ", 1
        piece, size = piece + char, size + octets
    yield piece
