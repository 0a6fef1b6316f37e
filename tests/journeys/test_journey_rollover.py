"""The town passes to the next school year: seen before, seen by parents on the day and not before, and undone."""

import re
from datetime import datetime, time, timedelta

from playwright.sync_api import Locator, Page, expect

from lps.families import passage
from lps.families.models import Custody, Enrollment
from tests.journeys.conftest import Browse
from tests.journeys.families import OF_BUCHELAY
from tests.journeys.seen import faults
from tests.journeys.steps import follow, is_signed_in, sign_in_with_account
from tests.live import Site


def test_a_repeater_leavers_and_the_others_pass_and_come_back(site: Site, browse: Browse) -> None:
    with site.inside("buchelay") as commune:
        zone = commune.zone
        seat = Enrollment.objects.select_related("school_class__site", "school_class__teacher").get(
            child=OF_BUCHELAY.custody().child
        )
        here, level = seat.school_class, seat.school_class.level
        mates = Enrollment.objects.filter(school_class=here).exclude(child=seat.child_id).order_by("pk")
        repeater, leaver = (str(row.child) for row in mates.select_related("child")[:2])
    agent = browse("buchelay")
    sign_in_with_account(agent, where="buchelay", role="scolaire", path="/mairie/")
    agent.get_by_role("navigation", name="Rubriques").get_by_role("link", name="Passage d'année").click()

    agent.get_by_role("button", name="Préparer les classes").click()
    expect(agent.get_by_role("status")).to_contain_text("L'année suivante est prête")
    agent.get_by_role("link").filter(has_text=f"{here}, {here.site}").first.click()
    choose(agent, repeater, f"redouble : {level}")
    choose(agent, leaver, "quitte l'école")
    agent.get_by_role("button", name="Enregistrer").click()
    expect(tile_of(agent, "Redoublent")).to_have_text("1")
    left = int(tile_of(agent, "Quittent l'école").inner_text())
    agent.get_by_role("link", name="Voir ce qui sera fait").click()
    expect(agent.get_by_text("Les codes ne changent pas.")).to_be_visible()
    agent.get_by_role("button", name="Faire le passage").click()
    expect(agent.get_by_role("status")).to_contain_text("Le passage est fait")
    assert faults(agent) == []
    expect(agent.get_by_role("definition").nth(2)).to_have_text(str(left))

    with site.inside("buchelay"):
        row = passage.current()
        assert row is not None
        told = passage.read(row)
        day, after = row.day, told.new[row.before["made"][str(seat.child_id)]]
        gone = Custody.objects.filter(child__in=row.before["left"], valid_during__contains=day)
        assert not gone.exists()
    for shown, instant in ((here, day - timedelta(days=1)), (after, day)):
        with site.pages_at(datetime.combine(instant, time(12), zone)) as pages:
            parent = browse("buchelay", pages=pages)
            is_signed_in(parent, site, OF_BUCHELAY, pages=pages)
            parent.goto(f"/enfants/{OF_BUCHELAY.child}/planning/")
            expect(parent.get_by_text(str(shown)).first).to_be_visible()

    follow(agent, "Annuler le passage")
    assert faults(agent) == []
    agent.get_by_role("button", name="Annuler le passage").click()
    expect(agent.get_by_role("status")).to_contain_text("tout est comme avant")
    expect(tile_of(agent, "Redoublent")).to_have_text("1")
    with site.inside("buchelay"):
        assert Enrollment.objects.filter(child=seat.child_id).get() == seat


def choose(page: Page, child: str, words: str) -> None:
    """Say where a child goes, by the first words of a choice."""
    place = page.get_by_label(child, exact=True)
    label = place.locator("option", has_text=re.compile(f"^{re.escape(words)}")).first.inner_text()
    place.select_option(label=label)


def tile_of(page: Page, title: str) -> Locator:
    """The number of a tile."""
    return page.locator(".tile").filter(has=page.get_by_role("heading", name=title)).locator("b")
