"""Every form of the product, sent as no browser would: refused or taken, never half done, never a failure of ours.

The fields tried are those that the page reads, whether or not a sample fills them. The console's forms are tried with a
few values a field, the same at each run; `make soak` tries the towns' forms too, and every value.
"""

from dataclasses import dataclass

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tenants.models import Commune
from tests.accounts.factories import console_browser
from tests.isolation import bad
from tests.isolation.bad import look_at, undone
from tests.isolation.cast import elsewhere, here, operator
from tests.isolation.samples import COMMUNE, CONSOLE, Kind, Sample
from tests.isolation.state import unchanged, writes
from tests.isolation.trials import Things, Trial, with_cookies

# A sign of life, a wrong password, a try that is told.
OF_ONESELF = frozenset({"accounts_doorsession", "journal_auditentry", "families_recoveryrequest"})
FEW_AND_ALL = [True, pytest.param(False, marks=pytest.mark.soak)]


@dataclass
class Door:
    """A form, whoever may send it, and what it holds when it is right."""

    client: Client
    path: str
    sample: Sample
    things: Things
    headers: dict[str, str]

    def send(self, given: bad.Pairs) -> HttpResponse:
        """Send these fields; one try does not make the next one wait."""
        cache.clear()
        return self.client.post(
            self.path,
            bad.body(given),
            content_type=bad.FORM_TYPE,
            query_params=dict(self.things.query),
            headers=self.headers,
        )

    def names(self) -> set[str]:
        """The fields that it reads, filled in or empty."""
        given = bad.pairs(self.things.fields)
        with undone(), bad.names_read() as found:
            self.send(given)
            self.send([])
        return (found | {name for name, _ in given}) - {"csrfmiddlewaretoken"}

    def is_refusal(self, answer: HttpResponse) -> bool:
        """Whether it says that nothing was done: a status of its own, or the form again where one is led on."""
        return answer.status_code >= 400 or (answer.status_code == 200 and self.sample.methods["POST"] == 302)


def forms_of(samples: dict[str, Sample]) -> list[str]:
    """What people send: other services' calls are answered by a status alone."""
    return [name for name, sample in samples.items() if "POST" in sample.methods and sample.is_form]


def try_all(door: Door, name: str, caplog: pytest.LogCaptureFixture, *towns: Commune, few: bool) -> None:
    """Send every bad form, and one with a file in the place of a text."""
    given, names, allowed = bad.pairs(door.things.fields), door.names(), OF_ONESELF | door.sample.writes
    for what, form in bad.forms(given, names, few=few, seed=name):
        caplog.clear()
        with undone():
            before = writes()
            answer = door.send(form)
            touched = {one for one, number in writes().items() if before.get(one) != number}
        look_at(answer, caplog, what)
        if door.is_refusal(answer) and {one.partition(".")[2] for one in touched} - allowed:
            # Written, and perhaps taken back: look at what is left.
            with undone(), unchanged(*towns, but=allowed):
                door.send(form)
    for field in sorted(names):
        text = {key: value.decode("utf-8", "replace") for key, value in given if key != field}
        with undone():
            sent = {**text, field: SimpleUploadedFile("../../essai.csv", b"\x00\xff")}
            answer = door.client.post(door.path, sent, query_params=dict(door.things.query), headers=door.headers)
        look_at(answer, caplog, f"{field}: a file")


@pytest.mark.soak
@pytest.mark.parametrize("few", [True, False], ids=["few", "all"])
@pytest.mark.parametrize("name", forms_of(dict(COMMUNE)))
def test_no_form_of_a_commune_breaks(
    name: str, few: bool, demo: Commune, buchelay: Commune, caplog: pytest.LogCaptureFixture
) -> None:
    trial = Trial(name, COMMUNE[name], here(demo), elsewhere(buchelay))
    own = trial.own
    headers = {one: str(value) for one, value in trial.sample.headers(trial.here).items()}
    door = Door(trial.whoever_may(), trial.path(own), trial.sample, own, headers)

    try_all(door, name, caplog, demo, few=few)


@pytest.mark.parametrize("few", FEW_AND_ALL, ids=["few", "all"])
@pytest.mark.parametrize("name", forms_of(dict(CONSOLE)))
def test_no_form_of_the_console_breaks(name: str, few: bool, demo: Commune, caplog: pytest.LogCaptureFixture) -> None:
    sample, town = CONSOLE[name], here(demo)
    path = reverse(name, urlconf=settings.LPS_CONSOLE_URLCONF, kwargs=dict(sample.where(town)))
    client = with_cookies(console_browser(), operator()) if sample.opens.kind is Kind.OPERATOR else console_browser()
    things = Things({}, dict(sample.query(town)), dict(sample.fields(town)))

    try_all(Door(client, path, sample, things, {}), name, caplog, demo, few=few)


@pytest.mark.parametrize("address", ["?q=%00", "communes/demo/messages/?sorte=%00"])
def test_a_nul_in_an_address_is_a_bad_request(address: str, demo: Commune) -> None:
    client = with_cookies(console_browser(), operator())

    answer = client.get(f"/{address}")

    assert answer.status_code == 400
    assert "Cette demande n'a pas été comprise" in answer.content.decode()
