"""A family pays its invoice by the four steps, on the Treasury's own page in between, and gets its ticket."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from billing.balances import left_of
from billing.models import CashOffice, Invoice, Payment, PaymentAttempt
from lps.accounts.doors import FAMILY
from lps.families.models import Household
from lps.kernel import clock
from simulators.payfip.server import Server, serving
from tests.billing.online import opened_office, payable
from tests.journeys.conftest import Browse
from tests.journeys.seen import faults
from tests.journeys.test_every_page import Marsone, give
from tests.live import Pages, Site


@pytest.fixture(scope="module")
def treasury() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def pages(site: Site, treasury: Server) -> Iterator[Pages]:
    with site.pages_with(PAYFIP_URL=treasury.url, WEB_CONCURRENCY="1") as served:
        yield served


def owes(site: Site) -> tuple[Invoice, str]:
    """An invoice of the MARSONE family, and the cookie of its session."""
    with site.inside("demo") as commune:
        household = Household.objects.get(name="MARSONE")
        invoice = payable(household, online_until=clock.now() + timedelta(days=8))
        return invoice, Marsone(commune, "MARSONE", "123456", "654321").family


def begin(page: Page, invoice: Invoice) -> None:
    page.goto(f"/factures/tipi/?facture={invoice.number}")
    page.get_by_label("Mon email").fill("parent@example.org")
    page.get_by_role("button", name="Procéder au paiement").click()
    expect(page.get_by_text("TOTAL A REGLER : 50,70 €")).to_be_visible()
    page.get_by_role("button", name="Payer en ligne").click()
    expect(page.get_by_role("heading", name="TELEPAIEMENT")).to_be_visible()


def test_the_four_steps(site: Site, browse: Browse, pages: Pages, treasury: Server, script: bool) -> None:
    invoice, cookie = owes(site)
    page = browse("demo", pages=pages, script=script, abroad=treasury.url)
    give(page, site, "demo", {FAMILY.cookie: cookie})

    begin(page, invoice)
    expect(page.get_by_text("Aucun paiement ne sera réellement effectué.")).to_be_visible()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("heading", name="Votre paiement est accepté")).to_be_visible()
    page.get_by_role("link", name="RETOUR SITE").click()

    expect(page.get_by_role("heading", name="Votre paiement est accepté.")).to_be_visible()
    expect(page.get_by_text(invoice.refdet)).to_be_visible()
    with site.inside("demo"):
        attempt = PaymentAttempt.objects.get(invoice=invoice)
        assert Payment.objects.get(attempt=attempt).amount == invoice.total
    expect(page.get_by_text(attempt.ticket)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Votre paiement est accepté.")).to_be_visible()


def test_back_from_the_treasury_finds_the_payment_under_way(
    site: Site, browse: Browse, pages: Pages, treasury: Server
) -> None:
    invoice, cookie = owes(site)
    page = browse("demo", pages=pages, abroad=treasury.url)
    give(page, site, "demo", {FAMILY.cookie: cookie})
    begin(page, invoice)

    page.go_back()
    page.get_by_role("link", name="Voir ce paiement").click()
    expect(page.get_by_role("heading", name="Paiement en cours")).to_be_visible()
    page.get_by_role("link", name="Aller à la page de paiement").click()
    page.get_by_role("button", name="Payer par prélèvement").click()
    page.get_by_role("link", name="RETOUR SITE").click()

    expect(page.get_by_role("heading", name="Votre prélèvement est enregistré.")).to_be_visible()
    with site.inside("demo"):
        assert PaymentAttempt.objects.filter(invoice=invoice).count() == 1
    assert urlsplit(page.url).path.startswith("/factures/tipi/paiement/")


def test_by_address_the_payment_is_announced_and_pays_nothing(
    site: Site, browse: Browse, pages: Pages, treasury: Server, script: bool
) -> None:
    invoice, cookie = owes(site)
    with site.inside("demo"):
        opened_office(protocol=CashOffice.Protocol.URL_REGIE)
    page = browse("demo", pages=pages, script=script, abroad=treasury.url)
    give(page, site, "demo", {FAMILY.cookie: cookie})

    begin(page, invoice)
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("button", name="RETOUR SITE")).to_be_visible()
    with site.inside("demo"):
        heard = PaymentAttempt.objects.get(invoice=invoice).state
        opened_office(protocol=CashOffice.Protocol.WEB_SERVICE)
    page.get_by_role("button", name="RETOUR SITE").click()

    expect(page.get_by_role("heading", name="Paiement annoncé, à confirmer par la Trésorerie")).to_be_visible()
    assert heard == PaymentAttempt.State.ANNOUNCED, "the Treasury's server told it before the browser"
    assert not script or faults(page, by_day=(360, 1280), by_night=(360,)) == []  # axe is a script
    page.goto(f"/factures/{invoice.number}/")
    expect(page.get_by_text("ne payez pas cette facture une seconde fois")).to_be_visible()
    with site.inside("demo"):
        assert left_of([invoice.pk])[invoice.pk] == invoice.total
