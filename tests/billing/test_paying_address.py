"""The address protocol: the browser carries all and nothing is signed, so what it brings back only announces."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from billing import desk, incidents, online
from billing.balances import left_of
from billing.models import AttemptAnswer, CashOffice, IncidentNote, Payment, PaymentAttempt
from billing.services.asking import poll
from billing.services.attempts import AttemptRefused
from lps.accounts.roles import Role
from lps.families.models import Household
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.models import OutboxMessage
from simulators.payfip.server import Server, returned
from tenants.models import Commune
from tests.billing import factories
from tests.billing.online import again, opened_office, payable, treasury_text, tried
from tests.families.agents import signed_in as kept
from tests.families.doors import browser, sign_in
from tests.office.pages import signed_in, text
from tests.sql import counted

PAGE = "/mairie/regie/rapprochement/"
State, Kind = PaymentAttempt.State, IncidentNote.Kind


@pytest.fixture
def by_address(marsone: Household) -> CashOffice:
    return opened_office(protocol=CashOffice.Protocol.URL_REGIE)


@pytest.fixture
def parent(marsone: Household) -> Client:
    client = browser()
    assert sign_in(client, marsone).status_code == 302
    return client


@pytest.fixture
def clerk(demo: Commune, in_demo: Commune) -> Client:
    return signed_in(demo, Role.CASH_OFFICE)


def owed(household: Household, **values: Any) -> Any:
    """An invoice of 50,70 € whose régie is paid by address."""
    invoice = payable(household, **values)
    opened_office(protocol=CashOffice.Protocol.URL_REGIE)
    return invoice


def ends(treasury: Server, attempt: PaymentAttempt, result: str = "P", **changed: str) -> dict[str, str]:
    """The payer goes to the Treasury's page and ends there: what its form brings back, changed or not."""
    treasury.notify = lambda operation: None  # type: ignore[method-assign]  # the browser alone brings it back here
    shown = requests.get(online.treasury_page(attempt), timeout=30)
    assert shown.status_code == 200
    id_op = shown.text.partition('name=idop value="')[2].partition('"')[0]
    return {**returned(treasury.treasury.finish(id_op, result)), **changed}


def back(attempt: PaymentAttempt, posted: dict[str, str], *, status: int = 200) -> str:
    path = urlsplit(online.request_of(attempt).return_url).path
    answer = browser().post(path, posted)
    assert answer.status_code == status, path
    return answer.content.decode()


def received(clerk: Client, *lines: tuple[str, str], day: str = "") -> str:
    sent = SimpleUploadedFile("payfip.txt", treasury_text(*lines, day=day))
    answer = clerk.post(f"{PAGE}envoyer/", {"fichier": sent})
    assert answer.status_code == 302, text(answer)
    return answer.headers["Location"].partition("?")[0]


def shown(client: Client, path: str) -> str:
    return client.get(path).content.decode().replace("&#x27;", "'").replace("\u00a0", " ")


# --- Going there ------------------------------------------------------------------------------------------------------


def test_the_address_is_built_from_what_was_stored(parent: Client, marsone: Household, treasury: Server) -> None:
    invoice = owed(marsone)
    sealed = online.seal("parent@example.org", household=marsone)

    answer = parent.post(f"/factures/tipi/facture/{invoice.number}/", {"adresse": sealed, "montant": "100"})

    attempt = PaymentAttempt.objects.get()
    away = urlsplit(answer.headers["Location"])
    asked = {name: values[0] for name, values in parse_qs(away.query).items()}
    assert f"{away.scheme}://{away.netloc}{away.path}" == f"{treasury.url}/tpa/paiement.web"
    assert (asked["montant"], asked["refdet"], asked["numcli"], asked["saisie"], asked["exer"], asked["mel"]) == (
        "5070",
        invoice.refdet,
        "006382",
        "T",
        "2012",
        "parent@example.org",
    )
    assert re.search(rf"/factures/tipi/retour/{attempt.ticket}/[0-9a-f]{{32}}/$", asked["urlcl"])
    assert (attempt.state, attempt.id_op, attempt.amount) == (State.WAITING, None, Decimal("50.70"))
    assert treasury.treasury.operations == {}, "nobody was called"
    page = shown(parent, f"/factures/tipi/paiement/{attempt.ticket}/")
    assert "Aller à la page de paiement" in page and "vérifier maintenant" not in page
    assert "la mairie le saura par la Trésorerie" in page


