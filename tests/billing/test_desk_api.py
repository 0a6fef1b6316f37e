"""What the town's finance software reads: invoices with what is left of them, payments with what they settle."""

import pytest

from billing.services.desk import reverse
from lps.families.models import Household
from lps.journal.actors import Actor
from tenants.models import Commune
from tests.api.factories import Software, issue
from tests.billing.factories import ISSUED, invoice, pay
from tests.sql import counted


@pytest.fixture
def software(demo: Commune, in_demo: Commune) -> Software:
    return Software(demo, issue(demo, "facturation:lire").value)


def test_an_invoice_tells_its_payer_and_what_is_left(software: Software, marsone: Household) -> None:
    due = invoice(marsone)
    pay(marsone, "20", {due: "20"})

    [told] = software.results("factures/", famille=marsone.pk)

    assert (told["numero"], told["payeur"], told["ville"]) == (due.number, "Mme Alice ESSAI", "Buchelay")
    assert (told["total"], told["regle"], told["reste"]) == ("50.70", "20.00", "30.70")


def test_an_invoice_is_not_told_before_it_is_published(software: Software, marsone: Household) -> None:
    due = invoice(marsone)
    due.run.state = "validated"
    due.run.save()

    assert software.results("factures/", famille=marsone.pk) == []


def test_a_payment_tells_what_it_settles_and_what_it_reverses(software: Software, marsone: Household) -> None:
    due = invoice(marsone)
    payment = pay(marsone, "20", {due: "20"})
    back = reverse(payment=payment, reason="x", by=Actor.system("essai"), at=ISSUED, day=payment.day)

    first, second = software.results("reglements/", famille=marsone.pk)

    assert first["imputations"] == [{"facture": due.number, "montant": "20.00"}]
    assert (first["quittance"], first["annule"]) == (payment.number, None)
    assert (second["quittance"], second["annule"], second["montant"]) == (back.number, payment.number, "-20.00")


def test_another_scope_opens_nothing(demo: Commune, marsone: Household) -> None:
    other = Software(demo, issue(demo, "familles:lire").value)

    assert [other.get(path).status_code for path in ("factures/", "reglements/")] == [403, 403]


def test_a_page_costs_the_same_for_few_and_for_many(software: Software, marsone: Household) -> None:
    pay(marsone, "5", {invoice(marsone): "5"})
    for path in ("factures/", "reglements/"):
        software.results(path)
    with counted() as few:
        software.results("reglements/")
        software.results("factures/")
    for _ in range(5):
        pay(marsone, "5", {invoice(marsone): "5"})

    with counted() as many:
        software.results("reglements/")
        software.results("factures/")

    assert len(many) == len(few)
