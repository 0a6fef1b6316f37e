"""Lists by pages: whatever comes or goes between two pages, no row is told twice and none is left out."""

from datetime import date
from typing import Any

import pytest

from booking.models import Booking, ServiceDay
from lps.families.models import Household
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tests.api.factories import Software, free_days, issue
from tests.sql import counted


@pytest.fixture
def there(buchelay: Commune) -> Software:
    """The software of Buchelay, where there are many families."""
    return Software(buchelay, issue(buchelay).value)


def walked(software: Software, path: str, **parameters: Any) -> list[dict[str, Any]]:
    """Every row of a list, page after page."""
    found, address = [], f"/api/v1/{path}"
    answer = software.client.get(address, parameters, headers=software.headers)
    while True:
        told = answer.json()
        assert told["resultats"], "an empty page follows a full one"
        found += told["resultats"]
        if told["suivant"] is None:
            return found
        answer = software.client.get(told["suivant"], headers=software.headers)


def test_pages_tell_every_row_once(there: Software, buchelay: Commune) -> None:
    rows = walked(there, "familles/", taille=7)

    with context.use(buchelay):
        assert [row["id"] for row in rows] == list(Household.objects.order_by("pk").values_list("pk", flat=True))


def test_pages_of_days_are_in_order_and_keep_their_filters(software: Software, bus: int) -> None:
    held = free_days(bus, 12)
    rows = walked(software, "jours/", taille=9, du=str(held[0]), au=str(held[-1]), activite=bus)

    days = [row["jour"] for row in rows]
    assert days == sorted(days) and len(set(days)) == len(days) > 9
    assert {row["activite"] for row in rows} == {bus}


def test_rows_of_one_day_are_parted_between_pages(software: Software, days: list[date]) -> None:
    """Several activities share a day: the page ends between two of them."""
    rows = walked(software, "jours/", taille=1, du=str(days[0]), au=str(days[1]))

    assert len(rows) == ServiceDay.objects.filter(day__range=(days[0], days[1])).count() > 2
    assert len({(row["jour"], row["activite"], row["lieu"]) for row in rows}) == len(rows)


def test_rows_that_go_between_two_pages_shift_nothing(there: Software, buchelay: Commune) -> None:
    first = there.get("reservations/", taille=10).json()
    with context.use(buchelay):
        Booking.objects.filter(pk__in=[row["id"] for row in first["resultats"][:5]]).update(canceled_at=clock.now())
        remaining = Booking.objects.standing().filter(day=first["resultats"][-1]["jour"])
        following = remaining.filter(pk__gt=first["resultats"][-1]["id"]).order_by("pk").values_list("pk", flat=True)[0]

    second = there.client.get(first["suivant"], headers=there.headers).json()

    assert second["resultats"][0]["id"] == following


def test_a_page_has_its_size(there: Software) -> None:
    assert len(there.results("reservations/")) == 50
    assert len(there.results("reservations/", taille=200)) == 200
    assert len(there.results("reservations/", taille=1)) == 1


def test_a_last_page_that_is_full_is_the_last(software: Software) -> None:
    number = len(software.results("groupes/"))

    assert software.get("groupes/", taille=number).json()["suivant"] is None
    assert software.get("groupes/", taille=number - 1).json()["suivant"] is not None


def test_a_cursor_serves_its_own_list(software: Software) -> None:
    cursor = software.get("groupes/", taille=1).json()["suivant"].partition("curseur=")[2]

    assert software.client.get(f"/api/v1/groupes/?curseur={cursor}", headers=software.headers).status_code == 200
    assert software.client.get(f"/api/v1/lieux/?curseur={cursor}", headers=software.headers).status_code == 400


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("groupes/", 2),
        ("activites/", 3),
        ("lieux/", 2),
        ("jours/", 5),
        ("familles/", 2),
        ("familles/{}/", 2),
        ("familles/{}/enfants/", 4),
        ("reservations/", 2),
        ("journal/", 2),
        ("recus/", 3),
        ("moi/", 1),
    ],
)
def test_statements_do_not_grow_with_the_rows(there: Software, buchelay: Commune, path: str, most: int) -> None:
    with context.use(buchelay):
        path = path.format(Household.objects.order_by("pk")[0].pk)
    sizes = ("1", "200") if path.count("/") == 1 and path != "moi/" else ("",)
    there.get(path)
    there.get("activites/")

    shapes = []
    for size in sizes:
        with counted() as statements:
            answer = there.get(path, **({"taille": size} if size else {}))
        assert answer.status_code == 200
        assert len(statements) <= most, str(statements)
        shapes.append(len(statements))

    assert len(set(shapes)) == 1
