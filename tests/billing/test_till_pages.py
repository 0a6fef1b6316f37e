"""The till's pages: a day is counted and locked, its journal and the slips are papers that add up."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from openpyxl import load_workbook
from pypdf import PdfReader

from billing.models import CashOffice, Payment, Tariff, TillDay
from lps.accounts.roles import Role
from lps.families.models import Household
from lps.kernel import clock
from tenants.models import Commune
from tests.billing.factories import invoice, pay
from tests.families.agents import signed_in as kept
from tests.office.pages import signed_in, text
from tests.sql import counted

CLOSE = "/mairie/regie/caisse/arreter/"


@pytest.fixture
def client(demo: Commune, in_demo: Commune) -> Client:
    return signed_in(demo, Role.CASH_OFFICE)


@pytest.fixture
def taken(demo: Commune, marsone: Household) -> Payment:
    return pay(marsone, "50.70", {invoice(marsone): "50.70"}, day=clock.today(demo.zone))


def words(answer: HttpResponse) -> str:
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return " ".join(page.extract_text() for page in pages).replace("\xa0", " ")


def test_a_day_is_counted_coin_by_coin_and_locked(client: Client, taken: Payment) -> None:
    page = text(client.get("/mairie/regie/caisse/"))
    assert "Espèces attendues : <b>50,70 €" in page

    done = client.post(CLOSE, {"seen": "50.70", "piece_5000": "1", "piece_50": "1", "piece_20": "1"}, follow=True)

    assert "La caisse de ce jour est arrêtée" in text(done)
    assert TillDay.objects.get(day=taken.day).counted_cash == taken.amount


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"seen": "50.70", "counted": "50"}, "recomptez, ou expliquez l'écart"),
        ({"seen": "20", "counted": "20"}, "comptez à nouveau"),
        ({"seen": "50.70"}, "écrivez 0 s'il n'y en a pas"),
        ({"seen": "50.70", "counted": "50,70", "piece_5000": "1"}, "Les pièces et billets font 50,00 €"),
        ({"seen": "x", "counted": "1"}, "Ce formulaire est incomplet"),
        ({"seen": "50.70", "piece_1": "-1"}, "supérieure ou égale à 0"),
        ({"seen": "50.70", "piece_1": "9" * 30}, "inférieure ou égale à 9999"),
        ({"seen": "50.70", "counted": "1", "note": "a\x00"}, "nul"),
    ],
)
def test_what_does_not_add_up_closes_nothing(
    client: Client, taken: Payment, sent: dict[str, Any], sentence: str
) -> None:
    answer = client.post(CLOSE, sent)

    assert answer.status_code == 400
    assert sentence in text(answer)
    assert TillDay.objects.get(day=taken.day).closed_at is None


def test_a_day_to_come_is_not_closed(client: Client, taken: Payment) -> None:
    assert client.post(f"{CLOSE}?jour=2199-01-01", {"seen": "0", "counted": "0"}).status_code == 404
    assert client.get("/mairie/regie/caisse/?jour=0001-01-01").status_code == 200


def test_the_journal_as_xlsx_holds_every_receipt_and_no_formula(client: Client, taken: Payment) -> None:
    Household.objects.filter(pk=taken.household_id).update(name="=1+1")
    days = {"du": taken.day.isoformat(), "au": taken.day.isoformat()}

    answer = client.get("/mairie/regie/caisse/journal.xlsx", days)

    rows = list(load_workbook(io.BytesIO(answer.content)).active.values)
    assert rows[0][:4] == ("Quittance", "Jour", "Heure", "Famille")
    assert (rows[1][0], rows[1][3], rows[1][4], float(rows[1][7])) == (taken.number, "'=1+1", "espèces", 50.7)
    assert rows[-1][4] == "espèces"


def test_the_journal_on_paper_is_of_one_agent_when_asked(client: Client, taken: Payment) -> None:
    days = {"du": taken.day.isoformat(), "au": taken.day.isoformat()}

    whole = words(client.get("/mairie/regie/caisse/journal.pdf", days))
    other = words(client.get("/mairie/regie/caisse/journal.pdf", {**days, "agent": "personne"}))

    assert taken.number in whole
    assert "50,70 €" in whole
    assert taken.number not in other


@pytest.mark.parametrize(
    "days",
    [{}, {"du": "x", "au": "y"}, {"du": "2026-02-01", "au": "2026-01-01"}, {"du": "2024-01-01", "au": "2026-01-01"}],
)
def test_days_that_are_none_are_told(client: Client, taken: Payment, days: dict[str, str]) -> None:
    for form in ("pdf", "xlsx"):
        answer = client.get(f"/mairie/regie/caisse/journal.{form}", days)
        assert answer.status_code == 400
        assert "Ces jours ne font pas un journal" in text(answer)


def test_cheques_leave_with_a_slip(client: Client, marsone: Household) -> None:
    cheque = pay(marsone, "20", means=Payment.Means.CHEQUE, cheque_bank="BNP", cheque_number="7654321")
    assert "1 chèque à remettre, 20,00 €" in text(client.get("/mairie/regie/bordereaux/"))

    made = client.post("/mairie/regie/bordereaux/faire/", {"cheque": [cheque.pk]})
    again = client.post("/mairie/regie/bordereaux/faire/", {"cheque": [cheque.pk]})
    none = client.post("/mairie/regie/bordereaux/faire/", {"cheque": ["x"]})

    slip = made.headers["Location"].partition("?")[0]
    assert "7654321" in text(client.get(slip))
    paper = words(client.get(f"{slip}pdf/"))
    assert all(word in paper for word in ("7654321", "BNP", "1 chèque, 20,00 €"))
    assert (again.status_code, none.status_code) == (400, 400)
    assert "déjà parti" in text(again)
    assert "Cochez au moins un chèque." in text(none)


def test_who_only_reads_closes_nothing(demo: Commune, taken: Payment) -> None:
    reader = signed_in(demo, Role.READ_ONLY)

    assert "Arrêter la caisse" not in text(reader.get("/mairie/regie/caisse/"))
    assert reader.post(CLOSE, {"seen": "50.70", "counted": "50,70"}).status_code == 403
    assert reader.post("/mairie/regie/bordereaux/faire/", {"cheque": ["1"]}).status_code == 403


def test_an_agent_kept_to_a_school_does_not_open_the_till(demo: Commune, taken: Payment) -> None:
    agent = kept(demo, Role.CASH_OFFICE, sites=[1])

    assert agent.get("/mairie/regie/caisse/").status_code == 403
    assert agent.get("/mairie/regie/bordereaux/").status_code == 403


def test_a_town_without_regie_is_told_what_to_do(client: Client) -> None:
    Tariff.objects.all().delete()
    CashOffice.objects.all().delete()

    for path in ("/mairie/regie/caisse/", "/mairie/regie/bordereaux/"):
        assert "n'a pas encore de régie" in text(client.get(path))


def test_a_day_costs_the_same_for_few_and_for_many(client: Client, taken: Payment) -> None:
    with counted() as few:
        client.get("/mairie/regie/caisse/")
    for _ in range(6):
        pay(taken.household, "5", {invoice(taken.household): "5"}, day=taken.day)
        pay(taken.household, "5", day=taken.day - timedelta(days=1))

    with counted() as many:
        client.get("/mairie/regie/caisse/")

    assert len(many) <= len(few)
