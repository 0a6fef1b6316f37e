"""A new town's first days, from nothing: an agent follows the set-up to the letters; a parent of the imported file
comes in with the printed codes, accepts the rules and books; the roll is called and the kitchen knows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from lps.accounts.services import create_account
from lps.accounts.totp import code_at
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from lps.office import set_up
from tests.journeys.conftest import Browse
from tests.journeys.seen import faults
from tests.journeys.steps import all_of, follow, recap, show, sign_in
from tests.live import Site

SLUG, EMAIL, PASSWORD = "orgeval", "maire@orgeval.example", "une phrase de douze signes"

FETCH = "async path => [...new Uint8Array(await (await fetch(path)).arrayBuffer())]"


@dataclass(frozen=True, slots=True)
class Opened:
    """A town just opened, and the telephone of its first agent."""

    totp_secret: str


@pytest.fixture(scope="module")
def opened(site: Site) -> Iterator[Opened]:
    """The command opens it without a catalogue; its first agent has an account, and nothing else is there."""
    words = ("--header", "Mairie d'Orgeval", "--place", "Orgeval", "--insee", "78466", "--template", "aucun")
    with site.copy.standing_in():
        call_command("commune", "create", SLUG, *words, stdout=StringIO())
    with site.inside(SLUG):
        made = create_account(
            email=EMAIL,
            name="Camille",
            password=PASSWORD,
            roles=["administrateur"],
            by=Actor.system("essai"),
            channel=Channel.AUTOMATIC,
        )
    yield Opened(made.totp_secret)


def test_a_new_town_is_set_up_and_a_parent_books(site: Site, browse: Browse, opened: Opened, tmp_path: Path) -> None:
    site.work()
    agent = browse(SLUG)
    comes_in(agent, opened)

    expect(agent.get_by_role("heading", name="0 étape sur 9")).to_be_visible()
    says_whom_to_call(agent)
    chooses_a_color(agent)
    opens_the_year(agent)
    starts_the_catalogue(agent)
    reminds_of_the_deadline(agent)
    leaves_the_prices(agent)
    imports_the_school(agent, tmp_path)
    child, family = prints_the_letters(agent)
    writes_a_message(agent)
    ends_the_set_up(agent)
    publishes_the_rules(agent)

    parent = browse(SLUG, width=360)
    reads_the_message(parent)
    sign_in(parent, child=child, family=family)
    accepts_the_rules(parent)
    day = books(parent)
    carries_the_proof(parent, tmp_path)

    calls_the_roll(agent, day)
    agent.goto(f"/mairie/cuisine/?jour={day}")
    expect(agent.locator(".tile b")).to_have_text("1")
    agent.goto("/mairie/reglements/")
    agent.get_by_role("link", name="Règlement du périscolaire").click()
    agent.get_by_role("link", name="Voir lesquelles").click()
    expect(agent.get_by_role("row").filter(has_text="ABADIE").first).to_contain_text("le ")


def comes_in(page: Page, opened: Opened) -> None:
    page.goto("/mairie/")
    page.get_by_label("Adresse e-mail").fill(EMAIL)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_label("Code à usage unique").fill(code_at(secret=opened.totp_secret, at=clock.real_now()))
    page.get_by_role("button", name="Se connecter").click()
    page.get_by_role("link", name="Revenir à la mise en route").click()


def follows_the_step(page: Page, name: str) -> None:
    """The next step is the one with the main button; it leads to the page that does it."""
    if "/mise-en-route/" not in page.url:
        page.get_by_role("link", name="Revenir à la mise en route").click()
    page.get_by_role("link", name=f"Faire cette étape : {name}").click()


def says_whom_to_call(page: Page) -> None:
    follows_the_step(page, "Dire qui les familles appellent")
    page.get_by_label("Qui appeler").fill("Le guichet des familles")
    page.get_by_label("Téléphone").fill("01 39 08 33 40")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("C'est enregistré")).to_be_visible()


def chooses_a_color(page: Page) -> None:
    follows_the_step(page, "Choisir la couleur et le logo")
    page.locator("[name=couleur]").fill("#ffcc00")
    page.get_by_role("button", name="Voir un essai").click()
    expect(page.get_by_text("Telle quelle, cette couleur se lirait mal")).to_be_visible()
    assert faults(page, by_day=(360,), by_night=(360,)) == []
    page.get_by_role("button", name="Garder cette couleur").click()
    expect(page.get_by_text("La couleur est changée")).to_be_visible()


def opens_the_year(page: Page) -> None:
    follows_the_step(page, "Ouvrir l'année scolaire")
    page.get_by_label("Zone des vacances").select_option("C")
    page.get_by_role("button", name="Ouvrir l'année").click()
    expect(page.get_by_text("L'année scolaire est ouverte")).to_be_visible()


def starts_the_catalogue(page: Page) -> None:
    follows_the_step(page, "Créer les activités")
    page.get_by_label("On réserve jusqu'au jeudi 17h00 de la semaine précédente").check()
    page.get_by_role("button", name="Créer ces activités").click()
    expect(page.get_by_text("Vos activités sont prêtes")).to_be_visible()


def reminds_of_the_deadline(page: Page) -> None:
    follows_the_step(page, "Relire les dates limites")
    page.get_by_label("Rappel de la date limite").fill("Choix modifiables avant chaque jeudi, 17 heures")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("C'est enregistré")).to_be_visible()


def leaves_the_prices(page: Page) -> None:
    """Its meals are invoiced elsewhere."""
    page.get_by_role("link", name="Revenir à la mise en route").click()
    page.get_by_role("button", name="Passer : Fixer les tarifs").click()
    expect(page.get_by_text("Étape passée")).to_be_visible()


def imports_the_school(page: Page, folder: Path) -> None:
    """The example that the page itself gives."""
    follows_the_step(page, "Importer les familles")
    with page.expect_download() as waited:
        page.get_by_role("link", name="un exemple d'école").click()
    file = folder / "ecole.xlsx"
    waited.value.save_as(file)
    page.locator("#fichier").set_input_files(file)
    page.get_by_role("button", name="Voir ce qui sera fait").click()
    page.get_by_role("button", name="Accepter").click()
    expect(page.get_by_text("L'import est terminé").first).to_be_visible(timeout=60_000)


def prints_the_letters(page: Page) -> tuple[str, str]:
    """The codes of the ABADIE family, as they are read on its printed letter."""
    follows_the_step(page, "Imprimer les lettres de codes")
    expect(page.get_by_role("button", name="Préparer les lettres")).to_be_visible()
    for box in all_of(page.get_by_role("checkbox")):
        box.check()
    page.get_by_role("button", name="Préparer les lettres").click()
    expect(page.locator("[data-ended]")).to_be_visible(timeout=60_000)
    texts = [
        sheet.extract_text()
        for link in all_of(page.get_by_role("link", name="(PDF)"))
        for sheet in PdfReader(BytesIO(bytes(page.evaluate(FETCH, link.get_attribute("href"))))).pages
    ]
    words = next(squeezed for squeezed in (re.sub(r"\s", "", text) for text in texts) if "ABADIE" in squeezed)
    family, child = (re.search(rf"{label}.*?(\d{{8}})", words) for label in ("Codefamille", "Codeenfantde"))
    assert family and child, words
    return child[1], family[1]


def writes_a_message(page: Page) -> None:
    follows_the_step(page, "Écrire un message d'accueil")
    page.get_by_label("Titre").fill("Bienvenue sur le portail")
    page.locator("[name=body]").fill("Réservez la **cantine** dès maintenant.\n\n- à la semaine\n- au mois")
    page.get_by_role("button", name="Voir l'aperçu").click()
    expect(page.locator("article").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Publier").click()
    expect(page.get_by_text("Le message est publié")).to_be_visible()


def ends_the_set_up(page: Page) -> None:
    page.get_by_role("link", name="Revenir à la mise en route").click()
    expect(page.get_by_role("heading", name=f"{len(set_up.Step)} étapes sur {len(set_up.Step)}")).to_be_visible()
    page.get_by_role("button", name="Terminer la mise en route").click()
    expect(page.get_by_text("La mise en route est terminée")).to_be_visible()


def publishes_the_rules(page: Page) -> None:
    page.goto("/mairie/reglements/nouveau/")
    page.get_by_label("Titre").fill("Règlement du périscolaire")
    page.locator("[name=body]").fill("# Article 1\n\nSoyez **à l'heure** le soir.")
    page.get_by_role("button", name="Enregistrer et voir l'aperçu").click()
    page.get_by_role("button", name="Publier").click()
    expect(page.get_by_text("Le règlement est publié")).to_be_visible()


def reads_the_message(page: Page) -> None:
    page.goto("/")
    message = page.locator("article").filter(has_text="Bienvenue sur le portail")
    expect(message.locator("strong")).to_have_text("cantine")
    expect(message.get_by_role("listitem")).to_have_count(2)


def accepts_the_rules(page: Page) -> None:
    """First put off; then the save asks, and one button accepts and saves."""
    expect(page.get_by_role("heading", name="Article 1")).to_be_visible()
    assert faults(page, by_day=(360,), by_night=(360,)) == []
    page.set_viewport_size({"width": 360, "height": 900})
    page.get_by_role("link", name="Plus tard").click()


def books(page: Page) -> date:
    """The first lunch that may be booked from next month on; its day."""
    show(page, group="CANTINE")
    free = page.locator("label.day:has(input:enabled)")
    follow(page, "Suivant")
    while not free.count():
        follow(page, "Suivant")
    day = date.fromisoformat(str(free.first.locator("input").get_attribute("value")).partition("-")[2])
    free.first.click()
    page.get_by_role("button", name="Validez vos modifications").click()
    expect(page.get_by_text("Une dernière étape avant d'enregistrer")).to_be_visible()
    page.get_by_role("button", name="J'accepte et j'enregistre").click()
    assert len(recap(page)) == 1
    return day


def calls_the_roll(page: Page, day: date) -> None:
    """The child who is booked is expected, and is there."""
    page.goto(f"/mairie/pointage/?jour={day}")
    page.get_by_role("link", name=re.compile(r"^Cantine(?! ADULTE)")).first.click()
    line = page.get_by_role("listitem").filter(has_text="ABADIE")
    line.get_by_role("button", name="Là").click()
    expect(line.get_by_role("button", name="Là")).to_have_attribute("aria-pressed", "true")


def carries_the_proof(page: Page, folder: Path) -> None:
    page.goto("/reglement/")
    expect(page.get_by_text("La famille ABADIE a accepté ce règlement")).to_be_visible()
    page.goto("/donnees-personnelles/")
    with page.expect_download() as waited:
        page.get_by_role("link", name="Télécharger en JSON").click()
    waited.value.save_as(folder / "famille.json")
    assert "Règlement du périscolaire" in (folder / "famille.json").read_text()
