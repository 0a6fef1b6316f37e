"""What pages and saves cost in statements: the same for few and for many children, weeks, activities, families."""

import gzip
import itertools
import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client

from booking import catalogue
from booking.models import ServiceDay
from booking.rules.deadlines import DeadlineRule, Weekly
from booking.services.catalogue import NewActivity, NewGroup, add_groups
from booking.services.days import materialize
from booking.services.periods import add_period
from lps.families.models import Household, SchoolClass
from lps.families.services import NewChild, NewHousehold, bulk_add_households
from lps.kernel import clock
from tenants.models import Commune
from tenants.town.services import change_settings
from tests.families.factories import ALWAYS, BY
from tests.sql import Counted, counted
from tests.zone import PARIS

PAGE, SAVE, BYTES = 15, 20, 40_000
_NUMBERS = itertools.count(1)


def family(number: int) -> tuple[Household, str]:
    """A household of so many children in one class, and the first one's code."""
    rank = next(_NUMBERS)
    school_class = SchoolClass.objects.get(name="CE1", school_year__during__contains=clock.today(PARIS))
    codes = [str(60_000_000 + rank * 100 + one * 3) for one in range(number)]
    children = [
        NewChild(first_name=f"Enfant{one}", last_name="NOMBREUX", code=code, school_class=school_class)
        for one, code in enumerate(codes)
    ]
    new = NewHousehold(name="NOMBREUX", custody=ALWAYS, enrollment=ALWAYS, children=children)
    [home] = bulk_add_households([new], by=BY)
    return home, codes[0]


def parent(home: Household, code: str) -> Client:
    client = Client(headers={"host": "demo.localhost"})
    client.post("/", {"child_code": code, "family_code": home.family_code})
    return client


def cost_of(client: Client, path: str) -> Counted:
    """The statements of a page, after one warming request."""
    client.get(path)
    with counted() as statements:
        assert client.get(path).status_code == 200
    return statements


def more_activities(number: int) -> None:
    """So many activities more, held every weekday for ten weeks."""
    closing = Weekly(weekday=3, at=time(17))
    activities = tuple(NewActivity(name=f"Atelier {rank}", weekdays=(0, 1, 2, 3, 4)) for rank in range(number))
    rule = DeadlineRule(book=closing, cancel=closing)
    add_groups([NewGroup(name="ATELIERS", slug="ateliers", rule=rule, activities=activities)])
    today = clock.today(PARIS)
    materialize(first_day=today, last_day=today + timedelta(weeks=11))


def more_families(number: int) -> None:
    """So many families of one child more."""
    school_class = SchoolClass.objects.get(name="CE2", school_year__during__contains=clock.today(PARIS))
    bulk_add_households(
        [
            NewHousehold(
                name=f"VOISIN{rank}",
                custody=ALWAYS,
                enrollment=DateRange(date(2020, 1, 1), None),
                children=[NewChild(first_name="Paul", last_name=f"VOISIN{rank}", school_class=school_class)],
            )
            for rank in range(number)
        ],
        by=BY,
    )


@pytest.fixture
def town(in_demo: Commune) -> Commune:
    """Codes of eight digits: a town that grows draws many."""
    change_settings(child_code_length=8, family_code_length=8)
    return in_demo


def test_a_planning_costs_the_same_for_one_child_and_for_six(town: Commune) -> None:
    one, six = (cost_of(parent(home, code), f"/enfants/{code}/planning/") for home, code in (family(1), family(6)))

    assert len(one) == len(six) <= PAGE, str(six)


def test_a_planning_costs_the_same_for_two_weeks_and_for_ten(town: Commune) -> None:
    home, code = family(2)
    client, found = parent(home, code), []
    for weeks in (2, 10):
        change_settings(weeks_shown=weeks)
        found.append(cost_of(client, f"/enfants/{code}/planning/"))

    assert len(found[0]) == len(found[1]) <= PAGE, str(found[1])


def test_a_planning_costs_the_same_for_three_activities_and_for_forty(town: Commune) -> None:
    home, code = family(2)
    client = parent(home, code)
    few = cost_of(client, f"/enfants/{code}/planning/?groupe=periscolaire")
    more_activities(30)
    many = cost_of(client, f"/enfants/{code}/planning/")

    assert len(catalogue.read().activities) >= 40
    assert len(few) == len(many) <= PAGE, str(many)


def test_a_planning_costs_the_same_in_a_small_town_and_in_a_large_one(town: Commune) -> None:
    home, code = family(2)
    client = parent(home, code)
    small = cost_of(client, f"/enfants/{code}/planning/")
    more_families(5000)

    assert small.shapes == cost_of(client, f"/enfants/{code}/planning/").shapes


def test_a_planning_with_its_recap_periods_and_limited_days_stays_below(town: Commune) -> None:
    home, code = family(6)
    today = clock.today(town.zone)
    offered = [one.pk for one in catalogue.read().groups[0].activities]
    add_period(first_day=today, last_day=today + timedelta(weeks=8), activities=offered)
    ServiceDay.objects.update(places=30)
    client = parent(home, code)
    form = _form(client.get(f"/enfants/{code}/planning/").content.decode(), tick=3)
    saved = client.post(f"/enfants/{code}/planning/", form)

    assert len(cost := cost_of(client, saved.headers["Location"])) <= PAGE, str(cost)


def test_a_save_costs_the_same_for_twenty_changes_and_for_two_hundred(town: Commune) -> None:
    change_settings(weeks_shown=10)
    more_activities(10)
    found = []
    for number in (20, 200):
        home, code = family(2)
        client = parent(home, code)
        path = f"/enfants/{code}/planning/"
        form = _form(client.get(path).content.decode(), tick=number)
        assert len(form["jour"]) == number
        with counted() as statements:
            assert client.post(path, form).status_code == 302
        found.append(statements)

    assert len(found[0]) == len(found[1]) <= SAVE, str(found[1])


@pytest.mark.parametrize("path", ["/recus/", "/enfants/{code}/modifications/"])
def test_lists_cost_the_same_for_one_receipt_and_for_eleven(town: Commune, path: str) -> None:
    home, code = family(1)
    client, found = parent(home, code), []
    for saves in (1, 10):
        for _ in range(saves):
            form = _form(client.get(f"/enfants/{code}/planning/").content.decode(), tick=1)
            client.post(f"/enfants/{code}/planning/", form)
        found.append(cost_of(client, path.format(code=code)))

    assert len(found[0]) == len(found[1]) <= PAGE, str(found[1])


def test_the_planning_of_ten_weeks_is_light_once_compressed(town: Commune) -> None:
    change_settings(weeks_shown=10)
    home, code = family(6)

    page = parent(home, code).get(f"/enfants/{code}/planning/", headers={"accept-encoding": "gzip"})

    assert page.headers["Content-Encoding"] == "gzip"
    assert len(page.content) <= BYTES
    assert b"Semaine" in gzip.decompress(page.content)


def _form(html: str, *, tick: int) -> Mapping[str, Any]:
    """The page's form with so many empty boxes ticked."""
    inside = html.split("data-planning", 1)[1]
    fields = dict(re.findall(r'<input type="hidden" name="(jeton|vu)" value="([^"]*)">', inside))
    ticked = re.findall(r'type="checkbox" name="jour" value="([^"]+)" checked', inside)
    empty = re.findall(r'type="checkbox" name="jour" value="([^"]+)">', inside)
    assert len(empty) >= tick
    return {**fields, "jour": [*ticked, *empty[:tick]]}
