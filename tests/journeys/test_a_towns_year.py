"""A town's year, as its people live it: opened in August, exported in July.

Everything that somebody does goes through a browser, on pages that a real server answers; the clock alone is ours.
`PICTURES=folder make test` keeps a picture of each step there, 360 and 1280 pixels wide.
"""

import logging
import re
from collections.abc import Mapping
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit
from zipfile import ZipFile
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from lps.accounts.totp import code_at
from lps.kernel import clock
from tests.journeys import test_journey_set_up as first_days
from tests.journeys.conftest import Browse
from tests.journeys.steps import all_of, press, recap, sign_in, sign_in_with_account, tile, validate, written
from tests.journeys.test_journey_reminder import link_in
from tests.journeys.test_journey_sms import FLASH, answer_the_question
from tests.journeys.year import Year, picture, year
from tests.voice.phone import OBSTACLE, call_and_hear, exchange_at_work, words_of
from voice.dialogue.facts import ChildFound, FindChild
from voice.services.town_side import TownSide

__all__ = ("year",)
log = logging.getLogger(__name__)
PARIS = ZoneInfo("Europe/Paris")
JULIE, FATHER = "julie@essai.example", "karim@essai.example"
CAMPAIGN = "Cantine de juin"
LINE = "0476549341"
NUMBER = "06 12 34 56 41"
SLUG, AGENT, PHRASE = "ville-d-essai", "nadia@essai.example", "une phrase de douze signes et plus"
CANTEEN, MORNING, WEDNESDAY = "Cantine", "Accueil Matin", "Mercredi"

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
    year.at(day_of(2026, 8, 24))
    agent = browse(SLUG, pages=year.pages, restarts=True)
    the_agent_comes_in(agent, the_operator_opens_the_town(year, browse("console", pages=year.pages, restarts=True)))
    codes = the_agent_sets_the_town_up(agent, tmp_path)
    codes["MERCIER"] = the_agent_gives_a_child_two_homes(agent)
    a_period_is_proposed(agent)
    only_one_may_come(agent, date(2026, 9, 9))

    at_home = {"pages": year.pages, "width": 360, "abroad": year.treasury.url, "restarts": True}
    julie, karim, paul, marie = (browse(SLUG, **at_home) for _ in range(4))
    books(comes_in(julie, codes, child="Lou", family="GARNIER"), date(2026, 9, 7), date(2026, 9, 8))
    the_address_is_proved(year, julie, JULIE)
    books(comes_in(karim, codes, child="Lou", family="MERCIER"), date(2026, 9, 10))
    books(comes_in(paul, codes, child="Zoé", family="PETIT"), date(2026, 9, 8))
    turns_to(paul, "Adam")
    a_period_is_chosen(paul, "Lundi", "Jeudi")
    turns_to(paul, "Hugo")
    books(paul, date(2026, 9, 9), activity=WEDNESDAY)
    books(comes_in(marie, codes, child="Inès", family="ROUX"), date(2026, 9, 7))
    books_by_telephone(year, tmp_path, marie, codes["InèsROUX"], date(2026, 9, 11))
    waits_for_a_place(marie)
    cancels(paul, date(2026, 9, 9), activity=WEDNESDAY)
    marie.get_by_role("link", name="Retour au planning").click()
    takes_the_place(year, marie, date(2026, 9, 9))

    year.at(day_of(2026, 9, 7))
    the_roll_is_called(agent, here="Inès", absent="Lou")

    year.at(day_of(2026, 9, 9))
    the_link_of_the_reminder_is_followed(year, julie)
    books(julie, date(2026, 9, 17))
    a_strike_closes_a_day(agent, date(2026, 9, 17))
    assert "Lou, Cantine, jeudi 17/09/2026" in year.site.mails_to(JULIE, subject="Fermeture : Grève")[0]["text"]

    year.at(day_of(2026, 10, 2))
    amounts = {"GARNIER": "9,00 €", "MERCIER": "4,50 €", "PETIT": "10,50 €", "ROUX": "21,00 €"}
    the_month_is_invoiced(agent, amounts=amounts)
    assert year.site.mails_to(JULIE, subject="facture")
    pays_online(paul, email="paul@essai.example")
    pays_at_the_counter(agent, "GARNIER", left="9,00 €", given="10")

    year.at(day_of(2026, 10, 19))
    comes_too_late_to_pay(marie)
    the_price_was_wrong(agent)
    who_has_not_paid_is_reminded(agent, "ROUX", left="19,00 €")

    year.at(day_of(2026, 12, 7))
    the_town_may_write_by_sms(agent)
    a_neighbor_subscribes(year, browse(SLUG, **at_home))
    a_flash_is_sent(agent)

    year.at(day_of(2027, 5, 10))
    a_campaign_asks_who_comes_back(agent)
    a_parent_answers(paul, "Zoé PETIT", "lundi", "jeudi")
    the_answers_are_decided(agent)

    year.at(day_of(2027, 7, 5))
    the_town_passes_to_the_next_year(agent)
    archive = the_town_takes_its_data(agent, tmp_path)
    assert "sql/billing_invoice.sql" in ZipFile(archive).namelist()


