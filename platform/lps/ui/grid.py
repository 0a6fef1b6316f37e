"""The rows of a planning's table, written by one function: an included template per cell would halve the page's rate.

The pieces are described in `docs/ui.md`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from django.utils import dateformat
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

_TODAY = ' aria-current="date"'
_NAMED = 3  # more activities than that are counted


class TileKind(StrEnum):
    """What a cell is; the values are the style sheet's."""

    OPEN = "open"
    LOCKED = "locked"
    NONE = "none"
    FULL = "full"
    OTHER = "other"


class Away(NamedTuple):
    """A declared absence: its number, and the page that tells what became of it."""

    number: str
    href: str


class Tile(NamedTuple):
    """A cell: `value` is what its box sends, `reason` why it is locked or empty, `note` the words shown in it,
    `href` the page that a full or other tile leads to; `is_unsaved` when its tick is not what is kept; `away` the
    absence declared for what is booked."""

    kind: TileKind
    booked: bool = False
    value: str = ""
    reason: str = ""
    note: str = ""
    href: str = ""
    is_unsaved: bool = False
    away: Away | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A day, with its names and its heading worked out once for all rows, weeks and readers."""

    day: date
    long: str
    short: str
    head: SafeString
    sent: str

    @classmethod
    def of(cls, day: date) -> "Column":
        """The column of a day: "vendredi 10 octobre", "Ve 10"."""
        return cls._named(day, get_language())

    @classmethod
    @lru_cache(maxsize=1000)
    def _named(cls, day: date, language: str | None) -> "Column":
        number = _("1er") if day.day == 1 else str(day.day)
        weekday = dateformat.format(day, "l")
        two = weekday[:2].capitalize()
        head = format_html(
            '<span aria-hidden="true">{}</span><span class="hidden">{}</span> <b>{}</b>', two, weekday, f"{day:%d/%m}"
        )
        return cls(day, f"{weekday} {number} {dateformat.format(day, 'F')}", f"{two} {day:%d}", head, f"{day:%Y%m%d}")


def head(columns: Sequence[Column], today: date) -> SafeString:
    """The headings of the days, today's being told."""
    parts = [
        f'<th scope="col" data-day="{column.sent}"{_TODAY if column.day == today else ""}>{column.head}</th>'
        for column in columns
    ]
    return mark_safe("".join(parts))  # noqa: S308 (every text above is escaped)


def rows(*, name: str, columns: Sequence[Column], lines: Iterable[tuple[str, Sequence[Tile]]]) -> SafeString:
    """The table's rows: each activity with its cells, `name` being the name of every box."""
    words = _Words.now()
    parts: list[str] = []
    for label, tiles in lines:
        shown = escape(label)
        off = "" if any(tile.kind is not TileKind.NONE for tile in tiles) else ' class="off"'
        parts.append(f'<tr{off}><th scope="row">{shown}</th>')
        parts += [_cell(tile, column, shown, name, words) for tile, column in zip(tiles, columns, strict=True)]
        parts.append("</tr>\n")
    return mark_safe("".join(parts))  # noqa: S308 (every text above is escaped)


def why_locked(*, columns: Sequence[Column], lines: Iterable[tuple[str, Sequence[Tile]]]) -> list[str]:
    """What cannot be changed, a line a reason: "lundi 23, mardi 24 (Accueil Soir) : date limite passée".

    The activities are named, or counted when they are many, on a day of which others are not locked so. Nothing is
    said of a week locked as a whole: the line of its deadline does.
    """
    held = [0] * len(columns)
    locked: dict[str, dict[int, list[str]]] = {}
    for label, tiles in lines:
        for number, tile in enumerate(tiles):
            if tile.kind is not TileKind.NONE:
                held[number] += 1
            if tile.kind is TileKind.LOCKED and tile.reason:
                locked.setdefault(tile.reason, {}).setdefault(number, []).append(label)
    if len(locked) == 1 and sum(map(len, next(iter(locked.values())).values())) == sum(held):
        return []
    return [f"{_days(columns, held, days)}\u00a0: {reason}" for reason, days in locked.items()]


def absences(*, columns: Sequence[Column], lines: Iterable[tuple[str, Sequence[Tile]]]) -> list[SafeString]:
    """The absences declared for what is booked, a line each: "lundi 13 (Cantine) : absence déclarée (A-000012)".

    The activities are named, or counted, on a day of which others are booked without it.
    """
    booked = [0] * len(columns)
    declared: dict[Away, dict[int, list[str]]] = {}
    for label, tiles in lines:
        for number, tile in enumerate(tiles):
            booked[number] += tile.booked or tile.away is not None
            if tile.away:
                declared.setdefault(tile.away, {}).setdefault(number, []).append(label)
    by_day = sorted(declared.items(), key=lambda one: min(one[1]))
    return [
        format_html(
            '{}\u00a0: <a href="{}">{} (<span class="keep">{}</span>)</a>',
            *(_days(columns, booked, days), away.href, _("absence déclarée"), away.number),
        )
        for away, days in by_day
    ]


def _days(columns: Sequence[Column], held: Sequence[int], days: Mapping[int, Sequence[str]]) -> str:
    names = {number: columns[number].long.rpartition(" ")[0] for number in sorted(days)}
    return ", ".join(
        name if len(days[number]) == held[number] else f"{name} ({_activities(days[number])})"
        for number, name in names.items()
    )


def _activities(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= _NAMED else _("%(number)s activités") % {"number": len(names)}


@dataclass(frozen=True, slots=True)
class _Words:
    """The sentences of a cell in the reader's language."""

    booked: str
    free: str
    empty: str
    away: str

    @classmethod
    def now(cls) -> "_Words":
        return cls(
            booked=escape(_("réservé")),
            free=escape(_("non réservé")),
            empty=_empty(escape(_("pas de service"))),
            away=escape(_("absence déclarée")),
        )


def _empty(why: str) -> str:
    return (
        f'<td><span class="day none"><span class="hidden">{why}</span>'
        '<span class="mark" aria-hidden="true">.</span></span></td>'
    )


def _cell(tile: Tile, column: Column, label: str, name: str, words: _Words) -> str:
    look_away, told_away = (" away", f", {words.away}") if tile.away else ("", "")
    if tile.kind is TileKind.OPEN:
        checked = (" checked" if tile.booked else "") + (" data-unsaved" if tile.is_unsaved else "")
        return (
            f'<td><label class="day{look_away}"><input type="checkbox" name="{name}" value="{tile.value}"{checked}>'
            f'<span class="hidden">{label}, {column.long}{told_away} </span>'
            f'<span class="mark" aria-hidden="true"></span><span class="d">{column.short}</span></label></td>'
        )
    if tile.kind is TileKind.NONE:
        return _empty(escape(tile.reason)) if tile.reason else words.empty
    reason = f", {escape(tile.reason)}" if tile.reason else ""
    if tile.kind is TileKind.LOCKED:
        state, look = (words.booked, " yes") if tile.booked else (words.free, "")
        return (
            f'<td><span class="day locked{look}{look_away}"><span class="hidden">{state}{reason}{told_away}</span>'
            '<span class="mark" aria-hidden="true"></span></span></td>'
        )
    words_in = f'<span>{escape(tile.note)}</span><span class="hidden">{reason}</span>'
    if tile.href:
        where = f'<span class="hidden">{label}, {column.long} </span>'
        return f'<td><a class="day {tile.kind}" href="{escape(tile.href)}">{where}{words_in}</a></td>'
    return f'<td><span class="day {tile.kind}">{words_in}</span></td>'
