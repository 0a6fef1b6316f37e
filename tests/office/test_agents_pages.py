"""The agents' pages: what an administrator reads and does, and what nobody else may."""

import pytest
from django.test import Client

from booking.models import Activity
from lps.accounts import rights
from lps.accounts.models import Account, DoorSession
from lps.accounts.roles import AGENT_ROLES, Role
from lps.accounts.services import holder_of
from lps.families.models import Site
from lps.office import words
from notifications.models import OutboxMessage
from tenants.models import Commune
from tests.accounts.factories import Person, agent, browser, enter
from tests.sql import counted

LIST, INVITE = "/mairie/agents/", "/mairie/agents/inviter/"
NINA = {"email": "nina@mairie.example", "name": "Nina NOUVELLE", "roles": ["cantine"]}


def signed_in(commune: Commune, *roles: str, email: str = "claire@mairie.example") -> Client:
    client = browser(commune)
    assert enter(client, agent(commune, *roles, email=email)).status_code == 302
    return client


@pytest.fixture
def client(in_demo: Commune) -> Client:
    """An administrator's browser."""
    return signed_in(in_demo)


@pytest.fixture
def colleague(in_demo: Commune) -> Person:
    return agent(in_demo, Role.SCHOOL, email="marc@mairie.example", name="Marc SCOLAIRE")


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode().replace("&#x27;", "'").replace("\u00a0", " ")


def test_every_right_of_agents_and_every_scope_has_its_words() -> None:
    of_agents = [action for action in rights.actions() if rights.roles_of(action)]

    assert "families.find" in of_agents
    assert set(of_agents) == set(words.RIGHTS)
    assert set(rights.scopes()) == set(words.SCOPES)
    assert set(words.ROLES) == AGENT_ROLES


def test_an_invitation_is_read_again_before_it_leaves(client: Client) -> None:
    preview = client.post(INVITE, NINA).content.decode()

    assert "Relire l'invitation" in preview and "Lire les effectifs de la cuisine" in preview
    assert "nina@mairie.example" in preview and "7 jours" in preview
    assert not Account.objects.filter(email_key="nina@mairie.example").exists()
    assert "Inviter un agent" in client.post(INVITE, {**NINA, "etape": "corriger"}).content.decode()

    sent = client.post(INVITE, {**NINA, "etape": "envoyer"})

    made = Account.objects.get(email_key="nina@mairie.example")
    assert sent.headers["Location"] == f"{LIST}{made.pk}/?fait=invite"
    assert OutboxMessage.objects.count() == 1
    assert "invité" in text(client, LIST) and "valable jusqu'au" in text(client, f"{LIST}{made.pk}/")


