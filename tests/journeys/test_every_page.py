"""Every page that a person may open, as each of them sees it: axe finds nothing, and it holds on every screen.

The pages are those of the samples that the isolation tests keep (`tests/isolation/samples.py`): a new route comes here
by itself. The states that a page takes after it was used are in `test_every_state.py`.
"""

from collections.abc import Mapping
from functools import cached_property
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page

from lps.accounts.doors import CONSOLE as CONSOLE_DOOR
from lps.accounts.doors import FAMILY, OFFICE
from lps.families.models import Household
from tests.isolation.cast import Town, operator
from tests.isolation.samples import COMMUNE, CONSOLE, Kind, Sample
from tests.isolation.trials import Things, Trial, roles_of
from tests.journeys.conftest import Browse
from tests.journeys.seen import faults, faults_in_hand
from tests.live import Site


class Marsone(Town):
    """The family of the demonstration, whose pages are full."""

    @cached_property
    def household(self) -> Household:
        with self.inside():
            return Household.objects.get(name=self.name)


def pages(samples: Mapping[str, Sample]) -> list[str]:
    """Those that show something: an address that only takes what is posted answers a visit by an error."""
    return [
        name
        for name, sample in samples.items()
        if sample.methods.get("GET", 500) < 400 and sample.opens.kind is not Kind.SOFTWARE
    ]


@pytest.fixture(scope="module")
def town(site: Site) -> Town:
    with site.inside("demo") as commune:
        found = Marsone(commune, "MARSONE", "123456", "654321")
        assert found.receipt
    return found


@pytest.mark.parametrize("name", pages(COMMUNE))
def test_a_page_of_the_commune(site: Site, browse: Browse, town: Town, name: str) -> None:
    trial = Trial(name, COMMUNE[name], town, town)
    with site.inside("demo"):
        own = Things.of(town, trial.sample, sent=False)
        path, cookie = f"{trial.path(own)}?{urlencode(own.query)}", cookie_of(trial, town)
    answer = site.pages.get("demo", path, Cookie="; ".join(map("=".join, cookie.items())))

    assert answer.status == trial.sample.methods["GET"]
    if answer.headers["Content-Type"].startswith("text/html"):  # else a file, in which nothing is to be seen
        page = browse("demo")
        give(page, site, "demo", cookie)
        page.goto(path)
        assert faults(page) == []
        if is_for_parents(name, trial.sample):
            assert faults_in_hand(page) == []


def is_for_parents(name: str, sample: Sample) -> bool:
    """Whether a family reads this page, which is held in a hand; an engineer reads that of the API at a desk."""
    return sample.opens.kind in (Kind.FAMILY, Kind.EVERYBODY, Kind.LINK) and "office" not in name and name != "api_docs"


def cookie_of(trial: Trial, town: Town) -> Mapping[str, str]:
    """Of whoever may open the page."""
    match trial.sample.opens.kind:
        case Kind.FAMILY:
            return {FAMILY.cookie: town.family}
        case Kind.AGENT:
            return {OFFICE.cookie: town.agent(min(roles_of(trial.sample.opens.action)))}
        case _:
            return {}


@pytest.fixture(scope="module")
def vendor(site: Site) -> str:
    """The cookie of an operator."""
    with site.copy.standing_in():
        return operator()


@pytest.mark.parametrize("name", pages(CONSOLE))
def test_a_page_of_the_console(site: Site, browse: Browse, town: Town, vendor: str, name: str) -> None:
    cookie = {CONSOLE_DOOR.cookie: vendor} if CONSOLE[name].opens.kind is Kind.OPERATOR else {}
    with site.copy.standing_in():
        where = dict(CONSOLE[name].where(town))
    path = reverse(name, urlconf=settings.LPS_CONSOLE_URLCONF, kwargs=where)
    answer = site.pages.get("console", path, Cookie="; ".join(map("=".join, cookie.items())))

    assert answer.status == 200
    if answer.headers["Content-Type"].startswith("text/html"):
        page = browse("console")
        give(page, site, "console", cookie)
        page.goto(path)
        assert faults(page) == []


def give(page: Page, site: Site, slug: str, cookie: Mapping[str, str]) -> None:
    """Put a session's cookie in the browser, where its door looks for it."""
    paths = {door.cookie: door.path for door in (FAMILY, OFFICE, CONSOLE_DOOR)}
    for name, value in cookie.items():
        url = f"{site.pages.origin(slug)}{paths[name]}"
        page.context.add_cookies([{"name": name, "value": value, "url": url}])
