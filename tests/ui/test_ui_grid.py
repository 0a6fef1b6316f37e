"""What a week says of its locked days, and the rows on which nothing happens."""

from datetime import date, timedelta
from typing import Any

from lps.ui import grid
from lps.ui.grid import Away, Column, Tile, TileKind
from tests.screens.reading import words

PAST, LATER = "date limite passée", "pas encore ouvert"
SIGNS = {
    "+": Tile(TileKind.OPEN, value="1-20141010"),
    "-": Tile(TileKind.LOCKED, reason=PAST),
    "V": Tile(TileKind.LOCKED, booked=True, reason=PAST),
    "l": Tile(TileKind.LOCKED, reason=LATER),
    "c": Tile(TileKind.FULL, note="complet"),
    ".": Tile(TileKind.NONE),
    "✓": Tile(TileKind.OPEN, booked=True),
    "A": Tile(TileKind.OPEN, booked=True, away=Away("A-000012", "/absences/12/")),
    "B": Tile(TileKind.LOCKED, booked=True, reason=PAST, away=Away("A-000007", "/absences/7/")),
}


def absences(**rows: str) -> list[str]:
    """What a week from Monday 6 October 2014 on says of its absences, a sign a cell."""
    return [words(line) for line in grid.absences(**drawn(rows))]


def drawn(rows: dict[str, str]) -> dict[str, Any]:
    """The columns and the lines of these rows."""
    length = len(next(iter(rows.values())))
    columns = [Column.of(date(2014, 10, 6) + timedelta(days=shift)) for shift in range(length)]
    return {"columns": columns, "lines": [(name, [SIGNS[sign] for sign in signs]) for name, signs in rows.items()]}


def why_locked(**rows: str) -> list[str]:
    """The notes of a week from Monday 6 October 2014 on, a sign a cell."""
    return [note.replace("\u00a0", " ") for note in grid.why_locked(**drawn(rows))]


def test_locked_days_are_named_with_their_reason() -> None:
    assert why_locked(Bus="-V.++", Cantine="--.++") == ["lundi 6, mardi 7 : date limite passée"]


def test_an_activity_is_named_when_the_rest_of_its_day_is_open() -> None:
    assert why_locked(Bus="-++++", Cantine="++c-+") == ["lundi 6 (Bus), jeudi 9 (Cantine) : date limite passée"]


def test_many_activities_are_counted() -> None:
    four = {f"Atelier {number}": "-" for number in range(4)}

    assert why_locked(**four, Bus="+") == ["lundi 6 (4 activités) : date limite passée"]


def test_each_reason_has_its_line() -> None:
    assert why_locked(Bus="-+..l") == ["lundi 6 : date limite passée", "vendredi 10 : pas encore ouvert"]


def test_a_week_locked_as_a_whole_says_nothing_more_than_its_deadline() -> None:
    assert why_locked(Bus="-V.--", Cantine="--...") == []
    assert why_locked(Bus="ll.ll") == []


def test_a_week_with_a_full_day_is_not_locked_as_a_whole() -> None:
    assert why_locked(Bus="-c.--") == ["lundi 6, jeudi 9, vendredi 10 : date limite passée"]


def test_an_open_week_says_nothing() -> None:
    assert why_locked(Bus="++.++", Cantine=".....") == []


def test_a_declared_absence_has_its_line_and_its_link() -> None:
    [line] = grid.absences(**drawn({"Bus": "AA.✓+", "Cantine": "+A.✓+"}))

    assert words(line) == "lundi 6, mardi 7 : absence déclarée (A-000012)"
    assert '<a href="/absences/12/">' in line


def test_of_a_day_booked_without_it_too_the_absence_names_its_activities() -> None:
    assert absences(Bus="A✓.++", Cantine="✓✓.++") == ["lundi 6 (Bus) : absence déclarée (A-000012)"]


def test_absences_are_told_in_the_order_of_their_days() -> None:
    assert absences(Bus="++.AA", Cantine="VB.++") == [
        "mardi 7 : absence déclarée (A-000007)",
        "jeudi 9, vendredi 10 : absence déclarée (A-000012)",
    ]


def test_a_day_of_an_absence_stays_locked_and_booked() -> None:
    html = grid.rows(name="jour", **drawn({"Bus": "B"}))

    assert (
        '<span class="day locked yes away"><span class="hidden">réservé, date limite passée, absence déclarée<' in html
    )
    assert "A-000007" not in html


def test_a_day_of_an_absence_that_may_change_says_so_in_its_name() -> None:
    html = grid.rows(name="jour", **drawn({"Bus": "A"}))

    assert '<label class="day away"><input type="checkbox" name="jour" value="" checked>' in html
    assert "Bus, lundi 6 octobre, absence déclarée" in words(html)


def test_a_row_without_service_stays_in_the_table_and_is_marked() -> None:
    columns = [Column.of(date(2014, 10, 6))]
    html = grid.rows(name="jour", columns=columns, lines=[("Accueil 12h15", [SIGNS["."]]), ("Cantine", [SIGNS["+"]])])

    assert '<tr class="off"><th scope="row">Accueil 12h15</th>' in html
    assert '<tr><th scope="row">Cantine</th>' in html
