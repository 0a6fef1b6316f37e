"""Agents and the operator come in by three proofs; a family's request about its data is answered."""

import csv
import json
from pathlib import Path

from playwright.sync_api import Page, expect

from lps.families.queries.households import emails_of
from tests.journeys.conftest import Browse
from tests.journeys.families import OF_BUCHELAY
from tests.journeys.steps import is_signed_in, sign_in_with_account
from tests.live import Site


def test_an_agent_comes_in_with_a_one_time_code_and_leaves(browse: Browse, script: bool) -> None:
    role = "cantine" if script else "animation"  # a code serves once
    page = browse("demo", script=script)

    sign_in_with_account(page, where="demo", role=role, path="/mairie/")

    expect(page.get_by_text(f"Bonjour Agent {role}.")).to_be_visible()
    page.get_by_role("button", name="Déconnexion").click()
    expect(page.get_by_role("heading", name="Connexion des agents")).to_be_visible()
    page.goto("/mairie/")
    expect(page.get_by_role("heading", name="Connexion des agents")).to_be_visible()


def test_a_password_without_its_one_time_code_opens_nothing(browse: Browse) -> None:
    page = browse("demo")

    sign_in_with_account(page, where="demo", role="régie", path="/mairie/", code="000000")

    expect(page.locator("#erreurs")).to_be_focused()
    page.goto("/mairie/")
    expect(page.get_by_role("heading", name="Connexion des agents")).to_be_visible()


def test_the_operator_sees_both_communes(browse: Browse) -> None:
    page = browse("console")

    sign_in_with_account(page, where="console", role="exploitant", path="/")

    expect(page.get_by_role("heading", name="Communes", exact=True)).to_be_visible()
    for name in ("Mairie de démonstration", "Ville de Buchelay"):
        expect(page.get_by_role("rowheader", name=name)).to_be_visible()


def test_a_family_takes_its_data_away_and_an_agent_answers_its_request(
    site: Site, browse: Browse, tmp_path: Path
) -> None:
    with site.inside("buchelay"):
        address = emails_of(OF_BUCHELAY.custody().household)[0]
    family = browse("buchelay")
    is_signed_in(family, site, OF_BUCHELAY)
    family.goto("/donnees-personnelles/")

    taken = json.loads(downloaded(family, "Télécharger en JSON", tmp_path).read_text())
    assert "Yanis" in json.dumps(taken, ensure_ascii=False)
    table = downloaded(family, "Télécharger en CSV", tmp_path).read_text(encoding="utf-8-sig")
    assert any("Jeanne" in cell for row in csv.reader(table.splitlines()) for cell in row)

    words = "Le prénom de Yanis est mal écrit."
    family.get_by_label("Précisions").fill(words)
    family.get_by_role("button", name="Envoyer ma demande").click()
    expect(family.get_by_role("listitem").filter(has_text=words)).to_contain_text("en attente")

    agent = browse("buchelay")
    sign_in_with_account(agent, where="buchelay", role="scolaire", path="/mairie/")
    agent.get_by_role("navigation", name="Rubriques").get_by_role("link", name="Demandes").click()
    agent.get_by_role("listitem").filter(has_text="à traiter").get_by_role("link", name="Lemaire").click()
    expect(agent.get_by_text(words)).to_be_visible()
    agent.get_by_label("Réponse à la famille").fill("C'est corrigé.")
    agent.get_by_role("button", name="Envoyer la réponse").click()
    expect(agent.get_by_role("listitem").filter(has_text="traitée")).to_have_count(1)

    [mail] = site.mails_to(address, subject="La mairie a répondu à votre demande")
    family.goto(next(link for link in mail["links"] if link.endswith("/donnees-personnelles/")))
    expect(family.get_by_text("C'est corrigé.")).to_be_visible()


def downloaded(page: Page, name: str, folder: Path) -> Path:
    """Follow a link that gives a file."""
    with page.expect_download() as waited:
        page.get_by_role("link", name=name).click()
    file = folder / waited.value.suggested_filename
    waited.value.save_as(file)
    return file
