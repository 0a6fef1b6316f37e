"""What an invoice on paper shows beside its lines: the town's logo and colour, the window, the account, the notes."""

from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader

from billing import papers
from billing.models import BillingRun, Invoice
from lps.families.models import Household
from tenants.town import services as town
from tests.billing import factories

MILLIMETRE = 72 / 25.4


def page_of(invoice: Invoice) -> PdfReader:
    return PdfReader(BytesIO(papers.invoice(Invoice.objects.select_related("run__cash_office").get(pk=invoice.pk))))


def words(invoice: Invoice) -> str:
    return " ".join(" ".join(page.extract_text() for page in page_of(invoice).pages).split())


def test_the_payers_address_stands_in_the_window_of_an_envelope(marsone: Household) -> None:
    """DL and C5 envelopes: from 45 to 90 mm from the top, in the right half."""
    places = []

    def see(text: str, page: list[float], matrix: list[float], _font: object, _size: float) -> None:
        if "Alice ESSAI" in text or "rue des Essais" in text:
            x, y = matrix[4] * page[0] + page[4], matrix[5] * page[3] + page[5]
            places.append((x / MILLIMETRE, 297 - y / MILLIMETRE))

    page_of(factories.invoice(marsone)).pages[0].extract_text(visitor_text=see)

    assert places and all(x >= 105 and 45 <= y <= 90 for x, y in places), places


def test_the_family_has_an_account_that_is_no_secret(marsone: Household) -> None:
    shown = words(factories.invoice(marsone))

    assert f"Compte de la famille {marsone.pk:06}" in shown
    assert marsone.family_code not in shown


@pytest.mark.parametrize(("amount", "is_small"), [("14.99", True), ("15.00", False)])
def test_a_small_sum_goes_to_no_tresorerie(marsone: Household, amount: str, is_small: bool) -> None:
    shown = words(factories.invoice(marsone, amounts=(amount,)))

    assert ("ne va pas à la Trésorerie" in shown) is is_small


def test_a_credit_note_names_what_it_corrects(marsone: Household) -> None:
    first = factories.invoice(marsone)
    note = factories.invoice(marsone, amounts=("-10.00",))
    mends = {"kind": BillingRun.Kind.CORRECTION, "corrects": first.run, "reason": "Tarif erroné"}
    BillingRun.objects.filter(pk=note.run_id).update(**mends)

    assert f"Facture corrigée {first.number}" in words(note)
    assert "Motif Tarif erroné" in words(note)
    assert "corrigée" not in words(first)


def test_a_sheet_that_leaves_the_others_says_its_invoice_and_the_total_stands_under_a_line(marsone: Household) -> None:
    """Of these lengths one ends with the sheet."""
    for number in range(12, 24):
        invoice = factories.invoice(marsone, amounts=("10.00",) * number)
        first, *others = [page.extract_text() for page in page_of(invoice).pages]

        assert first.count(f"Facture {invoice.number}") == 1
        assert all(f"Facture {invoice.number}" in page for page in others)
        for page in others:
            assert "Total" not in page or page.index("10,00\u00a0€") < page.index("Total")


def test_no_line_of_a_paper_ends_inside_a_number_or_before_a_sign(marsone: Household) -> None:
    town.change_settings(contact_name="Le service scolaire", contact_phone="01 23 45 67 89")

    shown = page_of(factories.invoice(marsone)).pages[0].extract_text()

    assert "01\u00a023\u00a045\u00a067\u00a089" in shown
    assert "«\u00a0Données personnelles\u00a0»" in shown


def test_the_logo_is_on_the_paper_with_its_words(marsone: Household) -> None:
    drawn = BytesIO()
    Image.new("RGB", (90, 60), "#0b5a7a").save(drawn, "PNG")
    town.save_logo(content=drawn.getvalue())

    reader = page_of(factories.invoice(marsone))

    assert len(reader.pages[0].images) == 1
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
