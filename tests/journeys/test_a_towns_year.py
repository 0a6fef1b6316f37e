"""A town's year, as its people live it: opened in August, exported in July.

Everything that somebody does goes through a browser, on pages that a real server answers; the clock alone is ours.
`PICTURES=folder make test` keeps a picture of each step there, 360 and 1280 pixels wide.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit
from zipfile import ZipFile
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from lps.accounts.totp import code_at
from lps.kernel import clock
from tests.journeys import test_journey_set_up as first_days
from tests.journeys.conftest import Browse
from tests.journeys.steps import press, recap, sign_in, sign_in_with_account, validate, written
from tests.journeys.year import Year, picture, year

__all__ = ("year",)
PARIS = ZoneInfo("Europe/Paris")
FATHER = "karim@essai.example"
SLUG, AGENT, PHRASE = "ville-d-essai", "nadia@essai.example", "une phrase de douze signes et plus"
august, october = (datetime(2026, month, day, 9, tzinfo=PARIS) for month, day in ((8, 24), (10, 2)))
CANTEEN, MORNING = "Cantine", "Accueil Matin"

HEAD = ("École", "Classe", "Enseignant", "Nom de l'enfant", "Prénom de l'enfant", "Né le", "Régimes", "Famille",
        "Adresse", "Code postal", "Ville", "Civilité 1", "Nom du représentant 1", "Prénom du représentant 1",
        "E-mail 1", "Téléphone 1")  # fmt: skip
# The first is separated, the second has three children, the third no e-mail.
PUPILS = (
    ("CE1", "Mme Aubry", "GARNIER", "Lou", "04/02/2019", "", "1 rue du Puits", "Mme", "Julie", "julie@essai.example"),
    ("CP", "M. Blin", "PETIT", "Adam", "11/05/2020", "", "2 rue du Puits", "M.", "Paul", "paul@essai.example"),
    ("CE1", "Mme Aubry", "PETIT", "Zoé", "12/06/2019", "", "2 rue du Puits", "M.", "Paul", "paul@essai.example"),
    ("CM2", "Mme Caron", "PETIT", "Hugo", "13/07/2016", "", "2 rue du Puits", "M.", "Paul", "paul@essai.example"),
    ("CM2", "Mme Caron", "ROUX", "Inès", "14/08/2016", "sans porc", "3 rue du Puits", "Mme", "Marie", ""),
)

LAST_NAMES = {first: last for _level, _teacher, last, first, *_rest in PUPILS}


def test_a_year_of_a_town(year: Year, browse: Browse, tmp_path: Path) -> None:  # noqa: F811
    year.at(august)
    agent = browse(SLUG, pages=year.pages)
    the_agent_comes_in(agent, the_operator_opens_the_town(year, browse("console", pages=year.pages)))
    codes = the_agent_sets_the_town_up(agent, tmp_path)
    the_agent_sets_the_prices(agent)
    codes["MERCIER"] = the_agent_gives_a_child_two_homes(agent)

    julie, paul = (browse(SLUG, pages=year.pages, width=360, abroad=year.treasury.url) for _ in range(2))
    books(comes_in(julie, codes, child="Lou", family="GARNIER"), date(2026, 9, 7), date(2026, 9, 8))
    books(comes_in(paul, codes, child="Zoé", family="PETIT"), date(2026, 9, 8))

    year.at(october)
    the_month_is_invoiced(agent, amounts={"GARNIER": "9,00 €", "PETIT": "4,50 €"})
    pays_online(paul, email="paul@essai.example")
    archive = the_town_takes_its_data(agent, tmp_path)
    assert "sql/billing_invoice.sql" in ZipFile(archive).namelist()


def the_operator_opens_the_town(year: Year, page: Page) -> str:  # noqa: F811
    """Give the link that its first agent receives."""
    sign_in_with_account(page, where="console", role="exploitant", path="/communes/nouvelle/")
    for label, words in (
        ("Nom en tête de page", "Ville d'essai"),
        ("Nom de la commune", "Essai"),
        ("Nom dans l'adresse", SLUG),
        ("Code INSEE", "78217"),
        ("Prénom et nom du premier agent", "Nadia Roche"),
        ("Son adresse e-mail", AGENT),
    ):
        page.get_by_label(label).fill(words)
    page.get_by_label("Zone scolaire").select_option("C")
    page.get_by_label("Aucun : la mairie fait tout").check()
    page.get_by_role("button", name="Ouvrir la commune").click()
    expect(page.get_by_text("La commune est ouverte. Son premier agent")).to_be_visible()
    picture(page, "opened")
    [mail] = year.site.mails_to(AGENT, subject="Votre accès")
    return urlsplit(mail["links"][0]).path


def the_agent_comes_in(page: Page, link: str) -> None:
    """A password, an authenticator, and the guided set-up."""
    page.goto(link)
    found = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page.inner_text("main"))
    assert found
    secret = found[0].replace(" ", "")
    page.locator("[name=new]").fill(PHRASE)
    page.locator("[name=again]").fill(PHRASE)
    page.locator("[name=code]").fill(code_at(secret=secret, at=clock.real_now()))
    page.get_by_role("button", name="Ouvrir mon accès").click()
    page.get_by_role("link", name="J'ai gardé mes codes").or_(page.get_by_role("button", name="J'ai gardé")).click()


def the_agent_sets_the_town_up(page: Page, folder: Path) -> dict[str, str]:
    """The guided set-up, but for the color; give the codes of the letters by who has them."""
    first_days.says_whom_to_call(page)
    page.get_by_role("link", name="Revenir à la mise en route").click()
    page.get_by_role("listitem").filter(has_text="Choisir la couleur").get_by_role("button", name="Passer").click()
    first_days.opens_the_year(page)
    first_days.starts_the_catalogue(page)
    first_days.reminds_of_the_deadline(page)
    first_days.follows_the_step(page, "Importer les familles")
    imports(page, families_file(folder))
    codes = prints_the_letters(page)
    picture(page, "letters")
    first_days.writes_a_message(page)
    first_days.ends_the_set_up(page)
    picture(page, "set up")
    return codes


def families_file(folder: Path) -> Path:
    """What the school's software gives."""
    book = Workbook()
    sheet = book.active
    assert sheet
    sheet.append(HEAD)
    for level, teacher, last, first, born, diet, street, title, parent, email in PUPILS:
        whose = (last, street, "78999", "Essai", title, last, parent, email, "06 39 98 00 01")
        sheet.append(("École du Puits", level, teacher, last, first, born, diet, *whose))
    book.save(folder / "familles.xlsx")
    return folder / "familles.xlsx"