def test_one_attempt_at_a_time_then_another_after_two_hours(
    marsone: Household, treasury: Server, by_address: CashOffice
) -> None:
    invoice = owed(marsone)
    first = tried(marsone, invoice)
    with pytest.raises(AttemptRefused, match="barred"):
        tried(marsone, invoice)
    assert poll(at=first.opened_at + timedelta(minutes=119)) == 0

    assert poll(at=first.opened_at + timedelta(minutes=120)) == 1

    assert (again(first).state, again(first).next_ask_at) == (State.EXPIRED, None)
    assert AuditEntry.objects.get(action="online_payment_unheard").after["state"] == "expired"
    assert tried(marsone, invoice, at=first.opened_at + timedelta(minutes=121)).state == State.WAITING


def test_a_titre_is_paid_whole(marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)
    opened_office(protocol=CashOffice.Protocol.URL_TITRE, mode="A", numcli="006383")
    factories.pay(marsone, "20.70", settles={invoice: "20.70"})

    with pytest.raises(AttemptRefused, match="split"):
        tried(marsone, invoice)

    due = online.due(marsone, invoice.number, now=clock.now())
    assert due and "qu'une facture entière" in due.reason
    whole = payable(marsone)
    opened_office(protocol=CashOffice.Protocol.URL_TITRE, mode="A", numcli="006383")
    assert tried(marsone, whole).mode == "A"


# --- Coming back ------------------------------------------------------------------------------------------------------


def test_a_payment_brought_back_is_announced_and_pays_nothing(
    parent: Client, marsone: Household, treasury: Server
) -> None:
    invoice = owed(marsone)
    attempt = tried(marsone, invoice)

    page = back(attempt, ends(treasury, attempt))

    assert f'content="0; url=/factures/tipi/paiement/{attempt.ticket}/"' in page
    assert again(attempt).state == State.ANNOUNCED and again(attempt).next_ask_at is None
    assert not Payment.objects.exists() and left_of([invoice.pk])[invoice.pk] == Decimal("50.70")
    assert not OutboxMessage.objects.filter(template="billing/emails/ticket").exists()
    assert AuditEntry.objects.get(action="online_payment_announced").after["state"] == "announced"
    for path in (f"/factures/tipi/paiement/{attempt.ticket}/", f"/factures/{invoice.number}/", "/factures/tipi/"):
        assert "Paiement annoncé, à confirmer par la Trésorerie" in shown(parent, path), path
    assert "paiement annoncé, à confirmer" in shown(parent, "/factures/")
    assert parent.get(f"/factures/tipi/paiement/{attempt.ticket}/ticket.pdf").status_code == 404
    for later in (clock.now(), clock.now() + timedelta(days=9)):
        with pytest.raises(AttemptRefused, match="announced"):
            tried(marsone, invoice, at=later)
    assert [row.is_being_paid for row in desk.open_invoices(marsone)] == [True]


def test_a_replay_changes_nothing_and_no_flood_is_kept(marsone: Household, treasury: Server) -> None:
    attempt = tried(marsone, owed(marsone))
    posted = ends(treasury, attempt)

    for _ in range(3):
        back(attempt, posted)
    for rank in range(40):
        back(attempt, {**posted, "numauto": f"{rank}"})

    assert AttemptAnswer.objects.filter(attempt=attempt).count() <= 20
    assert AuditEntry.objects.filter(action="online_payment_announced").count() == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"montant": "100"},
        {"refdet": "2012001000099"},
        {"numcli": "006383"},
        {"saisie": "A"},
        {"saisie": ""},
        {"montant": ""},
    ],
)
def test_another_payment_than_asked_is_an_incident(
    clerk: Client, marsone: Household, treasury: Server, changed: dict[str, str]
) -> None:
    invoice = owed(marsone)
    attempt = tried(marsone, invoice)

    back(attempt, {**ends(treasury, attempt), **changed})

    assert again(attempt).state == State.MISMATCH
    assert not Payment.objects.exists()
    assert incidents.kinds_of(attempt, now=clock.now()) == [Kind.MISMATCH]
    assert "n'est pas celui qui était demandé" in text(clerk.get("/mairie/regie/incidents/"))
    with pytest.raises(AttemptRefused, match="held"):
        tried(marsone, invoice)


@pytest.mark.parametrize(
    "posted",
    [
        {},
        {"resultrans": "Q"},
        {"resultrans": "P\0"},
        {"resultrans": "P", "montant": "cent"},
        {"resultrans": "P", "numauto": "é" * 20},
        {"resultrans": "P", "refdet": "x" * 50_000},
        {"resultrans": "P", "dattrans": "99999999"},
        {"resultrans": "P", "dattrans": "01012026", "heurtrans": "9999"},
    ],
)
def test_what_cannot_be_understood_changes_nothing(
    marsone: Household, treasury: Server, posted: dict[str, str]
) -> None:
    attempt = tried(marsone, owed(marsone))

    back(attempt, posted)

    assert again(attempt).state == State.WAITING and not AttemptAnswer.objects.exists()


