"""The first day of a town: an agent begins with nothing, and a parent of the imported file books with printed codes."""

import re
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from lps.accounts.roles import Role
from tenants import queries
from tests.accounts import factories as people
from tests.accounts.factories import PASSWORD, Person
from tests.journeys.conftest import Browse
from tests.journeys.steps import recap, show, sign_in, validate
from tests.live import Site

SLUG = "saint-essai"
TURNS = 30  # pages of a list that fills up in the background


@pytest.fixture
def administrator(site: Site) -> Person:
    """Of a town opened with nothing in it."""
    words = ("--header", "Mairie de Saint-Essai", "--place", "Saint-Essai", "--insee", "78999", "--template", "aucun")
    with site.copy.standing_in():
        call_command("commune", "create", SLUG, *words, stdout=StringIO())
        return people.agent(queries.commune_by_slug(slug=SLUG), Role.ADMINISTRATOR, name="Alice MAIRE")


def test_from_an_empty_commune_to_a_roll_and_a_kitchen_count(
    site: Site, browse: Browse, administrator: Person, tmp_path: Path
) -> None:
    site.work()
    agent = browse(SLUG)
    come_in(agent, administrator)

    set_up(agent)
    import_the_example(agent, tmp_path)
    child, family, name = codes_of(letters(agent, tmp_path))
    write_a_message(agent)

    parent = browse(SLUG, width=360)
    sign_in(parent, child=child, family=family)
    expect(parent.get_by_role("heading", level=1)).to_have_text(name)
    day = book_a_lunch(parent)

    call_the_roll(agent, day, name)
    agent.goto(f"/mairie/cuisine/?jour={day}")
    expect(agent.locator(".tile b")).to_have_text("1")


def come_in(page: Page, person: Person) -> None:
    """Sign in, and begin where the first page says."""
    page.goto("/mairie/")
    page.get_by_label("Adresse e-mail").fill(person.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_label("Code à usage unique").fill(person.code())
    page.get_by_role("button", name="Se connecter").click()


def step(page: Page, name: str) -> None:
    """Open a step of the set-up that is the next one to do."""
    page.goto("/mairie/mise-en-route/")
    page.get_by_role("link", name=f"Faire cette étape : {name}").click()


def set_up(page: Page) -> None:
    """Contacts, color, school year, activities, deadlines."""
    step(page, "Dire qui les familles appellent")
    page.get_by_label("Qui appeler").fill("Le guichet")
    page.get_by_label("Téléphone").fill("01 30 98 10 78")
    page.get_by_role("button", name="Enregistrer").click()
    page.goto("/mairie/mise-en-route/")
    page.get_by_role("button", name="Passer : Choisir la couleur et le logo").click()
    step(page, "Ouvrir l'année scolaire")
    page.get_by_role("button", name="Ouvrir l'année").click()
    step(page, "Créer les activités")
    page.get_by_label("On réserve jusqu'au jeudi 17h00 de la semaine précédente").check()
    page.get_by_role("button", name="Créer ces activités").click()
    page.goto("/mairie/mise-en-route/")
    page.get_by_role("button", name="Passer : Relire les dates limites").click()


def import_the_example(page: Page, folder: Path) -> None:
    """Send the school that the product ships, read what it would do, accept it."""
    step(page, "Importer les familles")
    with page.expect_download() as waited:
        page.get_by_role("link", name=re.compile("exemple")).click()
    file = folder / "ecole.xlsx"
    waited.value.save_as(file)
    page.get_by_label("Fichier", exact=True).set_input_files(file)
    page.get_by_role("button", name="Voir ce qui sera fait").click()
    expect(page.get_by_role("heading", name="Ce qui sera fait")).to_be_visible()
    expect(page.get_by_text("à corriger")).to_have_count(0)
    page.get_by_role("button", name="Accepter").click()
    expect(page.get_by_text("L'import est terminé.")).to_be_visible(timeout=60_000)  # the page asks again by itself


def letters(page: Page, folder: Path) -> str:
    """Print the letters of a class; what the paper says, from the file."""
    step(page, "Imprimer les lettres de codes")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Préparer les lettres").click()
    link = page.get_by_role("link", name=re.compile(r"\(PDF\)"))
    for _ in range(TURNS):
        if link.count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    with page.expect_download() as waited:
        link.first.evaluate("link => { link.download = 'lettres.pdf'; link.click() }")
    file = folder / "lettres.pdf"
    waited.value.save_as(file)
    return PdfReader(file).pages[0].extract_text()


def codes_of(letter: str) -> tuple[str, str, str]:
    """A child's code, the family's, and the child's name, as they stand on paper."""
    found = re.search(r"Code enfant d(?:e |')(.+?)\n", letter)
    family, child = re.findall(r"\b\d{8}\b", letter)[:2]
    assert found, letter
    return child, family, found.group(1).strip()


def write_a_message(page: Page) -> None:
    """The first word of the town, then the set-up ends."""
    step(page, "Écrire un message d'accueil")
    page.get_by_label("Titre").fill("Bienvenue")
    page.get_by_label("Texte").fill("Le portail est **ouvert**.")
    page.get_by_role("button", name="Voir l'aperçu").click()
    expect(page.locator("strong")).to_have_text("ouvert")
    page.get_by_role("button", name="Publier").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.goto("/mairie/mise-en-route/")
    page.get_by_role("button", name="Terminer la mise en route").click()
    expect(page.get_by_role("status")).to_contain_text("Bienvenue")


def book_a_lunch(page: Page) -> date:
    """Tick the first lunch that may still be booked; its day."""
    show(page, group="CANTINE")
    box = page.locator("label.day input:not(:disabled)").first
    value = str(box.get_attribute("value"))
    box.check(force=True)
    validate(page)
    assert recap(page)
    return date.fromisoformat(value.partition("-")[2])


def call_the_roll(page: Page, day: date, name: str) -> None:
    """The child is expected, and is there."""
    page.goto(f"/mairie/pointage/?jour={day}")
    page.get_by_role("link", name="Cantine").first.click()
    line = page.get_by_role("listitem").filter(has_text=name)
    line.get_by_role("button", name="Là").click()
    expect(line.get_by_role("button", name="Là")).to_have_attribute("aria-pressed", "true")
