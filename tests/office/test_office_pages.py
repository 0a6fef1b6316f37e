"""The town hall's first pages."""

from tenants.models import Commune
from tests.accounts.factories import agent, browser, enter


def test_the_first_page_greets_the_agent_in_the_town_hall(demo: Commune) -> None:
    client = browser(demo)
    enter(client, agent(demo))

    page = client.get("/mairie/").content.decode()

    assert "Bonjour Claire RÉGIE" in page and demo.header_name in page
    assert 'action="/mairie/deconnexion/"' in page
    assert 'aria-current="page"' in page


def test_the_sign_in_page_says_where_it_leads(demo: Commune) -> None:
    page = browser(demo).get("/mairie/connexion/?suivant=/mairie/journal/").content.decode()

    assert "Connexion des agents" in page
    assert 'name="suivant" value="/mairie/journal/"' in page
    assert 'autocomplete="one-time-code"' in page and "style=" not in page


def test_an_agents_name_is_never_markup(demo: Commune) -> None:
    client = browser(demo)
    enter(client, agent(demo, name="<b>Claire</b>"))

    assert "<b>Claire</b>" not in client.get("/mairie/").content.decode()


def test_the_familys_session_is_apart_from_the_agents(demo: Commune) -> None:
    client = browser(demo)
    enter(client, agent(demo))
    client.post("/mairie/deconnexion/")

    assert "lps_famille" not in client.cookies