def test_a_forged_return_finds_nothing(marsone: Household, stranger: Household, treasury: Server) -> None:
    attempt, other = tried(marsone, owed(marsone)), tried(stranger, owed(stranger))
    posted = ends(treasury, attempt)
    mine, theirs = online.mark_of(attempt.ticket), online.mark_of(other.ticket)

    for ticket, mark in (
        (attempt.ticket, theirs),
        (attempt.ticket, "0" * 32),
        (attempt.ticket, "é"),
        ("20120228135020x62206", mine),
        ("é", mine),
        (f"{attempt.ticket}%00", mine),
    ):
        assert browser().post(f"/factures/tipi/retour/{ticket}/{mark}/", posted).status_code == 404
    assert again(attempt).state == again(other).state == State.WAITING


def test_the_web_service_is_never_told_by_address(marsone: Household, treasury: Server) -> None:
    attempt = tried(marsone, payable(marsone))

    answer = browser().post(
        f"/factures/tipi/retour/{attempt.ticket}/{online.mark_of(attempt.ticket)}/", {"resultrans": "P"}
    )

    assert answer.status_code == 404 and again(attempt).state == State.WAITING


def test_a_refusal_frees_at_once_an_abandonment_after_two_minutes(marsone: Household, treasury: Server) -> None:
    invoice = owed(marsone)
    refused = tried(marsone, invoice)
    back(refused, ends(treasury, refused, "R"))
    assert again(refused).state == State.REFUSED
    given_up = tried(marsone, invoice, at=clock.now())

    back(given_up, ends(treasury, given_up, "A"))

    assert again(given_up).state == State.CANCELED
    with pytest.raises(AttemptRefused, match="barred"):
        tried(marsone, invoice, at=clock.now() + timedelta(seconds=119))
    assert tried(marsone, invoice, at=clock.now() + timedelta(seconds=180)).state == State.WAITING


def test_who_gave_up_and_paid_after_all_is_announced(marsone: Household, treasury: Server) -> None:
    attempt = tried(marsone, owed(marsone))
    posted = ends(treasury, attempt, "A")
    back(attempt, posted)

    back(attempt, {**posted, "resultrans": "P", "numauto": "394492"})

    assert again(attempt).state == State.ANNOUNCED


# --- The file proves --------------------------------------------------------------------------------------------------


def test_the_file_settles_once_what_was_announced(
    clerk: Client, parent: Client, marsone: Household, treasury: Server
) -> None:
    invoice = owed(marsone)
    attempt = tried(marsone, invoice)
    back(attempt, ends(treasury, attempt))
    path = received(clerk, (attempt.refdet, "5070"), ("AUTRE123", "100"))
    page = text(clerk.get(path))
    assert "confirmé par ce fichier" in page and "Enregistrer 1 paiement confirmé, 50,70 €" in page
    assert not Payment.objects.exists(), "sending a file changes nothing"

    answers = [clerk.post(f"{path}confirmes/").headers["Location"] for _ in range(2)]

    assert answers[0].endswith("fait=confirmed") and answers[1].endswith("fait=nothing")
    payment = Payment.objects.get()
    assert (payment.attempt, payment.amount, payment.means) == (attempt, Decimal("50.70"), Payment.Means.CARD)
    assert payment.reason == "Confirmé par le fichier payfip.txt, ligne 1." and left_of([invoice.pk])[invoice.pk] == 0
    assert again(attempt).state == State.PAID and again(attempt).authorization
    assert OutboxMessage.objects.filter(template="billing/emails/ticket").count() == 1
    entry = AuditEntry.objects.get(action="treasury_line_recorded")
    assert entry.before == {"outcome": "confirmed", "state": "announced"} and entry.after["receipt"] == payment.number
    assert "Votre paiement est accepté." in shown(parent, f"/factures/tipi/paiement/{attempt.ticket}/")
    other = received(clerk, (attempt.refdet, "5070"))
    assert "Aucun écart" in text(clerk.get(other))
    assert incidents.kinds_of(attempt, now=clock.now()) == []


def test_a_debit_announced_is_a_debit(clerk: Client, marsone: Household, treasury: Server) -> None:
    attempt = tried(marsone, owed(marsone))
    back(attempt, ends(treasury, attempt, "V"))

    clerk.post(f"{received(clerk, (attempt.refdet, '5070'))}confirmes/")

    assert again(attempt).state == State.DEBIT_ORDERED
    assert Payment.objects.get().means == Payment.Means.DEBIT


