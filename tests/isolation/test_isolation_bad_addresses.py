"""Every page of the product, opened at an address that nobody links to: an answer, never a failure nor another town.

The parameters tried are those that the page reads, whether or not a link of ours bears them. Here a few values each,
the same at each run; `make soak` tries them all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from random import Random

import pytest
from django.conf import settings
from django.core.cache import cache as counters
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from lps.accounts import rights
from tenants.models import Commune
from tests.accounts.factories import console_browser
from tests.isolation import bad
from tests.isolation.cast import Town, elsewhere, here, operator
from tests.isolation.samples import COMMUNE, CONSOLE, Kind, Sample
from tests.isolation.trials import Things, Trial, roles_of, shown, with_cookies, with_token

FEW = 1
Opened = Callable[[Sample], Client]


@dataclass
class Page:
    """A page, whoever may open it, and what its address holds when it is right."""

    name: str
    client: Client
    path: str
    things: Things
    headers: dict[str, str]

    def open(self, path: str, given: bad.Pairs) -> HttpResponse:
        """Open it so; one try does not make the next one wait."""
        counters.clear()
        return self.client.get(f"{path}?{bad.body(given)}", headers=self.headers)

    def addresses(self, *, few: bool) -> Iterator[tuple[str, str, bad.Pairs]]:
        """What is wrong, and the address; parameters that a bad one brings to be read are tried in their turn."""
        given, drawn = bad.pairs(self.things.query), Random(self.name)
        waiting, tried, sent = self._names(given), set[str](), [given]
        while waiting:
            with bad.names_read() as found:
                for what, query in bad.forms(given, waiting, few=few, seed=self.name, number=FEW):
                    if query not in sent:
                        sent.append(query)
                        yield what, self.path, query
            tried |= waiting
            waiting = found - tried
        wrong = list(bad.paths(self.path, self.things.where))
        for what, path in drawn.sample(wrong, min(len(wrong), FEW)) if few else wrong:
            yield what, path, given

    def _names(self, given: bad.Pairs) -> set[str]:
        with bad.undone(), bad.names_read() as found:
            for query in (given, []):
                shown(self.open(self.path, query))  # read to its end, where a file is closed
        return found | {name for name, _ in given}


def try_all(page: Page, there: Town, caplog: pytest.LogCaptureFixture, *, few: bool) -> int:
    """Open each bad address; say how many there were."""
    number = 0
    for what, path, query in page.addresses(few=few):
        number += 1
        caplog.clear()
        with bad.undone():
            answer = page.open(path, query)
        told = f"{page.name}, {what}"
        bad.look_at(answer, caplog, told)
        text = shown(answer)[2]
        assert not [mark for mark in (there.name, there.child_code, there.family_code) if mark in text], told
    return number


def pages_of(samples: dict[str, Sample], *kinds: Kind) -> list[str]:
    """Whatever is opened by a link, for these."""
    return [name for name, sample in samples.items() if "GET" in sample.methods and sample.opens.kind in kinds]


def page_of(name: str, town: Town, there: Town, opened: Opened) -> Page:
    """A page of a commune."""
    trial = Trial(name, COMMUNE[name], town, there)
    # The form is not sent: what it holds need not be made.
    things = Things.of(town, trial.sample, sent=False)
    headers = {one: str(value) for one, value in trial.sample.headers(town).items()}
    return Page(name, opened(trial.sample), trial.path(things), things, headers)


def whoever_may(town: Town) -> Opened:
    """Who opens the pages of a commune: one browser for all that one role may see."""

    @cache
    def agent(role: str) -> Client:
        return town.browser(lps_mairie=town.agent(role))

    @cache
    def software() -> Client:
        return with_token(town, town.software(*rights.scopes()))

    def opened(sample: Sample) -> Client:
        kind = sample.opens.kind
        if kind is Kind.AGENT:
            return agent(min(roles_of(sample.opens.action)))
        if kind is Kind.SOFTWARE:
            return software()
        return town.browser(lps_famille=town.family) if kind is Kind.FAMILY else town.browser()

    return opened


def page_of_console(name: str, town: Town) -> Page:
    """A page of the console."""
    sample = CONSOLE[name]
    things = Things(dict(sample.where(town)), dict(sample.query(town)), {})
    path = reverse(name, urlconf=settings.LPS_CONSOLE_URLCONF, kwargs=dict(things.where))
    return Page(name, console_browser(), path, things, {})


OF_COMMUNES = {
    "everybody": pages_of(dict(COMMUNE), Kind.EVERYBODY, Kind.LINK),
    "families": pages_of(dict(COMMUNE), Kind.FAMILY),
    "agents": pages_of(dict(COMMUNE), Kind.AGENT),
    "software": pages_of(dict(COMMUNE), Kind.SOFTWARE),
}
OF_CONSOLE = pages_of(dict(CONSOLE), *Kind)


@pytest.mark.parametrize("who", OF_COMMUNES)
def test_no_address_of_a_commune_breaks(
    who: str, demo: Commune, buchelay: Commune, caplog: pytest.LogCaptureFixture
) -> None:
    town, there = here(demo), elsewhere(buchelay)
    opened = whoever_may(town)
    assert town.household and there.household

    # A paper takes a second to draw: theirs are tried by the soak.
    names = [name for name in OF_COMMUNES[who] if not name.endswith("_pdf")]
    numbers = [try_all(page_of(name, town, there, opened), there, caplog, few=True) for name in names]

    assert sum(numbers) > len(numbers) > 0


def test_no_address_of_the_console_breaks(demo: Commune, buchelay: Commune, caplog: pytest.LogCaptureFixture) -> None:
    town, there, cookie = here(demo), elsewhere(buchelay), operator()
    pages = [page_of_console(name, town) for name in OF_CONSOLE]

    numbers = [
        try_all(replace(page, client=with_cookies(page.client, cookie)), there, caplog, few=True) for page in pages
    ]

    assert sum(numbers) > len(numbers) > 0


@pytest.mark.soak
@pytest.mark.parametrize("name", [name for names in OF_COMMUNES.values() for name in names])
def test_every_bad_address_of_a_page_of_a_commune(
    name: str, demo: Commune, buchelay: Commune, caplog: pytest.LogCaptureFixture
) -> None:
    town, there = here(demo), elsewhere(buchelay)
    assert town.household and there.household

    try_all(page_of(name, town, there, whoever_may(town)), there, caplog, few=False)


@pytest.mark.soak
@pytest.mark.parametrize("name", OF_CONSOLE)
def test_every_bad_address_of_a_page_of_the_console(
    name: str, demo: Commune, buchelay: Commune, caplog: pytest.LogCaptureFixture
) -> None:
    page = page_of_console(name, here(demo))

    page.client = with_cookies(page.client, operator())

    try_all(page, elsewhere(buchelay), caplog, few=False)
