"""A family's and an agent's visit, errors included: what the logs keep of it opens no door and names nobody."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from lps.accounts import services as accounts
from lps.families import services
from lps.families.models import Household
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tenants.town.services import change_settings
from tests.accounts.factories import PASSWORD, agent, enter
from tests.families.doors import browser, link_sent, sign_in
from tests.families.factories import BY, child_of, household
from tests.isolation.logs import Written, written_logs
from tests.isolation.pages import form_with

EMAIL = "alice.martin@example.org"


class Visit:
    """A browser that remembers every secret that it was given."""

    def __init__(self) -> None:
        self.client = browser()
        self.client.raise_request_exception = False
        self.secrets: set[str] = set()

    def get(self, path: str, **headers: str) -> Any:
        return self._kept(self.client.get(path, headers=headers))

    def post(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> Any:
        return self._kept(self.client.post(path, fields or {}, headers=headers))

    def _kept(self, response: Any) -> Any:
        self.secrets |= {cookie.value for cookie in self.client.cookies.values() if cookie.value}
        return response


@pytest.fixture
def home(in_demo: Commune) -> Household:
    """The MARSONE family of the demonstration, known by an address."""
    family = Household.objects.get(name="MARSONE")
    family.guardians.update(email=EMAIL, email_key=EMAIL)
    return family


@pytest.fixture
def logs() -> Iterator[Written]:
    with written_logs() as written:
        yield written


def assert_nothing_told(logs: Written, visit: Visit, home: Household, *others: str) -> None:
    codes = [home.family_code, *(custody.child.child_code for custody in home.custodies.all())]
    assert logs.found([*codes, EMAIL, EMAIL.upper(), *visit.secrets, *others]) == []


def test_a_familys_visit(home: Household, logs: Written) -> None:
    visit, code = Visit(), child_of(home).child_code
    visit.post("/", {"child_code": code, "family_code": "000000"})
    visit.get(f"/?suivant=/enfants/{code}/planning/")
    assert sign_in(visit.client, home).status_code == 302
    page = visit.get(f"/enfants/{code}/planning/?semaine=2099-W01")
    page = visit.get(f"/enfants/{code}/planning/")
    form = form_with(page, "vu")
    name, value = form.unticked[-1]
    saved = visit.post(form.action, {**form.fields, name: [*form.fields.get(name, []), value]})
    assert "recu=R-" in saved.headers["Location"]
    assert visit.post(form.action, {**form.fields, "vu": "faux"}).status_code == 400
    receipt = visit.get(saved.headers["Location"]).context["recap"].receipt
    for path in (f"/recus/{receipt.number}/", "/recus/", f"/enfants/{code}/modifications/", "/enfants/"):
        assert visit.get(path).status_code == 200
    for path in ("/donnees-personnelles/export.json", "/donnees-personnelles/export.csv"):
        assert visit.get(path).status_code == 200
    visit.post("/deconnexion/")

    assert_nothing_told(logs, visit, home)
    assert "[demo " in str(logs) and "POST /enfants/<str:code>/planning/ 302" in str(logs)


def test_addresses_that_do_not_exist(home: Household, logs: Written) -> None:
    visit, code = Visit(), child_of(home).child_code
    sign_in(visit.client, home)
    token = "nkiARouu2Xw8x2j2WrsSnHM241Efs1NPHhAO_l1IBjU"
    tried = [
        f"/enfants/{code}/",
        f"/enfants/{code}x/planning/",
        f"/enfants/9{code[1:]}/planning/",
        f"/enfants/{code[:3]} {code[3:]}/planning/",
        f"/{home.family_code}",
        f"/difficultes/{token}",
        f"/difficultes/{token}/",
        f"/appareil/{token}/",
        f"/calendrier/{token}.ics",
        f"/{EMAIL}",
        f"/mairie/familles/{home.family_code}/",
    ]

    statuses = {visit.get(path).status_code for path in tried}

    assert statuses == {301, 302, 404, 410}
    assert_nothing_told(logs, visit, home, token, f"{code[:3]} {code[3:]}")


def test_lost_codes_and_a_new_device(home: Household, logs: Written) -> None:
    visit = Visit()
    change_settings(second_step=True)
    visit.post("/difficultes/", {"email": EMAIL})
    services.answer_recoveries()
    recovery = link_sent()
    shown = [visit.get(recovery), visit.post(recovery), visit.post(recovery)]
    sign_in(visit.client, home)
    device = link_sent()
    opened = [visit.get(device), visit.post(device)]

    assert [answer.status_code for answer in (*shown, *opened)] == [200, 200, 410, 200, 302]
    assert_nothing_told(logs, visit, home, recovery.split("/")[2], device.split("/")[2])


def test_an_error_of_ours(home: Household, logs: Written, settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.isolation.faulty_urls"
    visit, code = Visit(), child_of(home).child_code
    sign_in(visit.client, home)

    answers = [visit.get(f"/enfants/{code}/panne/?suivant=/enfants/{code}/"), visit.get(f"/doublon/{EMAIL}/")]

    assert [answer.status_code for answer in answers] == [500, 500]
    assert "RuntimeError" in str(logs) and "account_email_once" in str(logs), "the traces were written"
    assert_nothing_told(logs, visit, home)


def test_a_form_of_another_site(home: Household, logs: Written) -> None:
    visit, code = Visit(), child_of(home).child_code
    visit.client = Client(enforce_csrf_checks=True, headers={"host": "demo.localhost"})
    referer = f"https://ailleurs.example/enfants/{code}/?jeton={home.family_code}"

    answer = visit.client.post("/", {"child_code": code}, secure=True, headers={"referer": referer})

    assert answer.status_code == 403
    assert "Referer checking failed" in str(logs)
    assert_nothing_told(logs, visit, home)


def test_an_agents_visit_and_the_towns_software(demo: Commune, home: Household, logs: Written) -> None:
    visit, claire = Visit(), agent(demo)
    with context.use(demo):
        token = accounts.issue_api_token(
            name="Cuisine", scopes=[], by=BY, channel=Channel.OFFICE, expires_at=clock.real_now() + timedelta(days=1)
        )
    code = claire.code()
    visit.post("/mairie/connexion/", claire.proofs(password="une-autre-phrase"))
    enter(visit.client, claire)
    answers = [
        visit.get("/mairie/"),
        visit.get("/api/v1/moi/", authorization=f"Bearer {token.value}"),
        visit.get("/api/v1/moi/", authorization=f"Bearer {token.value}x"),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 401]
    assert_nothing_told(logs, visit, home, claire.email, claire.totp_secret, code, PASSWORD, token.value)


def test_a_worker_that_fails(home: Household, logs: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task's trace is written by Celery, with what the error says."""
    from lps.families import tasks

    def fail() -> int:
        household(email=EMAIL)
        raise RuntimeError(f"{EMAIL} {home.family_code}")

    monkeypatch.setattr(services, "answer_recoveries", fail)

    result = tasks.answer_recoveries.apply(headers={"commune": "demo"})

    assert result.failed()
    assert "RuntimeError" in str(logs) and "families.answer_recoveries" in str(logs)
    assert_nothing_told(logs, Visit(), home)
