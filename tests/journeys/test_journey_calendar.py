"""The town has a day of its own: an agent enters it, sees what it does, and the families find it closed."""

from datetime import timedelta

from playwright.sync_api import expect

from booking.models import Booking, ServiceDay
from lps.accounts.doors import OFFICE
from lps.accounts.roles import Role
from lps.kernel import clock
from tests.isolation.cast import Town
from tests.journeys.conftest import Browse
from tests.journeys.test_every_page import give
from tests.live import Site
from tests.zone import PARIS

BUS = "Transport scolaire 13h30"


def test_a_day_of_the_town_is_entered_previewed_and_taken_back(site: Site, browse: Browse, script: bool) -> None:
    with site.inside("demo") as commune:
        cookie = Town(commune, "MARSONE", "123456", "654321").agent(Role.SCHOOL)
        taken = Booking.objects.standing().values("day")
        after = clock.today(PARIS) + timedelta(days=60 if script else 75)
        held = ServiceDay.objects.filter(activity__name=BUS, open=True, day__gte=after).exclude(day__in=taken)
        day = held.order_by("day")[0].day
    agent = browse("demo", script=script)
    give(agent, site, "demo", {OFFICE.cookie: cookie})

    agent.goto("/mairie/calendrier/")
    agent.get_by_role("link", name="Ajouter un jour férié").click()
    agent.get_by_label("Nom").fill("Fête du village")
    agent.get_by_label("Jour", exact=False).first.fill(f"{day}")
    agent.get_by_role("button", name="Voir ce qui change").click()
    expect(agent.get_by_role("heading", name="Ce que le changement fera")).to_be_visible()
    with site.inside("demo"):
        assert ServiceDay.objects.filter(activity__name=BUS, day=day, open=True).exists(), "nothing is done yet"
    agent.get_by_role("button", name="Accepter").click()
    expect(agent.get_by_role("listitem").filter(has_text="Fête du village")).to_be_visible()

    with site.inside("demo"):
        assert not ServiceDay.objects.filter(activity__name=BUS, day=day, open=True).exists()
    row = agent.get_by_role("listitem").filter(has_text="Fête du village")
    row.get_by_role("link", name="Supprimer").click()
    agent.get_by_role("button", name="Supprimer").click()
    expect(agent.get_by_role("status")).to_be_visible()
    with site.inside("demo"):
        assert ServiceDay.objects.filter(activity__name=BUS, day=day, open=True).exists()
