"""A parent books and cancels, with and without script: what is saved, said, found again, and never undone."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from lps.accounts.sessions import end_sessions
from tests.journeys.conftest import Browse
from tests.journeys.families import ANGELINE, BERTRAND, booked, let_stand, receipts, two_days_of_a_week
from tests.journeys.steps import (
    all_of,
    follow,
    is_signed_in,
    open_planning,
    press,
    recap,
    show,
    sign_in,
    tab_to,
    texts_of,
    tile,
    turn_to,
    validate,
    written,
)
from tests.live import Site

MORNING, EVENING = "Transport scolaire 8h30", "Transport scolaire 16h30"
SENT_TWICE = """async form => {
    const body = new URLSearchParams(new FormData(form));
    const send = async () => (await fetch(form.action, { method: "POST", body })).url;
    return [await send(), await send()];
}"""


@pytest.fixture
def days(site: Site) -> list[date]:
    """Two days of the bus to come, of one week; the child is booked in the evening of the first, and nothing else."""
    found = two_days_of_a_week(site, ANGELINE, MORNING)
    free = {(activity, day): False for activity in (MORNING, EVENING) for day in found}
    let_stand(site, ANGELINE, free | {(EVENING, found[0]): True})
    return found


def test_a_parent_books_and_cancels_then_reads_the_proof(
    site: Site, browse: Browse, script: bool, days: list[date]
) -> None:
    first, second = days
    page = browse("demo", script=script)

    sign_in(page, **ANGELINE.codes)
    expect(page.get_by_role("heading", name="Angéline MARSONE")).to_be_visible()
    expect(page.get_by_text("CE1 - Mme Formatrice")).to_be_visible()
    show(page, group="TRANSPORT")
    turn_to(page, second)
    expect(tile(page, EVENING, first)).to_be_checked()
    press(page, EVENING, first)
    press(page, MORNING, second)
    validate(page)

    cancellation = f"Annulation : {EVENING}, {written(first)}"
    reservation = f"Réservation : {MORNING}, {written(second)}"
    assert recap(page) == [cancellation, reservation]
    assert booked(site, ANGELINE, MORNING) >= {second}
    assert first not in booked(site, ANGELINE, EVENING)
    expect(tile(page, EVENING, first)).not_to_be_checked()
    expect(tile(page, MORNING, second)).to_be_checked()
    number = page.locator(".note.ok").get_by_role("link").inner_text()

    page.get_by_role("link", name=number).click()
    expect(page.get_by_role("heading", name=f"Reçu {number}")).to_be_visible()
    assert recap(page) == [cancellation, reservation]
    page.get_by_role("link", name="Retour au planning").click()
    follow(page, "Voir les dernières modifications")
    newest = texts_of(page.get_by_role("row"))[1:3]
    assert all(number in row and "web" in row for row in newest)

    page.get_by_role("link", name="Retour au planning").click()
    page.get_by_role("link", name="Choisir un autre enfant").click()
    expect(page.get_by_role("heading", name="Cliquez sur l'enfant pour afficher son planning :")).to_be_visible()
    page.get_by_role("link", name="Bertrand MARSONE").click()
    expect(page.get_by_text("CE2 - Mr Formateur")).to_be_visible()
    page.get_by_role("button", name="Déconnexion").click()
    expect(page.get_by_role("heading", name="Bienvenue sur les Parents Services de démonstration")).to_be_visible()
    page.goto(f"/enfants/{BERTRAND.child}/planning/")
    expect(page.get_by_role("button", name="connexion")).to_be_visible()


def test_the_same_form_sent_twice_shows_the_first_receipt_and_changes_nothing_more(
    site: Site, browse: Browse, days: list[date]
) -> None:
    page = browse("demo")
    is_signed_in(page, site, ANGELINE)
    open_planning(page, ANGELINE, days[1])
    press(page, MORNING, days[1])
    before = receipts(site, ANGELINE)

    first, second = page.locator("form[data-planning]").evaluate(SENT_TWICE)

    assert "recu=R-" in first
    assert second == first
    assert receipts(site, ANGELINE) == before + 1
    press(page, MORNING, days[1])
    page.goto(second)
    assert recap(page) == [f"Réservation : {MORNING}, {written(days[1])}"]


def test_a_tab_opened_before_another_change_undoes_nothing(
    site: Site, browse: Browse, script: bool, days: list[date]
) -> None:
    first, second = days
    tab = browse("demo", script=script)
    is_signed_in(tab, site, ANGELINE)
    open_planning(tab, ANGELINE, second)
    older = tab.context.new_page()
    older.goto(tab.url)

    press(tab, EVENING, first)
    validate(tab)
    expect(tile(older, EVENING, first)).to_be_checked()
    press(older, MORNING, second)
    validate(older)

    assert recap(older) == [f"Réservation : {MORNING}, {written(second)}"]
    expect(tile(older, EVENING, first)).not_to_be_checked()
    assert first not in booked(site, ANGELINE, EVENING)


def test_an_old_tab_that_asks_for_what_is_done_already_changes_nothing(
    site: Site, browse: Browse, days: list[date]
) -> None:
    tab = browse("demo")
    is_signed_in(tab, site, ANGELINE)
    open_planning(tab, ANGELINE, days[0])
    older = tab.context.new_page()
    older.goto(tab.url)
    press(tab, EVENING, days[0])
    validate(tab)
    recap(tab)
    before = receipts(site, ANGELINE)

    press(older, EVENING, days[0])
    validate(older)

    expect(older.get_by_text("Aucune modification à enregistrer : le planning est déjà ainsi.")).to_be_visible()
    assert receipts(site, ANGELINE) == before


def test_coming_back_shows_what_stands(site: Site, browse: Browse, script: bool, days: list[date]) -> None:
    page = browse("demo", script=script)
    is_signed_in(page, site, ANGELINE)
    open_planning(page, ANGELINE, days[1])
    press(page, MORNING, days[1])
    validate(page)
    recap(page)
    let_stand(site, ANGELINE, {(MORNING, days[1]): False})

    page.go_back()

    expect(tile(page, MORNING, days[1])).not_to_be_checked()
    validate(page)
    expect(page.get_by_text("Aucune modification à enregistrer")).to_be_visible()
    assert days[1] not in booked(site, ANGELINE, MORNING)


def test_a_session_that_ended_asks_for_the_codes_and_saves_nothing_but_keeps_the_ticks_with_script(
    site: Site, browse: Browse, script: bool, days: list[date]
) -> None:
    page = browse("demo", script=script)
    is_signed_in(page, site, ANGELINE)
    open_planning(page, ANGELINE, days[1])
    with site.inside("demo"):
        end_sessions(holder=ANGELINE.custody().household.holder)

    press(page, MORNING, days[1])
    validate(page)

    expect(page.get_by_text("Votre session était terminée")).to_be_visible()
    assert days[1] not in booked(site, ANGELINE, MORNING)
    page.get_by_label("Code enfant").fill(ANGELINE.child)
    page.get_by_label("Code famille").fill(ANGELINE.family)
    page.get_by_role("button", name="connexion").click()
    expect(page.get_by_label("Activités", exact=True)).to_have_value("transport")
    if not script:
        expect(tile(page, MORNING, days[1])).not_to_be_checked()
        return
    note = page.get_by_role("status").filter(has_text="Vos choix n'étaient pas validés, les revoici")
    expect(note).to_be_focused()
    expect(tile(page, MORNING, days[1])).to_be_checked()
    validate(page)
    assert recap(page) == [f"Réservation : {MORNING}, {written(days[1])}"]
    expect(note).to_have_count(0)
    let_stand(site, ANGELINE, {(MORNING, days[1]): False})
    open_planning(page, ANGELINE, days[1])
    expect(note).to_have_count(0)
    expect(tile(page, MORNING, days[1])).not_to_be_checked()


def test_ticks_of_a_form_that_did_not_arrive_wait_for_their_week(site: Site, browse: Browse, days: list[date]) -> None:
    page = browse("demo")
    is_signed_in(page, site, ANGELINE)
    open_planning(page, ANGELINE, days[1])
    press(page, MORNING, days[1])
    page.route("**/planning/**", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    with page.expect_event("requestfailed"):
        validate(page)
    page.unroute_all()

    open_planning(page, ANGELINE, days[1] + timedelta(weeks=8))
    expect(page.locator("[data-count]")).to_have_text("Aucune modification")
    open_planning(page, ANGELINE, days[1])

    expect(tile(page, MORNING, days[1])).to_be_checked()
    expect(page.locator("[data-count]")).to_have_text("1 modification à valider")
    page.get_by_role("button", name="Ne rien changer").click()
    open_planning(page, ANGELINE, days[1])
    expect(tile(page, MORNING, days[1])).not_to_be_checked()


def test_the_whole_of_it_by_keyboard(site: Site, browse: Browse, script: bool, days: list[date]) -> None:
    first, second = days
    page = browse("demo", script=script)
    page.goto("/")

    tab_to(page, page.get_by_label("Code enfant"))
    page.keyboard.type(ANGELINE.child)
    tab_to(page, page.get_by_label("Code famille"))
    page.keyboard.type(ANGELINE.family)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Angéline MARSONE")).to_be_visible()
    tab_to(page, page.get_by_label("Activités", exact=True))
    page.keyboard.type("TRANSPORT")
    tab_to(page, page.get_by_role("button", name="Afficher"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Activités", exact=True)).to_have_value("transport")
    while not all_of(tile(page, MORNING, second)):
        tab_to(page, page.get_by_role("link", name="Suivant"))
        page.keyboard.press("Enter")
    tab_to(page, tile(page, MORNING, second))
    page.keyboard.press("Space")
    page.keyboard.press("Enter")

    assert recap(page) == [f"Réservation : {MORNING}, {written(second)}"]
    assert second in booked(site, ANGELINE, MORNING)


def test_arrows_walk_from_tile_to_tile(site: Site, browse: Browse, days: list[date]) -> None:
    page = browse("demo")
    is_signed_in(page, site, ANGELINE)
    open_planning(page, ANGELINE, days[0])

    tile(page, MORNING, days[0]).focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")

    expect(tile(page, EVENING, days[0])).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(tile(page, "Transport scolaire 13h30", days[0])).to_be_focused()


def test_unsaved_changes_are_counted_and_leaving_asks_first(site: Site, browse: Browse, days: list[date]) -> None:
    page = browse("demo")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    is_signed_in(page, site, ANGELINE)
    open_planning(page, ANGELINE, days[1])

    press(page, MORNING, days[1])
    expect(page.get_by_text("1 modification à valider")).to_be_visible()
    press(page, EVENING, days[1])
    expect(page.get_by_text("2 modifications à valider")).to_be_visible()
    press(page, EVENING, days[1])
    press(page, MORNING, days[1])
    expect(page.get_by_text("Aucune modification", exact=True)).to_be_visible()
    follow(page, "Choisir un autre enfant")
    assert asked == []

    page.go_back()
    press(page, MORNING, days[1])
    follow(page, "Choisir un autre enfant")

    assert asked == ["beforeunload"]
    assert days[1] not in booked(site, ANGELINE, MORNING)


def test_weeks_turn_by_four_and_the_past_is_only_read(site: Site, browse: Browse) -> None:
    page = browse("demo")
    is_signed_in(page, site, ANGELINE)
    page.goto(f"/enfants/{ANGELINE.child}/planning/")
    present = weeks(page)

    follow(page, "Suivant")
    following = weeks(page)
    follow(page, "Précédent")
    assert weeks(page) == present
    follow(page, "Précédent")

    assert not set(present) & {*following, *weeks(page)}
    assert {len(present), len(following), len(weeks(page))} == {4}
    expect(page.locator("label.day")).to_have_count(0)
    expect(page.get_by_text("Rien ne peut être modifié sur ces semaines.")).to_be_visible()
    follow(page, "Aujourd'hui")
    assert weeks(page) == present


def weeks(page: Page) -> list[str]:
    return texts_of(page.get_by_role("heading", name="Semaine N°"))
