"""The four steps as a family follows them, and the Treasury's calls: they believe nobody, and cost little."""

import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from pypdf import PdfReader

from billing.models import AttemptAnswer, CashOffice, Invoice, Payment, PaymentAttempt
from billing.online import seal
from lps.accounts.roles import Role
from lps.families.models import Household
from lps.kernel import clock
from lps.ui.templatetags.ui import day, hour
from simulators.payfip.server import Server
from tenants import context
from tenants.models import Commune
from tests.billing import factories
from tests.billing.online import again, opened_office, payable, pays, settled, tried
from tests.families.doors import browser, sign_in
from tests.office.pages import signed_in
from tests.sql import counted

TIPI, BACK, NOTIFY = "/factures/tipi/", "/factures/tipi/retour/", "/factures/tipi/notification/"
State = PaymentAttempt.State


@pytest.fixture
def parent(marsone: Household) -> Client:
    client = browser()
    assert sign_in(client, marsone).status_code == 302
    return client


def read(client: Client, path: str, *, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode().replace("&#x27;", "'").replace("&quot;", '"').replace("\u00a0", " ")


def chosen(client: Client, invoice: Invoice, email: str = "parent@example.org") -> str:
    answer = client.post(TIPI, {"facture": invoice.number, "email": email})
    assert answer.status_code == 302
    return str(answer["Location"])


def pay(client: Client, invoice: Invoice) -> HttpResponse:
    step = chosen(client, invoice)
    sealed = parse_qs(urlsplit(step).query)["adresse"][0]
    return client.post(urlsplit(step).path, {"adresse": sealed})


def test_the_first_step_says_all_that_was_promised(parent: Client, marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)

    shown = read(parent, TIPI)

    for words in (
        "Règlement de mes factures",
        "Service de paiement en ligne sécurisé par TIPI. Titres Payables par Internet",
        "Sélection d'une facture",
        "Récapitulatif facture",
        "Saisie des coordonnées bancaires",
        "Confirmation de paiement",
        "Mes factures à payer :",
        'Cochez la facture que vous désirez régler puis cliquez sur "Procéder au paiement".',
        "Note : Il n'est pas possible de payer plusieurs factures à la fois (contrainte imposée par le module",
        "Mon email",
        "(obligatoire, pour recevoir mon ticket payeur)",
        "Procéder au paiement",
        "celle-ci apparaît tout de même dans la liste « Mes factures à payer ». Merci de ne pas en tenir compte.",
        "Mes factures déjà payées par TIPI, (hors chèque et autres moyens) :",
        "Factures à régler avant le 10 de chaque mois, minuit",
        "à régler directement à la Trésorerie de Mantes-la-Jolie",
        invoice.number,
        invoice.order_number,
        "29/02/2012",
        "JANVIER 2012",
        "50,70 €",
        "Aucun paiement ne sera réellement effectué",
        'value="marsone@familles.example"',
    ):
        assert words in shown, words
    assert "Votre navigateur doit autoriser les pop-up" not in shown


def test_the_list_leads_to_payment_while_it_is_possible(parent: Client, marsone: Household, treasury: Server) -> None:
    payable(marsone)
    assert "Payer en ligne" in read(parent, "/factures/")

    with counted() as statements:
        read(parent, "/factures/")
    assert len(statements) <= 14


def test_a_family_pays_by_the_four_steps(parent: Client, marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)
    step = chosen(parent, invoice)
    assert "parent" not in step, "the address is not to be read in the address bar"
    summary = read(parent, step)
    for words in ("Récapitulatif et choix du mode de paiement", "TOTAL A REGLER : 50,70 €", "Payer en ligne"):
        assert words in summary
    assert "« Annuler et retourner aux factures" in summary
    assert treasury.url in parent.get(step)["Content-Security-Policy"]
    assert not PaymentAttempt.objects.exists(), "Back and reload do nothing"

    away = pay(parent, invoice)["Location"]

    attempt = PaymentAttempt.objects.get()
    assert away == f"{treasury.url}/tpa/paiementws.web?idop={attempt.id_op}"
    pays(treasury, attempt)
    back = parent.get(f"{BACK}?idop={attempt.id_op}")["Location"]
    shown = read(parent, back)
    for words in (
        "Votre paiement est accepté.",
        "Veuillez noter la référence et la date de votre paiement",
        "Référence dette TIPI",
        invoice.refdet,
        "Ticket LPS",
        attempt.ticket,
        "N° auto",
        "394492",
        "50,70 €",
    ):
        assert words in shown, words
    listed = read(parent, TIPI)
    assert re.search(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d, 394492", listed) and "rien à payer" in listed


def test_the_ticket_is_a_pdf_with_its_tags(parent: Client, marsone: Household) -> None:
    attempt = settled(marsone, name="394492")

    answer = parent.get(f"{TIPI}paiement/{attempt.ticket}/ticket.pdf")

    found = PdfReader(BytesIO(answer.content))
    text = " ".join(" ".join(page.extract_text() for page in found.pages).split())
    for words in (attempt.ticket, attempt.refdet, "394492", "50,70", "accepté"):
        assert words in text
    assert found.trailer["/Root"]["/MarkInfo"]["/Marked"]


def test_a_second_click_finds_the_first_attempt(parent: Client, marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)
    pay(parent, invoice)
    attempt = PaymentAttempt.objects.get()

    again_ = pay_again(parent, marsone, invoice)

    assert again_["Location"] == f"{TIPI}paiement/{attempt.ticket}/"
    shown = read(parent, again_["Location"])
    assert "Paiement en cours" in shown and f"{treasury.url}/tpa/paiementws.web" in shown
    assert PaymentAttempt.objects.count() == 1
    listed = read(parent, TIPI)
    assert "Un paiement de cette facture est en cours" in listed and "vous pourrez en commencer un autre" in listed


def pay_again(parent: Client, marsone: Household, invoice: Invoice) -> HttpResponse:
    sealed = seal("parent@example.org", household=marsone)
    return parent.post(f"{TIPI}facture/{invoice.number}/", {"adresse": sealed})


def test_who_closed_the_window_finds_the_truth(parent: Client, marsone: Household, treasury: Server) -> None:
    attempt = tried(marsone, payable(marsone))
    pays(treasury, attempt, "V")

    parent.post(NOTIFY, {"idOp": attempt.id_op})

    assert "Votre prélèvement est enregistré." in read(parent, f"{TIPI}paiement/{attempt.ticket}/")
    assert ">payée<" in read(parent, "/factures/")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.REFUSED, "Votre paiement est refusé."),
        (State.CANCELED, "Votre paiement est abandonné."),
        (State.EXPIRED, "Ce paiement n'a pas eu lieu."),
        (State.MISMATCH, "ne payez pas cette facture une seconde fois"),
    ],
)
def test_each_end_is_told(parent: Client, marsone: Household, treasury: Server, state: str, words: str) -> None:
    attempt = tried(marsone, payable(marsone))
    PaymentAttempt.objects.filter(pk=attempt.pk).update(state=state, bar_ends_at=clock.now())

    assert words in read(parent, f"{TIPI}paiement/{attempt.ticket}/")
    assert parent.get(f"{TIPI}paiement/{attempt.ticket}/ticket.pdf").status_code == 404


