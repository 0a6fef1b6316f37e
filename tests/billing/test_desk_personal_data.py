"""A family's own data, its erasure, and the ten years of accounting pieces."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from billing.models import Allocation, Invoice, InvoiceLine, Payment, Quotient
from billing.services import erasing
from billing.services.retention import apply_terms
from lps.families.erasers import Erased
from lps.families.models import Household
from lps.families.personal_data import gather
from lps.families.services.erasing import FAMILY_WORD
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from tests.billing.factories import ISSUED, invoice, pay
from tests.sql import counted

BY = Actor.system("essai")
DAY = date(2012, 3, 1)


def erased(*households: Household) -> Erased:
    return Erased(households=[home.pk for home in households], children=[], day=DAY)


def quotient(household: Household) -> Quotient:
    return Quotient.objects.create(
        household=household,
        value=Decimal("612.40"),
        valid_during=DateRange(date(2012, 1, 1), date(2013, 1, 1)),
        proof="CAF",
        noted_at=ISSUED,
        noted_by="essai",
    )


def test_a_family_takes_its_invoices_payments_and_quotients_away(marsone: Household, stranger: Household) -> None:
    due = invoice(marsone)
    payment = pay(marsone, "50.70", {due: "20"})
    quotient(marsone)
    invoice(stranger)

    own = gather(marsone)

    [billed], [paid], [proved] = own["Factures"], own["Règlements"], own["Quotients familiaux"]
    assert (billed["numéro"], billed["reste à payer"]) == (due.number, Decimal("30.70"))
    assert billed["lignes"][0]["libellé"] == "Cantine"
    assert paid["quittance"] == payment.number
    assert paid["factures réglées"] == [{"facture": due.number, "montant": Decimal("20.00")}]
    assert proved["justificatif"] == "CAF"


def test_an_unpaid_invoice_prevents_erasing(marsone: Household, stranger: Household) -> None:
    due, _note = invoice(marsone), invoice(stranger, amounts=("-5.00",))

    assert erasing.obstacles(erased(marsone, stranger)) == {marsone.pk: 1}
    pay(marsone, "50.70", {due: "50.70"})
    assert erasing.obstacles(erased(marsone, stranger)) == {}


def test_erasing_takes_quotients_away_and_keeps_accounting_pieces(marsone: Household) -> None:
    due = invoice(marsone)
    quotient(marsone)

    erasing.erase(erased(marsone), by=BY, at=ISSUED)

    assert not Quotient.objects.filter(household=marsone).exists()
    due.refresh_from_db()
    assert due.payer_name == "Mme Alice ESSAI"


@pytest.mark.parametrize(("year", "is_kept"), [(2022, True), (2023, False)])
def test_names_go_after_ten_whole_years_and_amounts_stay(marsone: Household, year: int, is_kept: bool) -> None:
    due = invoice(marsone)
    payment = pay(
        marsone, "50.70", {due: "50.70"}, means=Payment.Means.CHEQUE, cheque_bank="BNP", cheque_number="1234567"
    )

    for _ in range(2):
        apply_terms(today=date(year, 12, 31), now=datetime(year, 12, 31, tzinfo=UTC))

    kept, paid = Invoice.objects.get(pk=due.pk), Payment.objects.get(pk=payment.pk)
    assert (kept.payer_name == "Mme Alice ESSAI", paid.cheque_number == "1234567") == (is_kept, is_kept)
    assert (kept.payer_name == FAMILY_WORD) is not is_kept
    assert (kept.total, paid.amount, Allocation.objects.get(invoice=due).amount) == (Decimal("50.70"),) * 3
    assert InvoiceLine.objects.get(invoice=due).amount == Decimal("50.70")
    assert AuditEntry.objects.filter(action="data_purged").count() == (0 if is_kept else 1)


def test_gathering_costs_the_same_for_few_and_for_many(marsone: Household) -> None:
    pay(marsone, "5", {invoice(marsone): "5"})
    with counted() as few:
        gather(marsone)
    for _ in range(5):
        pay(marsone, "5", {invoice(marsone): "5"})

    with counted() as many:
        gather(marsone)

    assert len(many) == len(few)
