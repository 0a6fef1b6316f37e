"""The settings of online payment: what is kept, what is refused and why, and what the Treasury says of a number."""

from typing import Any

import pytest
from django.test import Client

from billing.models import CashOffice
from lps.journal.models import AuditEntry
from simulators.payfip.server import Server
from tenants.models import Commune
from tests.accounts.factories import agent, browser, enter
from tests.billing import factories as billing

GOOD: dict[str, Any] = {
    "online": "on", "collectivity": "Ville", "numcli": "006382", "protocol": "web_service", "mode": "T",
    "subject": "Facture {numero} {libelle}", "revenue_code": "04", "minimum": "1,00", "maximum": "500,00",
    "online_limit_day": "10", "treasury_name": "Trésorerie de Mantes-la-Jolie",
}  # fmt: skip


@pytest.fixture
def office(in_demo: Commune) -> CashOffice:
    return billing.cash_office()


@pytest.fixture
def clerk(demo: Commune, office: CashOffice) -> Client:
    client = browser(demo)
    enter(client, agent(demo, "régie"))
    return client


def path(office: CashOffice) -> str:
    return f"/mairie/regie/paiement-en-ligne/{office.pk}/"


def test_the_regie_sets_how_families_pay_online(clerk: Client, office: CashOffice) -> None:
    answer = clerk.post(path(office), GOOD)

    assert answer.status_code == 302, answer.content.decode()
    office.refresh_from_db()
    assert (office.online, office.numcli, office.mode, str(office.maximum)) == (True, "006382", "T", "500.00")
    entry = AuditEntry.objects.filter(action="online_settings_changed").get()
    assert entry.after["maximum"] == "500.00" and "name" not in entry.after


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"numcli": ""}, "demande le numéro"),
        ({"numcli": "12345"}, "numcli"),
        ({"mode": "W"}, "Cochez cette case"),
        ({"mode": "A"}, "pas pour ce protocole"),
        ({"protocol": "url_titre", "mode": "W"}, "pas pour ce protocole"),
        ({"subject": "Facture {nom}"}, "se remplacent"),
        ({"subject": "{numero.__class__}"}, "se remplacent"),
        ({"subject": "é{"}, "se remplacent"),
        ({"subject": "---"}, "ne resterait rien"),
        ({"minimum": "0,50"}, "minimum va de 1"),
        ({"maximum": "0,50"}, "maximum va du"),
        ({"maximum": "100000"}, "maximum va du"),
        ({"online_limit_day": "31"}, "online_limit_day"),
        ({"treasury_name": "N\x00ul"}, "treasury_name"),
        ({"collectivity": "x" * 5000}, "collectivity"),
    ],
)
def test_what_the_treasury_would_refuse_is_refused_here(
    clerk: Client, office: CashOffice, wrong: dict[str, str], said: str
) -> None:
    answer = clerk.post(path(office), GOOD | wrong)

    office.refresh_from_db()
    assert (answer.status_code, said in answer.content.decode()) == (400, True)
    assert not AuditEntry.objects.filter(action="online_settings_changed").exists()


def test_production_is_confirmed_once(clerk: Client, office: CashOffice) -> None:
    assert clerk.post(path(office), GOOD | {"mode": "W", "confirm": "on"}).status_code == 302
    assert clerk.post(path(office), GOOD | {"mode": "W", "maximum": "600"}).status_code == 302
    office.refresh_from_db()
    assert office.in_production


def test_the_treasury_names_the_number_that_is_kept(clerk: Client, office: CashOffice, treasury: Server) -> None:
    clerk.post(path(office), GOOD)

    page = clerk.post(f"{path(office)}essai/").content.decode()

    assert "La DGFiP connaît le client 006382" in page


@pytest.mark.parametrize(("numcli", "said"), [("999999", "ne connaît pas"), ("", "Enregistrez d&#x27;abord")])
def test_a_wrong_number_gets_a_sentence(
    clerk: Client, office: CashOffice, treasury: Server, numcli: str, said: str
) -> None:
    CashOffice.objects.filter(pk=office.pk).update(numcli=numcli, online=False)

    assert said in clerk.post(f"{path(office)}essai/").content.decode()


def test_a_silent_treasury_loses_nothing(clerk: Client, office: CashOffice, settings: Any) -> None:
    settings.LPS_PAYFIP_URL = "http://127.0.0.1:9"
    clerk.post(path(office), GOOD)

    assert "ne répond pas en ce moment" in clerk.post(f"{path(office)}essai/").content.decode()


def test_agents_are_told_that_it_is_a_trial(clerk: Client, office: CashOffice) -> None:
    clerk.post(path(office), GOOD)

    assert "pas en production" in clerk.get("/mairie/regie/paiement-en-ligne/").content.decode()


def test_who_only_reads_sets_nothing(demo: Commune, office: CashOffice) -> None:
    reader = browser(demo)
    enter(reader, agent(demo, "lecture", email="lecture@mairie.example"))

    assert reader.get("/mairie/regie/paiement-en-ligne/").status_code == 200
    assert [reader.get(path(office)).status_code, reader.post(path(office), GOOD).status_code] == [403, 403]
