"""The vendor's console: its own host, its own accounts, and the list of communes."""

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lps.kernel import clock
from tenants.models import Commune, Host
from tests.accounts.factories import Person, agent, browser, console_browser, enter, operator


@pytest.fixture
def olivier(db: None) -> Person:
    return operator()


def test_an_operator_signs_in_and_sees_the_communes(demo: Commune, buchelay: Commune, olivier: Person) -> None:
    client = console_browser()

    answer = enter(client, olivier, "/connexion/")
    page = client.get("/").content.decode()

    assert answer.headers["Location"] == "/"
    assert all(name in page for name in (demo.header_name, buchelay.header_name, "buchelay.localhost"))


def test_every_host_of_a_commune_is_listed(demo: Commune, olivier: Person) -> None:
    Host.objects.create(domain="portail.exemple.example", tenant=demo, is_primary=False)
    client = console_browser()
    enter(client, olivier, "/connexion/")

    assert "portail.exemple.example" in client.get("/").content.decode()


def test_more_communes_cost_no_more_statements(demo: Commune, buchelay: Commune, olivier: Person) -> None:
    client = console_browser()
    enter(client, olivier, "/connexion/")
    client.get("/")

    with CaptureQueriesContext(connection) as statements:
        client.get("/")

    assert len([s for s in statements if "search_path" not in s["sql"]]) == 8


def test_a_month_begins_at_midnight_in_france(demo: Commune, olivier: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    client = console_browser()
    enter(client, olivier, "/connexion/")
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 10, 31, 23, 30, tzinfo=UTC))

    page = client.get("/communes/demo/").content.decode()

    months = re.findall(r'<th scope="row">(\w+ 20\d\d)</th>', page)
    assert months[:2] == ["novembre 2026", "octobre 2026"]


def test_a_stranger_is_sent_to_the_door(db: None) -> None:
    answer = console_browser().get("/")

    assert answer.headers["Location"] == "/connexion/?suivant=%2F"


def test_an_agent_is_nobody_at_the_console(demo: Commune, db: None) -> None:
    assert enter(console_browser(), agent(demo), "/connexion/").status_code == 200


def test_an_operator_is_nobody_in_a_commune(demo: Commune, olivier: Person) -> None:
    console, town = console_browser(), browser(demo)
    enter(console, olivier, "/connexion/")
    for name in ("lps_mairie", "lps_famille", "lps_console"):
        town.cookies[name] = console.cookies["lps_console"].value

    assert enter(browser(demo), olivier).status_code == 200
    assert town.get("/mairie/").headers["Location"].startswith("/mairie/connexion/")


def test_the_towns_pages_do_not_exist_on_the_console(olivier: Person) -> None:
    client = console_browser()
    enter(client, olivier, "/connexion/")

    assert client.get("/mairie/").status_code == 404
    assert client.get("/api/v1/moi/").status_code == 404


def test_signing_out_ends_the_operators_session(olivier: Person) -> None:
    client = console_browser()
    enter(client, olivier, "/connexion/")

    answer = client.post("/deconnexion/")

    assert answer.headers["Location"] == "/connexion/"
    assert client.get("/").status_code == 302
