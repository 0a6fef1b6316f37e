"""The desk's pages: few clicks, no double, refusals that say what to do."""

import io
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader

from billing.balances import left_of
from billing.models import Allocation, Payment, TillDay
from lps.accounts.roles import Role
from lps.families.models import Household
from lps.kernel import clock
from tenants.models import Commune
from tests.billing.factories import ISSUED, cash_office, invoice, pay
from tests.office.pages import signed_in, text
from tests.sql import counted
from tests.zone import PARIS


@pytest.fixture
def client(demo: Commune, in_demo: Commune) -> Client:
    return signed_in(demo, Role.CASH_OFFICE)


def path(household: Household) -> str:
    return f"/mairie/familles/{household.pk}/reglements/"


def taking(**values: Any) -> dict[str, Any]:
    return {"amount": "50,70", "means": "cash", "jeton": str(uuid.uuid4()), **values}


def test_a_family_is_found_by_its_invoice_and_pays_in_one_form(client: Client, marsone: Household) -> None:
    due = invoice(marsone)

    found = client.get("/mairie/regie/encaissements/", {"q": due.number})
    assert found.headers["Location"] == path(marsone)
    assert 'value="50,70"' in text(client.get(path(marsone)))
    done = client.post(f"{path(marsone)}encaisser/", taking(given="60"), follow=True)

    payment = Payment.objects.get(household=marsone)
    assert left_of([due.pk])[due.pk] == 0
    assert payment.number in text(done)
    assert "Monnaie à rendre : <b>9,30 €" in text(done)
    again = client.get("/mairie/regie/encaissements/", {"q": payment.number})
    assert again.headers["Location"].endswith(f"/quittances/{payment.number}/")


def test_a_name_gives_families_with_what_they_owe(client: Client, marsone: Household) -> None:
    invoice(marsone)

    page = text(client.get("/mairie/regie/encaissements/", {"q": "marsone"}))

    assert path(marsone) in page
    assert "50,70 € à payer" in page


def test_the_same_form_sent_twice_shows_the_first_receipt(client: Client, marsone: Household) -> None:
    cash_office()
    sent = taking(amount="20", keep_rest="1")
    first = client.post(f"{path(marsone)}encaisser/", sent)

    second = client.post(f"{path(marsone)}encaisser/", sent)

    assert first.headers["Location"] == second.headers["Location"]
    assert Payment.objects.filter(household=marsone).count() == 1


def test_the_oldest_invoice_is_settled_first_unless_the_agent_says_otherwise(
    client: Client, marsone: Household
) -> None:
    first, second = invoice(marsone, amounts=("10.00",)), invoice(marsone, amounts=("20.00",))

    client.post(f"{path(marsone)}encaisser/", taking(amount="15"))
    client.post(f"{path(marsone)}encaisser/", taking(amount="4", **{f"part_{second.pk}": "4"}))

    lefts = left_of([first.pk, second.pk])
    assert (lefts[first.pk], lefts[second.pk]) == (Decimal(0), Decimal(11))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"amount": "60"}, "9,30 € ne règlent aucune facture"),
        ({"amount": "0"}, "Saisissez une somme plus grande que zéro."),
        ({"amount": "NaN"}, "Ce montant n'est pas lisible"),
        ({"amount": "-5"}, "Ce montant n'est pas lisible"),
        ({"amount": "9" * 5000}, "Ce montant n'est pas lisible"),
        ({"amount": ""}, "Saisissez un montant."),
        ({"given": "20"}, "La famille a donné moins"),
        ({"means": "cheque"}, "Écrivez la banque du chèque."),
        ({"means": "cheque", "cheque_bank": "BNP\x00", "cheque_number": "1"}, "nul"),
        ({"means": "payfip_card"}, "Ce moyen n'existe pas"),
        ({"jeton": "x"}, "Ce formulaire est incomplet"),
    ],
)
def test_what_makes_no_sense_is_told_and_nothing_is_taken(
    client: Client, marsone: Household, wrong: dict[str, str], sentence: str
) -> None:
    invoice(marsone)

    answer = client.post(f"{path(marsone)}encaisser/", taking(**wrong))

    assert answer.status_code == 400
    assert sentence in text(answer)
    assert not Payment.objects.filter(household=marsone).exists()


