"""What agents decide of the SMS service: topics, form, subscribers and the record of consents."""

import io

import pytest
from django.test import Client
from openpyxl import load_workbook

from lps.accounts.models import Account
from lps.journal.models import AuditEntry
from notifications import queries, sms_form
from notifications.models import Consent, Subscriber, Topic
from notifications.services import subscriptions
from tenants.models import Commune
from tests.notifications.test_subscriptions import NUMBER, subscribe
from tests.office.pages import signed_in, text
from tests.sql import counted

HOME, SUBSCRIBERS = "/mairie/sms/", "/mairie/sms/abonnes/"
TOPIC = {"name": "Marché du samedi", "order": 6}


@pytest.fixture
def client(in_demo: Commune) -> Client:
    """An administrator's browser."""
    return signed_in(in_demo)


def told(action: str) -> AuditEntry | None:
    return AuditEntry.objects.filter(action=action, actor_kind="agent").last()


def test_the_demonstration_offers_the_five_topics(in_buchelay: Commune) -> None:
    assert [one.name[:9] for one in sms_form.topics()] == [
        "Informati",
        "Enfance",
        "Etat civi",
        "Actualité",
        "Infos Fla",
    ]


def test_a_topic_is_added_renamed_and_moved(client: Client) -> None:
    assert "Le thème est enregistré" in text(client.post(f"{HOME}themes/nouveau/", TOPIC, follow=True))
    made = Topic.objects.get(name=TOPIC["name"])
    client.post(f"{HOME}themes/{made.pk}/", {"name": "Marché", "order": 0})

    assert sms_form.topics()[0].name == "Marché"
    entry = told("topic_changed")
    assert entry is not None and entry.before["name"] == TOPIC["name"] and entry.after["name"] == "Marché"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Donnez un nom"),
        ({"name": "Enfance"}, "existe déjà"),
        ({"name": "x" * 121}, "120"),
        ({"order": "beaucoup"}, "nombre entier"),
        ({"order": "-1"}, "0"),
        ({"order": "99999999999"}, "999"),
    ],
)
def test_a_mistake_on_a_topic_is_told(client: Client, wrong: dict[str, str], sentence: str) -> None:
    before = Topic.objects.count()

    assert sentence in text(client.post(f"{HOME}themes/nouveau/", {**TOPIC, **wrong}))
    assert Topic.objects.count() == before


def test_retiring_a_topic_says_first_what_ends(client: Client) -> None:
    topic = Topic.objects.get(name="Enfance")
    subscribe(topic)

    assert "1 abonnement prend fin" in text(client.get(f"{HOME}themes/{topic.pk}/retirer/"))
    client.post(f"{HOME}themes/{topic.pk}/retirer/")

    assert topic.name not in text(client.get(HOME)) and Consent.objects.get().ended_by == "topic"
    assert client.post(f"{HOME}themes/{topic.pk}/retirer/").status_code == 404


def test_the_form_is_set_and_shown(client: Client) -> None:
    sent = {"welcome": "Bonjour", **dict.fromkeys(sms_form.FIELDS, "hidden"), "filled_city": "Ici"}

    page = text(client.post(f"{HOME}formulaire/", sent, follow=True))

    assert "Le formulaire est enregistré" in page and "personne ne peut s'abonner" in page
    assert set(sms_form.fields(queries.sending()).values()) == {"hidden"}
    assert told("sms_form_changed") is not None
    assert client.post(f"{HOME}formulaire/", {**sent, "email": "autre"}).status_code == 200
    assert sms_form.fields(queries.sending())["email"] == "hidden"


def test_subscribers_are_masked_and_ended_by_hand(client: Client) -> None:
    held = subscribe(Topic.objects.get(name="Enfance"))
    page = text(client.get(SUBSCRIBERS))
    assert "DURAND" in page and "Enfance" in page and NUMBER not in page and "+33•••••••78" in page

    assert "C'est arrêté" in text(client.post(f"{SUBSCRIBERS}{held.pk}/arreter/", follow=True))

    assert subscriptions.in_force(held) == set()
    assert Consent.objects.get().ended_by == "office"
    assert told("sms_subscription_stopped") is not None
    assert client.post(f"{SUBSCRIBERS}999999/arreter/").status_code == 404


def test_the_record_proves_each_consent_and_its_end(client: Client) -> None:
    held = subscribe(Topic.objects.get(name="Enfance"))
    Subscriber.objects.update(identity=held.identity)
    subscriptions.stop(lookup=held.lookup, channel="sms")

    table = client.get(f"{HOME}consentements.csv").content.decode()
    book = load_workbook(io.BytesIO(client.get(f"{HOME}consentements.xlsx").content))
    row = [cell.value for cell in list(book.active.rows)[1]]

    assert f"'{NUMBER}" in table and "DURAND" in table and "[1] J'accepte : Enfance" in table
    assert row[1:4] == ["DURAND", "Enfance", "[1] J'accepte : Enfance"]
    assert row[5] == "web" and row[6].startswith("code ") and row[8] == "sms"
    assert AuditEntry.objects.filter(action="sms_consents_exported").count() == 2


def test_many_subscribers_cost_the_same_statements(client: Client) -> None:
    held = subscribe(Topic.objects.get(name="Enfance"))
    client.get(SUBSCRIBERS)
    with counted() as few:
        client.get(SUBSCRIBERS)
    Subscriber.objects.bulk_create(
        Subscriber(number=held.number, identity=held.identity, lookup=f"x{n}", proved_at=held.proved_at)
        for n in range(60)
    )
    with counted() as many:
        page = text(client.get(SUBSCRIBERS))

    assert len(few) == len(many) and "page=2" in page


def test_who_reads_changes_nothing(in_demo: Commune) -> None:
    topic = Topic.objects.first()
    reader = signed_in(in_demo, "lecture")

    assert "Ajouter un thème" not in text(reader.get(HOME)) and reader.get(SUBSCRIBERS).status_code == 200
    doors = ["formulaire/", "themes/nouveau/", f"themes/{topic.pk}/", f"themes/{topic.pk}/retirer/"]
    assert {reader.post(f"{HOME}{door}").status_code for door in doors} == {403}
    assert reader.get(f"{HOME}consentements.csv").status_code == 403


def test_an_agent_kept_to_one_school_sets_nothing_for_the_town(in_demo: Commune) -> None:
    client = signed_in(in_demo, "scolaire")
    Account.objects.filter(email="claire@mairie.example").update(sites=[1])

    assert client.post(f"{HOME}themes/nouveau/", TOPIC).status_code == 403
    assert not Topic.objects.filter(name=TOPIC["name"]).exists()