def test_the_hour_told_is_never_too_early(parent: Client, marsone: Household, treasury: Server) -> None:
    attempt = tried(marsone, payable(marsone))
    whole = (clock.now() + timedelta(minutes=30)).replace(second=0, microsecond=0)
    for ends, free in ((whole, whole), (whole + timedelta(seconds=59), whole + timedelta(minutes=1))):
        PaymentAttempt.objects.filter(pk=attempt.pk).update(bar_ends_at=ends)
        free = free.astimezone(context.current().zone)
        words = f"à partir de {hour(free)}, {day(free)}."

        assert f"commencer un autre paiement {words}" in read(parent, f"{TIPI}paiement/{attempt.ticket}/")
        assert f"en commencer un autre {words}" in read(parent, TIPI)


def test_the_counter_sees_what_became_of_each_try(demo: Commune, marsone: Household, treasury: Server) -> None:
    attempt = tried(marsone, payable(marsone))
    clerk, page = signed_in(demo, Role.CASH_OFFICE), f"/mairie/familles/{marsone.pk}/reglements/"
    assert "en attente de réponse" in read(clerk, page)

    PaymentAttempt.objects.filter(pk=attempt.pk).update(state=State.CANCELED)

    told = read(clerk, page)
    assert "Tentatives de paiement en ligne" in told
    assert "abandonnée" in told and attempt.ticket in told


