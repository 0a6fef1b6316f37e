"""A planning page as a person reads it: each week's rows, each cell by the words and boxes that it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

DAYS = ("Lu", "Ma", "Me", "Je", "Ve", "Sa", "Di")
_INLINE = {"a", "b", "span", "small", "strong", "em"}


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell: `box` is None without a box, else whether it is ticked; `text` all that is read."""

    box: bool | None
    text: str
    locked: bool

    @property
    def symbol(self) -> str:
        """ "☑ Ve 10", "☐", "locked", "locked booked" or "."."""
        if self.box is not None:
            return f"☑ {self.text[-5:]}" if self.box else "☐"
        if not self.locked:
            return "."
        return "locked booked" if self.text.startswith("réservé") else "locked"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.weeks: dict[int, dict[str, list[Cell]]] = {}
        self._week: dict[str, list[Cell]] = {}
        self._row: list[Cell] | None = None
        self._label = self._text = ""
        self._box: bool | None = None
        self._is_locked = self._in_body = False
        self._cell = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "h2" and (name := given.get("id") or "").startswith("semaine-"):
            self._week = self.weeks.setdefault(int(name.removeprefix("semaine-")), {})
        elif tag == "tbody":
            self._in_body = True
        elif self._in_body and tag == "tr":
            self._row = []
        elif self._in_body and tag in ("th", "td"):
            self._cell, self._text, self._box, self._is_locked = tag, "", None, False
        elif self._cell == "td" and tag == "input" and given.get("type") == "checkbox":
            self._box = "checked" in given
        elif self._cell == "td" and "locked" in (given.get("class") or "").split():
            self._is_locked = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "tbody":
            self._in_body = False
        elif tag == "th" and self._cell == "th":
            self._label, self._cell = " ".join(self._text.split()), ""
        elif tag == "td" and self._row is not None:
            self._row.append(Cell(self._box, " ".join(self._text.split()), self._is_locked))
            self._cell = ""
        elif tag == "tr" and self._row:
            self._week[self._label] = self._row
            self._row = None

    def handle_data(self, data: str) -> None:
        if self._cell:
            self._text += data


def weeks(html: str) -> Mapping[int, Mapping[str, list[Cell]]]:
    """The weeks of a planning by their numbers, each activity with its cells from Monday on."""
    reader = _Reader()
    reader.feed(html)
    return reader.weeks


def row(html: str, week: int, activity: str) -> dict[str, str]:
    """A row by the short names of its days: `{"Lu": "locked", "Ma": "locked", "Me": ".", "Je": "☑ Je 09", …}`."""
    cells = weeks(html)[week][activity]
    return dict(zip(DAYS, (cell.symbol for cell in cells), strict=False))


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipped += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in ("script", "style")
        if tag not in _INLINE:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.parts.append(data)


def words(html: str) -> str:
    """All that is read on a page, in order, spaces folded and no-break ones made plain."""
    reader = _Words()
    reader.feed(html)
    return " ".join("".join(reader.parts).replace("\u00a0", " ").replace("’", "'").split())