def day_of(year: int, month: int, day: int) -> datetime:  # noqa: F811
    """Past half past nine: the mails of the morning are due."""
    return datetime(year, month, day, 9, 35, tzinfo=PARIS)


def the_operator_opens_the_town(year: Year, page: Page) -> str:  # noqa: F811
    """Give the link that its first agent receives."""
    sign_in_with_account(page, where="console", role="exploitant", path="/communes/nouvelle/")
    for label, words in (
        ("Nom en tête de page", "Ville d'essai"),
        ("Nom de la commune", "Essai"),
        ("Nom dans l'adresse", SLUG),
        ("Code INSEE", "78217"),
        ("Numéro de son serveur vocal", LINE),
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
    first_days.follows_the_step(page, "Fixer les tarifs")
    the_agent_sets_the_prices(page)
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
    expect(page.get_by_role("button", name="Préparer les lettres")).to_be_visible()
    for box in all_of(page.get_by_role("checkbox")):
        box.check()
    page.get_by_role("button", name="Préparer les lettres").click()
    expect(page.get_by_role("link", name="(PDF)")).to_have_count(3, timeout=60_000)
    codes: dict[str, str] = {}
    for link in all_of(page.get_by_role("link", name="(PDF)")):
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
    page.get_by_role("link", name="Créer la régie").click()
    page.get_by_role("textbox", name=re.compile("^Régie")).fill("Régie périscolaire")
    page.get_by_label("Code recette").fill("01")
    page.get_by_label("Trésorerie", exact=True).fill("Trésorerie d'Essai")
    page.get_by_role("button", name="Enregistrer").click()
    for activity, price in ((CANTEEN, "4,50"), (MORNING, "1,20"), (WEDNESDAY, "12,00")):
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


def turns_to(page: Page, child: str) -> None:
    """To the planning of a brother or a sister."""
    page.get_by_role("navigation", name="Enfants").get_by_role("link", name=child).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(child)


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
    expect(page.get_by_role("button", name="Exporter toute la commune")).to_be_visible()
    for box in all_of(page.locator("main input[type=password]")):
        box.fill(PHRASE)
    page.get_by_role("button", name="Exporter toute la commune").click()
    link = page.locator("a[href$='archive.zip']")
    expect(link).to_be_visible(timeout=60_000)
    picture(page, "exported")
    with page.expect_download() as waited:
        link.click()
    waited.value.save_as(folder / "commune.zip")
    return folder / "commune.zip"


def the_address_is_proved(year: Year, page: Page, email: str) -> None:  # noqa: F811
    """By the link of a mail."""
    page.goto("/preinscription/")
    page.get_by_role("textbox", name="Email").fill(email)
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_text("Un email vient de vous être envoyé.")).to_be_visible()
    page.goto(link_in(year.site.mails_to(email)[0], "/adresse/"))
    page.get_by_role("button", name="Valider cette adresse").click()
    expect(page.get_by_role("heading", name="Adresse validée")).to_be_visible()


def a_period_is_proposed(page: Page) -> None:
    opens(page, "Périodes")
    page.get_by_role("link", name="Proposer une période").click()
    page.get_by_label("Du", exact=False).first.fill("2026-09-14")
    page.get_by_label("au (obligatoire)", exact=True).fill("2026-10-16")
    page.get_by_label(f"PERISCOLAIRE : {MORNING}").check()
    page.get_by_role("button", name="Proposer aux familles").click()
    expect(page.get_by_text("La période est prête.")).to_be_visible()


