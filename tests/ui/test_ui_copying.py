"""Ticks copied from week to week and from one child to another: what is filled, what is left, what is said.

The sample pages "angeline" and "bertrand" are two children of a family, with three weeks of a morning and an evening
bus each; `weeks_alike` in `styleguide.py` draws them.
"""

from collections.abc import Callable, Iterator

import pytest
from browsing import HOST, browser, opened, visit
from playwright.sync_api import Browser, Locator, Page, expect

__all__ = ["browser"]

Open = Callable[[str], Page]
MORNING, EVENING = "Transport scolaire 8h30", "Transport scolaire 16h30"


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Pages of one tab after another, in one browser."""
    with opened(browser) as context:
        yield lambda child: visit(context, f"styleguide/{child}")


def box(page: Page, activity: str, day: str) -> Locator:
    return page.get_by_role("checkbox", name=f"{activity}, {day} octobre")


def press(page: Page, activity: str, day: str) -> None:
    page.locator("label.day").filter(has=box(page, activity, day)).click()


def repeat(page: Page, week: int) -> None:
    page.get_by_role("region", name=f"Semaine N° {week}").get_by_role("button", name="Répéter chaque semaine").click()


def copy(page: Page, name: str) -> None:
    page.get_by_role("group", name="Copier sur mes autres enfants").get_by_role("button", name=name).click()


def changed(page: Page) -> set[str]:
    """The days that differ from what is saved, as they are sent."""
    boxes = "boxes => boxes.filter(box => box.checked !== box.defaultChecked).map(box => box.value)"
    return set(page.locator(".day input").evaluate_all(boxes))


def count(page: Page) -> str:
    return page.locator("[data-count]").inner_text()


def told(page: Page) -> str:
    return page.locator("[data-told]").inner_text().replace("\u00a0", " ")


def test_a_week_is_repeated_on_the_weeks_that_follow(open_page: Open) -> None:
    page = open_page("angeline")

    press(page, MORNING, "jeudi 9")
    repeat(page, 41)

    # Booked and locked on Monday, ticked on Thursday, booked on Friday; the evening's Friday is open and untouched.
    assert changed(page) == {
        "1-20141009",
        *("1-20141013", "1-20141016", "1-20141017"),
        *("1-20141020", "1-20141023", "4-20141023"),
    }
    assert count(page) == "7 modifications à valider"
    assert told(page) == "Semaine 41 répétée : 6 de plus, 0 de moins"
    assert page.locator(".day.changed").count() == 7
    assert page.complaints == []


def test_what_was_just_unticked_is_unticked_in_the_weeks_that_follow(open_page: Open) -> None:
    page = open_page("angeline")

    press(page, MORNING, "vendredi 10")
    repeat(page, 41)

    assert not box(page, MORNING, "vendredi 24").is_checked()
    assert told(page) == "Semaine 41 répétée : 3 de plus, 1 de moins"


def test_a_week_repeated_leaves_those_before_it_and_what_cannot_change(open_page: Open) -> None:
    page = open_page("angeline")

    repeat(page, 42)

    # Of what the 42nd week has ticked, only Thursday evening may still be changed in the 43rd.
    assert changed(page) == {"4-20141023"}


def test_repeating_twice_says_that_nothing_is_left(open_page: Open) -> None:
    page = open_page("angeline")

    repeat(page, 41)
    once = changed(page)
    repeat(page, 41)

    assert changed(page) == once
    assert told(page) == "Les semaines suivantes sont déjà ainsi."


def test_nothing_is_changed_by_giving_up(open_page: Open) -> None:
    page = open_page("angeline")
    give_up = page.get_by_role("button", name="Ne rien changer")
    expect(give_up).to_be_hidden()

    press(page, MORNING, "jeudi 9")
    repeat(page, 41)
    give_up.click()

    assert changed(page) == set()
    expect(page.locator("[data-count]")).to_have_text("Aucune modification")
    assert told(page) == ""
    expect(give_up).to_be_hidden()


def test_one_gives_up_without_script(browser: Browser) -> None:
    with opened(browser, java_script_enabled=False) as context:
        page = visit(context, "styleguide/angeline")

        press(page, MORNING, "jeudi 9")
        page.get_by_role("button", name="Ne rien changer").click()

        expect(box(page, MORNING, "jeudi 9")).not_to_be_checked()


def test_the_last_week_has_nothing_to_repeat_on(open_page: Open) -> None:
    page = open_page("angeline")

    assert page.get_by_role("button", name="Répéter chaque semaine").count() == 2
    assert page.get_by_role("region", name="Semaine N° 43").get_by_role("button").count() == 0


def test_without_script_no_button_pretends_to_copy(browser: Browser) -> None:
    with opened(browser, java_script_enabled=False) as context:
        page = visit(context, "styleguide/angeline")

        assert page.get_by_role("button", name="Répéter chaque semaine").count() == 0
        assert page.get_by_text("Copier sur mes autres enfants").is_hidden()


def test_ticks_are_copied_to_a_brother_and_what_cannot_be_is_said(open_page: Open) -> None:
    page = open_page("angeline")

    copy(page, "Bertrand")

    page.wait_for_url(f"{HOST}/styleguide/bertrand")
    note = page.locator(".note", has_text="recopiés")
    expect(note.get_by_role("heading")).to_have_text("Choix d'Angéline recopiés\u00a0: vérifiez, puis validez.")
    expect(note).to_be_focused()
    # His own bookings stay. Thursday the 9th is already booked for him, and locked; Thursday the 16th is full.
    assert changed(page) == {"1-20141010", "4-20141013", "1-20141021", "1-20141024"}
    assert count(page) == "4 modifications à valider"
    left = [line.replace("\u00a0", " ") for line in note.get_by_role("listitem").all_inner_texts()]
    assert left == [f"{EVENING}, jeudi 16/10 : complet"]
    assert page.complaints == []


def test_what_was_just_unticked_is_unticked_for_the_brother(open_page: Open) -> None:
    page = open_page("angeline")
    press(page, MORNING, "mardi 21")

    copy(page, "Bertrand")
    page.wait_for_url(f"{HOST}/styleguide/bertrand")

    expect(box(page, MORNING, "lundi 20")).to_be_checked()
    expect(box(page, MORNING, "mardi 21")).not_to_be_checked()


def test_unsaved_ticks_are_found_again_after_the_brother(open_page: Open) -> None:
    page = open_page("angeline")
    press(page, EVENING, "vendredi 10")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    copy(page, "Bertrand")
    page.wait_for_url(f"{HOST}/styleguide/bertrand")
    page.goto(f"{HOST}/styleguide/angeline")

    assert asked == ["beforeunload"]  # Bertrand's, which nothing keeps
    assert changed(page) == {"4-20141010"}
    expect(page.locator(".note.info")).to_contain_text("Vos choix n'étaient pas validés, les revoici")


def test_what_was_copied_is_filled_once(open_page: Open) -> None:
    page = open_page("angeline")
    page.on("dialog", lambda dialog: dialog.accept())

    copy(page, "Bertrand")
    page.wait_for_url(f"{HOST}/styleguide/bertrand")
    page.reload()

    assert changed(page) == set()


def test_neither_code_nor_name_is_kept_and_another_family_gets_nothing(open_page: Open) -> None:
    page = open_page("angeline")
    press(page, MORNING, "jeudi 9")
    page.locator("[data-copy]").evaluate("button => { button.dataset.href = '/styleguide_home'; }")

    copy(page, "Bertrand")
    page.wait_for_url(f"{HOST}/styleguide_home")
    kept = page.evaluate("sessionStorage['lps.copie']")
    page.evaluate(
        "sessionStorage['lps.copie'] = sessionStorage['lps.copie'].replace('\"family\":\"1\"', '\"family\":\"2\"')"
    )
    page.goto(f"{HOST}/styleguide/bertrand")

    assert "ngéline" not in kept and "ertrand" not in kept and "MARSONE" not in kept
    assert changed(page) == set()


def test_copying_works_where_the_browser_keeps_nothing(open_page: Open) -> None:
    page = open_page("angeline")
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('refused'); }; }")

    copy(page, "Bertrand")
    page.wait_for_url(f"{HOST}/styleguide/bertrand")

    assert changed(page) == set()
    assert page.complaints == []
