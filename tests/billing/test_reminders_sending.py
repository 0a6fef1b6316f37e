"""Reminders: once a level, stopped by payment, by letter to whom has no address, and the list for the Treasury."""

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from openpyxl import load_workbook
from pypdf import PdfReader

from billing import reminders as reads
from billing.forms.reminders import PROPOSED
from billing.models import Invoice, PaymentAttempt, Reminder, ReminderLevel, ReminderSending
from billing.services import reminders
from billing.services.reminders import NothingToSend
from lps.accounts.roles import Role
from lps.families.models import Guardian, Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from notifications.models import Blocked, OutboxMessage
from notifications.queries import addresses_of
from notifications.services import preferences, prove_address, withdraw
from notifications.services.blocking import block_address
from tenants.long_work import TRIES
from tenants.models import Commune
from tests.billing.factories import ISSUED, invoice, pay
from tests.families.factories import household
from tests.office.pages import signed_in, text
from tests.sql import counted

BY = Actor.system("essai")
DUE = date(2012, 2, 29)
FIRST, SECOND, THIRD = (DUE + timedelta(days=days) for days in (8, 23, 45))
Way = ReminderLevel.Way


@pytest.fixture
def levels(in_demo: Commune) -> list[ReminderLevel]:
    reminders.start_levels(specs=PROPOSED, by=BY)
    return reads.levels()


@pytest.fixture
def client(demo: Commune, levels: list[ReminderLevel]) -> Client:
    return signed_in(demo, Role.CASH_OFFICE)


@pytest.fixture
def due(marsone: Household) -> Invoice:
    prove_address(holder=marsone.holder, value="parent@example.org", consent="essai", by=BY, channel=Channel.WEB)
    return invoice(marsone)


@pytest.fixture
def by_letter(marsone: Household) -> Invoice:
    """Of a family that proved no address."""
    return invoice(marsone)


def send(*invoices: Invoice, today: date = FIRST) -> ReminderSending:
    at = ISSUED.replace(year=today.year, month=today.month, day=today.day)
    return reminders.send(invoices=[row.pk for row in invoices], today=today, by=BY, at=at)


def mails() -> int:
    return OutboxMessage.objects.filter(template="billing/emails/reminder").count()


def paper(answer: HttpResponse) -> str:
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return " ".join(page.extract_text() for page in pages).replace("\xa0", " ")


def test_a_family_is_reminded_once_a_level_by_email(levels: list[ReminderLevel], due: Invoice) -> None:
    assert reads.notices(today=FIRST - timedelta(days=1)) == []

    sending = send(due)

    assert (sending.emails, sending.letters, sending.state) == (1, 0, "done")
    assert mails() == 1
    assert AuditEntry.objects.get(action="family_reminded").after["invoice"] == [due.number]
    with pytest.raises(NothingToSend):
        send(due)
    send(due, today=SECOND)
    assert list(Reminder.objects.order_by("rank").values_list("rank", flat=True)) == [1, 2]


