"""Sessions belong to one commune and one door, end by themselves, and cost nothing to strangers."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from lps.accounts import doorway, sessions
from lps.accounts.doors import FAMILY, OFFICE, Door
from lps.accounts.middleware import DoorSessions
from lps.accounts.models import DoorSession
from lps.accounts.requests import DoorRequest
from lps.accounts.sessions import Session
from lps.accounts.tasks import purge
from tenants import context
from tenants.models import Commune
from tenants.town import services as town
from tests.accounts.factories import agent, browser, enter

HOLDER = "household:12"
Later = Callable[..., None]


def opened(door: Door = FAMILY, holder: str = HOLDER) -> str:
    """The cookie's value of a session just opened."""
    session = Session(door)
    session.begin(holder=holder, generation=1)
    session.save()
    assert session.session_key
    return session.session_key


def holder_seen(value: str, door: Door = FAMILY) -> str:
    """Who the session of that cookie belongs to."""
    return Session(door, value).holder


def visit(view: Callable[[DoorRequest], object], path: str = "/", **cookies: str) -> HttpResponse:
    """One request through the middleware, in the commune entered."""
    request = RequestFactory().get(path)
    request.COOKIES.update(cookies)

    def respond(request: DoorRequest) -> HttpResponse:
        view(request)
        return HttpResponse()

    return DoorSessions(respond)(request)


def test_a_stranger_costs_no_statement(in_demo: Commune) -> None:
    with CaptureQueriesContext(connection) as statements:
        response = visit(lambda request: request.session.get("child"))

    assert not [s for s in statements if "accounts_" in s["sql"]]
    assert not response.cookies


def test_a_cookie_that_we_never_wrote_costs_no_statement(in_demo: Commune) -> None:
    with CaptureQueriesContext(connection) as statements:
        visit(lambda request: request.session.get("child"), lps_famille="' OR 1=1 --")

    assert not [s for s in statements if "accounts_" in s["sql"]]


def test_a_session_is_read_in_one_statement(in_demo: Commune) -> None:
    value = opened()

    with CaptureQueriesContext(connection) as statements:
        visit(lambda request: (request.session.get("child"), request.session.holder), lps_famille=value)

    assert len([s for s in statements if "accounts_" in s["sql"]]) == 1


def test_what_is_put_is_found_again(in_demo: Commune) -> None:
    first = visit(lambda request: request.session.update({"child": 7}))
    found = []

    visit(lambda request: found.append(request.session.get("child")), lps_famille=first.cookies["lps_famille"].value)

    assert found == [7]


def test_the_cookie_is_for_one_host_and_unread_by_scripts(in_demo: Commune) -> None:
    response = visit(lambda request: doorway.enter(request, holder=HOLDER))

    cookie = response.cookies["lps_famille"]
    assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/", "", "Lax")
    assert cookie["httponly"] and not cookie["max-age"] and not cookie["expires"]


def test_the_agents_cookie_goes_no_further_than_their_door(in_demo: Commune) -> None:
    response = visit(lambda request: doorway.enter(request, holder="account:1"), path="/mairie/connexion/")

    assert response.cookies["lps_mairie"]["path"] == "/mairie/"
    assert "lps_famille" not in response.cookies


@pytest.mark.parametrize(("path", "cookie"), [("/", "lps_famille"), ("/mairie/", "lps_mairie")])
def test_production_cookies_travel_encrypted_only(in_demo: Commune, settings: Settings, path: str, cookie: str) -> None:
    settings.PRODUCTION = True

    response = visit(lambda request: doorway.enter(request, holder=HOLDER), path=path)

    assert response.cookies[cookie]["secure"]


def test_answers_with_a_session_are_kept_by_no_cache(in_demo: Commune) -> None:
    response = visit(lambda request: request.session.get("child"))

    assert response["Cache-Control"] == "private, no-store"
    assert "Cookie" in response["Vary"]


def test_the_database_never_holds_the_cookies_value(in_demo: Commune) -> None:
    value = opened()

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(s)::text FROM accounts_doorsession s")
        assert value not in str(cursor.fetchall())


def test_a_session_is_unknown_in_the_other_commune(demo: Commune, buchelay: Commune) -> None:
    with context.use(demo):
        value = opened()
        assert holder_seen(value) == HOLDER

    with context.use(buchelay):
        assert holder_seen(value) == ""


def test_a_row_carried_to_the_other_commune_opens_nothing(demo: Commune, buchelay: Commune) -> None:
    with context.use(demo):
        value = opened()
        row = DoorSession.objects.get()

    with context.use(buchelay):
        row.save(force_insert=True)
        assert holder_seen(value) == ""


@pytest.mark.parametrize(("mine", "other"), [(FAMILY, OFFICE), (OFFICE, FAMILY)])
def test_a_doors_value_opens_no_other_door(in_demo: Commune, mine: Door, other: Door) -> None:
    value = opened(mine)

    assert holder_seen(value, other) == ""
    assert holder_seen(value, mine) == HOLDER


def test_the_other_doors_cookie_is_ignored(in_demo: Commune) -> None:
    value = opened(FAMILY)
    seen = []

    visit(lambda request: seen.append(request.session.holder), path="/mairie/", lps_famille=value)

    assert seen == [""]


