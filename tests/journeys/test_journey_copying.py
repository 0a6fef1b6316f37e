"""A parent fills several weeks, then a brother's planning, from what was ticked once; and validates both."""

from datetime import timedelta

from playwright.sync_api import expect

from tests.journeys.conftest import Browse
from tests.journeys.families import ANGELINE, BERTRAND, booked, days_to_come, let_stand
from tests.journeys.steps import is_signed_in, open_planning, press, recap, tile, validate, written
from tests.live import Site

MORNING = "Transport scolaire 8h30"


def test_a_week_is_repeated_then_copied_to_the_brother(site: Site, browse: Browse) -> None:
    day = days_to_come(site, ANGELINE, MORNING, number=1)[0]
    later = [day + timedelta(weeks=number) for number in range(4)]
    held = set(later) & set(days_to_come(site, ANGELINE, MORNING, number=60))
    for family in (ANGELINE, BERTRAND):
        let_stand(site, family, {(MORNING, one): False for one in held})
    page = browse("demo")
    is_signed_in(page, site, ANGELINE)
    open_planning(page, ANGELINE, day)

    press(page, MORNING, day)
    week = page.get_by_role("region", name=f"Semaine N° {day.isocalendar().week} ")
    week.get_by_role("button", name="Répéter chaque semaine").click()
    page.get_by_role("button", name="Copier sur Bertrand").click()

    expect(page.get_by_role("heading", name="Bertrand MARSONE")).to_be_visible()
    expect(page.get_by_role("heading", name="Choix d'Angéline recopiés\u00a0: vérifiez, puis validez.")).to_be_visible()
    for one in held:
        expect(tile(page, MORNING, one)).to_be_checked()
    validate(page)
    assert {f"Réservation : {MORNING}, {written(one)}" for one in held} <= set(recap(page))
    assert booked(site, BERTRAND, MORNING) >= held

    open_planning(page, ANGELINE, day)
    expect(page.get_by_role("heading", name="Vos choix n'étaient pas validés, les revoici")).to_be_visible()
    validate(page)
    recap(page)
    assert booked(site, ANGELINE, MORNING) >= held


def test_where_nothing_may_change_the_copy_is_told_and_none_is_offered(site: Site, browse: Browse) -> None:
    day = days_to_come(site, ANGELINE, MORNING, number=1)[0]
    let_stand(site, ANGELINE, {(MORNING, day): True})
    page = browse("demo")
    is_signed_in(page, site, ANGELINE)
    open_planning(page, ANGELINE, day)
    past = f"/enfants/{BERTRAND.child}/planning/?semaine=2020-W10"
    copy = page.get_by_role("button", name="Copier sur Bertrand")

    copy.evaluate("(button, past) => { button.dataset.href = past; }", past)
    copy.click()

    told = page.locator(".note", has_text="Choix d'Angéline recopiés")
    expect(told).to_contain_text("Ce qui n'a pas pu être recopié")
    expect(page.get_by_role("button", name="Copier sur")).to_be_hidden()
    expect(page.get_by_text("Copier sur mes autres enfants")).to_have_count(0)