def a_period_is_chosen(page: Page, *weekdays: str) -> None:
    """Once, on the page of a child."""
    for weekday in weekdays:
        page.get_by_role("group", name=MORNING).get_by_role("checkbox", name=weekday).check()
    page.get_by_role("button", name="Enregistrer cette période").click()
    expect(page.get_by_role("heading", name="Période enregistrée")).to_be_visible()
    picture(page, "period")


def only_one_may_come(page: Page, day: date) -> None:
    """A Wednesday of one place."""
    opens(page, "Activités et dates limites")
    page.get_by_role("link", name=f"Jours et places de {WEDNESDAY}").click()
    page.locator("[name=first_day]").fill(day.isoformat())
    page.locator("[name=places]").fill("1")
    page.get_by_role("button", name="Voir ce que cela fera").click()
    page.get_by_role("button", name="Accepter").click()
    expect(page.get_by_text("les familles voient ces jours dès maintenant")).to_be_visible()


def waits_for_a_place(page: Page) -> None:
    page.get_by_text("liste d'attente").first.click()
    page.get_by_role("button", name="M'inscrire sur la liste d'attente").click()
    expect(page.get_by_text("Vous êtes en position 1 sur la liste.")).to_be_visible()
    picture(page, "waiting")


def books_by_telephone(year: Year, folder: Path, page: Page, code: str, day: date) -> None:  # noqa: F811
    """By a real call, read on the site at once. Who cannot call, or is not heard, books there; the log says why."""
    if OBSTACLE:
        log.warning("APPEL RÉEL NON ESSAYÉ : %s", OBSTACLE)
        books(page, day)
        return
    (folder / "prompts").mkdir()
    with exchange_at_work(folder / "calls", folder / "prompts") as real, year.inside(SLUG):
        found = TownSide("year").answer(FindChild(code=code), at=clock.now())
        assert isinstance(found, ChildFound)
        [key] = [str(rank) for rank, service in enumerate(found.services, 1) if service.name == CANTEEN]
        steps = [
            (words_of("code"), f"{code}#"),
            (words_of("service"), key),
            (words_of("date"), f"{day:%d%m}#"),
            (words_of("confirm_keys"), "1"),
            (words_of("after"), "9"),
        ]
        heard = call_and_hear(real, steps, dials=LINE, calls=1)
    page.reload()
    if tile(page, CANTEEN, day).is_checked():
        picture(page, "booked by telephone")
    else:  # a machine too busy for sound: `tests/voice` holds what a call must do
        log.warning("the call was not heard to its end: %s", heard)
        books(page, day)


def cancels(page: Page, day: date, *, activity: str) -> None:
    press(page, activity, day)
    validate(page)
    assert recap(page) == [f"Annulation : {activity}, {written(day)}"]


def takes_the_place(year: Year, page: Page, day: date) -> None:  # noqa: F811
    """A place was given back: it is proposed in the planning."""
    year.ticks()
    until(page, page.get_by_text("Place proposée"))
    books(page, day, activity=WEDNESDAY)


def a_strike_closes_a_day(page: Page, day: date) -> None:
    opens(page, "Fermetures")
    page.get_by_role("link", name="Fermer des jours").click()
    page.get_by_label("Du", exact=False).first.fill(day.isoformat())
    page.get_by_label("Activité", exact=True).select_option(label=CANTEEN)
    page.get_by_label("Motif, tel que les familles le lisent").fill("Grève")
    page.get_by_role("button", name="Voir ce qui sera annulé").click()
    picture(page, "closing")
    page.get_by_role("button", name="Fermer et prévenir les familles").click()
    expect(page.get_by_text("C'est fermé.")).to_be_visible()


def until(page: Page, wanted: Locator) -> None:
    """Look again until a worker has done its part."""
    for _time in range(60):
        if wanted.count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(page.inner_text("main"))


def pays_at_the_counter(page: Page, name: str, *, left: str, given: str) -> None:
    opens(page, "Encaissements")
    page.get_by_role("searchbox").fill(name)
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("link", name=name).first.click()
    expect(page.get_by_role("heading", name=f"À payer : {left}")).to_be_visible()
    page.get_by_label("Espèces données").fill(given)
    page.get_by_role("button", name="Encaisser et voir la quittance").click()
    expect(page.get_by_text("Remettez la quittance à la famille")).to_be_visible()
    picture(page, "paid at the counter")


