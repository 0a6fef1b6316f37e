"""What the nights erased, told back to the town and to the vendor: in numbers, under terms that they can read."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from lps.accounts.roles import Role
from lps.console import retention
from lps.journal.retention import report
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tests.accounts.factories import console_browser, enter, operator
from tests.isolation.cast import here
from tests.isolation.trials import with_cookies
from tests.live import ROOT
from voice.models import Call
from voice.services.retention import purge

PURGES = (
    "booking/services/retention.py",
    "billing/services/retention.py",
    "platform/lps/families/services/retention.py",
)


def line(lines: list[retention.Line], name: str) -> retention.Line:
    return next(one for one in lines if name in one.term.names)


def test_nights_add_up_under_their_term(in_demo: Commune) -> None:
    now = clock.now()
    report({"bookings": 3, "receipts": 2}, at=now - timedelta(days=40))
    report({"bookings": 4, "health_notes": 1}, at=now - timedelta(days=2))
    report({"bookings": 100}, at=now - timedelta(days=400))

    lines = retention.report(now=now)

    assert (line(lines, "bookings").number, line(lines, "bookings").last_at) == (9, now - timedelta(days=2))
    assert line(lines, "health_notes").number == 1
    assert (line(lines, "calls").number, line(lines, "calls").last_at) == (0, None)


def test_every_number_that_a_purge_tells_stands_under_a_term() -> None:
    known = {name for term in retention.TERMS for name in term.names}

    for path in PURGES:
        text = (ROOT / path).read_text()
        told = set(re.findall(r'^            "(\w+)": ', text, re.MULTILINE))
        assert told and told <= known, path


def test_the_town_and_the_vendor_read_it(demo: Commune) -> None:
    with context.use(demo):
        report({"bookings": 1234}, at=clock.now())
    town, console = here(demo), console_browser()
    enter(console, operator(), "/connexion/")

    clerk = with_cookies(town.browser(), town.agent(Role.READ_ONLY))
    for client, path in ((clerk, "/mairie/conservation/"), (console, "/communes/demo/conservation/")):
        page = client.get(path).content.decode()
        assert "1234" in re.sub(r"\s|&nbsp;", "", page) and "année scolaire" in page


@pytest.mark.parametrize("role", [Role.SCHOOL, Role.CANTEEN])
def test_it_is_for_those_who_answer_for_the_town(demo: Commune, role: Role) -> None:
    town = here(demo)
    client: Client = with_cookies(town.browser(), town.agent(role))

    assert client.get("/mairie/conservation/").status_code == 403


def test_calls_forgotten_are_told_too(demo: Commune) -> None:
    cast, now = here(demo), clock.now()
    with cast.inside():
        assert cast.trial_call
        Call.objects.update(called_at=now - timedelta(days=800))

        assert purge(now=now) == 1

        assert line(retention.report(now=now), "calls").number == 1
