"""Every route of the product, tried with what belongs to the other commune and by whoever it is not for.

The samples are in `samples.py`, which says how to add one.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from lps.accounts import rights
from lps.accounts.roles import OPERATOR_ROLES
from tenants.models import Commune
from tests.accounts.factories import console_browser
from tests.isolation.cast import Town, elsewhere, here, operator
from tests.isolation.samples import COMMUNE, CONSOLE, Kind, Sample
from tests.isolation.state import unchanged
from tests.isolation.trials import (
    Things,
    Trial,
    csrf_of,
    send,
    shown,
    status_of,
    with_cookies,
    without_the_right,
)

SITES = {"commune": (settings.ROOT_URLCONF, COMMUNE), "console": (settings.LPS_CONSOLE_URLCONF, CONSOLE)}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LAST_USE = frozenset({"accounts_apitoken"})
SIGN_IN = {Kind.FAMILY: "/", Kind.AGENT: "/mairie/connexion/", Kind.OPERATOR: "/connexion/"}


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "", spaces: str = "") -> Iterator[tuple[str, str]]:
    """Every route below, with its full name: `("booking:receipt", "recus/<str:number>/")`."""
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{spaces}{pattern.namespace}:" if pattern.namespace else spaces
            yield from routes(pattern.url_patterns, address, inner)
        else:
            yield f"{spaces}{pattern.name}", address


@pytest.mark.parametrize("site", SITES)
def test_every_route_has_a_name_and_a_sample(site: str) -> None:
    urlconf, samples = SITES[site]
    found = list(routes(get_resolver(urlconf).url_patterns))
    names = [name for name, _address in found]

    missing = [f"{name}  ({address})" for name, address in found if name not in samples]
    assert not missing, (
        f"no sample: add to {site.upper()} in tests/isolation/samples.py, whose first lines say how:\n  "
        + "\n  ".join(missing)
    )
    assert not [name for name in samples if name not in names], "these samples name no route any more"
    assert not [name for name in names if names.count(name) > 1], "two routes of one name: give each its own"


def names(wanted: Callable[[Sample], object]) -> list[str]:
    """The routes of a commune whose samples are such."""
    return [name for name, sample in COMMUNE.items() if wanted(sample)]


@pytest.fixture(params=COMMUNE)
def trial(request: pytest.FixtureRequest, demo: Commune, buchelay: Commune) -> Trial:
    return Trial(request.param, COMMUNE[request.param], here(demo), elsewhere(buchelay))


def foreign_marks(trial: Trial, response: HttpResponse) -> list[str]:
    """What an answer holds of the other commune."""
    page = shown(response)[2].casefold()
    there = trial.there
    marks = (there.name, there.commune.place_name, there.child_code, there.family_code)
    return [mark for mark in marks if mark.casefold() in page]


def assert_asked_to_sign_in(response: HttpResponse, kind: Kind) -> None:
    if kind in SIGN_IN:
        assert response.status_code == 302
        assert response.headers["Location"].partition("?")[0] == SIGN_IN[kind]
    elif kind is Kind.SOFTWARE:
        assert response.status_code == 401


def test_whoever_may_open_it_does(trial: Trial) -> None:
    """The sample is alive: without this, an address that nothing answers would pass for a well-kept one."""
    client = trial.whoever_may()

    for method, expected in trial.sample.methods.items():
        response = trial.send(client, method, trial.own)
        assert response.status_code == expected, method
        assert foreign_marks(trial, response) == []


def test_it_answers_no_other_method(trial: Trial) -> None:
    client = trial.whoever_may()
    others = [method for method in METHODS if method not in trial.sample.methods]

    answers = {method: trial.send(client, method, trial.own).status_code for method in others}

    assert set(answers.values()) == {405}, answers


def test_strangers_are_nobody(trial: Trial) -> None:
    """Signed out, the other commune's, the vendor's, and this commune's own at the wrong door: all the same."""
    kind, strangers = trial.sample.opens.kind, trial.strangers()
    cases = [(method, things) for method in trial.gated_methods for things in (trial.own, trial.foreign)]
    seen = status_of if kind is Kind.SOFTWARE else shown  # a token that is unknown is told so

    with unchanged(trial.here.commune, trial.there.commune):
        for method, things in cases:
            signed_out = trial.send(trial.here.browser(), method, things)
            assert_asked_to_sign_in(signed_out, kind)
            for who, client in strangers.items():
                answer = trial.send(client, method, things)
                assert seen(answer) == seen(signed_out), f"{method} by {who}"
                assert foreign_marks(trial, answer) == [], f"{method} by {who}"


