"""Importing under fire: whatever is sent, it is read, or refused with a reason, and nothing else happens."""

import html
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from lps.accounts.roles import Role
from lps.families import words
from lps.families.importing import columns, dates, lines, reading, sample, template
from lps.families.importing.reading import FileRefused
from lps.families.models import Child, Household, ImportBatch
from lps.families.services import imports
from tenants.models import Commune
from tests.accounts import factories as people
from tests.families.test_importing import HEAD, HUGO, LEA, NADIA, as_csv, as_xlsx, imported, received

TODAY = date(2026, 11, 25)
SCHOOL = template.as_xlsx(sample.rows(2026))


def refused(content: bytes) -> str:
    """The reason for which a file is refused; it has words for the agent."""
    with pytest.raises(FileRefused) as found:
        reading.read(content)
    assert found.value.refusal.code in words.REFUSED
    return str(found.value.refusal.code)


# --- Encodings, separators, quotes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_every_encoding_and_separator_gives_the_same_table(encoding: str, delimiter: str) -> None:
    found = reading.read(as_csv({**LEA, "Régimes": ""}, encoding=encoding, delimiter=delimiter))

    assert found.head == tuple(HEAD)
    assert (found.rows[0][0], found.rows[0][1][0]) == (2, "École des Tilleuls")


def test_a_first_line_that_names_the_separator_is_followed() -> None:
    found = reading.read(b"sep=,\r\n" + as_csv(LEA, delimiter=","))

    assert found.head == tuple(HEAD)


def test_quoted_newlines_and_separators_stay_in_their_cell_and_lines_keep_their_numbers() -> None:
    content = b'Nom;Adresse\r\n"MARTIN\r\nDURAND";"3, rue; du ""Val"""\r\n\r\nPETIT;x\r\n'

    found = reading.read(content)

    assert found.rows == ((2, ("MARTIN DURAND", '3, rue; du "Val"')), (4, ("PETIT", "x")))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_end_of_line_is_one(end: str) -> None:
    assert len(reading.read(f"Nom;Prénom{end}A;B{end}C;D".encode()).rows) == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff\xfea", "unreadable"),  # half a character of UTF-16
        (b"\x81\x8d\x8f", "unreadable"),
        ("a;b\0".encode("utf-16"), "not_a_table"),
        (b"Nom;Adresse\r\nA;\0", "not_a_table"),
        (('"' + "x" * 30_000 + '";b').encode(), "unreadable"),
    ],
)
def test_what_cannot_be_read_is_refused(content: bytes, code: str) -> None:
    assert refused(content) == code


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    read_or_refuse(content)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.text(max_size=30), min_size=1, max_size=30), max_size=8), st.sampled_from(";,\t|"))
def test_any_texts_are_understood_or_named_as_wrong(rows: list[list[str]], delimiter: str) -> None:
    content = (delimiter.join(HEAD) + "\r\n" + "\r\n".join(delimiter.join(row) for row in rows)).encode(
        errors="surrogatepass"
    )

    table = read_or_refuse(content)

    if table is not None:
        done = lines.understand(table, columns.recognized(table.head), today=TODAY)
        assert len(done.lines) + len({wrong.line for wrong in done.wrong}) == len(table.rows)
        assert {wrong.code for wrong in done.wrong} <= set(words.WRONG)


def read_or_refuse(content: bytes) -> reading.Table | None:
    try:
        return reading.read(content)
    except FileRefused as error:
        assert error.refusal.code in words.REFUSED
        return None


