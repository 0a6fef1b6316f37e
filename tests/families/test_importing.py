"""Importing families: read, previewed, accepted, written whole or not at all; twice changes nothing."""

import io
from datetime import date

import pytest
from django.core.files.storage import default_storage
from openpyxl import Workbook
from pytest_django import DjangoCaptureOnCommitCallbacks

from lps.families import tasks
from lps.families.importing import columns, reading, sample, template
from lps.families.importing.reading import FileRefused
from lps.families.models import Child, Custody, Diet, Enrollment, Guardian, Household, ImportBatch, SchoolClass
from lps.families.services import imports
from lps.journal.actors import Actor, ActorKind
from tenants.long_work import TRIES
from tenants.models import Commune
from tests.live import ROOT
from tests.sql import counted

NADIA = Actor(ActorKind.AGENT, "1", "Nadia")
HEAD = [column.name for column in columns.COLUMNS]
LEA = {
    "École": "École des Tilleuls",
    "Classe": "CE1",
    "Enseignant": "Mme Formatrice",
    "Nom de l'enfant": "MARTIN",
    "Prénom de l'enfant": "Léa",
    "Né le": "21/06/2019",
    "Famille": "MARTIN",
    "Nom du représentant 1": "MARTIN",
    "Prénom du représentant 1": "Alice",
    "E-mail 1": "alice@example.org",
    "Téléphone 1": "06 12 34 56 78",
    "Régimes": "sans porc",
}
HUGO = {**LEA, "Prénom de l'enfant": "Hugo", "Né le": "02/02/2017", "Classe": "CM2", "Régimes": ""}


def as_csv(*rows: dict[str, str], encoding: str = "utf-8", delimiter: str = ";") -> bytes:
    table = [HEAD, *([row.get(name, "") for name in HEAD] for row in rows)]
    return "\r\n".join(delimiter.join(line) for line in table).encode(encoding)


def as_xlsx(*rows: dict[str, object]) -> bytes:
    book = Workbook()
    book.active.append(HEAD)
    for row in rows:
        book.active.append([row.get(name) for name in HEAD])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def received(content: bytes) -> ImportBatch:
    return imports.receive(content=content, file_name="familles.csv", by=NADIA)


def imported(content: bytes) -> ImportBatch:
    batch = received(content)
    assert imports.accept(batch=batch, by=NADIA)
    assert imports.write_accepted() == 1
    batch.refresh_from_db()
    return batch


def test_the_preview_says_what_would_be_done_and_does_nothing(in_demo: Commune) -> None:
    before = Child.objects.count()

    batch = received(as_csv(LEA, HUGO))

    assert batch.report["counts"] == {
        "new_classes": 2,
        "new_children": 2,
        "changed_children": 0,
        "new_households": 1,
        "changed_households": 0,
        "standing_children": 0,
    }
    assert (Child.objects.count(), batch.state) == (before, "read")


@pytest.mark.parametrize("content", [as_csv(LEA, HUGO), as_csv(LEA, HUGO, encoding="cp1252", delimiter="\t")])
def test_two_children_of_one_family_are_written(in_demo: Commune, content: bytes) -> None:
    batch = imported(content)

    home = Household.objects.get(name="MARTIN")
    lea, hugo = Child.objects.filter(custodies__household=home).order_by("birth_date")[::-1]
    assert (str(lea), lea.birth_date, [diet.name for diet in lea.diets.all()]) == (
        "Léa MARTIN",
        date(2019, 6, 21),
        ["sans porc"],
    )
    assert Enrollment.objects.get(child=hugo).school_class.name == "CM2"
    assert len(lea.child_code) == 6
    guardian = Guardian.objects.get(household=home)
    assert (guardian.email, guardian.phone, guardian.is_payer) == ("alice@example.org", "+33612345678", True)
    assert batch.state == "done"


