"""Périscotidien: a period is chosen once, its bookings are made in one go, then changed day by day in the grid."""

from datetime import date, timedelta

from playwright.sync_api import Locator, Page, expect

from booking.models import Activity, Period, PeriodChoice, ServiceDay
from booking.services.periods import add_period
from lps.accounts.doors import OFFICE
from lps.accounts.roles import Role
from tests.isolation.cast import Town
from tests.journeys.conftest import Browse
from tests.journeys.families import ANGELINE, BERTRAND, OF_BUCHELAY, booked, days_to_come, let_stand, soon
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

MORNING, EVENING = "Accueil Matin", "Accueil Soir"
BUS = "Transport scolaire 8h30"
MONDAY, THURSDAY = 0, 3
ASKS_BEFORE_LEAVING = """() => {
    const event = new Event("beforeunload", { cancelable: true });
    dispatchEvent(event);
    return event.defaultPrevented;
}"""
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
    [bus_day] = days_to_come(site, family, BUS, number=1)
    let_stand(site, family, {(BUS, bus_day): False})
    page = browse("demo", script=script)
    is_signed_in(page, site, family)
    open_planning(page, family, bus_day)

    form = block(page, period).get_by_role("group", name=MORNING)
    form.get_by_role("checkbox", name="Lundi").check()
    form.get_by_role("checkbox", name="Jeudi").check()
    if script:
        expect(page.locator("[data-count]")).to_have_text("Aucune modification. Période à enregistrer plus haut")
        assert page.evaluate(ASKS_BEFORE_LEAVING)
    press(page, BUS, bus_day)
    validate(page)

    assert recap(page) == [f"Réservation : {BUS}, {written(bus_day)}"]
    unsaved = block(page, period).get_by_role("alert")
    expect(unsaved).to_contain_text("Le planning est enregistré, mais pas encore cette période")
    expect(unsaved).to_be_focused()
    if script:
        assert page.evaluate(ASKS_BEFORE_LEAVING)
    press(page, BUS, bus_day)
    block(page, period).get_by_role("button", name="Enregistrer cette période").click()

    expect(page.get_by_role("heading", name="Période enregistrée")).to_be_visible()
    expect(block(page, period)).to_contain_text(VALIDATED)
    expect(block(page, period).get_by_role("checkbox")).to_have_count(0)
    expect(page.get_by_role("alert")).to_contain_text("1 modification du planning n'est pas encore validée")
    expect(tile(page, BUS, bus_day)).not_to_be_checked()
    if script:
        expect(page.locator("[data-count]")).to_have_text("1 modification à valider")
    chosen = days_of(site, "demo", period, MONDAY, THURSDAY)
    assert chosen
    assert chosen <= booked(site, family, MORNING)
    assert not days_of(site, "demo", period, 1, 4) & booked(site, family, MORNING)

    validate(page)
    assert recap(page) == [f"Annulation : {BUS}, {written(bus_day)}"]

    day = min(chosen)
    open_planning(page, family, day, group="periscolaire")
    expect(tile(page, MORNING, day)).to_be_checked()
    press(page, MORNING, day)
    validate(page)
    assert recap(page) == [f"Annulation : {MORNING}, {written(day)}"]
    assert booked(site, family, MORNING) >= chosen - {day}
    expect(block(page, period)).to_contain_text(VALIDATED)


def test_enter_on_a_day_saves_the_planning_and_no_period(site: Site, browse: Browse, script: bool) -> None:
    [day] = days_to_come(site, ANGELINE, BUS, number=1)
    let_stand(site, ANGELINE, {(BUS, day): False})
    page = browse("demo", script=script)
    with site.inside("demo"):
        other = add_period(first_day=day, last_day=day + timedelta(days=21), activities=[activity_named(EVENING).pk])
    is_signed_in(page, site, ANGELINE)
    open_planning(page, ANGELINE, day)

    block(page, other).get_by_role("checkbox").first.check()
    press(page, BUS, day)
    tile(page, BUS, day).press("Enter")

    assert recap(page) == [f"Réservation : {BUS}, {written(day)}"]
    expect(block(page, other).get_by_role("checkbox", checked=True)).to_have_count(1)
    with site.inside("demo"):
        assert not PeriodChoice.objects.filter(period=other).exists()
        other.delete()


def activity_named(name: str) -> Activity:
    """An activity of the town; inside the commune."""
    return Activity.objects.get(name=name)


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
