"""Announcements to agents, and maintenances: who reads what, when, and what still passes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lps.accounts.roles import Role
from lps.console import notices
from lps.kernel import clock
from tenants import context
from tenants.models import Commune, Notice
from tests.accounts.factories import agent, browser, console_browser, enter, operator
from tests.isolation.cast import BY, Town, here
from tests.isolation.trials import with_cookies, with_token
from tests.zone import PARIS
from voice.dialogue.facts import HangUp
from voice.models import Call
from voice.services import conversation

WHY = "Nous changeons de serveur : retour à midi."
FORM = {"text": WHY, "communes": "demo", "starts_day": "", "starts_hour": "", "ends_day": "", "ends_hour": ""}


@pytest.fixture
def town(demo: Commune) -> Town:
    return here(demo)


@pytest.fixture
def vendor(db: None) -> Client:
    client = console_browser()
    enter(client, operator(), "/connexion/")
    return client


def tell(kind: Notice.Kind, *slugs: str, since: timedelta = timedelta(0), text: str = WHY) -> Notice:
    starts_at = clock.real_now() + since
    words = notices.Words(
        kind=kind, text=text, slugs=slugs, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2)
    )
    return notices.publish(words=words, by=BY)


def test_under_maintenance_everybody_reads_the_sentence(demo: Commune, buchelay: Commune, town: Town) -> None:
    family, clerk = with_cookies(town.browser(), town.family), town.browser(lps_mairie=town.agent())
    software = with_token(town, town.software("catalogue:lire"))
    tell(Notice.Kind.MAINTENANCE, demo.slug)

    for client, path in ((family, "/enfants/"), (clerk, "/mairie/"), (browser(demo), "/")):
        answer = client.get(path)
        assert (answer.status_code, WHY in answer.content.decode()) == (503, True), path
        assert 7000 < int(answer.headers["Retry-After"]) <= 7200
    told = software.get("/api/v1/moi/")
    assert (told.status_code, told.json()["type"].endswith("maintenance")) == (503, True)
    assert int(told.headers["Retry-After"]) > 7000
    assert browser(buchelay).get("/").status_code == 200


def test_what_is_told_once_is_still_received(demo: Commune, vendor: Client, client: Client) -> None:
    tell(Notice.Kind.MAINTENANCE)

    assert browser(demo).post("/factures/tipi/notification/", {}).status_code != 503
    assert browser(demo).post("/sms/prestataire/inconnu/", {}).status_code != 503
    assert browser(demo).get("/theme.css").status_code == 200
    assert client.get("/sante/vivant").status_code == 200
    assert vendor.get("/").status_code == 200


def test_a_caller_hears_a_sentence(demo: Commune) -> None:
    tell(Notice.Kind.MAINTENANCE, demo.slug)

    _call, told = conversation.begin(commune=demo, door=Call.Door.TELEPHONE, caller="+33612345678", at=clock.now())

    assert isinstance(told, HangUp) and [one.code for one in told.say] == ["maintenance"]


def test_one_to_come_changes_nothing_yet_and_a_canceled_one_ends(demo: Commune) -> None:
    tell(Notice.Kind.MAINTENANCE, demo.slug, since=timedelta(hours=1))
    assert browser(demo).get("/").status_code == 200
    standing = tell(Notice.Kind.MAINTENANCE, demo.slug)
    assert browser(demo).get("/").status_code == 503

    assert notices.cancel(pk=standing.pk, by=BY)

    assert browser(demo).get("/").status_code == 200
    assert not notices.cancel(pk=standing.pk, by=BY)


def test_an_operator_on_a_visit_comes_in_meanwhile(demo: Commune, town: Town) -> None:
    visitor = town.browser(lps_mairie=town.visitor())
    tell(Notice.Kind.MAINTENANCE, demo.slug)

    assert visitor.get("/mairie/").status_code == 200


def test_agents_read_an_announcement_until_they_have(demo: Commune, buchelay: Commune, town: Town) -> None:
    clerk, other = town.browser(lps_mairie=town.agent()), browser(buchelay)
    enter(other, agent(buchelay))
    one = tell(Notice.Kind.ANNOUNCEMENT, demo.slug)
    tell(Notice.Kind.ANNOUNCEMENT, text="Pour tous")

    assert WHY in clerk.get("/mairie/").content.decode()
    page = other.get("/mairie/").content.decode()
    assert ("Pour tous" in page, WHY in page) == (True, False)
    clerk.post(f"/mairie/annonces/{one.pk}/lue/")
    page = clerk.get("/mairie/").content.decode()
    assert ("Pour tous" in page, WHY in page) == (True, False)


@pytest.mark.parametrize("held", ["", "x", "9" * 400, "x.900001.é", "-1", ".".join(["0"] * 5000)])
def test_whatever_the_browser_holds_the_page_opens(town: Town, held: str) -> None:
    tell(Notice.Kind.ANNOUNCEMENT)
    clerk = town.browser(lps_mairie=town.agent())
    clerk.cookies["lps_annonces"] = held

    assert WHY in clerk.get("/mairie/").content.decode()


def test_notices_cost_no_statement_of_their_own(town: Town) -> None:
    clerk = town.browser(lps_mairie=town.agent())
    for number in range(3):
        tell(Notice.Kind.ANNOUNCEMENT, text=f"Annonce {number}")
    assert "Annonce 2" in clerk.get("/mairie/").content.decode()

    with CaptureQueriesContext(connection) as made:
        clerk.get("/mairie/")

    read = [one["sql"] for one in made if "tenants_notice" in one["sql"]]
    assert all("tenants_commune" in sql for sql in read), "they come with the commune of the host, and are kept with it"


def test_it_is_read_over_then_told(vendor: Client, demo: Commune) -> None:
    day = str(clock.today(PARIS) + timedelta(days=1))
    form = FORM | {"ends_day": day}

    preview = vendor.post("/annonces/nouvelle/maintenance/", form).content.decode()
    assert WHY in preview and "Prévoir cette maintenance" in preview
    assert browser(demo).get("/").status_code == 200
    done = vendor.post("/annonces/nouvelle/maintenance/", form | {"etape": "annoncer"})

    assert done.headers["Location"].endswith("fait=dit")
    assert browser(demo).get("/").status_code == 503
    assert WHY in vendor.get("/annonces/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"text": ""}, {"text": "x" * 501}, {"text": "N\x00ul"}, {"communes": "nulle-part"}, {"communes": "\x00"},
     {"ends_day": ""}, {"ends_day": "2020-01-01"}, {"ends_day": "2026-02-31"}, {"ends_day": "9999-12-31"},
     {"starts_hour": "12:00"}, {"ends_day": "2190-01-01"}, {"starts_day": "2190-01-01"}],
)  # fmt: skip
def test_what_means_nothing_is_refused(vendor: Client, wrong: dict[str, str]) -> None:
    day = str(clock.today(PARIS) + timedelta(days=1))

    answer = vendor.post("/annonces/nouvelle/maintenance/", FORM | {"ends_day": day, "etape": "annoncer"} | wrong)

    assert answer.status_code == 400
    with context.public():
        assert not Notice.objects.exists()


def test_support_announces_and_closes_nothing(demo: Commune) -> None:
    support, reader = console_browser(), console_browser()
    enter(support, operator(Role.SUPPORT, email="o@editeur.example"), "/connexion/")
    enter(reader, operator(Role.READ_ONLY, email="l@editeur.example"), "/connexion/")
    standing = tell(Notice.Kind.MAINTENANCE, demo.slug)

    assert support.get("/annonces/nouvelle/annonce/").status_code == 200
    assert support.get("/annonces/nouvelle/maintenance/").status_code == 403
    assert support.post(f"/annonces/{standing.pk}/annuler/").status_code == 403
    assert reader.get("/annonces/").status_code == 200
    assert reader.get("/annonces/nouvelle/annonce/").status_code == 403
    assert support.get("/annonces/nouvelle/autre/").status_code == 404
    assert support.post(f"/annonces/{10**30}/annuler/").status_code == 404
