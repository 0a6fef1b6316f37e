"""An operator enters a town to look, under its eyes, and is refused whatever would change it."""

import re

from playwright.sync_api import expect

from tests.journeys.conftest import Browse
from tests.journeys.seen import faults
from tests.journeys.steps import sign_in_with_account
from tests.live import Site


def test_an_operator_looks_at_a_town_which_knows_it(site: Site, browse: Browse) -> None:
    console = browse("console")
    sign_in_with_account(console, where="console", role="exploitant", path="/communes/demo/entrer/")
    console.get_by_label("Motif").fill("À la demande de Mme Martin, menu absent")
    console.get_by_role("button", name="Préparer la visite").click()
    link = console.get_by_role("link", name="Entrer maintenant").get_attribute("href") or ""

    town = browse("demo")
    town.goto(link[link.index("/mairie/") :])
    assert faults(town) == []
    town.get_by_role("button", name="Entrer").click()
    expect(town.get_by_text(re.compile("en lecture seule.*Mme Martin"))).to_be_visible()
    town.goto("/mairie/messages/nouveau/")
    town.get_by_label("Titre").fill("Essai")
    town.get_by_label("Texte").fill("Essai")
    town.locator("main form[method=post] button.main").first.click()
    expect(town.get_by_role("heading", name="Rien n'a été changé")).to_be_visible()
    assert faults(town) == []
    town.goto("/mairie/visites/")
    expect(town.get_by_text("À la demande de Mme Martin, menu absent", exact=True)).to_be_visible()
    assert faults(town) == []
    town.get_by_role("button", name="Quitter la commune").first.click()
    expect(town.get_by_role("heading", name="Visite terminée")).to_be_visible()
    town.goto("/mairie/")
    expect(town.get_by_role("heading", name="Connexion des agents")).to_be_visible()
