"""A family that lost its codes finds them again, by a mail that really comes."""

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Browse
from tests.live import Site

ADDRESS = "marsone@familles.example"
SUBJECT = "Vos codes des Parents Services"
ASKED = "Votre demande est enregistrée"


def ask_for_codes(page: Page, address: str) -> None:
    page.goto("/")
    page.get_by_role("link", name="Je rencontre des difficultés à me connecter").click()
    page.get_by_label("Adresse e-mail").fill(address)
    page.get_by_role("button", name="Recevoir le lien").click()
    expect(page.get_by_role("heading", name=ASKED)).to_be_visible()


def test_a_family_reads_its_codes_once_from_the_link_it_was_sent(site: Site, browse: Browse, script: bool) -> None:
    page = browse("demo", script=script)
    known = len(site.mails_to(ADDRESS, subject=SUBJECT, number=0))

    ask_for_codes(page, ADDRESS)
    mail = site.mails_to(ADDRESS, subject=SUBJECT, number=known + 1)[0]
    [link] = [link for link in mail["links"] if "/difficultes/" in link]
    page.goto(link)
    page.get_by_role("button", name="Afficher mes codes").click()

    for code in ("654321", "123456", "123457"):
        expect(page.get_by_text(code)).to_be_visible()
        assert code not in mail["text"] + mail["html"]
    page.goto(link)
    expect(page.get_by_role("heading", name="Ce lien n'est plus valable")).to_be_visible()
    expect(page.get_by_text("654321")).to_have_count(0)


def test_an_unknown_address_gets_the_same_answer_and_no_mail(site: Site, browse: Browse) -> None:
    known, stranger = browse("demo"), browse("demo")
    before = len(site.mails_to(ADDRESS, subject=SUBJECT, number=0))

    ask_for_codes(stranger, "personne@familles.example")
    ask_for_codes(known, ADDRESS)
    site.mails_to(ADDRESS, subject=SUBJECT, number=before + 1)  # after the stranger was answered

    assert stranger.locator("main").inner_text() == known.locator("main").inner_text()
    assert site.mails_to("personne@familles.example", number=0) == []