# --- Spreadsheets -----------------------------------------------------------------------------------------------------


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(held: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    return written.getvalue()


def changed(name: str, change: Callable[[bytes], bytes]) -> bytes:
    held = parts(as_xlsx(LEA))
    return zipped({**held, name: change(held[name])})


SHEET = "xl/worksheets/sheet1.xml"


def test_a_bomb_of_zeros_is_refused_before_it_unfolds() -> None:
    bomb = zipped({**parts(as_xlsx(LEA)), SHEET: b"<worksheet>" + b" " * (reading.MAX_UNFOLDED + 1)})

    assert len(bomb) < 200_000
    assert refused(bomb) == "too_heavy"


def test_a_sheet_that_lies_about_its_size_is_refused() -> None:
    bomb = zipped({**parts(as_xlsx(LEA)), SHEET: b"<worksheet>" + b" " * 9_000_000})
    size = (9_000_011).to_bytes(4, "little")
    assert size in bomb

    assert refused(bomb.replace(size, (100).to_bytes(4, "little"))) == "unreadable"


def test_rows_of_thousands_of_empty_cells_are_refused_without_making_them() -> None:
    row = b'<row r="1">' + b"<c/>" * 16_000 + b"</row>"
    content = b"<worksheet><sheetData>" + row * 50 + b"</sheetData></worksheet>"

    assert refused(zipped({**parts(as_xlsx(LEA)), SHEET: content})) == "too_many_columns"


def test_no_spelling_hides_a_cell_from_the_count() -> None:
    number = reading.MAX_CELLS + 1
    plain = b"<worksheet><sheetData><row>" + b"<c\t/>" * number + b"</row></sheetData></worksheet>"
    prefixed = b'<x:worksheet xmlns:x="urn:x"><x:row>' + b"<x:c/>" * number + b"</x:row></x:worksheet>"
    wide = '<?xml version="1.0" encoding="utf-16"?>' + plain.decode()

    for content in (plain, prefixed, wide.encode("utf-16")):
        assert refused(zipped({**parts(as_xlsx(LEA)), SHEET: content})) == "too_many_columns"


def test_styles_by_the_million_are_refused_without_making_them(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr(reading, "load_workbook", lambda *args, **kwargs: made.append(args))
    styles = b"<styleSheet><cellXfs>" + b"<xf/>" * (reading.MAX_OTHERS + 1) + b"</cellXfs></styleSheet>"
    strings = b"<sst>" + b"<si/>" * (reading.MAX_TEXTS + 1) + b"</sst>"

    for name, content in (("xl/styles.xml", styles), ("xl/sharedStrings.xml", strings), ("any.bin", styles)):
        assert refused(zipped({**parts(as_xlsx(LEA)), name: content})) == "too_heavy"
    assert made == []


def test_a_line_of_a_million_cells_is_not_cleaned_cell_by_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    cleaned: list[str] = []
    monkeypatch.setattr(reading, "clean", lambda cell: cleaned.append(cell) or cell)

    assert refused(b"a;" * 1_000_000) == "too_many_columns"
    assert len(cleaned) == reading.MAX_COLUMNS + 1


def test_thousands_of_empty_columns_on_the_right_are_left_out() -> None:
    book = Workbook()
    book.active.append([*HEAD, *([None] * 3000)])
    book.active.append([LEA.get(name) for name in HEAD])
    book.active.cell(row=2, column=5000).number_format = "0.00"
    written = io.BytesIO()
    book.save(written)

    table = reading.read(written.getvalue())

    assert (table.head, len(table.rows)) == (tuple(HEAD), 1)


BILLION = (
    b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><worksheet><sheetData><row><c t='inlineStr'><is><t>&j;</t></is></c></row></sheetData></worksheet>"
)
OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    b"<worksheet><sheetData><row><c t='inlineStr'><is><t>&a;</t></is></c></row></sheetData></worksheet>"
)


@pytest.mark.parametrize("content", [BILLION, OUTSIDE], ids=["a billion laughs", "a file of the machine"])
def test_entities_are_refused(content: bytes) -> None:
    assert refused(zipped({**parts(as_xlsx(LEA)), SHEET: content})) == "unreadable"


def test_links_to_other_files_are_not_followed() -> None:
    link = b'<Relationship Id="x" Type="externalLink" Target="http://example.org/x.xlsx" TargetMode="External"/>'
    name = "xl/_rels/workbook.xml.rels"

    content = changed(name, lambda held: held.replace(b"</Relationships>", link + b"</Relationships>"))

    assert reading.read(content).head == tuple(HEAD)


def test_a_protected_file_is_refused() -> None:
    content = bytearray(as_xlsx(LEA))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(signature)
        while place >= 0:
            content[place + offset] |= 1
            place = content.find(signature, place + 1)

    assert refused(bytes(content)) == "unreadable"


def test_an_old_excel_file_is_refused() -> None:
    assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600) == "not_a_table"


PARTS = parts(as_xlsx(LEA, HUGO))
DAMAGED = PARTS, zipped(PARTS)


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")  # it says what it leaves out
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_spreadsheet_is_read_or_refused(data: st.DataObject) -> None:
    """Its bytes, or those of one of its parts, changed at some places."""
    held, whole = DAMAGED
    name = data.draw(st.sampled_from(["", *sorted(held)]))
    content = bytearray(held[name] if name else whole)
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=6)):
        content[place] = data.draw(st.integers(0, 255))

    read_or_refuse(zipped({**held, name: bytes(content)}) if name else bytes(content))