def the_price_was_wrong(page: Page) -> None:
    """A lunch was to cost 3,50 €: replaced from September on, and what was asked too much is given back."""
    opens(page, "Tarifs")
    page.get_by_role("link", name=CANTEEN, exact=True).click()
    page.locator("[name=since]").fill("2026-09-01")
    page.locator("[name=in_0_1]").fill("3,50")
    page.get_by_text("Suppléments, absences et autres règles").click()
    page.get_by_label("Le tarif de cette date était erroné").check()
    page.get_by_role("button", name="Enregistrer ce tarif").click()
    expect(page.get_by_text("corrigez-les depuis leur lot")).to_be_visible()
    opens(page, "Facturation")
    page.get_by_role("link", name="SEPTEMBRE 2026").click()
    page.get_by_role("link", name="Corriger des factures").click()
    page.get_by_label("Toutes les familles").check()
    page.get_by_label(re.compile("^Motif")).fill("Tarif de la cantine erroné en septembre")
    page.get_by_role("button", name="Voir les différences").click()
    page.get_by_role("button", name="J'ai tout vérifié").wait_for(timeout=60_000)
    picture(page, "differences")
    page.get_by_role("button", name="J'ai tout vérifié").click()
    page.get_by_role("link", name="Valider le lot").click()
    page.get_by_role("button", name="Numéroter les avoirs").click()
    page.get_by_role("link", name="Publier aux familles").click()
    page.get_by_role("button", name="Publier et prévenir les familles").click()
    expect(page.get_by_text(re.compile("^Les? PDF de")).first).to_be_visible(timeout=60_000)


def comes_too_late_to_pay(page: Page) -> None:
    """After the term nothing is paid online any more: the page says where."""
    page.goto("/factures/tipi/")
    expect(page.get_by_role("button", name="Procéder au paiement")).to_have_count(0)
    expect(page.get_by_text("à régler directement à la Trésorerie d'Essai").first).to_be_visible()
    picture(page, "too late")


def who_has_not_paid_is_reminded(page: Page, name: str, *, left: str) -> None:
    opens(page, "Relances")
    page.get_by_role("link", name="Régler les niveaux").click()
    page.get_by_role("button", name="Commencer avec trois niveaux proposés").click()
    page.get_by_role("link", name="Revenir aux relances").click()
    expect(page.get_by_role("row").filter(has_text=name)).to_contain_text(left)
    picture(page, "reminders")
    page.get_by_role("button", name="Envoyer les relances cochées").click()
    expect(page.get_by_role("heading", name="Relances envoyées")).to_be_visible()


def the_roll_is_called(page: Page, *, here: str, absent: str) -> None:
    """From the first page; the kitchen has counted both."""
    opens(page, "Cuisine")
    expect(page.locator(".tile").filter(has_text="sans porc").locator("b")).to_have_text("1")
    picture(page, "kitchen")
    opens(page, "Pointage")
    page.get_by_role("link", name=re.compile(r"^Cantine(?! ADULTE)")).first.click()
    for name, button in ((here, "Là"), (absent, "Abs.")):
        line = page.get_by_role("listitem").filter(has_text=name)
        line.get_by_role("button", name=button, exact=True).click()
        expect(line.get_by_role("button", name=button, exact=True)).to_have_attribute("aria-pressed", "true")
    picture(page, "roll")


def the_link_of_the_reminder_is_followed(year: Year, page: Page) -> None:  # noqa: F811
    """The mail of the Wednesday opens the week that ends on Thursday."""
    year.ticks()
    [mail] = year.site.mails_to(JULIE, subject="jeudi")
    assert "Lou : rien n'est réservé." in mail["text"]
    page.goto(link_in(mail, "/semaine/"))
    expect(page.get_by_role("heading", name="Semaine N° ").first).to_contain_text("Semaine N° 38")


def the_town_may_write_by_sms(page: Page) -> None:
    """A provider (that of the tests), and a theme."""
    opens(page, "Courriels et SMS")
    page.locator("[name=provider]").select_option(label="console (essais)")
    page.get_by_label("Nom d'expéditeur des SMS").fill("ESSAI")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("C'est enregistré.")).to_be_visible()
    opens(page, "Service SMS")
    page.get_by_role("link", name="Ajouter un thème").click()
    page.get_by_label("Nom du thème").fill(FLASH)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Le thème est enregistré.")).to_be_visible()


