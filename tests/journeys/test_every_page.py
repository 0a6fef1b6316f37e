"""Every page that a person may open, as each of them sees it: axe finds nothing, and it holds on every screen.

The pages are those of the samples that the isolation tests keep (`tests/isolation/samples.py`): a new route comes here
by itself. The states that a page takes after it was used are in `test_every_state.py`.
"""

from collections.abc import Mapping
from functools import cached_property

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page

from lps.accounts.doors import CONSOLE as CONSOLE_DOOR
from lps.accounts.doors import FAMILY, OFFICE
from lps.families.models import Household
from tests.isolation.cast import Town, operator
from tests.isolation.samples import COMMUNE, CONSOLE, Kind, Sample
from tests.isolation.trials import Trial, roles_of
from tests.journeys.conftest import Browse
from tests.journeys.seen import faults
from tests.live import Site

# Files, and what only software reads.
NOT_PAGES = {
    *("logo", "theme", "api_schema", "families:export_json", "families:export_csv"),
    *("booking_office:kitchen_csv", "booking_office:kitchen_pdf"),
    *("families_office:import_template", "families_office:letters_file"),
}


class Marsone(Town):
    """The family of the demonstration, whose pages are full."""

    @cached_property
    def household(self) -> Household:
        with self.inside():
            return Household.objects.get(name=self.name)


def pages(samples: Mapping[str, Sample]) -> list[str]:
    return [
        name
        for name, sample in samples.items()
        if "GET" in sample.methods and name not in NOT_PAGES and sample.opens.kind is not Kind.SOFTWARE
    ]


@pytest.fixture(scope="module")
def town(site: Site) -> Town:
    with site.inside("demo") as commune:
        found = Marsone(commune, "MARSONE", "123456", "654321")
        assert found.receipt
    return found


@pytest.mark.parametrize("name", pages(COMMUNE))
def test_a_page_of_the_commune(site: Site, browse: Browse, town: Town, name: str) -> None:
    page = browse("demo")
    trial = Trial(name, COMMUNE[name], town, town)
    with site.inside("demo"):
        path = trial.path(trial.own)
        if trial.sample.opens.kind is Kind.FAMILY:
            give(page, site, "demo", "lps_famille", town.family)
        elif trial.sample.opens.kind is Kind.AGENT:
            give(page, site, "demo", "lps_mairie", town.agent(min(roles_of(trial.sample.opens.action))))

    answer = page.goto(path)

    assert answer is not None and answer.status == 200
    assert answer.headers["content-type"].startswith("text/html"), f"no page: name it in NOT_PAGES, {name}"
    assert faults(page) == []


@pytest.mark.parametrize("name", pages(CONSOLE))
def test_a_page_of_the_console(site: Site, browse: Browse, name: str) -> None:
    page = browse("console")
    if CONSOLE[name].opens.kind is Kind.OPERATOR:
        with site.copy.standing_in():
            give(page, site, "console", "lps_console", operator())

    answer = page.goto(reverse(name, urlconf=settings.LPS_CONSOLE_URLCONF))

    assert answer is not None and answer.status == 200
    assert faults(page) == []


def give(page: Page, site: Site, slug: str, name: str, value: str) -> None:
    """Put a session's cookie in the browser."""
    door = next(door for door in (FAMILY, OFFICE, CONSOLE_DOOR) if door.cookie == name)
    page.context.add_cookies([{"name": name, "value": value, "url": f"{site.pages.origin(slug)}{door.path}"}])
