"""A family's invoices: listed with their state, read line by line, printed once, and never another family's."""

from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from pypdf import PdfReader

from billing.models import BillingRun, Invoice, InvoiceDocument, Reminder, ReminderLevel
from billing.services import corrections, documents
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.kernel import clock
from tenants.models import Commune
from tests.billing import factories
from tests.families.doors import browser, sign_in
from tests.sql import counted

LIST = "/factures/"
BY = Actor.system("essai")


@pytest.fixture
def parent(marsone: Household, demo: Commune) -> Client:
    client = browser()
    assert sign_in(client, marsone).status_code == 302
    return client


@pytest.fixture
def invoice(marsone: Household) -> Invoice:
    return factories.invoice(marsone, amounts=("30.00", "20.70"))


def page(client: Client, path: str = LIST) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_an_invoice_is_listed_with_its_amount_its_day_and_its_state(
    parent: Client, marsone: Household, invoice: Invoice
) -> None:
    assert "Il vous reste 50,70\u00a0€ à payer" in page(parent)
    for words in (invoice.number, "JANVIER 2012", "29/02/2012", "à payer"):
        assert words in page(parent)

    factories.pay(marsone, "20.00", settles={invoice: "20.00"})
    assert "partiellement payée" in page(parent)
    factories.pay(marsone, "30.70", settles={invoice: "30.70"})

    assert ">payée<" in page(parent)
    assert "Rien à payer" in page(parent)


def test_after_the_last_reminder_it_is_being_recovered(parent: Client, invoice: Invoice) -> None:
    ReminderLevel.objects.all().delete()
    ReminderLevel.objects.create(rank=1, days_after=10, title="Relance", words="x")
    Reminder.objects.create(invoice=invoice, rank=1, way="email", left=Decimal(1), sent_at=clock.now(), sent_by="essai")

    assert "en recouvrement" in page(parent)


def test_a_canceled_invoice_says_so_and_names_its_credit_note(parent: Client, marsone: Household) -> None:
    kept, canceled = (factories.invoice(marsone, amounts=(amount,)) for amount in ("12.00", "30.00"))
    at = clock.now()

    note = corrections.cancel(invoice=canceled, reason="Erreur", by=BY, at=at, today=at.date())

    assert ">annulée<" in page(parent) and ">payée<" not in page(parent)
    assert page(parent).count("29/02/2012") == 2, "a credit note has no day to pay it"
    link = f'Cette facture est annulée par l&#x27;avoir <a class="keep" href="{LIST}{note.number}/">{note.number}</a>'
    assert link in page(parent, f"{LIST}{canceled.number}/").replace("annulée par l'avoir", "annulée par l&#x27;avoir")
    assert "annulée" not in page(parent, f"{LIST}{kept.number}/")


def test_what_is_not_published_is_not_shown(parent: Client, invoice: Invoice) -> None:
    BillingRun.objects.filter(pk=invoice.run_id).update(state=BillingRun.State.VALIDATED, published_at=None)

    assert invoice.number not in page(parent)
    for path in (f"{LIST}{invoice.number}/", f"{LIST}{invoice.number}/pdf/"):
        assert parent.get(path).status_code == 404


def test_another_familys_invoice_does_not_exist(parent: Client, stranger: Household) -> None:
    theirs = factories.invoice(stranger)

    assert theirs.number not in page(parent)
    for path in (
        f"{LIST}{theirs.number}/",
        f"{LIST}{theirs.number}/pdf/",
        f"{LIST}2012-001-0/",
        f"{LIST}x/pdf/",
        f"{LIST}a%00/",
        f"{LIST}a%00/pdf/",
    ):
        assert parent.get(path).status_code == 404


def test_the_lines_are_read(parent: Client, invoice: Invoice) -> None:
    shown = page(parent, f"{LIST}{invoice.number}/")

    assert "30,00" in shown and "20,70" in shown and invoice.order_number in shown


def text_of(content: bytes) -> str:
    return " ".join(" ".join(one.extract_text() for one in PdfReader(BytesIO(content)).pages).split())


def test_the_pdf_is_drawn_once_kept_and_tagged(parent: Client, invoice: Invoice) -> None:
    first = parent.get(f"{LIST}{invoice.number}/pdf/")
    again = parent.get(f"{LIST}{invoice.number}/pdf/")

    assert first.content == again.content and first.headers["Content-Type"] == "application/pdf"
    document = InvoiceDocument.objects.get(invoice=invoice)
    assert default_storage.exists(document.path)
    read = PdfReader(BytesIO(first.content))
    assert read.trailer["/Root"]["/Lang"] == "fr" and read.trailer["/Root"]["/MarkInfo"]["/Marked"]
    told = text_of(first.content)
    for words in (
        f"Facture {invoice.number}",
        "Mme Alice ESSAI",
        "50,70",
        "2012-04-00",
        "À régler avant le 29/02/2012",
    ):
        assert words in told, words


def test_what_is_paid_already_is_printed_and_a_lost_pdf_is_drawn_again(marsone: Household, invoice: Invoice) -> None:
    factories.pay(marsone, "20.00", settles={invoice: "20.00"})
    assert "20,00" in text_of(documents.content_of(invoice))
    default_storage.delete(InvoiceDocument.objects.get(invoice=invoice).path)

    assert "Déjà réglé" in text_of(documents.content_of(invoice))


def test_what_is_past_its_term_is_not_drawn_again(marsone: Household) -> None:
    old = factories.invoice(marsone, issued_at=datetime(2001, 3, 1, tzinfo=UTC))

    assert old not in documents.missing()


def test_a_credit_note_says_what_it_is(marsone: Household) -> None:
    note = factories.invoice(marsone, amounts=("-10.00",))

    told = text_of(documents.content_of(note))

    assert f"Avoir {note.number}" in told and "vient en déduction" in told


def test_what_is_published_is_drawn_in_the_minute_and_no_more(marsone: Household) -> None:
    factories.invoice(marsone, issued_at=clock.now())
    hidden = factories.invoice(marsone, issued_at=clock.now())
    BillingRun.objects.filter(pk=hidden.run_id).update(state=BillingRun.State.VALIDATED, published_at=None)
    number = documents.missing().count()

    assert documents.draw_missing() == number >= 1
    assert documents.draw_missing() == 0
    assert not InvoiceDocument.objects.filter(invoice=hidden).exists()


def test_ten_more_invoices_cost_no_statement_more(parent: Client, marsone: Household, invoice: Invoice) -> None:
    page(parent)
    with counted() as few:
        page(parent)
    for month in range(1, 11):
        factories.invoice(marsone, issued_at=datetime(2013, month, 1, tzinfo=UTC))
    with counted() as many:
        page(parent)

    assert len(many) == len(few) <= 14