@pytest.mark.parametrize(
    "cell", [True, 1.5, 10**30, -1e300, time(8, 30), timedelta(days=3), datetime(2019, 6, 21, 8), "=1+1", "#REF!"]
)
def test_any_cell_is_a_text(cell: object) -> None:
    book = Workbook()
    book.active.append(["Nom"])
    book.active.append([cell, "x"])
    written = io.BytesIO()
    book.save(written)

    [(_, row)] = reading.read(written.getvalue()).rows

    assert all(isinstance(text, str) for text in row)


# --- What lines say ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "21/06/2019", "21-06-2019", "21.06.2019", "21 06 2019", "21/6/19", "21062019", "2019-06-21", "2019/06/21",
        "2019-06-21T00:00:00", "2019-06-21 00:00:00", "21/06/2019 00:00", "21 juin 2019", "21 JUIN 2019",
        "vendredi 21 juin 2019", "Né le 21 juin 2019", "21-juin-19", "43637",
    ],
)  # fmt: skip
def test_a_birth_is_read_as_french_files_write_it(written: str) -> None:
    assert dates.read(written, today=TODAY) == date(2019, 6, 21)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1er mars 2018", date(2018, 3, 1)),
        ("3 févr. 2018", date(2018, 2, 3)),
        ("3 août 18", date(2018, 8, 3)),
        ("3 juil. 2018", date(2018, 7, 3)),
        ("31 déc 2018", date(2018, 12, 31)),
        ("01/01/99", date(1999, 1, 1)),
        ("29/02/2020", date(2020, 2, 29)),
    ],
)
def test_months_and_short_years_are_understood(written: str, day: date) -> None:
    assert dates.read(written, today=TODAY) == day


@pytest.mark.parametrize(
    "written",
    [
        "31/02/2019",
        "06/21/2019",
        "21 jui 2019",
        "29/02/2019",
        "0/1/2019",
        "21/06",
        "2019",
        "hier",
        "½/3/19",
    ],
)
def test_what_is_no_day_is_none(written: str) -> None:
    assert dates.read(written, today=TODAY) is None


@given(st.text(max_size=40))
def test_any_text_is_a_day_or_none(written: str) -> None:
    assert isinstance(dates.read(written, today=TODAY), date | None)


@given(st.dates(min_value=date(2001, 1, 1), max_value=TODAY), st.sampled_from(["%d/%m/%Y", "%d.%m.%y", "%Y-%m-%d"]))
def test_a_day_written_is_read_back(day: date, form: str) -> None:
    assert dates.read(day.strftime(form), today=TODAY) == day


@pytest.mark.parametrize("sign", "=+-@")
def test_a_formula_is_named_and_a_telephone_is_none(in_demo: Commune, sign: str) -> None:
    formula = {**LEA, "Prénom de l'enfant": f"{sign}cmd|'/c calc'!A1"}

    batch = received(as_csv(formula, {**HUGO, "Téléphone 1": "+33612345678"}))

    assert [(wrong["line"], wrong["code"]) for wrong in batch.report["wrong"]] == [(2, "formula")]


def test_a_title_above_the_names_of_columns_is_passed_over(in_demo: Commune) -> None:
    content = "Liste des élèves, par classe\r\nÉdité le 25/11/2026\r\n\r\n".encode() + as_csv(
        {**LEA, "Né le": "hier"}, HUGO
    )

    batch = received(content)

    assert [(wrong["line"], wrong["code"]) for wrong in batch.report["wrong"]] == [(5, "not_a_date")]
    assert batch.report["new_children"] == ["Hugo MARTIN"]


def test_columns_in_double_are_told_and_the_first_is_read(in_demo: Commune) -> None:
    content = as_csv(LEA).replace(b"Ville", "Prénom de l'enfant".encode(), 1)

    batch = received(content)

    assert batch.report["doubled"] == ["Prénom de l'enfant"]
    assert batch.report["new_children"] == ["Léa MARTIN"]


def test_a_child_written_twice_is_one(in_demo: Commune) -> None:
    imported(as_csv(LEA, LEA, {**LEA, "Prénom de l'enfant": "LEA"}))

    assert Child.objects.filter(last_name="MARTIN").count() == 1


def test_siblings_written_twice_are_two_children_of_one_household(in_demo: Commune) -> None:
    imported(as_csv(LEA, HUGO, HUGO, LEA))

    assert Household.objects.filter(name="MARTIN").count() == 1
    assert Child.objects.filter(custodies__household__name="MARTIN").count() == 2


OTHER_HOME = {"Famille": "AUTRE", "Nom du représentant 1": "AUTRE", "E-mail 1": "autre@example.org"}


