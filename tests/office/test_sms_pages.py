"""The public pages of the SMS service: the form of the presentation, the code, the choices; machines and snoops."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from lps.kernel import clock
from lps.office.forms.sms import sign_question
from lps.office.views.sms import COOKIE
from notifications.models import Consent, NumberCode, OutboxMessage, SendingSettings, Subscriber, Topic
from notifications.services import sms_service
from tenants import context
from tenants.models import Commune
from tests.accounts.factories import BY, browser
from tests.notifications.test_subscriptions import code_sent
from tests.office.pages import text
from tests.sql import counted

FORM, KNOWN, CODE, CHOICES = "/sms/", "/sms/deja-inscrit/", "/sms/code/", "/sms/mes-choix/"


@pytest.fixture
def client(in_buchelay: Commune) -> Client:
    return browser(in_buchelay)


def robot(**rest: Any) -> dict[str, Any]:
    return {"question": sign_question(number=0, at=clock.real_now() - timedelta(minutes=1)), "answer": "2", **rest}


def written(**rest: Any) -> dict[str, Any]:
    flash = Topic.objects.get(name__startswith="Infos Flash")
    return {
        "title": "Mme",
        "last_name": "DURAND",
        "first_name": "Zoé",
        "street": "1 rue de la Paix",
        "postal_code": "78200",
        "city": "Buchelay",
        "country": "France",
        "mobile": "06 12 34 56 78",
        "email": "zoe@example.org",
        "topics": [flash.pk],
        **robot(),
        **rest,
    }


def subscribed(client: Client) -> None:
    assert client.post(FORM, written()).status_code == 302
    assert client.post(CODE, {"code": code_sent()}).status_code == 302


def test_the_form_is_the_presentations(client: Client) -> None:
    page = text(client.get(FORM))
    read = " ".join(html.unescape(re.sub("<[^>]*>", " ", page)).split())

    assert "Souscrivez au service SMS de la mairie de Buchelay" in read
    places = [read.find(label) for label in ("Titre *", "Nom *", "Prénom *", "N° + rue *", "Code postal *")]
    assert places == sorted(places) and -1 not in places
    for words in ("Ville *", "Pays", "Tél. GSM", "Tél. fixe", "Email *", "Déjà Inscrit ?"):
        assert words in read
    assert "J'autorise la ville de Buchelay à m'envoyer des informations par SMS concernant :" in read
    assert all(name in read for name in sms_service.USUAL_TOPICS)
    assert 'value="78200"' in page and 'value="Buchelay"' in page and 'value="France"' in page
    assert "checked" not in page, "no topic is ticked beforehand"


def test_a_resident_subscribes_with_the_code(client: Client) -> None:
    assert client.post(FORM, written()).headers["Location"] == CODE
    assert not Subscriber.objects.exists()

    page = text(client.post(CODE, {"code": code_sent()}, follow=True))

    assert "Votre inscription est enregistrée" in page
    assert [one.topic.name[:5] for one in Consent.objects.all()] == ["Infos"]
    assert "[2014-1] J'autorise la ville de Buchelay" in Consent.objects.get().wording


def test_choices_open_with_a_code_are_changed_then_stopped(client: Client) -> None:
    subscribed(client)
    other = browser(context.current())
    other.post(KNOWN, {"number_typed": "+33 6 12 34 56 78", **robot()})
    page = text(other.post(CODE, {"code": code_sent()}, follow=True))
    assert page.count("checked") == 1
    news = Topic.objects.get(name="Actualités")

    assert "Vos choix sont enregistrés." in text(other.post(CHOICES, {"topics": [news.pk]}, follow=True))
    assert list(Consent.objects.filter(ended_at=None).values_list("topic", flat=True)) == [news.pk]
    assert "C'est arrêté" in text(other.post(CHOICES, {"etape": "arreter"}, follow=True))
    assert not Consent.objects.filter(ended_at=None).exists()


def test_known_and_unknown_numbers_get_the_same_answer(client: Client) -> None:
    subscribed(client)
    seen = []
    for number in ("0612345678", "0687654321"):
        visitor = browser(context.current())
        with counted() as made:
            answer = visitor.post(KNOWN, {"number_typed": number, **robot()})
        seen.append((answer.status_code, answer.headers["Location"], text(visitor.get(CODE))[:400], len(made)))

    assert seen[0] == seen[1]


def test_another_browser_cannot_use_the_code(client: Client) -> None:
    client.post(FORM, written())

    stranger = browser(context.current())
    assert stranger.post(CODE, {"code": code_sent()}).headers["Location"].startswith(KNOWN)
    stranger.cookies[COOKIE] = client.cookies[COOKIE].value[:-2] + "xx"
    assert stranger.post(CODE, {"code": code_sent()}).headers["Location"].startswith(KNOWN)
    assert not Subscriber.objects.exists()


def test_a_code_not_yet_typed_opens_no_choices(client: Client) -> None:
    client.post(FORM, written())

    assert client.get(CHOICES).headers["Location"].startswith(KNOWN)
    assert client.post(CHOICES, {"etape": "arreter"}).headers["Location"].startswith(KNOWN)


def test_choices_close_after_a_quarter_of_an_hour(client: Client) -> None:
    subscribed(client)
    NumberCode.objects.update(used_at=clock.real_now() - timedelta(minutes=16))

    assert client.get(CHOICES).headers["Location"].startswith(KNOWN)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"mobile": "01 30 98 10 78"}, "ne reçoit pas de SMS"),
        ({"mobile": "08 99 12 34 56"}, "surtaxé"),
        ({"mobile": "+1 212 555 01 23"}, "de France"),
        ({"mobile": "06 12"}, "pas complet"),
        ({"mobile": "x" * 10_000}, "25"),
        ({"mobile": ""}, "Saisissez votre numéro"),
        ({"topics": []}, "Cochez au moins un thème"),
        ({"topics": [999_999]}, "plus proposé"),
        ({"topics": ["x' OR 1=1"]}, "plus proposé"),
        ({"last_name": ""}, "Remplissez ce champ"),
        ({"last_name": "a\x00b"}, "caractère"),
        ({"street": "x" * 201}, "200"),
        ({"postal_code": "<script>"}, "code postal"),
        ({"email": "zoe"}, "pas complète"),
        ({"title": "Dr"}, "choix"),
        ({"answer": "3"}, "pas la bonne réponse"),
        ({"answer": ""}, "Répondez à la question"),
        ({"question": "autre"}, "ouverte trop longtemps"),
        ({"site": "http://spam.example"}, "trop rapide"),
    ],
)
def test_a_mistake_is_told_and_no_code_leaves(client: Client, wrong: dict[str, Any], sentence: str) -> None:
    answer = client.post(FORM, written(**wrong))

    assert answer.status_code == 400 and sentence in text(answer)
    assert not NumberCode.objects.exists() and not OutboxMessage.objects.filter(kind="sms").exists()


def test_machines_are_too_quick_and_old_pages_too_late(client: Client) -> None:
    for age, sentence in ((timedelta(), "trop rapide"), (timedelta(hours=3), "trop longtemps")):
        question = sign_question(number=0, at=clock.real_now() - age)
        assert sentence in text(client.post(FORM, written(question=question)))


def test_a_number_is_not_flooded(client: Client) -> None:
    answers = [client.post(KNOWN, {"number_typed": "0612345678", **robot()}).status_code for _ in range(5)]

    assert answers == [302, 302, 302, 400, 400]
    assert "Trop de codes" in text(client.post(KNOWN, {"number_typed": "0612345678", **robot()}))


def test_one_address_does_not_ask_for_many_numbers(client: Client) -> None:
    numbers = [f"06123400{n:02d}" for n in range(30)]

    answers = [client.post(KNOWN, {"number_typed": number, **robot()}).status_code for number in numbers]

    assert answers.count(302) == 20


def test_the_town_chooses_the_fields(client: Client) -> None:
    fields = {"landline": "required", "email": "hidden", "street": "shown", "filled_city": "Mantes"}
    sms_service.set_form(fields=fields, welcome="Bonjour <b>à tous</b>", by=BY)

    page = text(client.get(FORM))
    assert 'name="email"' not in page and 'value="Mantes"' in page and "Bonjour &lt;b&gt;" in page
    assert client.post(FORM, written(email="", street="")).status_code == 400
    assert client.post(FORM, written(email="", street="", landline="01 30 98 10 78")).status_code == 302


def test_a_closed_form_sends_nothing(client: Client) -> None:
    SendingSettings.objects.update_or_create(pk=1, defaults={"form_is_open": False})

    assert "fermées pour le moment" in text(client.get(FORM))
    client.post(FORM, written())
    assert not NumberCode.objects.exists()
