"""An operator inside a town: with a reason, for a while, to look; the town sees it and may end it."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client

from lps.accounts import rights
from lps.accounts.models import Account
from lps.accounts.roles import Role
from lps.console import visits
from lps.console.gate import PAPERS
from lps.console.models import Visit
from lps.console.visitors import CLOSED, OPEN
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tests.accounts.factories import agent, browser, console_browser, enter, operator
from tests.isolation.cast import Town, elsewhere, here
from tests.isolation.samples import COMMUNE, Kind
from tests.isolation.state import unchanged
from tests.isolation.trials import Trial, send

WISH = {"reason": "À la demande de Mme Martin", "minutes": "30", "mode": "regarder"}


@pytest.fixture
def town(demo: Commune) -> Town:
    return here(demo)


@pytest.fixture
def vendor(db: None) -> Client:
    client = console_browser()
    enter(client, operator(), "/connexion/")
    return client


def begin(vendor: Client, **wish: str) -> tuple[Client, Visit]:
    """Ask on the console, follow the link to the town."""
    done = vendor.post("/communes/demo/entrer/", WISH | wish)
    page = vendor.get(done.headers["Location"]).content.decode()
    path = page.partition("http://demo.localhost")[2].partition('"')[0]
    path = path[path.index("/") :]
    client = Client(headers={"host": "demo.localhost"})
    assert "Mme Martin" in client.get(path).content.decode()
    assert client.post(path).headers["Location"] == "/mairie/"
    with context.public():
        return client, Visit.objects.select_related("commune").latest("pk")


def told(commune: Commune, action: str) -> list[tuple[str, object]]:
    with context.use(commune):
        return list(AuditEntry.objects.filter(action=action).values_list("actor_label", "after__reason"))


def test_an_operator_looks_and_the_town_knows(demo: Commune, vendor: Client, town: Town) -> None:
    inside, _visit = begin(vendor)

    page = inside.get("/mairie/").content.decode()
    assert "en lecture seule" in page and "Mme Martin" in page and "Quitter la commune" in page
    who = "Olivier EXPLOITANT (Les Parents Services)"
    assert told(demo, visits.ENTERED) == [(who, "À la demande de Mme Martin")]
    clerk = town.browser(lps_mairie=town.agent())
    assert "Olivier EXPLOITANT" in clerk.get("/mairie/visites/").content.decode()
    assert "entré dans le côté mairie" in clerk.get("/mairie/journal/").content.decode()
    with context.public():
        assert AuditEntry.objects.filter(action=visits.ENTERED, subject="commune:demo").count() == 1


def test_the_link_serves_once(demo: Commune, vendor: Client) -> None:
    done = vendor.post("/communes/demo/entrer/", WISH)
    visit_id = int(done.headers["Location"].split("/")[2])
    visit = visits.visit_of(pk=visit_id)
    assert visit
    path = "/mairie/visite/" + visits.link_of(visit).rpartition("/visite/")[2]

    assert browser(demo).post(path).status_code == 302
    assert browser(demo).post(path).status_code == 410
    assert browser(demo).get("/mairie/visite/1:abc:def/").status_code == 410


def test_leaving_ends_it_at_once(demo: Commune, vendor: Client) -> None:
    inside, _visit = begin(vendor)
    kept = inside.cookies["lps_mairie"].value

    assert "terminée" in inside.post("/mairie/visite/quitter/").content.decode()

    inside.cookies["lps_mairie"] = kept
    assert inside.get("/mairie/").headers["Location"].startswith("/mairie/connexion/")
    assert len(told(demo, visits.LEFT)) == 1


def test_the_town_shows_the_visitor_out(town: Town, vendor: Client) -> None:
    inside, visit = begin(vendor)
    clerk = town.browser(lps_mairie=town.agent())

    assert clerk.post(f"/mairie/visites/{visit.pk}/fin/").headers["Location"].endswith("fait=finie")
    assert clerk.post(f"/mairie/visites/{visit.pk}/fin/").headers["Location"].endswith("fait=dejafinie")
    assert inside.get("/mairie/").status_code == 302


def test_it_ends_in_the_middle_when_the_time_is_over(vendor: Client) -> None:
    inside, visit = begin(vendor)
    assert inside.get("/mairie/familles/").status_code == 200

    with context.public():
        now = clock.real_now()
        Visit.objects.filter(pk=visit.pk).update(asked_at=now - timedelta(hours=1), ends_at=now)

    assert inside.get("/mairie/familles/").status_code == 302
    assert inside.post("/mairie/visite/quitter/").headers["Location"] == "/mairie/connexion/"


@pytest.mark.parametrize(
    "lost", [{"is_active": False}, {"roles": [Role.INVOICING]}, {"generation": 99}], ids=["stopped", "role", "sessions"]
)
def test_who_may_enter_no_more_is_out(vendor: Client, lost: dict[str, object]) -> None:
    inside, visit = begin(vendor)

    with context.public():
        Account.objects.filter(pk=visit.operator).update(**lost)

    assert inside.get("/mairie/").status_code == 302


def test_writing_is_a_choice_that_support_does_not_have(town: Town, vendor: Client) -> None:
    support = console_browser()
    enter(support, operator(Role.SUPPORT, email="odile@editeur.example", name="Odile"), "/connexion/")
    support.post("/communes/demo/entrer/", WISH | {"mode": "modifier"})
    with context.public():
        assert not Visit.objects.latest("pk").writes

    inside, _visit = begin(vendor, mode="modifier")
    page = inside.post("/mairie/messages/nouveau/", {})
    assert page.status_code != 403
    with town.inside():
        home = town.household.pk
    assert inside.get(f"/mairie/familles/{home}/codes/").status_code == 403
    assert inside.post(f"/mairie/familles/{home}/codes/changer/").status_code in (403, 404)
    assert inside.get("/mairie/agents/inviter/").status_code == 403


@pytest.mark.parametrize("writes", [False, True])
@pytest.mark.parametrize(
    "path",
    [
        "/mairie/regie/quotients.csv",
        "/mairie/regie/quotients.xlsx",
        "/mairie/regie/impayes.csv",
        "/mairie/regie/caisse/journal.xlsx",
        "/mairie/absences/1/justificatif/",
        "/mairie/regie/quotients/justificatifs/1/document/",
    ],
)
def test_no_visit_takes_a_file_away(town: Town, path: str, writes: bool) -> None:
    client = town.browser(lps_mairie=town.visitor(writes=writes))

    answer = client.get(path)

    assert answer.status_code == 403
    assert "Ce fichier reste à la mairie" in answer.content.decode()


@pytest.mark.parametrize(
    "wrong", [{"reason": ""}, {"reason": "x"}, {"reason": "x" * 301}, {"reason": "N\x00ul, tout à fait"},
              {"minutes": "600"}, {"minutes": ""}, {"mode": "tout"}],
)  # fmt: skip
def test_a_visit_without_a_reason_or_an_end_is_refused(vendor: Client, wrong: dict[str, str]) -> None:
    assert vendor.post("/communes/demo/entrer/", WISH | wrong).status_code == 400
    with context.public():
        assert not Visit.objects.exists()


def test_a_visit_to_one_town_is_nothing_in_another(demo: Commune, buchelay: Commune, vendor: Client) -> None:
    inside, visit = begin(vendor)
    other = browser(buchelay)
    other.cookies["lps_mairie"] = inside.cookies["lps_mairie"].value
    waiting = visits.ask(commune=demo, wish=visits.Wish(reason="Essai", minutes=15), by=_somebody())
    path = "/mairie/visite/" + visits.link_of(waiting).rpartition("/visite/")[2]

    assert other.get("/mairie/").status_code == 302
    assert (other.get(path).status_code, other.post(path).status_code) == (410, 410)
    clerk = browser(buchelay)
    enter(clerk, agent(buchelay))
    assert clerk.post(f"/mairie/visites/{visit.pk}/fin/").status_code == 404


def _somebody() -> visits.Operator:
    person = operator(email="autre@editeur.example", name="Autre")
    with context.public():
        actor = visits.actor_of(person.account)
    assert isinstance(actor, visits.Operator)
    return actor


def test_who_looks_changes_nothing_and_reads_no_code_at_any_route(demo: Commune, buchelay: Commune) -> None:
    """The crawl of the town's routes, by a visitor: no write passes, no code or secret shows, nothing fails."""
    town = here(demo)
    client = town.browser(lps_mairie=town.visitor())
    trials = [
        Trial(name, sample, town, elsewhere(buchelay))
        for name, sample in COMMUNE.items()
        if sample.opens.kind is Kind.AGENT
    ]
    tried = [(trial, trial.own) for trial in trials]
    drawn = next(trial for trial in trials if trial.name == "billing_office:invoice_pdf")
    drawn.send(town.browser(lps_mairie=town.agent()), "GET", drawn.own)  # a paper is drawn once, by whoever reads first

    with unchanged(demo, buchelay, but={"journal_auditentry", "accounts_doorsession"}):
        for trial, things in tried:
            for method in trial.sample.methods:
                answer = trial.send(client, method, things)
                assert answer.status_code in _expected(trial, method), (trial.name, method, answer.status_code)
                text = answer.getvalue().decode("utf-8", "replace")
                assert town.family_code not in text, trial.name
                assert not answer.headers.get("Content-Disposition", "").startswith("attachment"), trial.name


