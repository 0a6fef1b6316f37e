"""The telephone on the console: lines and numbers, kept and audited, and what is wrong said with what to do."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from lps.console.lines import Wanted, add_line
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants import context, telephone
from tenants.lines import set_lines
from tenants.models import Commune, OperatorLine, VoiceServer
from tenants.queries import commune_of_number
from tenants.telephone import Told
from tenants.town.queries import settings as town_settings
from tests.accounts.factories import console_browser, enter, operator
from tests.office.pages import text
from tests.sql import counted
from voice.models import Call
from voice.services import limits

HOME, NEW, NUMBERS = "/telephone/", "/telephone/lignes/nouvelle/", "/telephone/numeros/"
ACCOUNT = {
    "name": "OVH, Buchelay",
    "commune": "",
    "kind": "account",
    "server": "sip5.ovh.fr",
    "username": "0033476549340",
    "password": "sesame; ouvre",
    "is_open": "on",
}
TRUNK = {"name": "Trunk", "kind": "address", "networks": "91.121.129.0/24", "is_open": "on"}
BY = Actor.system("essai")
State = OperatorLine.State


@pytest.fixture
def client(db: None) -> Client:
    client = console_browser()
    enter(client, operator(), "/connexion/")
    return client


def line_of(**more: Any) -> OperatorLine:
    facts = {"name": "OVH", "kind": "account", "server": "sip.ovh.fr", "username": "0033476549340", "password": "x"}
    return add_line(wanted=Wanted(**{**facts, **more}), by=BY)


def note(line: OperatorLine, state: str, *, minutes: int) -> None:
    telephone.note_lines({line.pk: Told(State(state), 0)}, at=clock.real_now() - timedelta(minutes=minutes))


def server(*, minutes: int = 0, exchange: str = "up", calls: int = 0) -> None:
    seen = clock.real_now() - timedelta(minutes=minutes)
    telephone.note_server(VoiceServer(name="voix-1", started_at=seen, seen_at=seen, calls=calls, exchange=exchange))


def test_a_line_is_kept_with_its_password_sealed_and_never_shown(client: Client, buchelay: Commune) -> None:
    answer = client.post(NEW, {**ACCOUNT, "commune": "buchelay"}, follow=True)

    assert "Asterisk la prend dans les dix secondes" in text(answer) and "OVH, Buchelay" in text(answer)
    (line,) = telephone.operator_lines()
    assert line.commune == buchelay and telephone.opened(line) == ACCOUNT["password"]
    assert ACCOUNT["password"] not in line.password
    page = client.get(f"/telephone/lignes/{line.pk}/").content.decode()
    assert "sesame" not in page and "Déjà donné" in page
    client.post(f"/telephone/lignes/{line.pk}/", {**ACCOUNT, "commune": "buchelay", "password": "", "server": "b.fr"})
    changed = telephone.operator_line(pk=line.pk)
    assert (changed.server, telephone.opened(changed)) == ("b.fr", ACCOUNT["password"])
    with context.public():
        told = list(AuditEntry.objects.filter(subject=f"operator_line:{line.pk}").order_by("at"))
    assert [one.action for one in told] == ["operator_line_added", "operator_line_changed"]
    assert (told[1].before, told[1].after) == ({"server": "sip5.ovh.fr"}, {"server": "b.fr"})
    assert "sesame" not in str([(one.before, one.after) for one in told])
    with context.use(buchelay):
        assert AuditEntry.objects.filter(action__startswith="operator_line").count() == 2


def test_a_line_is_removed_after_a_page_that_says_what_it_does(client: Client, db: None) -> None:
    line = line_of()

    page = text(client.get(f"/telephone/lignes/{line.pk}/supprimer/"))
    answer = client.post(f"/telephone/lignes/{line.pk}/supprimer/", follow=True)

    assert "finit son appel" in page and "La ligne est supprimée" in text(answer)
    assert telephone.operator_lines() == []
    assert client.get(f"/telephone/lignes/{line.pk}/").status_code == 404
    assert client.post(f"/telephone/lignes/{line.pk}/supprimer/").status_code == 404


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (ACCOUNT | {"server": ""}, "Donnez le serveur chez lequel"),
        (ACCOUNT | {"server": "sip.ovh.fr;reg"}, "Un serveur s'écrit comme"),
        (ACCOUNT | {"server": "a\nb"}, "Un serveur s'écrit comme"),
        (ACCOUNT | {"server": "sip.ovh.fr:99999"}, "Un serveur s'écrit comme"),
        (ACCOUNT | {"proxy": "un deux"}, "Un serveur s'écrit comme"),
        (ACCOUNT | {"username": "a]b"}, "Un identifiant n'a que"),
        (ACCOUNT | {"username": "buchelay"}, "L'identifiant n'est pas un numéro"),
        (ACCOUNT | {"contact": "poste 12"}, "Ce n'est pas un numéro"),
        (ACCOUNT | {"password": ""}, "Donnez le mot de passe"),
        (ACCOUNT | {"password": "a\nb"}, "Ce mot de passe a un accent"),
        (ACCOUNT | {"name": ""}, "Donnez un nom"),
        (ACCOUNT | {"name": "x" * 3000}, "80"),
        (ACCOUNT | {"name": "a\0b"}, "nul"),
        (ACCOUNT | {"kind": "fax"}, "Sélectionnez un choix valide"),
        (ACCOUNT | {"commune": "ailleurs"}, "Cette commune n'existe pas"),
        (TRUNK | {"networks": ""}, "Donnez les adresses"),
        (TRUNK | {"networks": "0.0.0.0/0"}, "trop large"),
        (TRUNK | {"networks": "exemple"}, "Une adresse s'écrit comme"),
    ],
)
def test_what_cannot_be_a_line_is_said_and_nothing_is_kept(client: Client, sent: dict[str, str], sentence: str) -> None:
    answer = client.post(NEW, sent)

    assert answer.status_code == 400 and sentence in text(answer)
    assert telephone.operator_lines() == []


def test_two_lines_have_two_names(client: Client, db: None) -> None:
    line_of(name="Trunk")

    assert "Une autre ligne a déjà ce nom" in text(client.post(NEW, TRUNK))


def test_a_number_is_given_to_a_commune_which_shows_it_and_taken_back(client: Client, in_demo: Commune) -> None:
    answer = client.post(NUMBERS, {"number": "04 76 54 93 43", "commune": "demo"}, follow=True)

    assert "dès le prochain appel" in text(answer) and "04 76 54 93 43" in text(answer)
    assert commune_of_number(number="+33476549343") == in_demo
    with context.use(in_demo):
        assert town_settings().voice_number
        assert AuditEntry.objects.filter(action="voice_numbers_changed", actor_kind="operator").count() == 1
    assert "n'est à aucune mairie" in text(client.get(f"{NUMBERS}33476549343/retirer/"))
    client.post(f"{NUMBERS}33476549343/retirer/")
    assert commune_of_number(number="+33476549343") is None
    assert client.post(f"{NUMBERS}33476549343/retirer/").status_code == 404


def test_a_number_of_another_commune_is_refused_with_its_name(client: Client, demo: Commune, buchelay: Commune) -> None:
    set_lines(commune=buchelay, numbers=["+33476549343"])

    refused = text(client.post(NUMBERS, {"number": "0476549343", "commune": "demo"}))

    assert f"Ce numéro est déjà à « {buchelay.header_name} »" in refused
    assert "Ce n'est pas un numéro de téléphone" in text(client.post(NUMBERS, {"number": "12", "commune": "demo"}))
    assert "Choisissez la commune" in text(client.post(NUMBERS, {"number": "0476549344"}))
    set_lines(commune=demo, numbers=[f"+3347654930{rank}" for rank in range(5)])
    assert "cinq numéros" in text(client.post(NUMBERS, {"number": "0476549344", "commune": "demo"}))


def test_the_first_number_that_is_left_is_shown_when_that_of_the_families_goes(
    client: Client, in_demo: Commune
) -> None:
    set_lines(commune=in_demo, numbers=[])
    for number in ("0476549343", "0476549344"):
        client.post(NUMBERS, {"number": number, "commune": "demo"})
    with context.use(in_demo):
        town_settings().voice_number = "04 76 54 93 43"
        town_settings().save()

    client.post(f"{NUMBERS}33476549343/retirer/")

    with context.use(in_demo):
        assert town_settings().voice_number == "04 76 54 93 44"


def test_without_a_voice_server_it_says_to_start_one(client: Client, db: None) -> None:
    line_of()

    assert "Aucun serveur vocal ne donne signe de vie" in text(client.get(HOME))


@pytest.mark.parametrize(
    ("minutes", "exchange", "sentence"),
    [
        (3, "up", "ne donne plus signe de vie"),
        (0, "down", "Asterisk ne répond pas au serveur vocal voix-1"),
        (0, "", "Aucun serveur vocal ne s'occupe d'un Asterisk"),
        (0, "up", ""),
    ],
)
def test_a_server_that_is_silent_or_alone_is_an_alarm(
    client: Client, minutes: int, exchange: str, sentence: str
) -> None:
    note(line_of(), "registered", minutes=0)
    server(minutes=minutes, exchange=exchange, calls=7)

    page = text(client.get(HOME))

    assert ("À faire" in page) is bool(sentence) and sentence in page and "voix-1" in page


@pytest.mark.parametrize(
    ("state", "minutes", "sentence"),
    [
        ("waiting", 6, "n'est pas enregistrée depuis 6 min"),
        ("waiting", 2, ""),
        ("rejected", 1, "L'opérateur refuse la ligne"),
        ("unreadable", 0, "retapez le mot de passe"),
        ("registered", 90, ""),
        ("ready", 90, ""),
    ],
)
def test_a_line_that_takes_no_call_is_an_alarm(client: Client, state: str, minutes: int, sentence: str) -> None:
    server()
    note(line_of(), state, minutes=minutes)

    page = text(client.get(HOME))

    assert ("À faire" in page) is bool(sentence) and sentence in page


def test_a_line_out_of_service_is_no_alarm(client: Client, db: None) -> None:
    server()
    note(line_of(is_open=False), "waiting", minutes=90)

    page = text(client.get(HOME))

    assert "À faire" not in page and "hors service" in page


def test_forty_wrong_codes_in_an_hour_are_an_alarm(client: Client, in_demo: Commune) -> None:
    server()
    set_lines(commune=in_demo, numbers=["+33476549343"])
    with context.use(in_demo):
        for _ in range(limits.ALARM - 1):
            limits.fail(limits.of_caller("empreinte"))
        assert "codes faux" not in text(client.get(HOME))
        limits.fail(limits.of_caller("empreinte"))

    assert "40 codes faux en une heure" in text(client.get(HOME))
    later = clock.real_now() + timedelta(minutes=75)
    assert limits.wrong_codes([in_demo], at=later) == []


def test_the_calls_of_a_day_are_counted_by_commune_at_a_constant_cost(
    client: Client, demo: Commune, buchelay: Commune
) -> None:
    set_lines(commune=demo, numbers=["+33476549343"])
    with context.use(demo):
        Call.objects.create(door="telephone", outcome="failed")
        Call.objects.create(door="telephone", outcome="saved", called_at=clock.now() - timedelta(days=2))
        Call.objects.create(door="trial", outcome="saved")
    client.get(HOME)
    with counted() as before:
        page = text(client.get(HOME))

    set_lines(commune=buchelay, numbers=["+33476549344"])
    for rank in range(10):
        line_of(name=f"Ligne {rank}")
    with counted() as after:
        client.get(HOME)

    words = " ".join(re.sub("<[^>]+>", " ", page).split())
    assert f"{demo.header_name} 1 0 0 1" in words and buchelay.header_name not in page
    assert len(after) == len(before) <= 10, str(after)
