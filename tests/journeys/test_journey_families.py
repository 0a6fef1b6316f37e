"""A clerk and a family: entered at the counter, found under a misspelled name, moved, given new codes that open."""

import re

from playwright.sync_api import Page, expect

from lps.kernel import clock
from tests.journeys.conftest import Browse
from tests.journeys.steps import sign_in, sign_in_with_account, texts_of
from tests.live import Site

NAME = "TCHERNOVSKI"


def test_a_family_is_entered_found_moved_and_given_new_codes(site: Site, browse: Browse) -> None:
    clerk = browse("buchelay")
    sign_in_with_account(clerk, where="buchelay", role="administrateur", path="/mairie/familles/")

    enters_the_family(clerk)
    adds_a_child(clerk)
    is_found_as(clerk, "tchernovsky")
    with site.inside("buchelay") as commune:
        today = clock.today(commune.zone)
    moves_the_child(clerk, since=f"{today:%Y-%m-%d}")
    old = reads_the_codes(clerk)

    parent = browse("buchelay", width=360)
    sign_in(parent, **old)
    expect(parent.get_by_role("heading", level=1)).to_contain_text(NAME)

    gives_new_codes(clerk)
    new = reads_the_codes(clerk)
    assert new["child"] == old["child"] and new["family"] != old["family"]

    parent.reload()
    expect(parent.get_by_role("button", name="connexion")).to_be_visible()
    sign_in(parent, **old)
    expect(parent.locator("#erreurs")).to_be_visible()
    sign_in(parent, **new)
    expect(parent.get_by_role("heading", level=1)).to_contain_text(NAME)


def enters_the_family(page: Page) -> None:
    page.get_by_role("link", name="Ajouter une famille").click()
    page.get_by_role("textbox", name=re.compile("^Nom de l'enfant")).fill(NAME)
    page.get_by_label("Prénom de l'enfant").fill("Olga")
    page.get_by_label("Classe").select_option(index=1)
    page.get_by_label("Prénom du parent").fill("Irina")
    page.get_by_label("Téléphone").fill("06 12 34 56 78")
    page.get_by_role("button", name="Créer la famille").click()
    expect(page.get_by_role("heading", name=f"Famille {NAME}")).to_be_visible()


def adds_a_child(page: Page) -> None:
    page.get_by_role("link", name="Ajouter un enfant").click()
    page.get_by_role("textbox", name=re.compile("^Prénom")).fill("Boris")
    page.get_by_role("button", name="Ajouter cet enfant").click()
    expect(page.get_by_text(f"Boris {NAME}").first).to_be_visible()


def is_found_as(page: Page, typed: str) -> None:
    """Though it is not spelled so."""
    page.goto("/mairie/familles/")
    page.get_by_role("searchbox").fill(typed)
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("link", name=NAME).click()


def moves_the_child(page: Page, *, since: str) -> None:
    page.get_by_role("link", name=f"Olga {NAME}").click()
    page.get_by_role("link", name="Changer de classe").click()
    page.get_by_label("Nouvelle classe").select_option(index=2)
    page.get_by_label("À partir du").fill(since)
    page.get_by_role("button", name="Voir ce qui va changer").click()
    expect(page.get_by_text("Rien n'est encore fait.")).to_be_visible()
    page.get_by_role("button", name="Confirmer le changement").click()
    expect(page.get_by_role("status")).to_be_visible()


def reads_the_codes(page: Page) -> dict[str, str]:
    """The family's and a child's, from the page of who prints letters."""
    page.goto("/mairie/familles/?q=tchernovski")
    page.get_by_role("link", name=NAME).click()
    page.get_by_role("link", name="Codes et lettre").click()
    expect(page.locator("dd.keep").first).to_be_visible()
    family, child = texts_of(page.locator("dd.keep"))[:2]
    return {"family": family, "child": child}


def gives_new_codes(page: Page) -> None:
    """For a reason."""
    page.get_by_role("link", name="Changer le code famille").click()
    page.get_by_label("Pourquoi").fill("lettre perdue")
    page.get_by_role("button", name="Changer le code maintenant").click()
    expect(page.get_by_role("status")).to_be_visible()
