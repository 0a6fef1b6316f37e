"""Services that the vendor closes to a commune, and what communes use, month by month."""

import html

import pytest
from django.db import connection
from django.test import Client

from billing.wakeup import POLL
from lps.accounts.roles import Role
from lps.config.tick import SCHEDULE
from lps.console import states
from lps.journal.models import AuditEntry
from notifications import queries as sending
from notifications.models import State
from notifications.services.sms import PLAIN, post_sms
from notifications.tasks import send_sms
from notifications.wakeup import ASK_BACK, DRAIN, READ_STOPS
from tenants import context, queries
from tenants.models import Commune
from tenants.offers import OFFERS
from tests.accounts.factories import console_browser, enter, operator
from tests.isolation.cast import BY, Town, here
from tests.isolation.trials import with_cookies, with_token
from voice.wakeup import RENDER


@pytest.fixture
def town(demo: Commune) -> Town:
    return here(demo)


@pytest.fixture
def accountant(db: None) -> Client:
    client = console_browser()
    enter(client, operator(Role.INVOICING), "/connexion/")
    return client


def test_a_closed_service_says_so_at_its_doors_and_leaves_the_menus(demo: Commune, town: Town) -> None:
    clerk, family = town.browser(lps_mairie=town.agent()), with_cookies(town.browser(), town.family)
    software = with_token(town, town.software("catalogue:lire"))
    telephone = town.telephone
    assert 'href="/factures/"' in family.get("/enfants/").content.decode()
    assert queries.commune_of_number(number=telephone) == demo

    states.close_offers(slug=demo.slug, closed=list(OFFERS), by=BY)

    for client, path in ((clerk, "/mairie/telephone/"), (family, "/factures/"), (town.browser(), "/sms/")):
        answer = client.get(path)
        assert (answer.status_code, "pas ouvert" in answer.content.decode()) == (404, True), path
    assert software.get("/api/v1/moi/").json()["status"] == 404
    assert queries.commune_of_number(number=telephone) is None
    assert 'href="/factures/"' not in family.get("/enfants/").content.decode()
    rail = clerk.get("/mairie/").content.decode()
    assert "/mairie/telephone/" not in rail and "/mairie/sms/" not in rail and "/mairie/familles/" in rail
    for path in ("/sms/prestataire/inconnu/", "/factures/tipi/notification/"):  # told once: never closed
        assert "pas ouvert" not in town.browser().post(path, {}).content.decode(), path


def test_the_vendor_opens_and_closes_and_both_journals_tell_it(demo: Commune, accountant: Client) -> None:
    opened = [name for name in OFFERS if name != "telephone"]

    assert accountant.post("/communes/demo/services/", {"opened": opened}).status_code == 302
    assert accountant.post("/communes/demo/services/", {"opened": ["rien"]}).status_code == 400

    assert "Serveur vocal (leurs tâches attendent)" in accountant.get("/communes/demo/").content.decode()
    after = {"closed_offers": ["telephone"]}
    with context.use(demo):
        assert AuditEntry.objects.get(action=states.OFFERS_CHANGED).after == after
    with context.public():
        assert AuditEntry.objects.get(action=states.OFFERS_CHANGED).after == after


def test_what_a_closed_service_does_by_itself_waits_until_it_is_open(
    demo: Commune, town: Town, accountant: Client
) -> None:
    clerk = town.browser(lps_mairie=town.agent())
    with context.use(demo):
        message = post_sms(to="+33612345678", template=PLAIN, facts={"text": "Bonjour"}, by=BY)
    states.close_offers(slug="demo", closed=list(OFFERS), by=BY)

    send_sms.apply(headers={"commune": "demo"}).get()
    clerk.post("/mairie/envois/sms/reprendre/", {"attente": "envoyer"})
    page = clerk.get("/mairie/envois/reglages/").content.decode()

    assert "fermé par l'éditeur" in html.unescape(page) and "Reprendre" not in page
    assert "leurs tâches attendent" in accountant.get("/communes/demo/").content.decode()
    with context.use(demo):
        message.refresh_from_db()
        assert (message.state, message.attempts) == (State.WAITING, 0)
        assert sending.sending().stopped_at is not None

    states.close_offers(slug="demo", closed=[], by=BY)
    clerk.post("/mairie/envois/sms/reprendre/", {"attente": "abandonner"})
    with context.use(demo):
        message.refresh_from_db()
        assert (message.state, sending.sending().stopped_at) == (State.DEAD, None)


def test_what_is_held_are_tasks_of_ours_and_no_purge_nor_question_about_what_is_under_way() -> None:
    known = {due.task for due in SCHEDULE} | {RENDER}
    held = {task for offer in OFFERS.values() for task in offer.held}

    assert held < known
    assert not held & {POLL, ASK_BACK, READ_STOPS, DRAIN}
    assert not {task for task in held if task.endswith(".purge")}


def test_what_communes_used_is_taken_away(demo: Commune, buchelay: Commune, accountant: Client) -> None:
    assert "/usage/" in accountant.get("/usage/").content.decode()
    lines = accountant.get("/usage/2026-11.csv").getvalue().decode().splitlines()

    assert lines[0].split(";")[-3:] == ["SMS", "Appels", "Remarque"]
    assert [line.split(";")[1] for line in lines[1:]] == ["buchelay", "demo"]
    assert accountant.get("/usage/2026-13.csv").status_code == 404
    with context.public():
        assert AuditEntry.objects.filter(action="usage_exported").count() == 1


def test_a_schema_behind_is_told_with_what_it_misses_and_what_to_do(demo: Commune, accountant: Client) -> None:
    with context.use(demo), connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'town' AND name = '0003_steps_skipped'")

    page = html.unescape(accountant.get("/communes/demo/").content.decode())

    assert "il lui manque town.0003_steps_skipped. Lancez « lps fleet migrate »" in page
    assert "schéma en retard : lancez « lps fleet migrate »" in accountant.get("/").content.decode()


def test_a_commune_is_drawn_and_its_schema_told(demo: Commune, accountant: Client) -> None:
    page = accountant.get("/communes/demo/").content.decode()

    assert page.count('class="bars"') == 2 and "version" in page
    assert accountant.get("/").content.decode().count("<tr>") >= 2