def test_who_closed_the_window_is_proved_too(clerk: Client, marsone: Household, treasury: Server) -> None:
    attempt = tried(marsone, owed(marsone))
    ends(treasury, attempt)
    poll(at=attempt.opened_at + timedelta(hours=3))
    assert again(attempt).state == State.EXPIRED

    clerk.post(f"{received(clerk, (attempt.refdet, '5070'))}confirmes/")

    assert again(attempt).state == State.PAID and Payment.objects.get().attempt == attempt
    assert incidents.kinds_of(attempt, now=clock.now()) == []


def test_paid_twice_by_address_is_named_and_never_recorded_without_a_reason(
    clerk: Client, marsone: Household, treasury: Server
) -> None:
    invoice = owed(marsone)
    first = tried(marsone, invoice)
    later = first.opened_at + timedelta(minutes=121)
    poll(at=later)
    second = tried(marsone, invoice, at=later)
    path = received(clerk, (invoice.refdet, "5070"), (invoice.refdet, "5070"))

    clerk.post(f"{path}confirmes/")

    assert Payment.objects.get().attempt == first and again(second).state == State.WAITING
    assert "Payé une fois de plus" in text(clerk.get(path))
    assert clerk.post(f"{path}2/", {"reason": ""}).status_code == 400
    assert clerk.post(f"{path}2/", {"reason": "Deux fois sur le relevé."}).status_code == 302
    assert again(second).state == State.PAID
    assert [credit.amount for credit in desk.credits_of(marsone)] == [Decimal("50.70")]


@pytest.mark.parametrize(("cents", "day"), [("100", ""), ("5070", "01012020")])
def test_another_amount_or_another_month_proves_nothing(
    clerk: Client, marsone: Household, treasury: Server, cents: str, day: str
) -> None:
    attempt = tried(marsone, owed(marsone))
    back(attempt, ends(treasury, attempt))
    path = received(clerk, (attempt.refdet, cents), day=day)

    assert "confirmé par ce fichier" not in text(clerk.get(path))
    assert clerk.post(f"{path}confirmes/").headers["Location"].endswith("fait=nothing")
    assert again(attempt).state == State.ANNOUNCED and not Payment.objects.exists()


def test_what_is_never_proved_is_an_incident_that_frees_the_invoice(
    clerk: Client, marsone: Household, treasury: Server
) -> None:
    invoice = owed(marsone)
    attempt = tried(marsone, invoice)
    posted = ends(treasury, attempt)
    back(attempt, posted)
    assert incidents.kinds_of(attempt, now=clock.now() + timedelta(days=9)) == []
    assert incidents.kinds_of(attempt, now=clock.now() + timedelta(days=11)) == [Kind.UNPROVED]
    PaymentAttempt.objects.filter(pk=attempt.pk).update(paid_at=clock.now() - timedelta(days=11))

    answer = clerk.post(f"/mairie/regie/incidents/{attempt.pk}/unproved/", {"note": "Absent du relevé."})

    assert answer.status_code == 302 and again(attempt).state == State.EXPIRED
    back(attempt, posted)
    back(attempt, {**posted, "numauto": "1"})
    assert again(attempt).state == State.EXPIRED, "told again, it is not announced again"
    assert tried(marsone, invoice).state == State.WAITING


def test_an_agent_who_may_not_reconcile_records_nothing(
    demo: Commune, clerk: Client, marsone: Household, treasury: Server
) -> None:
    attempt = tried(marsone, owed(marsone))
    path = received(clerk, (attempt.refdet, "5070"))
    reader = kept(demo, Role.READ_ONLY)

    assert reader.post(f"{path}confirmes/").status_code == 403
    assert "Enregistrer 1 paiement" not in text(reader.get(path))
    assert clerk.post(f"{PAGE}{2**62}/confirmes/").status_code == 404
    assert not Payment.objects.exists()


def test_the_steps_cost_a_few_statements(parent: Client, marsone: Household, treasury: Server) -> None:
    invoice = owed(marsone)
    sealed = online.seal("parent@example.org", household=marsone)
    attempt = tried(marsone, owed(marsone))
    posted = ends(treasury, attempt)
    path = f"/factures/tipi/facture/{invoice.number}/"
    parent.get(path)
    costs = {}
    for name, asked in (
        ("choose", lambda: parent.get("/factures/tipi/")),
        ("summary", lambda: parent.get(f"{path}?adresse={sealed}")),
        ("heard", lambda: back(attempt, posted)),
        ("attempt", lambda: parent.get(f"/factures/tipi/paiement/{attempt.ticket}/")),
    ):
        with counted() as made:
            asked()
        costs[name] = len(made)

    assert max(costs.values()) <= 14, costs