def test_an_agent_is_kept_to_a_school_and_an_activity(client: Client, in_demo: Commune) -> None:
    site, activity = Site.objects.order_by("pk")[0], Activity.objects.order_by("pk")[0]
    places = {"sites": [site.pk], "activities": [activity.pk]}

    client.post(INVITE, {**NINA, **places, "etape": "envoyer"})

    made = Account.objects.get(email_key="nina@mairie.example")
    assert (made.sites, made.activities) == ([site.pk], [activity.pk])
    assert f"{site.name}, {activity.name}" in text(client, LIST)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"email": "nina"}, "n'est pas complète"),
        ({"email": "claire@mairie.example"}, "Un agent a déjà cette adresse"),
        ({"email": "n" * 300 + "@mairie.example"}, "254"),
        ({"name": ""}, "Donnez le prénom et le nom."),
        ({"name": "a\0b"}, "nul"),
        ({"roles": []}, "Choisissez au moins un rôle."),
        ({"roles": ["operator"]}, "Ce rôle n'existe pas."),
        ({"sites": ["900001"]}, "Ce choix n'existe plus"),
        ({"sites": ["x"]}, "Ce choix n'existe plus"),
        ({"activities": ["99999999999999999999999"]}, "Ce choix n'existe plus"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_leaves(client: Client, wrong: dict[str, object], said: str) -> None:
    before = Account.objects.count()

    answer = client.post(INVITE, {**NINA, "etape": "envoyer", **wrong})

    page = answer.content.decode().replace("&#x27;", "'").replace("\u00a0", " ")
    assert answer.status_code == 200 and said in page
    assert (Account.objects.count(), OutboxMessage.objects.count()) == (before, 0)


def test_an_administrator_kept_to_a_school_is_told_that_it_cannot_be(client: Client) -> None:
    site = Site.objects.order_by("pk")[0]

    answer = client.post(INVITE, {**NINA, "roles": ["administrateur"], "sites": [site.pk], "etape": "envoyer"})

    assert "Un administrateur travaille partout" in answer.content.decode()


def test_the_roles_of_an_agent_are_changed_and_obeyed_at_once(
    client: Client, in_demo: Commune, colleague: Person
) -> None:
    theirs = browser(in_demo)
    enter(theirs, colleague)
    assert theirs.get("/mairie/familles/importer/").status_code in (200, 404)

    changed = client.post(f"{LIST}{colleague.account.pk}/modifier/", {"name": "Marc CUISINE", "roles": ["cantine"]})

    assert changed.headers["Location"].endswith("?fait=change")
    assert "dès la prochaine page" in text(client, changed.headers["Location"])
    assert theirs.get("/mairie/").status_code == 200
    assert "Marc CUISINE" in theirs.get("/mairie/").content.decode()
    assert theirs.post("/mairie/messages/nouveau/", {}).status_code == 403


def test_the_last_administrator_reads_why_it_stays(client: Client) -> None:
    Account.objects.exclude(email="claire@mairie.example").update(roles=["scolaire"])
    mine = Account.objects.get(email="claire@mairie.example")

    off = client.post(f"{LIST}{mine.pk}/arreter/")
    lost = client.post(f"{LIST}{mine.pk}/nouvel-acces/")
    demoted = client.post(f"{LIST}{mine.pk}/modifier/", {"name": "Claire", "roles": ["scolaire"]})

    for answer in (off, lost, demoted):
        assert "C&#x27;est le dernier administrateur en activité" in answer.content.decode()
    mine.refresh_from_db()
    assert mine.is_active and mine.password and mine.roles == ["administrateur"]
    assert client.get(LIST).status_code == 200


def test_what_a_button_will_do_is_read_first(client: Client, colleague: Person) -> None:
    path = f"{LIST}{colleague.account.pk}/"

    assert "Rien n'est encore changé" in text(client, f"{path}nouvel-acces/")
    assert "Vous pourrez remettre cet accès en service" in text(client, f"{path}arreter/")
    assert Account.objects.get(pk=colleague.account.pk).is_active
    client.post(f"{path}arreter/")
    assert "arrêté" in text(client, path) and "Remettre en service" in text(client, path)
    client.post(f"{path}reprendre/")
    assert "Donner un nouvel accès" in text(client, path)


def test_an_administrator_closes_the_sessions_of_another(client: Client, in_demo: Commune, colleague: Person) -> None:
    theirs = browser(in_demo)
    enter(theirs, colleague)
    path, key = f"{LIST}{colleague.account.pk}/", DoorSession.objects.get(holder=holder_of(colleague.account)).key
    mine = DoorSession.objects.exclude(key=key).get().key

    assert client.post(f"{path}sessions/{mine}/fermer/").status_code == 404, "that one is not the colleague's"
    assert client.post(f"{path}sessions/{key}/fermer/").status_code == 302
    assert theirs.get("/mairie/").status_code == 302
    assert client.get(LIST).status_code == 200


@pytest.mark.parametrize("role", sorted(AGENT_ROLES - {Role.ADMINISTRATOR}))
def test_no_other_role_sees_or_changes_agents(in_demo: Commune, colleague: Person, role: str) -> None:
    client = signed_in(in_demo, role)
    before = list(Account.objects.order_by("pk").values())
    path = f"{LIST}{colleague.account.pk}/"

    answers = [
        *(client.get(page) for page in (LIST, INVITE, f"{LIST}droits/", path, f"{path}modifier/")),
        client.post(INVITE, {**NINA, "etape": "envoyer"}),
        client.post(f"{path}modifier/", {"name": "X", "roles": ["administrateur"]}),
        *(client.post(f"{path}{act}/") for act in ("arreter", "reprendre", "nouvel-acces", "renvoyer")),
        client.post(f"{path}sessions/fermer/"),
        client.post("/mairie/jetons/nouveau/", {"name": "X", "scopes": ["catalogue:lire"]}),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert list(Account.objects.order_by("pk").values()) == before
    assert "Agents</a>" not in text(client, "/mairie/")


def test_an_administrator_kept_to_a_school_gives_itself_no_other(client: Client) -> None:
    Account.objects.filter(email="claire@mairie.example").update(sites=[1])
    mine = Account.objects.get(email="claire@mairie.example")

    path = f"{LIST}{mine.pk}/"
    answers = [
        client.get(LIST),
        client.post(INVITE, {**NINA, "etape": "envoyer"}),
        client.post(f"{path}modifier/", {"name": "Claire", "roles": ["administrateur"]}),
        client.post(f"{path}sessions/fermer/"),
        client.get("/mairie/jetons/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert Account.objects.get(pk=mine.pk).sites == [1]


def test_the_list_costs_the_same_for_many_agents(client: Client) -> None:
    client.get(LIST)
    with counted() as few:
        client.get(LIST)
    Account.objects.bulk_create(
        Account(email=f"a{n}@b.fr", email_key=f"a{n}@b.fr", name=f"A{n}", roles=["cantine"], totp_secret="")
        for n in range(80)
    )
    with counted() as many:
        page = text(client, LIST)

    assert len(few) == len(many) and "page=2" in page


def test_the_table_of_rights_says_what_is_declared(client: Client) -> None:
    page = text(client, f"{LIST}droits/")

    assert "Faire le pointage" in page and page.count('scope="col"') == 1 + len(AGENT_ROLES)
    row = dict(words.table_of_rights())[words.RIGHTS["accounts.manage"]]
    assert row == [role == Role.ADMINISTRATOR for role in words.ROLES]
