"""A commune in another state: who still comes in, what the others read, and what is received all the same."""

from datetime import date

import pytest
from django.test import Client

from booking.models import SchoolVacation
from lps.accounts.models import Account
from lps.console import states
from lps.console.services import is_siret
from lps.console.states import StateRefused, Wanted
from lps.families.models import Household
from lps.journal.actors import Actor, ActorKind
from lps.journal.models import AuditEntry
from notifications.models import OutboxMessage
from tenants import context
from tenants.models import Commune, CommuneState
from tenants.queries import commune_by_slug
from tenants.town.queries import settings
from tests.accounts.factories import agent, browser, console_browser, enter, operator
from tests.isolation.cast import Town, here
from tests.isolation.trials import with_cookies

OLIVIER = Actor(ActorKind.OPERATOR, "1", "Olivier")
WHY = "Le portail revient lundi."


def bring(commune: Commune, state: CommuneState, reason: str = WHY) -> Commune:
    return states.change_state(slug=commune.slug, wanted=Wanted(state, reason), by=OLIVIER)


@pytest.fixture
def town(demo: Commune) -> Town:
    return here(demo)


@pytest.fixture
def family(town: Town) -> Client:
    return with_cookies(town.browser(), town.family)


@pytest.fixture
def clerk(town: Town) -> Client:
    return with_cookies(town.browser(), town.agent())


def test_of_a_suspended_commune_families_read_the_sentence(demo: Commune, family: Client) -> None:
    bring(demo, CommuneState.SUSPENDED)

    for client in (family, browser(demo)):
        answer = client.get("/")
        assert (answer.status_code, WHY in answer.content.decode()) == (503, True)
        assert 'href="tel:0123456789"' in answer.content.decode()
    assert browser(demo).get("/api/v1/moi/").json()["type"].endswith("hors-service")


def test_of_a_suspended_commune_agents_read_and_change_nothing(demo: Commune, clerk: Client) -> None:
    bring(demo, CommuneState.SUSPENDED)

    assert clerk.get("/mairie/").status_code == 200
    assert clerk.get("/mairie/familles/export/familles.csv").status_code == 200
    answer = clerk.post("/mairie/familles/nouvelle/", {"name": "X"})
    assert (answer.status_code, WHY in answer.content.decode()) == (503, True)


def test_an_agent_of_a_suspended_commune_signs_in(demo: Commune) -> None:
    somebody = agent(demo)
    bring(demo, CommuneState.SUSPENDED)

    assert enter(browser(demo), somebody).status_code == 302


def test_a_closed_commune_opens_to_nobody(demo: Commune, clerk: Client, family: Client) -> None:
    bring(demo, CommuneState.CLOSED)

    assert {client.get(path).status_code for client, path in ((clerk, "/mairie/"), (family, "/"))} == {503}


def test_before_it_opens_only_chosen_families_come_in(demo: Commune, town: Town, family: Client, clerk: Client) -> None:
    with context.public():
        Commune.objects.filter(pk=demo.pk).update(state=CommuneState.TO_OPEN)
    states.set_opening_day(slug=demo.slug, day=date(2027, 1, 4), by=OLIVIER)

    assert "lundi 4" in browser(demo).get("/").content.decode()
    assert "lundi 4" in family.get("/enfants/").content.decode()
    with town.inside():
        household = town.household
    clerk.post(f"/mairie/familles/{household.pk}/essai/", {"essaie": "1"})
    with town.inside():
        assert Household.objects.get(pk=household.pk).tries_portal
    assert family.get("/enfants/").status_code == 200
    clerk.post(f"/mairie/familles/{household.pk}/essai/", {"essaie": "0"})
    assert family.get("/enfants/").status_code == 503


def test_reopened_it_is_as_before(demo: Commune, family: Client) -> None:
    bring(demo, CommuneState.SUSPENDED)
    bring(demo, CommuneState.ACTIVE, "")

    assert family.get("/enfants/").status_code == 200


