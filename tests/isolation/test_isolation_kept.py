"""Every agents' route, tried by one who works at another school, then by one who works for another activity."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from lps.accounts.roles import AGENT_ROLES, Role
from lps.families.models import Site
from tenants.models import Commune
from tests.families.agents import signed_in
from tests.isolation.cast import Town
from tests.isolation.samples import COMMUNE, Kind, Sample
from tests.isolation.state import unchanged
from tests.isolation.trials import Things, roles_of, send, shown

NAME, CHILD_CODE, FAMILY_CODE = "XAINTRAILLES", "91000001", "92000001"
# How a page names the family or its child; the cast gives the same name to what is of no family.
MARKS = (CHILD_CODE, FAMILY_CODE, f"{NAME} {NAME}", f"amille {NAME}", f"{NAME};{NAME}")
# Who is kept to an activity serves the families of all schools for it: it books that activity alone, and answers for
# the absences of that activity alone.
AT_THE_COUNTER = frozenset(
    f"booking_office:{page}"
    for page in (
        "family_bookings",
        "family_answers",
        "family_journal",
        "family_receipt",
        "family_absences",
        "absences",
        "absence",
        "absence_document",
        "absence_note",
    )
)
OWN = frozenset({"office:sign_out"})
# A refused try of one's own password is counted, a visit to one's own page is a sign of life, a choice of no class is
# written down.
OF_ONESELF = frozenset({"accounts_doorsession", "journal_auditentry"})


def routes() -> Iterator[tuple[str, Sample]]:
    """Those that are open to others than administrators, who are kept to nothing."""
    for name, sample in COMMUNE.items():
        if sample.opens.kind is Kind.AGENT and roles_of(sample.opens.action) - {Role.ADMINISTRATOR}:
            yield name, sample


def elsewhere(kept: str, demo: Commune, town: Town) -> Client:
    """An agent with every role but the administrator's, of another school or another activity."""
    with town.inside():
        where = {"activities": [10**6]} if kept == "activity" else {"sites": [Site.objects.create(name="Là-bas").pk]}
    return signed_in(demo, *sorted(AGENT_ROLES - {Role.ADMINISTRATOR}), **where)


@pytest.mark.parametrize("kept", ["school", "activity"])
def test_who_works_elsewhere_reaches_no_family(kept: str, demo: Commune) -> None:
    town = Town(demo, NAME, CHILD_CODE, FAMILY_CODE)
    left_out = OWN | (AT_THE_COUNTER if kept == "activity" else frozenset())
    tried = [(name, sample, Things.of(town, sample)) for name, sample in routes() if name not in left_out]
    client = elsewhere(kept, demo, town)

    def answers(*, reading: bool) -> Iterator[tuple[str, HttpResponse]]:
        for name, sample, things in tried:
            path = reverse(name, urlconf=settings.ROOT_URLCONF, kwargs=dict(things.where))
            for method in sample.methods:
                if (method == "GET") is reading:
                    yield f"{method} {name}", send(client, method, path, things, is_form=sample.is_form)

    with unchanged(demo, but=OF_ONESELF):
        seen = {what: shown(answer) for what, answer in answers(reading=False)}
    seen |= {what: shown(answer) for what, answer in answers(reading=True)}

    told = {what: mark for what, (_status, _to, page) in seen.items() for mark in MARKS if mark in page}
    assert told == {}
    assert sum(status == 403 for status, _to, _page in seen.values()) > len(seen) / 3, "the agent is signed in"


@pytest.mark.parametrize("kept", ["school", "activity"])
def test_every_page_of_its_rail_opens(kept: str, demo: Commune) -> None:
    client = elsewhere(kept, demo, Town(demo, NAME, CHILD_CODE, FAMILY_CODE))
    rail = client.get("/mairie/").content.decode().partition('<nav class="rail"')[2].partition("</nav>")[0]

    pages = re.findall(r'href="([^"]+)"', rail)

    assert len(pages) > 10
    assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)
