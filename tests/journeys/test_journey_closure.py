"""A strike: an agent sees whom it touches, closes, the family reads it; the strike ends, the booking is back."""

from datetime import timedelta

from playwright.sync_api import expect

from booking.models import ServiceDay
from lps.accounts.doors import OFFICE
from lps.accounts.roles import Role
from lps.families.queries.households import emails_of
from lps.kernel import clock
from tests.isolation.cast import Town
from tests.journeys.conftest import Browse
from tests.journeys.families import ANGELINE
from tests.journeys.steps import is_signed_in, open_planning, press, tile, validate
from tests.journeys.test_every_page import give
from tests.live import Site
from tests.zone import PARIS

BUS = "Transport scolaire 13h30"


def test_a_strike_is_previewed_closed_told_and_undone(site: Site, browse: Browse) -> None:
    with site.inside("demo") as commune:
        cookie = Town(commune, "MARSONE", "123456", "654321").agent(Role.SCHOOL)
        address = emails_of(ANGELINE.custody().household)[0]
        after = clock.today(PARIS) + timedelta(days=28)  # farther, the day after the summer is not open yet
        day = ServiceDay.objects.filter(activity__name=BUS, open=True, day__gte=after).order_by("day")[0].day
    family, agent = browse("demo"), browse("demo")
    is_signed_in(family, site, ANGELINE)
    open_planning(family, ANGELINE, day)
    if not tile(family, BUS, day).is_checked():
        press(family, BUS, day)
        validate(family)
    give(agent, site, "demo", {OFFICE.cookie: cookie})

    agent.goto("/mairie/fermetures/")
    agent.get_by_role("link", name="Fermer des jours").click()
    agent.get_by_label("Du", exact=False).first.fill(f"{day}")
    agent.get_by_label("Activité", exact=True).select_option(label=BUS)
    agent.get_by_label("Motif, tel que les familles le lisent").fill("Grève")
    agent.get_by_role("button", name="Voir ce qui sera annulé").click()
    expect(agent.get_by_role("rowheader", name="Angéline MARSONE")).to_be_visible()
    agent.get_by_role("button", name="Fermer et prévenir les familles").click()
    expect(agent.get_by_text("C'est fermé.")).to_be_visible()

    assert site.mails_to(address, subject="Fermeture : Grève")
    open_planning(family, ANGELINE, day)
    expect(tile(family, BUS, day)).to_have_count(0)

    agent.get_by_role("link", name="Annuler cette fermeture").click()
    agent.get_by_role("button", name="Annuler la fermeture").click()
    expect(agent.get_by_text("La fermeture est annulée.")).to_be_visible()
    open_planning(family, ANGELINE, day)
    expect(tile(family, BUS, day)).to_be_checked()