def test_a_file_goes_once_it_is_written(
    in_demo: Commune, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    kept = received(as_csv(LEA)).file
    with django_capture_on_commit_callbacks(execute=True):
        written = imported(as_csv(LEA)).file

    assert (default_storage.exists(kept), default_storage.exists(written)) == (True, False)


def test_the_same_file_again_changes_nothing(in_demo: Commune) -> None:
    content = as_csv(LEA, HUGO)
    imported(content)
    before = list(Child.objects.values_list("pk", "code_lookup").order_by("pk"))

    batch = received(content)

    assert batch.report["nothing"]
    imports.accept(batch=batch, by=NADIA)
    imports.write_accepted()
    assert list(Child.objects.values_list("pk", "code_lookup").order_by("pk")) == before
    assert Household.objects.filter(name="MARTIN").count() == 1


def test_what_changed_is_changed_and_codes_survive(in_demo: Commune) -> None:
    imported(as_csv(LEA))
    code = Child.objects.get(first_name="Léa").child_code

    batch = imported(as_csv({**LEA, "Classe": "CE2", "Téléphone 1": "07 00 00 00 01", "Adresse": "3 rue du Val"}))

    lea = Child.objects.get(first_name="Léa")
    home = Household.objects.get(name="MARTIN")
    assert lea.child_code == code
    assert Enrollment.objects.filter(child=lea).latest("pk").school_class.name == "CE2"
    assert (home.street, home.guardians.get().phone) == ("3 rue du Val", "+33700000001")
    assert batch.report["counts"]["changed_children"] == 1


def test_a_child_of_two_households_has_two_lines(in_demo: Commune) -> None:
    father = {
        **LEA,
        "Famille": "DUPONT",
        "Nom du représentant 1": "DUPONT",
        "Prénom du représentant 1": "Paul",
        "E-mail 1": "paul@example.org",
    }
    imported(as_csv(LEA, father))

    lea = Child.objects.get(first_name="Léa")
    assert sorted(custody.household.name for custody in lea.custodies.all()) == ["DUPONT", "MARTIN"]

    assert received(as_csv(LEA, father)).report["nothing"]


def test_a_spreadsheets_own_dates_and_numbers_are_read(in_demo: Commune) -> None:
    imported(as_xlsx({**LEA, "Né le": date(2019, 6, 21), "Code enfant": 48215937, "Code postal": 78200}))

    lea = Child.objects.get(first_name="Léa")
    assert (lea.birth_date, lea.child_code) == (date(2019, 6, 21), "48215937")


def test_a_postal_code_that_a_spreadsheet_cut_is_given_its_nought_back_and_the_preview_says_so(
    in_demo: Commune,
) -> None:
    batch = received(as_xlsx({**LEA, "Code postal": 1000}, {**HUGO, "Code postal": "01000"}))

    assert batch.report["completed"] == [{"line": 2, "code": "01000"}]
    imported(as_xlsx({**LEA, "Code postal": 1000}))
    assert Household.objects.get(name="MARTIN").postal_code == "01000"


@pytest.mark.parametrize(("told", "kept"), [("78 200", "78200"), ("B-1000", "B-1000"), ("L 4030", "L 4030"), ("", "")])
def test_a_postal_code_is_of_five_digits_or_of_another_country(in_demo: Commune, told: str, kept: str) -> None:
    imported(as_csv({**LEA, "Code postal": told}))

    assert Household.objects.get(name="MARTIN").postal_code == kept


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("Nom de l'enfant", "", "needed"),
        ("Né le", "31/02/2019", "not_a_date"),
        ("Né le", "21/06/1950", "not_a_child"),
        ("E-mail 1", "alice", "not_an_email"),
        ("Téléphone 1", "12", "not_a_phone"),
        ("Code postal", "782", "not_a_postal_code"),
        ("Code postal", "782001", "not_a_postal_code"),
        ("Code enfant", "12", "not_a_code"),
        ("Régimes", "halal", "religion"),
        ("Prénom de l'enfant", "x" * 61, "too_long"),
    ],
)
def test_each_bad_line_is_named_with_its_reason_and_the_others_are_written(
    in_demo: Commune, column: str, value: str, code: str
) -> None:
    batch = imported(as_csv({**LEA, column: value}, HUGO))

    assert [(wrong["line"], wrong["column"], wrong["code"]) for wrong in batch.report["wrong"]] == [(2, column, code)]
    assert not Child.objects.filter(first_name="Léa").exists()
    assert Child.objects.filter(first_name="Hugo").exists()


def test_a_code_that_another_child_bears_is_refused(in_demo: Commune) -> None:
    batch = received(as_csv({**LEA, "Code enfant": "123456"}))

    assert batch.report["wrong"] == [{"line": 2, "column": "Code enfant", "code": "code_of_another"}]