def a_neighbor_subscribes(year: Year, page: Page) -> None:  # noqa: F811
    """To the flashes of the town, by SMS, with the code that her telephone receives."""
    page.goto("/sms/")
    page.get_by_label("Titre").select_option("Mme")
    for label, value in (("Nom *", "DURAND"), ("Prénom *", "Zoé"), ("N° + rue *", "1 rue de la Paix")):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Code postal *").fill("78999")
    page.get_by_label("Ville *").fill("Essai")
    page.get_by_label("Tél. GSM *").fill(NUMBER)
    page.get_by_label("Email *").fill("zoe@example.org")
    page.get_by_label(FLASH).check()
    answer_the_question(page)
    page.get_by_role("button", name="Recevoir mon code par SMS").click()
    expect(page.get_by_role("heading", name="Votre code")).to_be_visible()
    page.get_by_label("Code reçu par SMS").fill(year.code_sent("+33" + NUMBER.replace(" ", "")[1:]))
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_text("Votre inscription est enregistrée.")).to_be_visible()
    picture(page, "subscribed")


def a_flash_is_sent(page: Page) -> None:
    opens(page, "Écrire aux familles")
    page.get_by_role("link", name="Infos flash").click()
    page.get_by_label("Texte du SMS").fill("Route coupée rue du Puits, prenez la rue du Moulin")
    page.get_by_label("Danger").check()
    page.get_by_role("button", name="Envoyer maintenant").click()
    expect(page.get_by_text("C'est parti.")).to_be_visible()
    until(page, page.get_by_role("heading", name="Compte rendu"))
    picture(page, "flash")


def a_campaign_asks_who_comes_back(page: Page) -> None:
    opens(page, "Préinscriptions")
    page.get_by_role("link", name="Nouvelle campagne").click()
    page.get_by_label("Titre").fill(CAMPAIGN)
    page.get_by_label("Pour les jours du").fill("2027-06-07")
    page.get_by_label("au (obligatoire)", exact=True).fill("2027-07-02")
    page.get_by_label(f"CANTINE : {CANTEEN}").check()
    page.get_by_label("Réserver dans le planning les jours que vous validez").check()
    page.get_by_role("button", name="Créer la campagne").click()
    expect(page.get_by_text("La campagne est prête.")).to_be_visible()
    page.get_by_role("link", name="Ouvrir maintenant").click()
    page.get_by_role("button", name="Ouvrir aux familles").click()
    expect(page.get_by_text("La campagne est ouverte")).to_be_visible()


def a_parent_answers(page: Page, child: str, *weekdays: str) -> None:
    page.goto("/enfants/")
    page.get_by_role("link", name="Préinscription", exact=True).click()
    asked = page.locator("section.card").filter(has=page.get_by_role("heading", name=CAMPAIGN))
    asked.get_by_label(f"Oui, je réinscris {child}").check()
    for weekday in weekdays:
        box = page.get_by_role("checkbox", name=f"{child}, {CANTEEN}, {weekday}")
        asked.locator("label.day").filter(has=box).click()
    asked.get_by_role("button", name="Enregistrer ma réponse").click()
    expect(page.get_by_text("Votre réponse est enregistrée.")).to_be_visible()
    picture(page, "answer")


def the_answers_are_decided(page: Page) -> None:
    page.reload()
    page.get_by_role("link", name="Tout valider").click()
    page.get_by_role("button", name="Valider cette réponse").click()
    expect(page.get_by_text("C'est validé.")).to_be_visible()
    picture(page, "decided")


def the_town_passes_to_the_next_year(page: Page) -> None:
    """CM2 leave, the others go up; nothing shows before September."""
    opens(page, "Passage d'année")
    page.get_by_role("button", name="Préparer les classes").click()
    expect(page.get_by_role("status")).to_contain_text("L'année suivante est prête")
    page.get_by_role("link", name="Ajouter une classe").click()
    page.get_by_label("Nom de la classe").fill("CE2")
    page.get_by_label("Niveau").fill("CE2")
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_label("CE1 - Mme Aubry, École du Puits, va en").select_option(label="CE2")
    page.get_by_role("button", name="Enregistrer ces classes").click()
    picture(page, "next year")
    page.get_by_role("link", name="Voir ce qui sera fait").click()
    picture(page, "passage")
    page.get_by_role("button", name="Faire le passage").click()
    expect(page.get_by_role("status")).to_contain_text("Le passage est fait")
