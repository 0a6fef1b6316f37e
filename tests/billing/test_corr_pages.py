"""An agent corrects chosen days of chosen families by hand: found, ticked, seen line by line, issued, told."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.http import HttpResponse
from django.test import Client
from pypdf import PdfReader

from billing.models import BillingRun, DraftInvoice, Invoice
from billing.services import runs
from billing.services.work import work_asked
from booking.models import Activity
from lps.families.models import Household
from lps.kernel import clock
from tenants.models import Commune
from tests.billing import factories
from tests.billing.test_corr_services import AT, BY, DAYS, TODAY, cancels, costs, month, other
from tests.booking.agents import signed_in
from tests.screens import reading
from tests.sql import counted
from tests.zone import PARIS

__all__ = ["month", "other"]
LAST_DAY = "2012-01-31"


@pytest.fixture
def nadia(demo: Commune, marsone: Household) -> Client:
    return signed_in(demo, "régie")


@pytest.fixture
def issued(month: BillingRun) -> BillingRun:
    """January, published to both families."""
    return runs.publish(run=month, by=BY, at=AT, today=TODAY)


def words(response: HttpResponse) -> str:
    return reading.words(response.content.decode())


def path(run: BillingRun) -> str:
    return f"/mairie/regie/lots/{run.pk}/corriger/"


def form(*homes: Household, **changed: object) -> dict[str, object]:
    due = (clock.today(PARIS) + timedelta(days=30)).isoformat()
    days = {"first_day": "2012-01-01", "last_day": LAST_DAY}
    told = {"label": "Correction", "reason": "Tarif du matin erroné", "due_date": due}
    return {"who": "chosen", "famille": [home.pk for home in homes], **days, **told, "etape": "voir", **changed}


def test_a_wrong_tariff_is_given_back_from_the_search_to_the_paper(
    nadia: Client, issued: BillingRun, marsone: Household, other: Household
) -> None:
    costs("3.00")
    found = words(nadia.post(path(issued), form(other, etape="chercher", q="marsone")))
    assert "AUTRE (Mme Alice AUTRE, Zoé)" in found and "MARSONE (" in found

    sent = nadia.post(path(issued), form(marsone, other))
    page = str(sent.headers["Location"]).partition("?")[0]
    seen = words(nadia.get(page))

    assert "Accueil Matin, 3,00 € au lieu de 3,50 €" in seen
    assert "17,50 € 15,00 € -2,50 €" in seen and "2 avoirs, -5,00 €" in seen
    assert "Motif : Tarif du matin erroné" in seen
    run = BillingRun.objects.get(kind=BillingRun.Kind.CORRECTION)
    nadia.post(page + "verifier/", {"version": run.version})
    assert "2 avoirs seront faits" in words(nadia.get(page + "valider/"))
    nadia.post(page + "valider/", {"version": run.version})
    nadia.post(page + "publier/")
    note = Invoice.objects.get(run=run, household=marsone)
    paper = nadia.get(f"/mairie/regie/factures/{note.number}/pdf/").content
    text = " ".join(PdfReader(io.BytesIO(paper)).pages[0].extract_text().split())
    assert "Motif Tarif du matin erroné" in text and "-2,50" in text
    assert issued.invoices.get(household=marsone).number in text
    assert "Motif : Tarif du matin erroné" in words(nadia.get(f"/mairie/regie/factures/{note.number}/"))


def test_nothing_to_correct_says_so_and_keeps_what_was_typed(
    nadia: Client, issued: BillingRun, marsone: Household
) -> None:
    said = nadia.post(path(issued), form(marsone))

    assert "Rien à corriger" in words(said) and "pointé présent est facturé" in words(said)
    assert f'name="famille" value="{marsone.pk}" checked' in said.content.decode()
    assert "Tarif du matin erroné" in said.content.decode()
    assert BillingRun.objects.count() == 1


def test_differences_that_cancel_each_other_are_said(
    nadia: Client, issued: BillingRun, marsone: Household, other: Household, morning: Activity
) -> None:
    cancels(marsone, DAYS[0])
    factories.book(marsone, factories.child_of(marsone), morning, [DAYS[0].replace(day=20)])
    assert "les différences s'annulent. Aucun document n'est fait" in words(nadia.post(path(issued), form(marsone)))
    cancels(other, DAYS[0])

    asked = nadia.post(path(issued), form(who="all"))  # of all families: a worker computes
    assert work_asked() == 1
    seen = words(nadia.get(asked.headers["Location"]))

    assert "1 famille dont les différences s'annulent" in seen
    assert "Les différences s'annulent : aucun document pour cette famille" in seen


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"famille": []}, "Cherchez et cochez au moins une famille"),
        ({"who": "x"}, "Choisissez quelles familles corriger"),
        ({"first_day": "2011-12-31"}, "Choisissez des jours de ce lot"),
        ({"last_day": "9999-99-99"}, "Ce jour n'existe pas"),
        ({"first_day": "2012-01-20", "last_day": "2012-01-10"}, "La correction finit avant de commencer"),
        ({"reason": ""}, "Donnez le motif"),
        ({"reason": "x" * 10_000}, "200 caractères"),
        ({"reason": "\0"}, "nul"),
        ({"due_date": "2001-01-01"}, "Choisissez un jour à venir"),
    ],
)
def test_a_wrong_form_says_what_to_do(
    nadia: Client, issued: BillingRun, marsone: Household, changed: dict[str, object], sentence: str
) -> None:
    costs("3.00")

    sent = nadia.post(path(issued), form(marsone, **changed))

    assert sent.status_code == 400
    assert sentence in words(sent)
    assert BillingRun.objects.count() == 1


@pytest.mark.parametrize("asked", ["999999", "x", "9" * 40, "²", ["1"] * 3 + [str(n) for n in range(300)]])
def test_families_of_nothing_are_no_page(nadia: Client, issued: BillingRun, asked: object) -> None:
    assert nadia.post(path(issued), form(famille=asked)).status_code == 404


def test_a_draft_is_computed_again_not_corrected(nadia: Client, marsone: Household) -> None:
    draft = factories.run()

    assert "n'en est plus là" in words(nadia.get(path(draft), follow=True))


def test_a_family_and_its_invoice_lead_there(nadia: Client, issued: BillingRun, marsone: Household) -> None:
    number = issued.invoices.get(household=marsone).number
    leads = f"{path(issued)}?famille={marsone.pk}"

    for page in (f"/mairie/familles/{marsone.pk}/factures/", f"/mairie/regie/factures/{number}/"):
        assert leads in nadia.get(page).content.decode()
    assert f'name="famille" value="{marsone.pk}" checked' in nadia.get(leads).content.decode()


def test_an_agent_of_one_school_and_a_reader_correct_nothing(
    demo: Commune, issued: BillingRun, marsone: Household
) -> None:
    reader = signed_in(demo, "lecture", name="Luc")

    assert reader.post(path(issued), form(marsone)).status_code == 403
    assert "corriger" not in reader.get(f"/mairie/familles/{marsone.pk}/factures/").content.decode()


def test_the_differences_cost_the_same_for_few_and_for_many(
    nadia: Client, month: BillingRun, marsone: Household, other: Household
) -> None:
    run = factories.run(kind=BillingRun.Kind.CORRECTION, corrects=month, computed_at=clock.now(), version=1)
    page = f"/mairie/regie/lots/{run.pk}/"
    drafted(run, marsone)
    nadia.get(page)
    with counted() as one:
        nadia.get(page)

    for home in Household.objects.exclude(pk=marsone.pk):
        drafted(run, home)
    with counted() as many:
        nadia.get(page)

    assert len(many) == len(one) <= 13, str(many)


def drafted(run: BillingRun, home: Household) -> None:
    draft = DraftInvoice.objects.create(run=run, household=home, payer_name=home.name, total=-1, line_count=1)
    draft.lines.create(
        position=1, kind="correction", label="Matin", quantity=1, unit_price=-1, amount=-1, before=4, now=Decimal(3)
    )