def test_after_the_limit_the_page_names_the_tresorerie(parent: Client, marsone: Household, treasury: Server) -> None:
    opened_office(treasury_hours="le matin", treasury_phone="01 23 45 67 80", treasury_address="1 place de la Poste")
    payable(marsone, online_until=clock.now() - timedelta(minutes=1))

    shown = read(parent, TIPI)

    for words in (
        "à régler directement à la Trésorerie de Mantes-la-Jolie",
        "le matin",
        "01 23 45 67 80",
        "1 place de la Poste",
    ):
        assert words in shown


def test_the_pop_up_of_2014_says_its_sentences(parent: Client, marsone: Household, treasury: Server) -> None:
    opened_office(pop_up=True)
    invoice = payable(marsone)
    CashOffice.objects.update(pop_up=True)

    assert "Votre navigateur doit autoriser les pop-up" in read(parent, TIPI)
    summary = read(parent, chosen(parent, invoice))
    assert "donc mon navigateur doit autoriser les popups." in summary and 'target="_blank"' in summary
    done = settled(marsone)
    shown = read(parent, f"{TIPI}paiement/{done.ticket}/")
    assert 'Vous pouvez fermer la fenêtre popup "bancaire TIPI".' in shown


def test_another_familys_things_do_not_exist(
    parent: Client, marsone: Household, stranger: Household, treasury: Server
) -> None:
    theirs, attempt = payable(stranger), settled(stranger)
    sealed = seal("parent@example.org", household=marsone)

    for path in (
        f"{TIPI}facture/{theirs.number}/?adresse={sealed}",
        f"{TIPI}paiement/{attempt.ticket}/",
        f"{TIPI}paiement/{attempt.ticket}/ticket.pdf",
        f"{TIPI}paiement/a%00/",
        f"{TIPI}paiement/é/",
        f"{TIPI}facture/a%00/?adresse={sealed}",
    ):
        assert parent.get(path).status_code == 404, path
    assert parent.post(f"{TIPI}facture/{theirs.number}/", {"adresse": sealed}).status_code == 404
    assert parent.post(TIPI, {"facture": theirs.number, "email": "a@example.org"}).status_code == 400
    assert theirs.number not in read(parent, TIPI) and attempt.ticket not in read(parent, TIPI)


def test_an_address_sealed_by_another_or_by_nobody_leads_to_the_first_step(
    parent: Client, marsone: Household, stranger: Household, treasury: Server
) -> None:
    invoice = payable(marsone)
    for sealed in ("", "x", "d1.é", "d1.AAAA", "k9.AAAA", seal("a@example.org", household=stranger), "\0"):
        answer = parent.post(f"{TIPI}facture/{invoice.number}/", {"adresse": sealed, "montant": "1"})
        assert (answer.status_code, answer["Location"]) == (302, f"{TIPI}?facture={invoice.number}")
    assert not PaymentAttempt.objects.exists()


@pytest.mark.parametrize("email", ["", "rien", "é@exemple.fr", "a" * 90 + "@example.org", "a\0b@example.org"])
def test_a_wrong_address_says_what_to_do(parent: Client, marsone: Household, treasury: Server, email: str) -> None:
    answer = parent.post(TIPI, {"facture": payable(marsone).number, "email": email})

    assert (
        answer.status_code == 400 and "error-summary" in answer.content.decode() or "erreur" in answer.content.decode()
    )


def test_a_forged_call_changes_nothing(parent: Client, marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)
    attempt = tried(marsone, invoice)
    forged = {"idop": attempt.id_op, "resultrans": "P", "montant": "5070", "refdet": invoice.refdet, "numauto": "1"}

    for path in (BACK, NOTIFY):
        assert browser().post(path, forged).status_code in (200, 302)
    assert again(attempt).state == State.WAITING and not Payment.objects.filter(household=marsone).exists()
    for name in ("", "x", "a\0", "x" * 5000, str(attempt.pk), attempt.ticket, invoice.refdet):
        assert browser().post(NOTIFY, {"idop": name, "resultrans": "P"}).status_code == 404
        assert browser().get(BACK, {"idop": name}).status_code == 404