def test_a_foreign_file_is_mapped_by_hand(in_demo: Commune) -> None:
    content = "Ecole;Div;Eleve;Pre;Foyer;Resp;PreResp\r\nTilleuls;CP;DURAND;Zoé;DURAND;DURAND;Anne".encode()
    batch = received(content)
    assert batch.report["missing"] == [
        "Classe",
        "Nom de l'enfant",
        "Prénom de l'enfant",
        "Nom du représentant 1",
        "Prénom du représentant 1",
    ]
    assert not imports.accept(batch=batch, by=NADIA)

    names = (
        "school",
        "school_class",
        "child_last_name",
        "child_first_name",
        "household",
        "last_name_1",
        "first_name_1",
    )
    imports.map_columns(batch=batch, mapped=dict(zip(names, range(7), strict=True)))

    assert batch.report["counts"]["new_children"] == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\r\n;;\r\n", "empty"),
        (b"PK\x03\x04 broken", "unreadable"),
        (b"a;b\0c", "not_a_table"),
        (b"x" * 20_000_001, "too_heavy"),
        (("a\r\n" * 20_002).encode(), "too_many_rows"),
        ((";".join("abcdefghij" * 7)).encode(), "too_many_columns"),
    ],
)
def test_what_is_no_table_is_refused_and_nothing_is_kept(in_demo: Commune, content: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        received(content)

    assert refused.value.refusal.code == code
    assert not ImportBatch.objects.exists()


def test_a_zip_that_unfolds_into_gigabytes_is_refused(in_demo: Commune, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_UNFOLDED", 1000)

    with pytest.raises(FileRefused):
        received(as_xlsx(LEA))


def test_two_workers_write_a_file_once(in_demo: Commune) -> None:
    batch = received(as_csv(LEA))
    imports.accept(batch=batch, by=NADIA)
    assert not imports.accept(batch=batch, by=NADIA)

    tasks.write_imports.run()
    assert imports.write_accepted() == 0
    assert Child.objects.filter(first_name="Léa").count() == 1


def test_a_file_that_stops_its_worker_is_tried_three_times_and_then_said_refused(in_demo: Commune) -> None:
    batch = received(as_csv(LEA))
    imports.accept(batch=batch, by=NADIA)
    for _ in range(TRIES):
        assert imports.WORK._begin(batch.pk)  # and the worker is killed there

    assert imports.write_accepted() == 0

    batch.refresh_from_db()
    assert (batch.state, batch.report["refused"]) == (ImportBatch.State.FAILED, "stopped")
    assert not Child.objects.filter(first_name="Léa").exists()
    assert imports.write_accepted() == 0


def test_many_lines_cost_as_many_statements_as_few(in_demo: Commune) -> None:
    def rows(number: int, name: str) -> list[dict[str, str]]:
        return [
            {
                **LEA,
                "Prénom de l'enfant": f"{name}{rank}",
                "Famille": f"{name}{rank}",
                "E-mail 1": f"{name}{rank}@example.org",
            }
            for rank in range(number)
        ]

    imported(as_csv(*rows(1, "Premier")))
    made = []
    for number, name in ((3, "Petit"), (150, "Grand")):
        batch = received(as_csv(*rows(number, name)))
        imports.accept(batch=batch, by=NADIA)
        with counted() as statements:
            imports.write_accepted()
        made.append(len(statements))

    assert made[0] == made[1]
    assert SchoolClass.objects.filter(name="CE1", site__name="École des Tilleuls").count() == 1
    assert Diet.objects.filter(name="sans porc").count() == 1


# --- The school that the product ships --------------------------------------------------------------------------------


def test_the_shipped_school_is_the_one_that_the_page_gives() -> None:
    shipped = reading.read((ROOT / "docs" / "exemple-ecole.xlsx").read_bytes())

    assert shipped == reading.read(template.as_xlsx(sample.rows(2026)))
    assert shipped.head == tuple(column.name for column in columns.COLUMNS)


def test_the_shipped_school_is_imported_whole_and_twice_changes_nothing(in_demo: Commune) -> None:
    content = template.as_xlsx(sample.rows(2026))

    batch = imported(content)

    assert batch.report["wrong"] == []
    made = Enrollment.objects.filter(school_class__site__name=sample.SCHOOL)
    assert (made.count(), SchoolClass.objects.filter(site__name=sample.SCHOOL).count()) == (59, 5)
    lilou = Child.objects.get(first_name="Lilou", last_name="CHASTEL")
    assert sorted(held.household.name for held in lilou.custodies.all()) == ["CHASTEL", "PERRET"]
    assert Child.objects.filter(custodies__household__name="CAMARA").count() == 3

    before = tables()
    again = received(content)
    assert again.report["nothing"]
    assert imports.accept(batch=again, by=NADIA)
    imports.write_accepted()
    assert tables() == before


def tables() -> list[list[tuple[object, ...]]]:
    """Every row that an import may write, audit aside."""
    models = (Household, Guardian, Child, Custody, Enrollment, SchoolClass, Diet, Child.diets.through)
    return [list(model.objects.order_by("pk").values_list()) for model in models]