def test_both_journals_tell_it(demo: Commune) -> None:
    bring(demo, CommuneState.SUSPENDED)
    bring(demo, CommuneState.SUSPENDED)

    with context.public():
        registry = list(AuditEntry.objects.filter(action=states.CHANGED).values_list("actor_label", "after"))
    with context.use(demo):
        town = list(AuditEntry.objects.filter(action=states.CHANGED).values_list("actor_label", "after"))
    assert registry == town == [("Olivier", {"state": "suspended", "reason": WHY, "opens_on": ""})]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [(Wanted(CommuneState.SUSPENDED, " "), "no_reason"), (Wanted(CommuneState.TO_OPEN, "x"), "unknown_step"),
     (Wanted(CommuneState.ERASED, "x"), "unknown_step")],
)  # fmt: skip
def test_refuses_a_step_that_is_none(demo: Commune, wanted: Wanted, code: str) -> None:
    with pytest.raises(StateRefused) as refused:
        states.change_state(slug=demo.slug, wanted=wanted, by=OLIVIER)

    assert refused.value.refusal.code == code


@pytest.fixture
def vendor(db: None) -> Client:
    client, olivier = console_browser(), operator()
    enter(client, olivier, "/connexion/")
    return client


FORM = {
    "header": "Ville d'Orgeval", "place": "Orgeval", "slug": "", "domains": "portail.orgeval.example",
    "insee": "78466", "siret": "", "time_zone": "Europe/Paris", "school_zone": "C", "template": "jeudi-17h",
    "agent_name": "Claire Martin", "agent_email": "claire@orgeval.example",
}  # fmt: skip


def test_an_operator_opens_a_commune_in_one_form(vendor: Client, client: Client) -> None:
    answer = vendor.post("/communes/nouvelle/", FORM)

    assert answer.headers["Location"].startswith("/communes/orgeval/")
    assert "Commune ouverte" in vendor.get(answer.headers["Location"]).content.decode()
    assert client.get("/", headers={"host": "orgeval.localhost"}).status_code == 200
    assert client.get("/", headers={"host": "portail.orgeval.example"}).status_code == 200
    with context.use(commune_by_slug(slug="orgeval")):
        invited = Account.objects.get()
        assert (invited.email, invited.roles) == ("claire@orgeval.example", ["administrateur"])
        assert OutboxMessage.objects.filter(template__contains="invitation").count() == 1


def test_a_town_overseas_has_no_school_zone(vendor: Client) -> None:
    answer = vendor.post("/communes/nouvelle/", {**FORM, "school_zone": ""})

    assert answer.headers["Location"].startswith("/communes/orgeval/")
    with context.use(commune_by_slug(slug="orgeval")):
        assert settings().school_zone == "" and not SchoolVacation.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "demo"},
        {"slug": "console"},
        {"insee": "7846"},
        {"siret": "12345678901234"},
        {"domains": "pas un domaine"},
        {"domains": "autre.localhost"},
        {"agent_email": "claire"},
        {"agent_name": "", "header": ""},
        {"opens_on": "2026-02-31"},
        {"template": "inconnu"},
        {"place": "N\x00ul"},
    ],
)
def test_what_is_refused_leaves_nothing(vendor: Client, wrong: dict[str, str]) -> None:
    answer = vendor.post("/communes/nouvelle/", FORM | wrong)

    assert answer.status_code == 400
    with context.public():
        assert not Commune.objects.filter(slug="orgeval").exists()


def test_the_list_is_searched(vendor: Client) -> None:
    page = vendor.get("/?q=buch").content.decode()

    assert ("/communes/buchelay/" in page, "/communes/demo/" in page) == (True, False)
    assert "/communes/demo/" not in vendor.get("/?etat=suspended").content.decode()


def test_the_state_is_changed_from_the_console(vendor: Client, demo: Commune) -> None:
    refused = vendor.post("/communes/demo/etat/", {"state": "suspended", "reason": ""})
    done = vendor.post("/communes/demo/etat/", {"state": "suspended", "reason": WHY})

    assert (refused.status_code, done.status_code) == (400, 302)
    assert browser(demo).get("/").status_code == 503


@pytest.mark.parametrize(("number", "good"), [("21780118300013", True), ("21780118300014", False), ("1", False)])
def test_the_key_of_a_siret(number: str, good: bool) -> None:
    assert is_siret(number) is good
