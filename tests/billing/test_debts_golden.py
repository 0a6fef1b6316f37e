"""The debts of one run, byte by byte and cell by cell: the town's finance software reads this very file."""

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from billing import debts
from billing.models import BillingRun, Invoice
from lps.families.models import Guardian, Household
from tenants.models import Commune
from tests.billing import factories
from tests.booking.agents import signed_in
from tests.families.factories import household
from tests.sql import counted

HEAD = (
    "Numéro;Numéro de commande;Référence de la dette;Civilité;Nom;Prénom;Adresse;Code postal;Ville;Montant;Échéance;"
    "Code recette;Libellé"
)
LINES = (
    "2012-001-000056;2012-04-00-56;2012001000056;Mme;MARSONE;Claire;12 rue de l'Église;78200;Buchelay;50,70;"
    "29/02/2012;04;JANVIER 2012",
    '2012-001-000057;2012-04-00-57;2012001000057;M.;D\'ARTAGNAN;Loïc;"Bât. B ; 3, ""Les Tilleuls""";78200;Buchelay;'
    "-7,00;29/02/2012;04;JANVIER 2012",
    "2012-001-000058;2012-04-00-58;2012001000058;;Mme Alice ESSAI;;'=1+1;01000;Saint-Ÿves;12345,67;29/02/2012;04;"
    "'@SOMME",
    "2012-001-000059;2012-04-00-59;2012001000059;Mme;ŒUVRE;Zoé;;;;0,05;29/02/2012;04;JANVIER 2012",
)
CSV = ("\ufeff" + "\r\n".join((HEAD, *LINES)) + "\r\n").encode()
DUE = datetime(2012, 2, 29)
CELLS: list[tuple[Any, ...]] = [
    tuple(HEAD.split(";")),
    ("2012-001-000056", "2012-04-00-56", "2012001000056", "Mme", "MARSONE", "Claire", "12 rue de l'Église", "78200")
    + ("Buchelay", 50.7, DUE, "04", "JANVIER 2012"),
    ("2012-001-000057", "2012-04-00-57", "2012001000057", "M.", "D'ARTAGNAN", "Loïc")
    + ('Bât. B ; 3, "Les Tilleuls"', "78200", "Buchelay", -7, DUE, "04", "JANVIER 2012"),
    ("2012-001-000058", "2012-04-00-58", "2012001000058", None, "Mme Alice ESSAI", None, "'=1+1", "01000")
    + ("Saint-Ÿves", 12345.67, DUE, "04", "'@SOMME"),
    ("2012-001-000059", "2012-04-00-59", "2012001000059", "Mme", "ŒUVRE", "Zoé", None, None, None, 0.05, DUE, "04")
    + ("JANVIER 2012",),
]


@pytest.fixture
def nadia(demo: Commune, in_demo: Commune) -> Client:
    return signed_in(demo, "régie")


@pytest.fixture
def run(in_demo: Commune) -> BillingRun:
    """January 2012: an invoice, a credit note, a family without anybody on file, one without an address."""
    factories.cash_office(revenue_code="04")
    run = factories.run(
        state=BillingRun.State.VALIDATED, year=2012, number=1, validated_at=datetime(2012, 2, 3, tzinfo=UTC)
    )
    home = {"postal_code": "78200", "city": "Buchelay"}
    invoice(run, 56, "50.70", payer("Mme", "MARSONE", "Claire"), street="12 rue de l'Église", **home)
    invoice(run, 57, "-7.00", payer("M.", "D'ARTAGNAN", "Loïc"), street='Bât. B ; 3, "Les Tilleuls"', **home)
    nobody = household(name="PERSONNE")
    nobody.guardians.all().delete()
    invoice(run, 58, "12345.67", nobody, street="=1+1", postal_code="01000", city="Saint-Ÿves", label="@SOMME")
    invoice(run, 59, "0.05", payer("Mme", "ŒUVRE", "Zoé"))
    return run


def payer(title: str, last_name: str, first_name: str) -> Household:
    """A family whose payer is not the first one on file."""
    home = household(name=f"FAMILLE {last_name}")
    home.guardians.all().delete()
    for rank, names in enumerate((("Mme", "AUTRE", "Anne"), (title, last_name, first_name))):
        Guardian.objects.create(
            household=home, title=names[0], last_name=names[1], first_name=names[2], is_payer=bool(rank)
        )
    return home


def invoice(run: BillingRun, rank: int, total: str, home: Household, **values: str) -> None:
    kind = Invoice.Kind.CREDIT_NOTE if total.startswith("-") else Invoice.Kind.INVOICE
    Invoice.objects.create(
        run=run,
        household=home,
        kind=kind,
        year=2012,
        rank=rank,
        number=f"2012-001-{rank:06}",
        order_number=f"2012-04-00-{rank}",
        issued_at=run.validated_at,
        due_date=run.due_date,
        payer_name="Mme Alice ESSAI",
        total=total,
        line_count=0,
        **{"label": run.label, **values},
    )


def test_the_csv_is_this_one_to_the_byte(nadia: Client, run: BillingRun) -> None:
    response = nadia.get(f"/mairie/regie/lots/{run.pk}/creances.csv")

    assert response.getvalue() == CSV
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="creances-2012-001.csv"'


def test_the_sheet_holds_these_cells(nadia: Client, run: BillingRun) -> None:
    response = nadia.get(f"/mairie/regie/lots/{run.pk}/creances.xlsx")

    sheet = load_workbook(BytesIO(response.content)).active
    assert sheet is not None
    assert list(sheet.iter_rows(values_only=True)) == CELLS
    assert sheet.title == "Créances"


def test_a_table_is_read_in_one_statement_row_by_row(run: BillingRun) -> None:
    with counted() as statements:
        rows = debts.table(run)
        assert len(statements) == 0
        assert len(list(rows)) == len(CELLS)

    assert len(statements) == 1
    assert date(2012, 2, 29) in list(debts.table(run))[1]