def imports(page: Page, file: Path) -> None:
    page.locator("#fichier").set_input_files(file)
    page.get_by_role("button", name="Voir ce qui sera fait").click()
    page.get_by_role("button", name="Accepter").click()
    expect(page.get_by_text("L'import est terminé").first).to_be_visible(timeout=60_000)


def prints_the_letters(page: Page) -> dict[str, str]:
    """The codes as the families read them: a family's by its name, a child's by its first name."""
    first_days.follows_the_step(page, "Imprimer les lettres de codes")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Préparer les lettres").click()
    expect(page.get_by_role("link", name="(PDF)")).to_have_count(3, timeout=60_000)
    codes: dict[str, str] = {}
    for link in page.get_by_role("link", name="(PDF)").all():
        codes |= codes_in(bytes(page.evaluate(first_days.FETCH, link.get_attribute("href"))))
    return codes


def codes_in(letters: bytes) -> dict[str, str]:
    """What is printed on some letters."""
    codes: dict[str, str] = {}
    for sheet in PdfReader(BytesIO(letters)).pages:
        words = re.sub(r"\s", "", sheet.extract_text())
        [family] = re.findall(r"Codefamille.*?(\d{8})", words)
        name = next(row[2] for row in PUPILS if row[2] in words)
        codes[name] = family
        codes |= dict(re.findall(r"Codeenfantd(?:e|')(\D+?)(\d{8})", words))
    return codes


def the_agent_sets_the_prices(page: Page) -> None:
    """The cash office, what a lunch and a morning cost, PayFiP. A slip of the finger: a lunch should cost 3,50 €."""
    opens(page, "Tarifs")
    page.get_by_role("link", name="Créer la régie").click()
    page.get_by_role("textbox", name=re.compile("^Régie")).fill("Régie périscolaire")
    page.get_by_label("Code recette").fill("01")
    page.get_by_label("Trésorerie", exact=True).fill("Trésorerie d'Essai")
    page.get_by_role("button", name="Enregistrer").click()
    for activity, price in ((CANTEEN, "4,50"), (MORNING, "1,20")):
        opens(page, "Tarifs")
        page.get_by_role("link", name=activity, exact=True).click()
        page.locator("[name=in_0_1]").fill(price)
        page.get_by_role("button", name="Enregistrer ce tarif").click()
        expect(page.get_by_role("row").filter(has_text=activity).first).to_contain_text("01/09/2026")
    picture(page, "prices")
    opens(page, "Paiement en ligne")
    page.get_by_role("link", name="Régie périscolaire").click()
    page.get_by_label("Paiement en ligne").check()
    page.get_by_label("Numéro de client").fill("006382")
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_role("button", name="Essayer").click()
    expect(page.get_by_text("La DGFiP connaît le client 006382")).to_be_visible()
    picture(page, "payfip")