def test_sign_in_changes_the_key(in_demo: Commune) -> None:
    before = visit(lambda request: request.session.update({"step": 2})).cookies["lps_famille"].value

    after = visit(lambda request: doorway.enter(request, holder=HOLDER), lps_famille=before)

    value = after.cookies["lps_famille"].value
    assert value != before
    assert (holder_seen(before), holder_seen(value)) == ("", HOLDER)
    assert dict(Session(FAMILY, value).items()) == {}


def test_a_key_that_we_did_not_draw_is_never_adopted(in_demo: Commune) -> None:
    planted = "A" * 43

    response = visit(lambda request: doorway.enter(request, holder=HOLDER), lps_famille=planted)

    assert response.cookies["lps_famille"].value != planted
    assert holder_seen(planted) == ""


def test_a_cycled_key_keeps_holder_and_data(in_demo: Commune) -> None:
    session = Session(FAMILY, opened())
    session["child"] = 7
    session.cycle_key()
    session.save()

    again = Session(FAMILY, session.session_key)

    assert (again.holder, again["child"], DoorSession.objects.count()) == (HOLDER, 7, 1)


def test_a_family_leaves_after_the_minutes_that_the_town_chose(in_demo: Commune, later: Later) -> None:
    town.change_settings(session_minutes=10)
    value = opened()

    later(minutes=9.9)
    assert holder_seen(value) == HOLDER
    later(minutes=0.1)
    assert holder_seen(value) == ""


def test_an_agent_leaves_after_an_hour(in_demo: Commune, later: Later) -> None:
    value = opened(OFFICE)

    later(minutes=59)
    assert holder_seen(value, OFFICE) == HOLDER
    later(minutes=1)
    assert holder_seen(value, OFFICE) == ""


def test_a_page_puts_the_end_off_and_writes_once_a_minute(in_demo: Commune, later: Later) -> None:
    value = opened()

    later(seconds=59)
    with CaptureQueriesContext(connection) as early:
        visit(lambda request: request.session.holder, lps_famille=value)
    later(minutes=20)
    with CaptureQueriesContext(connection) as due:
        visit(lambda request: request.session.holder, lps_famille=value)
    later(minutes=29)

    assert [sum("UPDATE" in s["sql"] for s in seen) for seen in (early, due)] == [0, 1]
    assert holder_seen(value) == HOLDER


def test_nobody_stays_beyond_twelve_hours(in_demo: Commune, later: Later) -> None:
    value = opened(OFFICE)

    for _half_hour in range(23):
        later(minutes=30)
        visit(lambda request: request.session.holder, path="/mairie/", lps_mairie=value)
    assert holder_seen(value, OFFICE) == HOLDER
    later(minutes=30)

    assert holder_seen(value, OFFICE) == ""


def test_an_ended_sessions_cookie_is_dropped(in_demo: Commune, later: Later) -> None:
    value = opened()
    later(hours=1)

    response = visit(lambda request: request.session.holder, lps_famille=value)

    assert response.cookies["lps_famille"]["max-age"] == 0


def test_all_sessions_of_a_holder_end_together(in_demo: Commune) -> None:
    mine, elsewhere, stranger = opened(), opened(), opened(holder="household:13")

    ended = sessions.end_sessions(holder=HOLDER)

    assert ended == 2
    assert [holder_seen(value) for value in (mine, elsewhere, stranger)] == ["", "", "household:13"]


def test_a_session_ended_meanwhile_is_not_written_again(in_demo: Commune) -> None:
    value = opened()

    def ended_during_the_page(request: DoorRequest) -> None:
        request.session["child"] = 7
        sessions.end_sessions(holder=HOLDER)

    response = visit(ended_during_the_page, lps_famille=value)

    assert response.cookies["lps_famille"]["max-age"] == 0
    assert not DoorSession.objects.exists()


def test_a_page_in_error_writes_nothing(in_demo: Commune) -> None:
    request = RequestFactory().get("/")

    def fail(request: DoorRequest) -> HttpResponse:
        request.session["child"] = 7
        return HttpResponse(status=500)

    response = DoorSessions(fail)(request)

    assert not response.cookies and not DoorSession.objects.exists()


def test_ended_sessions_are_purged(in_demo: Commune, later: Later) -> None:
    opened()
    later(minutes=31)
    alive = opened()

    assert sessions.purge_expired() == 1
    assert holder_seen(alive) == HOLDER


def test_the_night_purges_one_commune_alone(demo: Commune, buchelay: Commune, later: Later) -> None:
    for commune in (demo, buchelay):
        with context.use(commune):
            opened()
    later(hours=1)

    with context.use(demo):
        purge.apply(headers={"commune": "demo"})
        assert not DoorSession.objects.exists()

    with context.use(buchelay):
        assert DoorSession.objects.count() == 1


def test_an_agent_of_one_commune_is_nobody_in_the_other(demo: Commune, buchelay: Commune) -> None:
    here, there = browser(demo), browser(buchelay)
    enter(here, agent(demo))
    agent(buchelay)
    there.cookies["lps_mairie"] = here.cookies["lps_mairie"].value

    assert here.get("/mairie/").status_code == 200
    assert there.get("/mairie/").headers["Location"].startswith("/mairie/connexion/")