def test_a_closed_till_takes_nothing_and_says_so(client: Client, demo: Commune, marsone: Household) -> None:
    day = clock.today(demo.zone)
    TillDay.objects.create(
        cash_office=cash_office(), day=day, counted_cash=0, expected_cash=0, closed_at=ISSUED, closed_by="essai"
    )

    answer = client.post(f"{path(marsone)}encaisser/", taking(keep_rest="1"))

    assert answer.status_code == 400
    assert "La caisse de ce jour est arrêtée" in text(answer)


def test_a_mistake_is_reversed_from_its_receipt(client: Client, marsone: Household) -> None:
    due = invoice(marsone)
    payment = pay(marsone, "50.70", {due: "50.70"}, day=clock.today(PARIS) - timedelta(days=3))
    receipt = f"/mairie/familles/{marsone.pk}/quittances/{payment.number}/"

    refused = client.post(f"{receipt}annuler/", {"reason": ""})
    done = client.post(f"{receipt}annuler/", {"reason": "Chèque impayé"}, follow=True)

    assert "Écrivez pourquoi ce règlement est annulé." in text(refused)
    assert f"qui annule {payment.number}" in text(done)
    assert "Chèque impayé" in text(done)
    assert client.post(f"{receipt}annuler/", {"reason": "encore"}).status_code == 400


def test_a_credit_is_used_from_the_family_page(client: Client, marsone: Household) -> None:
    due, payment = invoice(marsone), pay(marsone, "30")

    wrong = client.post(
        f"{path(marsone)}avoir/", {"source": f"payment-{payment.pk}", "invoice": due.pk, "credit": "31"}
    )
    done = client.post(
        f"{path(marsone)}avoir/", {"source": f"payment-{payment.pk}", "invoice": due.pk, "credit": "30"}, follow=True
    )

    assert wrong.status_code == 400
    assert "À payer : 20,70 €" in text(done)
    assert Allocation.objects.filter(payment=payment, invoice=due).count() == 1


def test_the_receipt_on_paper_names_all(client: Client, marsone: Household) -> None:
    due = invoice(marsone)
    payment = pay(
        marsone,
        "50.70",
        {due: "50.70"},
        means=Payment.Means.CHEQUE,
        cheque_bank="Crédit Agricole",
        cheque_number="1234567",
    )

    answer = client.get(f"/mairie/familles/{marsone.pk}/quittances/{payment.number}/pdf/")

    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).replace("\xa0", " ")
    for word in (payment.number, due.number, "1234567", "Crédit Agricole", "50,70 €", "MARSONE"):
        assert word in words


def test_who_only_reads_sees_and_takes_nothing(demo: Commune, marsone: Household) -> None:
    reader, payment = signed_in(demo, Role.READ_ONLY), pay(marsone, "10")

    page = text(reader.get(path(marsone)))

    assert payment.number in page
    assert "Encaisser et voir" not in page
    assert reader.post(f"{path(marsone)}encaisser/", taking(keep_rest="1")).status_code == 403
    receipt = f"/mairie/familles/{marsone.pk}/quittances/{payment.number}/annuler/"
    assert reader.post(receipt, {"reason": "x"}).status_code == 403
    assert Payment.objects.filter(household=marsone).count() == 1


def test_the_page_costs_the_same_for_few_and_for_many(client: Client, marsone: Household) -> None:
    for _ in range(2):
        pay(marsone, "10", {invoice(marsone): "5"})
    with counted() as few:
        client.get(path(marsone))
    for _ in range(6):
        pay(marsone, "5", {invoice(marsone): "5"})

    with counted() as many:
        client.get(path(marsone))

    assert len(many) == len(few)
