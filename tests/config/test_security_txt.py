"""`/.well-known/security.txt`: on every host, with an end to come, and absent where nobody is named."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from lps.config import env, security_txt
from lps.kernel import clock
from tenants.models import Commune, CommuneState
from tests.accounts.factories import browser, console_browser

PATH = "/.well-known/security.txt"


@pytest.fixture
def named(settings: Settings) -> None:
    settings.LPS_SECURITY_CONTACTS = ("mailto:securite@editeur.example", "https://editeur.example/securite")


def test_every_host_names_whom_to_tell(named: None, demo: Commune) -> None:
    doors = [browser(demo), console_browser(), Client(headers={"host": "inconnue.localhost"})]

    answers = [door.get(PATH) for door in doors]

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["Content-Type"] for answer in answers} == {"text/plain; charset=utf-8"}
    [said] = {answer.content.decode() for answer in answers}
    lines = said.splitlines()
    assert lines[:2] == ["Contact: mailto:securite@editeur.example", "Contact: https://editeur.example/securite"]
    assert lines[3:] == ["Preferred-Languages: fr"]
    ends_at = datetime.fromisoformat(lines[2].removeprefix("Expires: "))
    assert timedelta(days=30) < ends_at - clock.real_now() < timedelta(days=365)


def test_a_town_out_of_service_names_them_too(named: None, demo: Commune) -> None:
    Commune.objects.filter(pk=demo.pk).update(state=CommuneState.SUSPENDED)

    assert browser(demo).get(PATH).status_code == 200


def test_it_is_only_read(named: None, demo: Commune) -> None:
    assert browser(demo).post(PATH).status_code == 405
    assert browser(demo).head(PATH).status_code == 200


def test_without_a_contact_there_is_no_such_page(settings: Settings, demo: Commune) -> None:
    settings.LPS_SECURITY_CONTACTS = ()

    assert [door.get(PATH).status_code for door in (browser(demo), console_browser())] == [404, 404]


def test_two_copies_of_a_day_are_alike(named: None) -> None:
    morning, evening = (datetime(2026, 11, 26, hour, 59, tzinfo=UTC) for hour in (0, 23))

    assert security_txt.text(now=morning) == security_txt.text(now=evening)
    assert security_txt.text(now=evening + timedelta(minutes=2)) != security_txt.text(now=evening)


def test_an_email_is_made_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESSAI", "securite@editeur.example, https://editeur.example/securite")

    assert env.contacts("ESSAI") == ("mailto:securite@editeur.example", "https://editeur.example/securite")
    monkeypatch.setenv("ESSAI", "")
    assert env.contacts("ESSAI") == ()


@pytest.mark.parametrize("given", ["securite", "http://editeur.example", "a@b\nExpires: 2000-01-01T00:00:00Z", "a@"])
def test_anything_else_stops_the_start(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESSAI", given)

    with pytest.raises(env.MissingSetting, match="ESSAI"):
        env.contacts("ESSAI")
