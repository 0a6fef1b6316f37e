"""An address that bounced or complained: the family and the town hall read it, with what to do; proving it ends it."""

import pytest
from django.test import Client

from lps.families.models import Household
from lps.journal.channels import Channel
from notifications.models import Address, Blocked, OutboxMessage
from notifications.queries import addresses_of, blocks_of
from notifications.services import blocking, preferences, prove_address
from tenants.models import Commune
from tests.families.agents import signed_in
from tests.families.doors import browser, cost, link_sent, sign_in
from tests.families.factories import BY, household
from tests.screens.reading import words

Why = Blocked.Why
CLAIRE, ON_FILE = "claire@example.org", "dossier@example.org"


@pytest.fixture
def home(in_demo: Commune) -> Household:
    """A family with an address on file and one proved."""
    made = household(name="REBONDI", email=ON_FILE)
    prove(made)
    return made


@pytest.fixture
def parent(martin: Household) -> Client:
    """A browser in which the MARTIN family is signed in, Claire's address proved."""
    one = browser()
    sign_in(one, martin)
    prove(martin)
    return one


def prove(home: Household, email: str = CLAIRE) -> Address:
    return prove_address(holder=home.holder, value=email, consent="essai", by=BY, channel=Channel.WEB)


def read(client: Client, path: str) -> str:
    return words(client.get(path).content.decode())


@pytest.mark.parametrize(
    ("why", "said"), [(Why.BOUNCE, "cette adresse a refusé nos messages"), (Why.COMPLAINT, "signalé comme indésirable")]
)
def test_the_family_reads_that_its_address_is_stopped_and_why(parent: Client, why: Blocked.Why, said: str) -> None:
    assert "ne reçoit plus rien" not in read(parent, "/messages/")

    blocking.block_address(CLAIRE.upper(), why=why)

    page = read(parent, "/messages/")
    assert f"{CLAIRE} ne reçoit plus rien" in page and said in page
    assert "M'envoyer un lien pour la valider" in page


def test_the_familys_button_sends_the_link_that_ends_it(parent: Client, martin: Household) -> None:
    blocking.block_address(CLAIRE, why=Why.BOUNCE)

    answer = parent.post("/preinscription/", {"email": CLAIRE}, follow=True)
    assert "Un email vient de vous être envoyé" in words(answer.content.decode())
    assert blocks_of([CLAIRE])
    browser().post(link_sent())

    assert "ne reçoit plus rien" not in read(parent, "/messages/")
    assert preferences.wants(list(addresses_of(martin.holder)), "reminder")


def test_an_address_that_works_is_not_asked_again(parent: Client) -> None:
    assert parent.post("/preinscription/", {"email": CLAIRE}).status_code == 400
    assert not OutboxMessage.objects.exists()


def test_the_town_hall_reads_it_beside_the_guardian_and_the_proved_address(home: Household, demo: Commune) -> None:
    agent, path = signed_in(demo), f"/mairie/familles/{home.pk}/"
    page = read(agent, path)
    assert CLAIRE in page and "Plus rien n'y est envoyé" not in page

    blocking.block_address(ON_FILE, why=Why.BOUNCE)
    blocking.block_address(CLAIRE, why=Why.COMPLAINT)

    page = read(agent, path)
    assert page.count("Plus rien n'y est envoyé depuis le") == 2
    assert "e-mail refusé" in page and "Vérifiez l'adresse avec la famille et corrigez-la" in page
    assert "signalé indésirable" in page and "à « Mes messages »" in page


def test_many_addresses_cost_the_town_hall_no_more_statements(home: Household, demo: Commune) -> None:
    agent, path = signed_in(demo), f"/mairie/familles/{home.pk}/"
    few = cost(agent, path)
    for number in range(5):
        prove(home, f"p{number}@example.org")

    assert cost(agent, path) == few