def test_one_family_is_found_and_reminded_alone(client: Client, due: Invoice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.views.agents.reminders._today", lambda: FIRST)
    Household.objects.filter(pk=due.household_id).update(name="ÉLOÏSE-MARSONE")
    other = invoice(household(name="AUTRE"))
    page = "/mairie/regie/relances/"
    box = 'name="facture" value="%s"'

    everybody, found = client.get(page).content.decode(), client.get(page, {"q": "eloise marsone"}).content.decode()
    by_number = client.get(page, {"q": other.number}).content.decode()
    nobody = client.get(page, {"q": "personne"})

    assert box % due.pk in everybody and box % other.pk in everybody
    assert box % due.pk in found and box % other.pk not in found
    assert box % due.pk not in by_number and box % other.pk in by_number
    assert "ne répond à « personne »" in text(nobody).replace("\xa0", " ")


def test_a_payment_stops_reminders(levels: list[ReminderLevel], due: Invoice) -> None:
    pay(due.household, "50.70", {due: "50.70"})

    assert reads.notices(today=THIRD) == []
    with pytest.raises(NothingToSend):
        send(due)
    assert mails() == 0


def test_small_sums_and_payments_on_their_way_are_left_alone(levels: list[ReminderLevel], due: Invoice) -> None:
    small, tried = invoice(due.household, amounts=("4.99",)), invoice(due.household)
    PaymentAttempt.objects.create(
        invoice=tried,
        cash_office=tried.run.cash_office,
        ticket="1x1",
        protocol="web_service",
        numcli="000000",
        mode="T",
        exercise="2012",
        refdet=tried.refdet,
        amount=tried.total,
        email="",
        state="waiting",
        opened_at=ISSUED,
    )

    [notice] = reads.notices(today=FIRST)

    assert [row.pk for row in notice.invoices] == [due.pk]
    reminders.set_minimum(amount=Decimal("4"), by=BY)
    assert [row.pk for row in reads.notices(today=FIRST)[0].invoices] == [due.pk, small.pk]


@pytest.mark.parametrize("why", ["on file only", "stopped", "bounced"])
def test_a_family_without_a_proved_address_that_wants_it_has_a_letter(
    client: Client, levels: list[ReminderLevel], due: Invoice, why: str
) -> None:
    Guardian.objects.filter(household=due.household).update(email="on.file@example.org")
    [address] = addresses_of(due.household.holder)
    if why == "stopped":
        preferences.choose(wishes={address: []}, by=BY, channel=Channel.WEB, at=ISSUED)
    elif why == "bounced":
        block_address(address.address, why=Blocked.Why.BOUNCE)
    else:
        withdraw(address=address, by=BY, channel=Channel.WEB)

    sending = send(due)
    assert (sending.emails, sending.letters, sending.state) == (0, 1, "asked")
    assert "ui/following.js" in client.get("/mairie/regie/relances/").content.decode()
    assert reminders.draw_asked() == 1
    assert "ui/following.js" not in client.get("/mairie/regie/relances/").content.decode()
    assert reminders.draw_asked() == 0

    words = paper(client.get(f"/mairie/regie/relances/{sending.pk}/courriers.pdf"))
    for word in ("Mme Alice ESSAI", "78200 Buchelay", due.number, "50,70 €", "Votre facture reste à payer"):
        assert word in words
    assert "{" not in words


def test_letters_left_by_a_worker_are_drawn_by_the_next_one(levels: list[ReminderLevel], by_letter: Invoice) -> None:
    sending = send(by_letter)
    ReminderSending.objects.update(state="drawing", tries=TRIES - 1)

    assert (reminders.draw_asked(), reminders.draw_asked()) == (1, 0)

    sending.refresh_from_db()
    assert (sending.state, sending.waits) == ("done", False)


def test_letters_that_stop_their_workers_are_given_up_and_asked_again(client: Client, by_letter: Invoice) -> None:
    sending = send(by_letter)
    ReminderSending.objects.update(state="drawing", tries=TRIES)

    assert reminders.draw_asked() == 0
    assert "Refaire" in text(client.get("/mairie/regie/relances/"))
    for _click in range(2):
        client.post(f"/mairie/regie/relances/{sending.pk}/refaire/")

    assert (reminders.draw_asked(), reminders.draw_asked()) == (1, 0)
    sending.refresh_from_db()
    assert sending.state == "done"


def test_the_page_shows_the_very_words_then_sends(client: Client, due: Invoice) -> None:
    page = text(client.get("/mairie/regie/relances/"))
    assert "Relances <b>1</b>" in page
    assert f"nous n'avons pas reçu le paiement de {due.number}, soit 50,70 €" in page

    done = client.post("/mairie/regie/relances/envoyer/", {"facture": [due.pk]}, follow=True)
    again = client.post("/mairie/regie/relances/envoyer/", {"facture": [due.pk, "x"]})

    assert "Les relances sont parties." in text(done)
    assert again.status_code == 400
    assert "n'est plus à relancer" in text(again)
    family = text(client.get(f"/mairie/familles/{due.household_id}/reglements/"))
    assert f"Facture {due.number}, niveau 1" in family


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"words": "{inconnu}"}, "{inconnu} n'est pas un mot connu"),
        ({"words": "x" * 3001}, "3"),
        ({"days_after": "0"}, "supérieure ou égale à 1"),
        ({"way": "pigeon"}, "pigeon"),
        ({"title": "a\x00"}, "nul"),
    ],
)
def test_a_level_that_makes_no_sense_is_told(client: Client, wrong: dict[str, str], sentence: str) -> None:
    spec: dict[str, Any] = {"days_after": "8", "way": "email", "title": "Rappel", "words": "{montant}"}

    answer = client.post("/mairie/regie/relances/niveaux/nouveau/", {**spec, **wrong})

    assert answer.status_code == 400
    assert sentence in text(answer)
    assert ReminderLevel.objects.count() == len(PROPOSED)


