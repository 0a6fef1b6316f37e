"""The papers of a run: drawn by several workers, a bad one in nobody's way, and its debts for the finance software."""

import re
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.cache import cache
from django.test import Client
from openpyxl import load_workbook

from billing import papers
from billing.models import BillingRun, Invoice, InvoiceDocument
from billing.services import documents
from lps.families.models import Guardian, Household
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.models import Commune
from tests.billing import factories
from tests.booking.agents import signed_in
from tests.screens import reading


@pytest.fixture
def nadia(demo: Commune, marsone: Household) -> Client:
    return signed_in(demo, "régie")


@pytest.fixture
def published(marsone: Household) -> Invoice:
    cache.delete("invoices:undrawn")
    return factories.invoice(marsone, issued_at=clock.now())


def words(client: Client, path: str) -> str:
    return reading.words(client.get(path).content.decode())


def test_a_bad_invoice_is_named_and_the_others_are_drawn(
    nadia: Client, stranger: Household, published: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = factories.invoice(stranger, issued_at=clock.now())
    draw = papers.invoice

    def broken(found: Invoice) -> bytes:
        if found.pk == published.pk:
            raise ValueError(found.number)
        return draw(found)

    monkeypatch.setattr(papers, "invoice", broken)
    for _turn in range(documents.TRIES):
        with pytest.raises(ValueError, match=published.number):
            documents.draw_missing()

    documents.draw_missing()

    assert InvoiceDocument.objects.filter(invoice=good).exists()
    assert not InvoiceDocument.objects.filter(invoice=published).exists()
    shown = words(nadia, f"/mairie/regie/lots/{published.run_id}/")
    assert "Les PDF se préparent : 0 sur 1" in shown
    assert f"n'a pas pu être fait : {published.number}" in shown
    assert published.number not in words(nadia, f"/mairie/regie/lots/{good.run_id}/").split("Pour le logiciel")[0]


def test_what_is_drawn_is_told_no_more(nadia: Client, published: Invoice) -> None:
    documents.draw_missing()

    assert documents.progress(published.run) == (1, 1)
    assert "Les PDF se préparent" not in words(nadia, f"/mairie/regie/lots/{published.run_id}/")


def test_an_agent_reads_the_pdf_of_the_family(nadia: Client, published: Invoice) -> None:
    path = f"/mairie/regie/factures/{published.number}/pdf/"

    assert nadia.get(path).content == documents.content_of(published)
    assert nadia.get("/mairie/regie/factures/2012-001-0/pdf/").status_code == 404


def test_before_publication_a_pdf_is_shown_and_kept_nowhere(nadia: Client, published: Invoice) -> None:
    BillingRun.objects.filter(pk=published.run_id).update(state=BillingRun.State.VALIDATED, published_at=None)

    assert nadia.get(f"/mairie/regie/factures/{published.number}/pdf/").content.startswith(b"%PDF")
    assert not InvoiceDocument.objects.filter(invoice=published).exists()


def test_the_debts_of_a_run_are_a_table(nadia: Client, marsone: Household) -> None:
    invoice = factories.invoice(marsone, label="=JANVIER", street="-1 rue", amounts=("1234.50",))
    payer = Guardian.objects.filter(household=marsone).order_by("-is_payer", "pk")[0]
    path = f"/mairie/regie/lots/{invoice.run_id}/creances"

    text = nadia.get(path + ".csv").getvalue().decode("utf-8-sig")
    sheet = load_workbook(BytesIO(nadia.get(path + ".xlsx").content)).active
    assert sheet is not None

    head, line = text.splitlines()
    assert head == (
        "Numéro;Numéro de commande;Référence de la dette;Civilité;Nom;Prénom;Adresse;Code postal;Ville;Montant;"
        "Échéance;Code recette;Libellé"
    )
    who = f"{payer.title};{payer.last_name};{payer.first_name}"
    reference = f"{invoice.number};{invoice.order_number};{invoice.refdet}"
    assert line == f"{reference};{who};'-1 rue;78200;Buchelay;1234,50;29/02/2012;04;'=JANVIER"
    [_head, row] = sheet.iter_rows(values_only=True)
    assert (row[0], row[12]) == (invoice.number, "'=JANVIER")
    assert Decimal(str(row[9])) == invoice.total
    assert AuditEntry.objects.filter(action="run_exported").count() == 2


def test_a_credit_note_is_a_negative_number_and_a_draft_has_no_debts(nadia: Client, marsone: Household) -> None:
    note = factories.invoice(marsone, amounts=("-10.00",))
    draft = factories.run()

    sent = nadia.get(f"/mairie/regie/lots/{note.run_id}/creances.csv")
    assert b";-10,00;" in sent.getvalue()
    for form in ("csv", "xlsx"):
        assert nadia.get(f"/mairie/regie/lots/{draft.pk}/creances.{form}").status_code == 302


def test_the_due_date_proposed_is_the_cash_offices_own_last_day(nadia: Client) -> None:
    factories.cash_office(online_limit_day=23)

    assert re.search(
        r'name="due_date" value="\d{4}-\d\d-23"', nadia.get("/mairie/regie/lots/nouveau/").content.decode()
    )