def test_a_notification_is_heard_at_once_even_after_a_fault(marsone: Household, treasury: Server) -> None:
    attempt = tried(marsone, payable(marsone))
    treasury.treasury.switches = replace(treasury.treasury.switches, down="503")
    assert browser().post(NOTIFY, {"idop": attempt.id_op}).status_code == 200
    treasury.treasury.switches = replace(treasury.treasury.switches, down="")
    pays(treasury, attempt)

    assert browser().get(NOTIFY, {"idOp": attempt.id_op}).status_code == 200
    assert again(attempt).state == State.PAID


def test_a_flood_asks_the_treasury_a_few_times(marsone: Household, treasury: Server) -> None:
    attempt, client = tried(marsone, payable(marsone)), browser()

    codes = [client.post(NOTIFY, {"idop": attempt.id_op}).status_code for _ in range(15)]

    assert codes[0] == 200 and codes[-1] == 429
    assert AttemptAnswer.objects.filter(attempt=attempt).count() <= 9
    assert client.get(BACK, {"idop": attempt.id_op}).status_code == 302, "the payer is shown the page all the same"


def test_a_treasury_that_went_silent_is_asked_again_at_an_hour_that_is_told(
    parent: Client, marsone: Household, treasury: Server
) -> None:
    attempt = tried(marsone, payable(marsone))
    page = f"{TIPI}paiement/{attempt.ticket}/"
    assert "toutes les cinq minutes" in read(parent, page)

    treasury.treasury.switches = replace(treasury.treasury.switches, down="503")
    parent.get(BACK, {"idop": attempt.id_op})

    later = again(attempt).next_ask_at
    assert later is not None
    shown, told = read(parent, page), hour(later.astimezone(context.current().zone))
    assert f"nous le lui redemanderons à {told}" in shown and "ne payez pas une seconde fois" in shown
    assert "toutes les cinq minutes" not in shown


def test_many_guesses_are_slowed_down(marsone: Household) -> None:
    client = browser()
    codes = {client.post(NOTIFY, {"idop": f"guess-{rank}"}).status_code for rank in range(45)}

    assert codes == {404, 429}


def test_a_treasury_that_is_down_is_told(parent: Client, marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)
    treasury.treasury.switches = replace(treasury.treasury.switches, down="503")

    shown = read(parent, pay(parent, invoice)["Location"])

    assert "ne répond pas. Rien n'a été payé" in shown and "Payer en ligne" in shown


def test_the_steps_cost_a_constant_number_of_statements(parent: Client, marsone: Household, treasury: Server) -> None:
    invoice, paid = payable(marsone), settled(marsone)
    sealed = seal("parent@example.org", household=marsone)
    steps = (TIPI, f"{TIPI}facture/{invoice.number}/?adresse={sealed}", f"{TIPI}paiement/{paid.ticket}/")
    few = [cost(parent, path) for path in steps]
    for _ in range(10):
        tried(marsone, payable(marsone))
        settled(marsone)
    many = [cost(parent, path) for path in steps]

    assert many == few and max(many) <= 14, (few, many)


def cost(client: Client, path: str) -> int:
    read(client, path)
    with counted() as made:
        read(client, path)
    return len(made)


def test_the_list_says_why_an_invoice_cannot_be_paid_online_now(
    parent: Client, marsone: Household, treasury: Server
) -> None:
    invoice = payable(marsone)
    assert f'<a class="btn main" href="{TIPI}">Payer en ligne</a>' in read(parent, "/factures/")

    attempt = tried(marsone, invoice)

    listed = read(parent, "/factures/")
    assert f'<a class="btn" href="{TIPI}">Comment payer</a>' in listed and "Payer en ligne" not in listed
    assert "Un paiement de cette facture est en cours" in listed
    assert f'<a href="{TIPI}paiement/{attempt.ticket}/">Voir ce paiement</a>' in listed


def test_the_invoice_leads_to_paying_it(parent: Client, marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)

    assert f"{TIPI}?facture={invoice.number}" in read(parent, f"/factures/{invoice.number}/")
    tried(marsone, invoice)
    assert "Un paiement de cette facture est en cours" in read(parent, f"/factures/{invoice.number}/")
    factories.pay(marsone, "50.70", settles={invoice: "50.70"})
    assert "TIPI" in read(parent, f"/factures/{invoice.number}/"), "the tab stays"
