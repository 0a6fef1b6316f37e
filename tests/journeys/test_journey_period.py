"""Périscotidien: a period is chosen once, its bookings are made in one go, then changed day by day in the grid."""

from datetime import date

from playwright.sync_api import Locator, Page, expect

from booking.models import Period, PeriodChoice, ServiceDay
from lps.accounts.doors import OFFICE
from lps.accounts.roles import Role
from tests.isolation.cast import Town
from tests.journeys.conftest import Browse
from tests.journeys.families import ANGELINE, BERTRAND, OF_BUCHELAY, booked, soon
from tests.journeys.steps import (
    is_signed_in,
    open_planning,
    press,
    recap,
    tile,
    validate,
    written,
)
from tests.journeys.test_every_page import give
from tests.live import Site

MORNING = "Accueil Matin"
MONDAY, THURSDAY = 0, 3
VALIDATED = "Période déjà validée (non modifiable)"


def open_period(site: Site, slug: str) -> Period:
    with site.inside(slug):
        return Period.objects.order_by("-first_day")[0]


def days_of(site: Site, slug: str, period: Period, *weekdays: int) -> set[date]:
    """The days of the period on which mornings are held, of these weekdays, whose deadline is far."""
    with site.inside(slug):
        held = ServiceDay.objects.filter(
            activity__name=MORNING, open=True, day__range=(max(period.first_day, soon()), period.last_day)
        )
        return {day for day in held.values_list("day", flat=True) if day.weekday() in weekdays}


def block(page: Page, period: Period) -> Locator:
    """A period as the page draws it: its form, or what was chosen."""
    title = f"Période du {period.first_day:%d/%m/%Y} au {period.last_day:%d/%m/%Y}"
    return page.locator("#periscotidien .stack").filter(has=page.get_by_role("heading", name=title))


def test_a_period_is_chosen_once_and_its_days_then_change_one_by_one(site: Site, browse: Browse, script: bool) -> None:
    family = BERTRAND if script else ANGELINE  # once a child
    period = open_period(site, "demo")
    page = browse("demo", script=script)
    is_signed_in(page, site, family)
    page.goto(f"/enfants/{family.child}/planning/")

    form = block(page, period).get_by_role("group", name=MORNING)
    form.get_by_role("checkbox", name="Lundi").check()
    form.get_by_role("checkbox", name="Jeudi").check()
    block(page, period).get_by_role("button", name="Enregistrer cette période").click()

    expect(page.get_by_role("heading", name="Période enregistrée")).to_be_visible()
    expect(block(page, period)).to_contain_text(VALIDATED)
    expect(block(page, period).get_by_role("checkbox")).to_have_count(0)
    chosen = days_of(site, "demo", period, MONDAY, THURSDAY)
    assert chosen
    assert chosen <= booked(site, family, MORNING)
    assert not days_of(site, "demo", period, 1, 4) & booked(site, family, MORNING)

    day = min(chosen)
    open_planning(page, family, day, group="periscolaire")
    expect(tile(page, MORNING, day)).to_be_checked()
    press(page, MORNING, day)
    validate(page)
    assert recap(page) == [f"Annulation : {MORNING}, {written(day)}"]
    assert booked(site, family, MORNING) >= chosen - {day}
    expect(block(page, period)).to_contain_text(VALIDATED)


def test_an_agent_reopens_a_period_and_the_family_chooses_again(site: Site, browse: Browse) -> None:
    period = open_period(site, "buchelay")
    family, agent = browse("buchelay"), browse("buchelay")
    is_signed_in(family, site, OF_BUCHELAY)
    choose(family, period, "Lundi")
    with site.inside("buchelay") as commune:
        give(agent, site, "buchelay", {OFFICE.cookie: Town(commune, "X", "48291573", "73026418").agent(Role.SCHOOL)})
        choice = PeriodChoice.objects.get(child=OF_BUCHELAY.custody().child, period=period)

    agent.goto(f"/mairie/periodes/{period.pk}/?qui=chosen")
    agent.goto(f"/mairie/periodes/choix/{choice.pk}/rouvrir/")
    agent.get_by_label("Motif").fill("La famille change de travail")
    agent.get_by_role("button", name="Rouvrir pour cet enfant").click()

    expect(agent.get_by_role("status")).to_contain_text("rouverte")
    before = booked(site, OF_BUCHELAY, MORNING)
    choose(family, period, "Jeudi")
    assert before | days_of(site, "buchelay", period, THURSDAY) <= booked(site, OF_BUCHELAY, MORNING)
    family.goto(f"/enfants/{OF_BUCHELAY.child}/modifications/")
    expect(family.get_by_role("main")).to_contain_text(MORNING)


def choose(page: Page, period: Period, weekday: str) -> None:
    """Choose one weekday of the mornings."""
    page.goto(f"/enfants/{OF_BUCHELAY.child}/planning/")
    form = block(page, period).get_by_role("group", name=MORNING)
    form.get_by_role("checkbox", name=weekday).check()
    block(page, period).get_by_role("button", name="Enregistrer cette période").click()
    expect(page.get_by_role("heading", name="Période enregistrée")).to_be_visible()
