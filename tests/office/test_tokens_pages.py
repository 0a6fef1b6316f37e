"""Keys of the API: given with chosen rights, shown once, taken back."""

from datetime import timedelta

import pytest
from django.test import Client

from lps.accounts.models import ApiToken
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.models import Commune
from tests.accounts.factories import agent, browser, enter

LIST, NEW = "/mairie/jetons/", "/mairie/jetons/nouveau/"
KITCHEN = {"name": "Cuisine centrale", "scopes": ["catalogue:lire"]}


@pytest.fixture
def client(in_demo: Commune) -> Client:
    """An administrator's browser."""
    opened = browser(in_demo)
    assert enter(opened, agent(in_demo)).status_code == 302
    return opened


def test_a_token_is_shown_once_opens_what_was_ticked_and_is_taken_back(client: Client, in_demo: Commune) -> None:
    answer = client.post(NEW, KITCHEN)

    value = answer.context["made"].value
    token = ApiToken.objects.get(name="Cuisine centrale")
    assert value in answer.content.decode() and value not in client.get(LIST).content.decode()
    assert value not in str(list(ApiToken.objects.values())) + str(list(AuditEntry.objects.values()))
    software = browser(in_demo)
    software.defaults["HTTP_AUTHORIZATION"] = f"Bearer {value}"
    assert software.get("/api/v1/lieux/").status_code == 200
    assert software.get("/api/v1/familles/").status_code == 403

    assert "On ne peut pas revenir en arrière" in client.get(f"{LIST}{token.pk}/revoquer/").content.decode()
    assert software.get("/api/v1/lieux/").status_code == 200
    client.post(f"{LIST}{token.pk}/revoquer/")

    assert software.get("/api/v1/lieux/").status_code == 401
    assert "révoqué" in client.get(LIST).content.decode()


def test_a_token_ends_with_its_last_day(client: Client, in_demo: Commune) -> None:
    day = clock.real_now().astimezone(in_demo.zone).date() + timedelta(days=3)

    client.post(NEW, {**KITCHEN, "last_day": str(day)})

    ends = ApiToken.objects.get(name="Cuisine centrale").expires_at
    assert ends is not None and ends.astimezone(in_demo.zone).date() == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Donnez le nom du logiciel."),
        ({"name": "a\0"}, "nul"),
        ({"name": "x" * 5000}, "120"),
        ({"scopes": []}, "Choisissez au moins une permission."),
        ({"scopes": ["tout:faire"]}, "Cette permission n"),
        ({"last_day": "2001-01-01"}, "déjà passé"),
        ({"last_day": "9999-12-31"}, "entre 2000 et 2199"),
        ({"last_day": "demain"}, "existe pas"),
    ],
)
def test_what_is_wrong_is_told_and_no_token_is_given(client: Client, wrong: dict[str, object], said: str) -> None:
    answer = client.post(NEW, {**KITCHEN, **wrong})

    assert answer.status_code == 200 and said in answer.content.decode().replace("\u00a0", " ")
    assert not ApiToken.objects.exists()
