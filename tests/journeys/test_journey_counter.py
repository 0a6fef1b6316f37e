"""A family telephones after the deadline, and an agent books; a child is ill, and an agent excuses it."""

from datetime import date
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from booking.models import Booking, ServiceDay
from lps.kernel import clock
from tests.journeys.conftest import Browse
from tests.journeys.families import ANGELINE, days_to_come, let_stand
from tests.journeys.steps import (
    is_signed_in,
    open_planning,
    press,
    recap,
    sign_in_with_account,
    tile,
    validate,
    written,
)
from tests.live import Site
from tests.zone import PARIS

BUS = "Transport scolaire 13h30"


@pytest.fixture
def late(site: Site) -> date:
    """Today, on which the bus runs and the child is not booked: its deadline was yesterday at the latest."""
    today = clock.today(PARIS)
    with site.inside("demo"):
        model = ServiceDay.objects.filter(activity__name=BUS).order_by("pk")[0]
        facts = {"open": True, "by_hand": True, "places": None}
        ServiceDay.objects.update_or_create(activity=model.activity, site=model.site, day=today, defaults=facts)
        standing = Booking.objects.standing().filter(child=ANGELINE.custody().child, activity__name=BUS, day=today)
        standing.update(canceled_at=clock.now())
    return today


def test_an_agent_books_after_the_deadline_and_the_parent_reads_why(site: Site, browse: Browse, late: date) -> None:
    with site.inside("demo"):
        household = ANGELINE.custody().household.pk
    year, week, _ = late.isocalendar()
    agent = browse("demo")
    sign_in_with_account(agent, where="demo", role="régie", path="/mairie/")

    agent.goto(f"/mairie/familles/{household}/reservations/?semaine={year}-W{week:02}&groupe=transport")
    press(agent, BUS, late)
    validate(agent)
    expect(agent.get_by_role("alert")).to_contain_text("Écrivez le motif")
    agent.get_by_label("Motif").fill("la maman a téléphoné")
    validate(agent)

    assert recap(agent) == [f"Réservation : {BUS}, {written(late)}"]
    parent = browse("demo")
    is_signed_in(parent, site, ANGELINE)
    parent.goto("/enfants/123456/modifications/")
    row = parent.get_by_role("row").filter(has_text=written(late)).first
    expect(row).to_contain_text("mairie, après la date limite\u00a0: la maman a téléphoné")


def test_a_sick_day_is_declared_with_a_photo_and_the_roll_says_excused(site: Site, browse: Browse) -> None:
    day = days_to_come(site, ANGELINE, BUS, number=1)[0]
    let_stand(site, ANGELINE, {(BUS, day): True})
    with site.inside("demo"):
        held = ServiceDay.objects.filter(activity__name=BUS, day=day).order_by("pk")[0].pk
    photo = BytesIO()
    Image.new("RGB", (40, 40), "white").save(photo, format="JPEG")

    parent = browse("demo")
    is_signed_in(parent, site, ANGELINE)
    parent.goto("/absences/nouvelle/?enfant=123456")
    parent.get_by_label("Premier jour d'absence").fill(day.isoformat())
    parent.get_by_label("Motif").select_option(label="Enfant malade")
    parent.get_by_label("Justificatif").set_input_files(
        {"name": "certificat.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()}
    )
    parent.get_by_role("button", name="Envoyer ma déclaration").click()
    expect(parent.get_by_text("Votre déclaration est enregistrée.")).to_be_visible()
    expect(parent.get_by_role("link", name="Voir ma photo")).to_be_visible()

    agent = browse("demo")
    sign_in_with_account(agent, where="demo", role="scolaire", path="/mairie/")
    agent.goto("/mairie/absences/")
    agent.get_by_role("link", name="Angéline MARSONE").filter(has_text=f"{day:%d/%m/%Y}").click()
    agent.get_by_role("button", name="Accepter l'absence").click()
    expect(agent.get_by_text("L'absence est acceptée.")).to_be_visible()
    agent.goto(f"/mairie/pointage/{held}/")

    expect(agent.get_by_role("listitem").filter(has_text="Angéline")).to_contain_text("absence justifiée")
    number = parent.get_by_role("heading", level=1).inner_text().split()[1]
    parent.reload()
    expect(parent.get_by_role("main")).to_contain_text("acceptée")
    open_planning(parent, ANGELINE, day)
    expect(tile(parent, BUS, day)).to_be_checked()
    expect(parent.locator(".day.away").filter(has=tile(parent, BUS, day))).to_contain_text("absence déclarée")
    parent.get_by_role("link", name=f"absence déclarée ({number})").click()
    expect(parent.get_by_role("heading", name=f"Absence {number}")).to_contain_text("acceptée")
