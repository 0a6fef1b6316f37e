"""A resident subscribes with the code of the text, an agent sends a flash and reads its report, STOP ends it."""

import pytest
from playwright.sync_api import Page, expect

from deploy.processes import wait_until
from lps.accounts.doors import OFFICE
from lps.accounts.roles import Role
from notifications.models import Campaign, Consent, OutboxMessage, State, Subscriber
from notifications.services import subscriptions
from notifications.services.sms import number_lookup
from tests.isolation.cast import Town
from tests.journeys.conftest import Browse
from tests.journeys.seen import faults
from tests.journeys.test_every_page import give
from tests.live import Site
from tests.notifications.test_subscriptions import code_sent

FLASH = "Infos Flash (Alerte travaux, incident sur voie, météo, etc.)"
NUMBERS = {True: "06 12 34 56 01", False: "06 12 34 56 02"}
SUM = ["un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]


def answer_the_question(page: Page) -> None:
    question = page.locator("label[for=id_answer]").inner_text()
    first, second = question.removeprefix("Combien font ").split("?")[0].strip().split(" plus ")
    page.locator("#id_answer").fill(str(SUM.index(first) + SUM.index(second) + 2))
    page.wait_for_timeout(2100)  # a person takes longer


@pytest.mark.parametrize("script", [True, False], indirect=True, ids=["with script", "without script"])
def test_from_the_form_to_stop(site: Site, browse: Browse, script: bool) -> None:
    number = NUMBERS[script]
    site.work()
    with site.inside("buchelay") as commune:
        cookie = Town(commune, "MARSONE", "123456", "654321").agent(Role.SCHOOL)
    resident, agent = browse("buchelay", script=script, width=360), browse("buchelay", script=script, width=360)

    resident.goto("/sms/")
    resident.get_by_label("Titre").select_option("Mme")
    for label, value in (("Nom *", "DURAND"), ("Prénom *", "Zoé"), ("N° + rue *", "1 rue de la Paix")):
        resident.get_by_label(label, exact=True).fill(value)
    resident.get_by_label("Tél. GSM *").fill(number)
    resident.get_by_label("Email *").fill("zoe@example.org")
    resident.get_by_label(FLASH).check()
    answer_the_question(resident)
    resident.get_by_role("button", name="Recevoir mon code par SMS").click()
    expect(resident.get_by_role("heading", name="Votre code")).to_be_visible()
    if script:
        assert faults(resident, by_day=[360, 1280], by_night=[360]) == []
    with site.inside("buchelay"):
        code = code_sent()
    resident.get_by_label("Code reçu par SMS").fill(code)
    resident.get_by_role("button", name="Valider").click()
    expect(resident.get_by_text("Votre inscription est enregistrée.")).to_be_visible()
    if script:
        assert faults(resident, by_day=[360, 1280], by_night=[360]) == []

    give(agent, site, "buchelay", {OFFICE.cookie: cookie})
    agent.goto("/mairie/ecrire/")
    agent.get_by_role("link", name="Infos flash").click()
    words = f"Route coupée rue de la Paix ({'avec' if script else 'sans'} script)"
    agent.get_by_label("Texte du SMS").fill(words)
    agent.get_by_label("Danger").check()
    if script:
        expect(agent.get_by_text("1 destinataire par SMS")).to_be_visible()
    agent.get_by_role("button", name="Envoyer maintenant").click()
    expect(agent.get_by_text("C'est parti.")).to_be_visible()

    def has_left() -> bool:
        with site.inside("buchelay"):
            made = Campaign.objects.filter(sms_text=words).latest("pk")
            return OutboxMessage.objects.filter(campaign=made, state=State.SENT).exists()

    assert wait_until(has_left, seconds=60)
    agent.reload()
    expect(agent.get_by_role("heading", name="Compte rendu")).to_be_visible()
    if script:
        assert faults(agent, by_day=[360, 1280], by_night=[360]) == []

    with site.inside("buchelay"):
        lookup = number_lookup("+33" + number.replace(" ", "")[1:])
        subscriptions.stop(lookup=lookup, channel="sms")
        held = Subscriber.objects.get(lookup=lookup)
        assert not Consent.objects.filter(subscriber=held, ended_at=None).exists()
    agent.goto("/mairie/sms/abonnes/")
    entry = agent.get_by_role("listitem").filter(has_text=f"•{number[-2:]}")
    expect(entry).to_contain_text("arrêté")
    if script:
        assert faults(agent, by_day=[360, 1280], by_night=[360]) == []
