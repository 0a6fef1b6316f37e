"""From the invitation to the first sign-in, and back in when the telephone is lost; in a real browser."""

import re

from playwright.sync_api import Page, expect

from lps.accounts.totp import code_at
from lps.kernel import clock
from tests.journeys.conftest import Browse
from tests.journeys.seen import faults
from tests.journeys.steps import sign_in_with_account, texts_of
from tests.live import Site

CHOSEN = "quatre poires au fond du sac"


def test_from_the_invitation_to_the_first_sign_in_and_a_lost_telephone(
    site: Site, browse: Browse, script: bool
) -> None:
    where = "buchelay" if script else "demo"  # a code serves once
    address = f"nina.remplacante@{where}.example"
    admin = browse(where, script=script)
    sign_in_with_account(admin, where=where, role="administrateur", path="/mairie/agents/")
    admin.get_by_role("link", name="Inviter un agent").click()
    admin.get_by_label("Adresse e-mail").fill(address)
    admin.get_by_label("Prénom et nom").fill("Nina REMPLAÇANTE")
    admin.get_by_role("checkbox", name="scolaire : ").check()
    admin.get_by_role("button", name="Relire l'invitation").click()
    expect(admin.get_by_text("Rien n'est encore envoyé.")).to_be_visible()
    admin.get_by_role("button", name="Envoyer l'invitation").click()
    expect(admin.get_by_text("invité", exact=True)).to_be_visible()

    [mail] = site.mails_to(address, subject="Votre accès aux Parents Services")
    nina = browse(where, script=script, width=360)
    nina.goto(next(link for link in mail["links"] if "/mairie/acces/" in link))
    secret = nina.locator("b").filter(has_text=" ").last.inner_text().replace(" ", "")
    if script:
        assert faults(nina, by_day=(360, 1280), by_night=(360,)) == []
        nina.set_viewport_size({"width": 360, "height": 900})
    nina.get_by_label("Nouveau mot de passe").fill(CHOSEN)
    nina.get_by_label("Le même, encore une fois").fill(CHOSEN)
    nina.get_by_label("Le code affiché").fill(code_at(secret=secret, at=clock.real_now()))
    nina.get_by_role("button", name="Ouvrir mon accès").click()
    expect(nina.get_by_role("heading", name="Mes codes de secours")).to_be_visible()
    codes = texts_of(nina.get_by_role("listitem").filter(has_text=re.compile(r"\d{4} \d{4} \d{4}")))
    assert len(codes) == 10
    if script:
        assert faults(nina, by_day=(360, 1280), by_night=(360,)) == []
    nina.get_by_role("link", name="continuer").click()
    expect(nina.get_by_role("heading", level=1)).to_be_visible()

    elsewhere = browse(where, script=script)
    sign_in(elsewhere, address, codes[0])
    expect(elsewhere.get_by_text("il vous en reste 9")).to_be_visible()
    elsewhere.get_by_role("link", name="Changer de téléphone").click()
    elsewhere.get_by_label("Votre mot de passe actuel").fill(CHOSEN)
    elsewhere.get_by_role("button", name="Continuer").click()
    expect(elsewhere.get_by_role("heading", name="Changer de téléphone")).to_be_visible()
    renewed = elsewhere.locator("b").filter(has_text=" ").last.inner_text().replace(" ", "")
    assert renewed != secret
    elsewhere.get_by_label("Le code affiché").fill(code_at(secret=renewed, at=clock.real_now()))
    elsewhere.get_by_role("button", name="Utiliser ce téléphone").click()
    expect(elsewhere.get_by_text("L'ancien ne sert plus.")).to_be_visible()

    nina.goto("/mairie/")
    expect(nina.get_by_role("heading", name="Connexion des agents")).to_be_visible()
    sign_in(nina, address, codes[1])
    expect(nina.locator("#erreurs")).to_be_visible()


def sign_in(page: Page, address: str, code: str) -> None:
    """With the chosen password and a recovery code."""
    page.goto("/mairie/")
    page.get_by_label("Adresse e-mail").fill(address)
    page.get_by_label("Mot de passe").fill(CHOSEN)
    page.get_by_label("Code à usage unique").fill(code)
    page.get_by_role("button", name="Se connecter").click()
