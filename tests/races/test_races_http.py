"""Races through the doors themselves: real requests to real pages, all at one moment."""

import http.client
import json
import threading
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from booking import planning_form
from booking.models import ActivityTie, Booking
from booking.rules.planning import Cell
from booking.services import catalogue
from deploy.processes import LOOPBACK
from lps.accounts.doors import FAMILY
from lps.accounts.sessions import Session
from tenants.town.services import renew_catalogue_stamp
from tests.api.factories import CHANGES, asked, issue, wish
from tests.live import Pages, Site
from tests.races.crowd import Parent, cells, parents

CANTEEN, NOON_BUS = "Cantine", "Transport scolaire 11h30"
CSRF = "a" * 32
SECONDS = 60


@dataclass(frozen=True, slots=True)
class Sent:
    """A request, ready to leave."""

    path: str
    body: str
    headers: dict[str, str]


def form_of(parent: Parent, cell: Cell) -> Sent:
    """A planning's form on which the parent ticked a day that was free."""
    session = Session(FAMILY)
    session.begin(holder=parent.household.holder, generation=parent.household.generation)
    session.save()
    fields = {
        "csrfmiddlewaretoken": CSRF,
        planning_form.JETON: str(uuid.uuid4()),
        planning_form.SEEN: planning_form.seen_field({cell: False}, child=parent.child, household=parent.household),
        planning_form.BOX: planning_form.box_value(cell),
    }
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"{FAMILY.cookie}={session.session_key}; lps_csrf={CSRF}",
    }
    return Sent(f"/enfants/{parent.child.child_code}/planning/", urlencode(fields), headers)


def call_of(parent: Parent, cell: Cell, token: str) -> Sent:
    """What the town's software asks for the same family."""
    body = asked(parent.household.pk, parent.child.pk, wish(cell.activity_id, cell.day))
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": str(uuid.uuid4()),
    }
    return Sent(CHANGES, json.dumps(body), headers)


def answers(pages: Pages, requests: Sequence[Sent]) -> list[str]:
    """Send all at one moment; how each was answered: "saved", "full", or the status that nobody expects."""
    ready = threading.Barrier(len(requests), timeout=SECONDS)
    found: list[str] = []

    def send(request: Sent) -> None:
        connection = http.client.HTTPConnection(LOOPBACK, pages.port, timeout=SECONDS)
        try:
            connection.connect()
            ready.wait()
            host = f"buchelay.localhost:{pages.port}"
            connection.request("POST", request.path, request.body, {**request.headers, "Host": host})
            response = connection.getresponse()
            found.append(_read(response, response.read().decode()))
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=SECONDS)
    return found


def _read(response: http.client.HTTPResponse, body: str) -> str:
    if response.status == http.client.CREATED or "recu=R-" in response.headers.get("Location", ""):
        return "saved"
    if response.status == http.client.OK and "complet, il n" in body:
        return "full"
    if response.status == http.client.OK and "incompatible" in body:
        return "incompatible"
    return f"{response.status}"


def test_two_hundred_parents_who_ask_for_the_last_ten_places(site: Site) -> None:
    with site.inside("buchelay"):
        crowd = parents(200)
        [cell] = cells(CANTEEN, left=10)
        forms = [form_of(parent, cell) for parent in crowd]

    ended = answers(site.pages, forms)

    assert Counter(ended) == {"saved": 10, "full": 190}
    with site.inside("buchelay"):
        standing = Booking.objects.standing().filter(child__in=[parent.child for parent in crowd])
        assert list(standing.values_list("activity", "day")) == [(cell.activity_id, cell.day)] * 10


def test_the_web_and_the_api_at_once_book_one_of_two_activities_that_exclude_each_other(site: Site) -> None:
    with site.inside("buchelay") as commune:
        crowd = parents(10)
        bus, canteen = cells(NOON_BUS, CANTEEN)
        tie = catalogue.tie(one=bus.activity_id, other=canteen.activity_id, kind=ActivityTie.Kind.INCOMPATIBLE)
        token = issue(commune).value
        forms = [form_of(parent, bus) for parent in crowd]
        calls = [call_of(parent, canteen, token) for parent in crowd]

    try:
        ended = answers(site.pages, [*forms, *calls])
    finally:
        with site.inside("buchelay"):
            tie.delete()
            renew_catalogue_stamp()

    assert Counter(ended) == {"saved": 10, "incompatible": 10}
    with site.inside("buchelay"):
        assert [len(parent.stands(bus, canteen)) for parent in crowd] == [1] * 10