def test_a_level_is_changed_and_removed_unless_it_was_used(
    client: Client, levels: list[ReminderLevel], due: Invoice
) -> None:
    send(due)
    path = "/mairie/regie/relances/niveaux/{}/"
    words = {"days_after": "9", "way": "letter", "title": "Rappel doux", "words": "Il reste {montant}."}

    assert client.post(path.format(levels[0].pk), words).status_code == 302
    kept = client.post(f"{path.format(levels[0].pk)}supprimer/")
    gone = client.post(f"{path.format(levels[2].pk)}supprimer/")

    assert (kept.status_code, gone.status_code) == (400, 302)
    assert [(one.title, one.days_after) for one in reads.levels()] == [("Rappel doux", 9), (levels[1].title, 23)]


def test_what_is_unpaid_after_the_last_level_goes_to_the_treasury(client: Client, due: Invoice) -> None:
    Guardian.objects.filter(household=due.household).update(title="", last_name="=MARSONE")
    pay(due.household, "10", {due: "10"})
    for day in (FIRST, SECOND):
        send(due, today=day)
    assert "Aucune facture n'a passé" in text(client.get("/mairie/regie/impayes/"))

    send(due, today=THIRD)

    assert "civilité" in text(client.get("/mairie/regie/impayes/"))
    rows = list(load_workbook(io.BytesIO(client.get("/mairie/regie/impayes.xlsx").content)).active.values)
    assert (rows[1][1], rows[1][6], float(rows[1][10]), float(rows[1][11])) == ("'=MARSONE", due.number, 10, 40.7)
    assert rows[1][13] == "civilité"
    lines = client.get("/mairie/regie/impayes.csv").content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Civilité;Nom;Prénom;Adresse;Code postal;Ville;Facture")
    assert f";{due.number};JANVIER 2012;29/02/2012;50,70;10,00;40,70;14/04/2012;civilité" in lines[1]


def test_who_only_reads_sends_nothing(demo: Commune, levels: list[ReminderLevel], due: Invoice) -> None:
    reader = signed_in(demo, Role.READ_ONLY)

    assert "Envoyer les relances" not in text(reader.get("/mairie/regie/relances/"))
    assert reader.post("/mairie/regie/relances/envoyer/", {"facture": [due.pk]}).status_code == 403
    assert reader.post("/mairie/regie/relances/niveaux/proposes/").status_code == 403
    assert not Reminder.objects.exists()


def test_sending_costs_the_same_for_one_family_and_for_many(
    levels: list[ReminderLevel], due: Invoice, stranger: Household
) -> None:
    with counted() as one:
        send(due)
    many = [invoice(home) for home in (due.household, stranger) for _ in range(5)]

    with counted() as more:
        send(*many)

    assert len(more) <= len(one)