def the_agent_gives_a_child_two_homes(page: Page) -> str:
    """Lou's father lives elsewhere: his home has its own family code, which is given."""
    opens_the_family(page, "GARNIER")
    page.get_by_role("link", name="Lou GARNIER").click()
    page.get_by_role("link", name="Ajouter l'autre foyer").click()
    page.get_by_role("link", name="Créer l'autre foyer").click()
    page.get_by_label("Civilité").select_option("M.")
    page.get_by_label("Nom du parent", exact=True).fill("MERCIER")
    page.get_by_label("Prénom du parent").fill("Karim")
    page.get_by_label("Adresse e-mail").fill(FATHER)
    page.get_by_role("button", name="Créer ce foyer").click()
    page.get_by_role("link", name="Famille MERCIER").click()
    page.get_by_role("link", name="Codes et lettre").click()
    picture(page, "codes of the other home")
    return page.locator("dd.keep").first.inner_text()


def opens_the_family(page: Page, name: str) -> None:
    """As a clerk does, by its name."""
    opens(page, "Familles")
    page.get_by_role("searchbox").fill(name)
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("link", name=name).first.click()


def opens(page: Page, entry: str) -> None:
    """Through the rail."""
    page.get_by_role("navigation", name="Rubriques").get_by_role("link", name=entry, exact=True).click()


def comes_in(page: Page, codes: Mapping[str, str], *, child: str, family: str) -> Page:
    """With the codes of the letter."""
    sign_in(page, child=codes[f"{child}{LAST_NAMES[child]}"], family=codes[family])
    expect(page.get_by_role("heading", level=1)).to_contain_text(child)
    return page


def books(page: Page, *days: date, activity: str = CANTEEN) -> None:
    """Tick the days in the planning where the parent stands, all weeks being on it."""
    for day in days:
        press(page, activity, day)
    validate(page)
    assert recap(page) == [f"Réservation : {activity}, {written(day)}" for day in days]
    picture(page, "booked")


def the_month_is_invoiced(page: Page, *, amounts: Mapping[str, str]) -> None:
    """Computed, checked, numbered, published."""
    opens(page, "Facturation")
    page.get_by_role("link", name="Facturer un mois").click()
    page.get_by_role("button", name="Calculer les factures").click()
    page.get_by_role("button", name="J'ai tout vérifié").wait_for(timeout=60_000)
    for payer, amount in amounts.items():
        expect(page.get_by_role("row").filter(has_text=payer)).to_contain_text(amount)
    page.get_by_role("button", name="J'ai tout vérifié").click()
    page.get_by_role("link", name="Valider le lot").click()
    page.get_by_role("button", name="Numéroter les factures").click()
    page.get_by_role("link", name="Publier aux familles").click()
    page.get_by_role("button", name="Publier et prévenir les familles").click()
    expect(page.get_by_text(re.compile("^Les? PDF de")).first).to_be_visible(timeout=60_000)
    picture(page, "published")


def pays_online(page: Page, *, email: str) -> None:
    """By the four steps, the third on the Treasury's own page."""
    page.goto("/factures/tipi/")
    page.get_by_role("radio").first.check()
    page.get_by_label("Mon email").fill(email)
    page.get_by_role("button", name="Procéder au paiement").click()
    page.get_by_role("button", name="Payer en ligne").click()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Valider").click()
    page.get_by_role("link", name="RETOUR SITE").click()
    expect(page.get_by_role("heading", name="Votre paiement est accepté.")).to_be_visible()
    picture(page, "paid online")


def the_town_takes_its_data(page: Page, folder: Path) -> Path:
    """One file with everything."""
    opens(page, "Exporter la commune")
    for box in page.locator("main input[type=password]").all():
        box.fill(PHRASE)
    page.get_by_role("button", name="Exporter toute la commune").click()
    link = page.locator("a[href$='archive.zip']")
    expect(link).to_be_visible(timeout=60_000)
    picture(page, "exported")
    with page.expect_download() as waited:
        link.click()
    waited.value.save_as(folder / "commune.zip")
    return folder / "commune.zip"