def test_what_belongs_to_the_other_commune_does_not_exist_here(trial: Trial) -> None:
    """All of it, then each part of the address alone among our own, then its fields sent to our own address."""
    client, cases = trial.whoever_may(), trial.carried(trial.foreign)

    with unchanged(trial.here.commune, trial.there.commune, but=trial.sample.writes | LAST_USE):
        for method, things, expected in cases:
            answer = trial.send(client, method, things)
            assert answer.status_code == expected, (method, things)
            assert foreign_marks(trial, answer) == [], (method, things)


@pytest.mark.parametrize("trial", names(lambda sample: sample.opens.kind is Kind.FAMILY), indirect=True)
def test_what_belongs_to_another_family_does_not_exist_either(trial: Trial) -> None:
    neighbor = Town(trial.here.commune, "VOISINAGE", "81000001", "82000001")
    client = trial.whoever_may()
    cases = trial.carried(Things.of(neighbor, trial.sample), shared=trial.sample.of_town)

    with unchanged(trial.here.commune):
        for method, things, expected in cases:
            answer = trial.send(client, method, things)
            assert answer.status_code == expected, (method, things)
            assert neighbor.name not in shown(answer)[2], (method, things)


@pytest.mark.parametrize("trial", names(lambda sample: sample.is_form and sample.forms), indirect=True)
def test_a_form_of_the_other_communes_page_is_refused(trial: Trial) -> None:
    """Sent from there with the CSRF cookie and secret that were given there."""
    client, secret = trial.whoever_may(), csrf_of(trial.there)
    client.handler.enforce_csrf_checks = True
    client.cookies["lps_csrf"] = secret.cookie
    sent = replace(trial.own, fields={**trial.own.fields, "csrfmiddlewaretoken": secret.field})
    origin = f"http://{trial.there.commune.slug}.localhost"

    with unchanged(trial.here.commune, trial.there.commune):
        for method in trial.sample.forms:
            assert trial.send(client, method, sent, origin=origin).status_code == 403, method


@pytest.mark.parametrize("trial", names(lambda sample: sample.opens.action), indirect=True)
def test_those_without_the_right_are_refused(trial: Trial) -> None:
    own, clients = trial.own, without_the_right(trial)

    with unchanged(trial.here.commune, trial.there.commune, but=LAST_USE):
        for client in clients:
            for method in trial.sample.methods:
                assert trial.send(client, method, own).status_code == 403, method


@pytest.mark.parametrize("name", CONSOLE)
def test_the_console_is_the_operators(name: str, demo: Commune) -> None:
    sample, town = CONSOLE[name], here(demo)
    path = reverse(name, urlconf=settings.LPS_CONSOLE_URLCONF, kwargs=dict(sample.where(town)))
    strangers = [with_cookies(console_browser(), cookie) for cookie in (town.family, town.agent())]
    vendor = with_cookies(console_browser(), operator())

    with unchanged(demo):
        for method in sample.methods:
            signed_out = send(console_browser(), method, path)
            assert_asked_to_sign_in(signed_out, sample.opens.kind)
            assert [shown(send(client, method, path)) for client in strangers] == [shown(signed_out)] * 2

    whoever_may = vendor if sample.opens.kind is Kind.OPERATOR else console_browser()
    assert {method: shown(send(whoever_may, method, path))[0] for method in sample.methods} == sample.methods


@pytest.mark.parametrize("name", [name for name, sample in CONSOLE.items() if sample.opens.action])
def test_operators_without_the_right_are_refused(name: str, demo: Commune) -> None:
    sample, town = CONSOLE[name], here(demo)
    path = reverse(name, urlconf=settings.LPS_CONSOLE_URLCONF, kwargs=dict(sample.where(town)))
    others = OPERATOR_ROLES - rights.operators_of(sample.opens.action)
    clients = [with_cookies(console_browser(), operator(role)) for role in sorted(others)]

    with unchanged(demo):
        for client in clients:
            assert {send(client, method, path).status_code for method in sample.methods} == {403}


def test_the_consoles_addresses_are_unknown_in_a_commune(demo: Commune) -> None:
    known = {address for _name, address in routes(get_resolver(settings.ROOT_URLCONF).url_patterns)}
    own = [address for _name, address in routes(get_resolver(settings.LPS_CONSOLE_URLCONF).url_patterns)]
    client = with_cookies(here(demo).browser(), operator())

    answers = {address: client.get(f"/{address}").status_code for address in own if address not in known}

    assert answers and set(answers.values()) == {404}