@pytest.mark.parametrize(
    ("second", "column", "code"),
    [
        ({**LEA, "Classe": "CE2"}, "Classe", "two_classes"),
        ({**LEA, "Né le": "", **OTHER_HOME}, "Né le", "same_name"),
        ({**HUGO, "Code enfant": "48215937"}, "Code enfant", "code_twice"),
        ({**HUGO, "Code famille": "58215937", "Famille": "AUTRE"}, "Code famille", "code_twice"),
    ],
)
def test_a_line_against_one_above_is_named_and_makes_nothing(
    in_demo: Commune, second: dict[str, str], column: str, code: str
) -> None:
    first = {**LEA, "Né le": second["Né le"], "Code enfant": second.get("Code enfant", "")}
    first |= {"Code famille": second.get("Code famille", "")}
    before = (Child.objects.count(), Household.objects.count())

    batch = imported(as_csv(first, second))

    assert [(wrong["line"], wrong["column"], wrong["code"]) for wrong in batch.report["wrong"]] == [(3, column, code)]
    assert (Child.objects.count(), Household.objects.count()) == (before[0] + 1, before[1] + 1)


def test_a_wrong_line_makes_neither_household_nor_class(in_demo: Commune) -> None:
    batch = imported(as_csv({**LEA, "Code enfant": "123456", "Classe": "CE2 Z"}, HUGO))

    assert batch.report["counts"]["new_classes"] == 1
    assert Household.objects.filter(name="MARTIN").count() == 1


# --- By the page ------------------------------------------------------------------------------------------------------


@pytest.fixture
def agent(demo: Commune) -> Client:
    person = people.agent(demo, Role.SCHOOL, email="import@mairie.example", name="Nadia")
    client = people.browser(demo)
    assert client.post("/mairie/connexion/", person.proofs()).status_code == 302
    return client


def sent(client: Client, content: bytes, name: str = "familles.csv") -> tuple[int, str]:
    answer = client.post("/mairie/familles/imports/", {"fichier": SimpleUploadedFile(name, content)})
    return answer.status_code, html.unescape(answer.content.decode())


def test_a_file_that_is_too_heavy_is_refused_with_a_sentence(agent: Client) -> None:
    status, page = sent(agent, b"x" * (reading.MAX_BYTES + 1))
    assert status == 400
    assert str(words.REFUSED["too_heavy"]) in page

    status, page = sent(agent, b"x" * 50_000_000)
    assert status == 413
    assert "choisissez un fichier plus léger" in page


RUBBISH = {
    "nothing": b"",
    "zeros": b"\0" * 100,
    "a zip cut short": b"PK\x03\x04",
    "entities": BILLION,
    "half a spreadsheet": SCHOOL[: len(SCHOOL) // 2],
    "half a character": b"\xff\xfe\x00\xd8",
    "a PDF": b"%PDF-1.7 \n%\xe2\xe3",
}


@pytest.mark.parametrize("content", RUBBISH.values(), ids=RUBBISH)
def test_rubbish_is_refused_with_a_sentence_and_nothing_is_kept(agent: Client, demo: Commune, content: bytes) -> None:
    status, page = sent(agent, content, name="n'importe\u202equoi.xlsx")

    assert status in (302, 400)  # a file of one cell is a table without the columns that are needed
    if status == 400:
        assert any(str(sentence) in page for sentence in words.REFUSED.values())


def test_the_page_tells_the_steps_of_a_file_being_written(agent: Client, in_demo: Commune) -> None:
    batch = received(as_csv(LEA))
    page = f"/mairie/familles/imports/{batch.pk}/"
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.WRITING)
    imports.WORK.note(batch.pk, 3)

    shown = agent.get(page).content.decode()

    assert f"étape 3 sur {imports.STEPS}" in shown
    assert 'http-equiv="refresh"' in shown
    assert imports.write_accepted() == 1
    assert "refresh" not in agent.get(page).content.decode()


def test_a_name_of_nul_and_a_path_is_kept_as_a_name(agent: Client, in_demo: Commune) -> None:
    batch = imports.receive(content=as_csv(LEA), file_name="../../é\0\x07 tc/passwd" + "x" * 300, by=NADIA)

    batch.refresh_from_db()
    assert "\0" not in batch.file_name and len(batch.file_name) <= 200
    assert batch.file.startswith("imports/") and ".." not in batch.file


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([column.key for column in columns.COLUMNS]), st.text(max_size=12), max_size=24))
def test_any_mapping_of_columns_is_answered(agent: Client, in_demo: Commune, mapped: dict[str, str]) -> None:
    batch = ImportBatch.objects.order_by("-pk").first() or received(as_csv(LEA, HUGO))

    answer = agent.post(f"/mairie/familles/imports/{batch.pk}/", mapped)

    assert answer.status_code == 302
    assert agent.get(f"/mairie/familles/imports/{batch.pk}/").status_code == 200
