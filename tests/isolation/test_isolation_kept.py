"""Every agents' route, tried by one who works at another school, then by one who works for another activity."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

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
# What one who works elsewhere reads all the same, for it is the whole town's or about its own too, and does not change.
READ_BY_ALL = frozenset(
    {
        "booking_office:absence_answer",
        "booking_office:campaign_book",
        "booking_office:closure_undo",
        "booking_office:holiday_remove",
        "booking_office:places_set",
        "booking_office:vacation",
        "booking_office:vacation_remove",
        "office:message_edit",
        "office:rules_families",
        "office:rules_families_csv",
        "office:topic",
    }
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


def no_row(value: Any) -> Any:
    """A key, or a number that ends by one, that nothing has."""
    return 900001 if isinstance(value, int) else re.sub(r"\d+$", "900001", value) if isinstance(value, str) else uuid4()


@pytest.mark.parametrize("kept", ["school", "activity"])
def test_who_works_elsewhere_learns_not_which_keys_exist(kept: str, demo: Commune) -> None:
    """What is another's answers as what is not there: nobody counts a town's families by trying their keys."""
    town = Town(demo, NAME, CHILD_CODE, FAMILY_CODE)
    left_out = OWN | READ_BY_ALL | (AT_THE_COUNTER if kept == "activity" else frozenset())
    tried = [(name, sample, Things.of(town, sample)) for name, sample in routes() if name not in left_out]
    client = elsewhere(kept, demo, town)
    told, compared = {}, 0

    for name, sample, things in tried:
        there = {part: no_row(value) for part, value in things.where.items()}
        paths = [reverse(name, urlconf=settings.ROOT_URLCONF, kwargs=dict(where)) for where in (things.where, there)]
        for method in sample.methods if paths[0] != paths[1] else ():
            theirs, nobodys = (send(client, method, path, things, is_form=sample.is_form).status_code for path in paths)
            compared += theirs >= 400
            if theirs >= 400 and theirs != nobodys:
                told[f"{method} {name}"] = (theirs, nobodys)

    assert told == {}
    assert compared > 50


@pytest.mark.parametrize("kept", ["school", "activity"])
def test_every_page_of_its_rail_opens(kept: str, demo: Commune) -> None:
    client = elsewhere(kept, demo, Town(demo, NAME, CHILD_CODE, FAMILY_CODE))
    rail = client.get("/mairie/").content.decode().partition('<nav class="rail"')[2].partition("</nav>")[0]

    pages = re.findall(r'href="([^"]+)"', rail)

    assert len(pages) > 10
    assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)