def _expected(trial: Trial, method: str) -> set[int]:
    if method != "GET" or trial.sample.opens.action in CLOSED:
        return {403}
    if trial.name.startswith("accounts_office:"):
        return {403}
    return {trial.sample.methods["GET"], 403} if trial.sample.methods["GET"] < 400 else {trial.sample.methods["GET"]}


def test_the_papers_that_no_visit_takes_are_addresses_of_ours() -> None:
    assert {name for name, sample in COMMUNE.items() if "GET" in sample.methods} >= PAPERS


def test_every_right_of_agents_is_open_or_closed_to_visitors() -> None:
    known = {action for action in rights.actions() if rights.roles_of(action)}
    assert known == OPEN | CLOSED, "open each in platform/lps/console/visitors.py, or close it"
    assert not OPEN & CLOSED


def test_a_page_costs_two_statements_more_than_to_an_agent(town: Town, django_assert_max_num_queries: object) -> None:
    client = town.browser(lps_mairie=town.visitor())
    client.get("/mairie/")

    with django_assert_max_num_queries(16):  # type: ignore[operator]
        answer: HttpResponse = client.get("/mairie/")
    assert answer.status_code == 200


def test_who_may_write_leaves_by_the_agents_door_too(town: Town) -> None:
    client = town.browser(lps_mairie=town.visitor(writes=True))

    assert client.post("/mairie/deconnexion/").headers["Location"] == "/mairie/connexion/"
    assert client.get("/mairie/").status_code == 302


def test_an_own_access_is_not_the_visitors(town: Town) -> None:
    client = town.browser(lps_mairie=town.visitor(writes=True))

    assert send(client, "GET", "/mairie/mon-compte/").status_code == 403
