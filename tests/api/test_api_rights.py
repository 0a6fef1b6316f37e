"""What each scope opens, and that a token is worth nothing in another commune."""

from datetime import date, timedelta

import pytest
from django.urls import URLPattern, URLResolver

from booking.models import Booking
from lps.accounts import services
from lps.accounts.api.views import ApiView
from lps.config.urls import urlpatterns
from lps.families.models import Child, Household
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tests.api.factories import (
    ABSENCES,
    ACCOUNTS,
    ALL,
    BY,
    CATALOGUE,
    CHANGE,
    CHANGES,
    FAMILIES,
    MEALS,
    PROBLEM,
    READ,
    ROLL,
    WRITE,
    Software,
    asked,
    issue,
    wish,
)
from tests.families.doors import browser, sign_in

OPENED_BY = {
    "groupes/": CATALOGUE,
    "activites/": CATALOGUE,
    "jours/": CATALOGUE,
    "lieux/": CATALOGUE,
    "fermetures/": CATALOGUE,
    "pointages/": ROLL,
    "absences/": ABSENCES,
    "repas/?du=2026-11-02&au=2026-11-06": MEALS,
    "factures/": ACCOUNTS,
    "reglements/": ACCOUNTS,
    "familles/": FAMILIES,
    "familles/1/": FAMILIES,
    "familles/1/enfants/": FAMILIES,
    "classes/": CATALOGUE,
    "classes/1/enfants/": FAMILIES,
    "lieux/1/enfants/": FAMILIES,
    "reservations/": READ,
    "journal/": READ,
    "recus/": READ,
    "recus/R-2026-000001/": READ,
}


@pytest.mark.parametrize("path", OPENED_BY)
@pytest.mark.parametrize("scope", ALL)
def test_each_address_is_opened_by_its_scope_alone(demo: Commune, path: str, scope: str) -> None:
    answer = Software(demo, issue(demo, scope).value).get(path)

    if scope == OPENED_BY[path]:
        assert answer.status_code in (200, 404)
    else:
        assert (answer.status_code, answer.headers["Content-Type"]) == (403, PROBLEM)
        assert answer.json()["portee"] == OPENED_BY[path]


@pytest.mark.parametrize("scope", sorted(set(ALL) - {CHANGE}))
def test_changing_needs_the_scope_that_changes(
    demo: Commune, marsone: Household, angeline: Child, bus: int, days: list[date], scope: str
) -> None:
    answer = Software(demo, issue(demo, scope).value).change(asked(marsone.pk, angeline.pk, wish(bus, days[0])))

    assert (answer.status_code, answer.json()["portee"]) == (403, CHANGE)
    assert not Booking.objects.filter(child=angeline, activity=bus).exists()


@pytest.mark.parametrize("scope", sorted(set(ALL) - {WRITE}))
@pytest.mark.parametrize(
    "path",
    [
        "familles/ajouter/",
        "familles/1/modifier/",
        "familles/1/representants/ajouter/",
        "familles/1/enfants/ajouter/",
        "enfants/1/classe/",
    ],
)
def test_writing_families_needs_the_scope_that_writes_them(demo: Commune, path: str, scope: str) -> None:
    software = Software(demo, issue(demo, scope).value)

    answer = software.client.post(f"/api/v1/{path}", {}, content_type="application/json", headers=software.headers)

    assert (answer.status_code, answer.json()["portee"]) == (403, WRITE)


def test_the_scope_that_changes_reads_nothing(
    demo: Commune, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    software = Software(demo, issue(demo, CHANGE).value)

    assert software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0]))).status_code == 201
    assert {software.get(path).status_code for path in OPENED_BY} == {403}


def test_every_address_is_in_the_table() -> None:
    """An address added later is tried here too, or this fails."""
    found = {name for name, view in api_views(urlpatterns) if getattr(view, "right", None)}

    assert found == {"groups", "activities", "days", "sites", "households", "household", "children", "bookings"} | {
        "classes",
        "class_children",
        "site_children",
        "add_household",
        "change_household",
        "add_guardian",
        "add_child",
        "move_child",
        "journal",
        "receipts",
        "receipt",
        "changes",
        "attendances",
        "note",
        "absences",
        "meals",
        "invoices",
        "payments",
        "closures",
    }


@pytest.mark.parametrize("path", [*OPENED_BY, "moi/"])
def test_another_communes_token_is_unknown(demo: Commune, buchelay: Commune, path: str) -> None:
    answer = Software(buchelay, issue(demo).value).get(path)

    assert (answer.status_code, answer.headers["Content-Type"]) == (401, PROBLEM)
    assert answer.json()["type"].endswith("#probleme-jeton-refuse")


def test_another_communes_token_changes_nothing(
    demo: Commune, buchelay: Commune, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    answer = Software(demo, issue(buchelay).value).change(asked(marsone.pk, angeline.pk, wish(bus, days[0])))

    assert answer.status_code == 401
    assert not Booking.objects.filter(child=angeline, activity=bus).exists()


def test_keys_of_another_commune_find_nothing(demo: Commune, buchelay: Commune) -> None:
    """Demo has one family; the keys of Buchelay's sixty others mean nothing there."""
    with context.use(buchelay):
        other = Household.objects.order_by("-pk")[0].pk
    software = Software(demo, issue(demo).value)

    assert software.get(f"familles/{other}/").status_code == 404
    assert software.get(f"familles/{other}/enfants/").status_code == 404
    assert software.results("reservations/", famille=other) == []


def test_a_cursor_of_another_commune_is_refused(demo: Commune, buchelay: Commune) -> None:
    there, here = Software(buchelay, issue(buchelay).value), Software(demo, issue(demo).value)
    following = there.get("familles/", taille=1).json()["suivant"]

    answer = here.client.get(following, headers=here.headers)

    assert answer.status_code == 400
    assert answer.json()["erreurs"][0]["champ"] == "curseur"


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_token_no_longer_in_force_opens_nothing(demo: Commune, how: str) -> None:
    past = clock.real_now() - timedelta(minutes=1)
    with context.use(demo):
        made = services.issue_api_token(
            name="Ancien", scopes=ALL, by=BY, channel=Channel.OFFICE, expires_at=past if how == "expired" else None
        )
        if how == "revoked":
            services.revoke_api_token(token=made.token, by=BY, channel=Channel.OFFICE)
    software = Software(demo, made.value)

    assert software.get("groupes/").status_code == 401
    assert software.change({}).status_code == 401


def test_a_familys_session_opens_nothing(demo: Commune, marsone: Household) -> None:
    parent = browser()
    sign_in(parent, marsone)

    assert parent.get("/api/v1/familles/").status_code == 401
    assert parent.post(CHANGES, {}, content_type="application/json").status_code == 401


def api_views(patterns: list[URLPattern | URLResolver]) -> list[tuple[str, type[ApiView]]]:
    found = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found += api_views(pattern.url_patterns)
        elif view := getattr(pattern.callback, "cls", None):
            found.append((str(pattern.name), view))
    return found
