"""Taking families away: the template that an import reads, exactly, harmless, audited, and by whom."""

import csv
import io

import pytest
from openpyxl import load_workbook

from lps.accounts.roles import Role
from lps.families.importing import exporting, template
from lps.families.models import Child, Diet, Guardian, Household
from lps.families.services import NewChild, exports, imports
from lps.journal.models import AuditEntry
from tenants.models import Commune
from tests.families.agents import signed_in
from tests.families.factories import BY, child_of, household, school_class
from tests.sql import counted

HOSTILE = '=HYPERLINK("http://x")'


def taken(*, with_codes: bool = True) -> list[dict[str, str]]:
    return exports.export(form="csv", sites=(), with_codes=with_codes, by=BY)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("with_codes", [True, False])
def test_exported_then_imported_again_changes_nothing(in_buchelay: Commune, form: str, with_codes: bool) -> None:
    """The whole demonstration town, with two spaces, a foreign number and a capital."""
    strange = Household.objects.order_by("pk")[0]
    Household.objects.filter(pk=strange.pk).update(city="Buchelay  sud")
    Guardian.objects.filter(household=strange).update(phone="+32470123456", email="A.B@EXAMPLE.org")
    child_of(strange).diets.add(Diet.objects.create(name="Sans Fruits à coque"))
    rows = taken(with_codes=with_codes)
    content = exporting.as_csv(rows).encode() if form == "csv" else template.as_xlsx(rows)

    batch = imports.receive(content=content, file_name=f"familles.{form}", by=BY)

    assert batch.report["wrong_number"] == 0, batch.report["wrong"]
    counts = batch.report["counts"]
    standing = counts.pop("standing_children")
    assert set(counts.values()) == {0}, batch.report
    assert standing == Child.objects.filter(custodies__isnull=False).distinct().count()


def test_no_cell_is_a_formula(in_demo: Commune) -> None:
    child = NewChild(first_name="+Léa", last_name=HOSTILE, school_class=school_class())
    household(name="@MARTIN", children=[child])
    rows = taken()

    [line] = [row for row in csv.reader(io.StringIO(exporting.as_csv(rows)), delimiter=";") if "'@MARTIN" in row]
    sheet = load_workbook(io.BytesIO(template.as_xlsx(rows))).worksheets[0]

    assert not [cell for cell in line if cell.startswith(("=", "+", "-", "@"))]
    assert not [cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("name", ["=1+1", "+Léa", "-Léa", "@Léa", "'=Léa", "''-x", "'Léa"])
def test_names_that_look_like_formulas_and_children_without_class_come_back(
    in_demo: Commune, form: str, name: str
) -> None:
    household(name=f"{name} M", children=[NewChild(first_name=name, last_name=name)])
    rows = taken()
    content = exporting.as_csv(rows).encode() if form == "csv" else template.as_xlsx(rows)

    batch = imports.receive(content=content, file_name=f"familles.{form}", by=BY)

    assert batch.report["wrong_number"] == 0, batch.report["wrong"]
    assert {key: number for key, number in batch.report["counts"].items() if number and "standing" not in key} == {}


def test_codes_are_for_those_who_print_them(demo: Commune, martin: Household) -> None:
    school, cash = signed_in(demo), signed_in(demo, Role.CASH_OFFICE)
    path = "/mairie/familles/export/familles.csv"

    assert martin.family_code in school.get(f"{path}?codes=1").content.decode()
    assert martin.family_code not in school.get(path).content.decode()
    assert martin.family_code not in cash.get(f"{path}?codes=1").content.decode()
    for role in (Role.ACTIVITIES, Role.CANTEEN, Role.READ_ONLY):
        assert signed_in(demo, role).get(path).status_code == 403

    told = [entry.after["codes"] for entry in AuditEntry.objects.filter(action="families_exported").order_by("pk")]
    assert told == [True, False, False]


def test_an_agent_of_a_school_takes_its_children_alone(demo: Commune, martin: Household) -> None:
    seated = child_of(martin).enrollments.get().school_class
    page = signed_in(demo, sites=[seated.site_id]).get("/mairie/familles/export/familles.csv").content.decode()

    assert "Léa" in page and "Hugo" not in page and "MARSONE" not in page


def test_many_lines_cost_the_same_as_few(in_buchelay: Commune) -> None:
    taken()
    with counted() as few:
        before = len(taken())
    for rank in range(20):
        household(
            name=f"FAMILLE{rank}", children=[NewChild(first_name="Léa", last_name="X", school_class=school_class())]
        )

    with counted() as many:
        assert len(taken()) == before + 20

    assert len(many) == len(few) <= 7
