import types

import pytest
from django.http import HttpResponse
from django.urls import NoReverseMatch, path

from lps.ui.nav import SETTINGS, NavItem, NavLink, by_heading, links


def page(request: object) -> HttpResponse:
    return HttpResponse()


ROUTES = types.ModuleType("tests_ui_routes")
ROUTES.urlpatterns = [
    path("mairie/", page, name="today"),
    path("mairie/factures/", page, name="invoices"),
    path("mairie/factures/lots/", page, name="runs"),
]
ITEMS = [
    NavItem("today", "Aujourd'hui"),
    NavItem("invoices", "Factures", "billing"),
    NavItem("runs", "Lots", "runs", "Régie"),
]


def shown(path: str, *may: str) -> list[NavLink]:
    return links(ITEMS, path=path, may=lambda permission: permission in may, counts={"runs": 2}, urlconf=ROUTES)


def test_shows_what_is_allowed_in_the_declared_order() -> None:
    assert [link.label for link in shown("/", "billing", "runs")] == ["Aujourd'hui", "Factures", "Lots"]
    assert [link.label for link in shown("/")] == ["Aujourd'hui"]


def test_marks_the_most_precise_place_only() -> None:
    found = shown("/mairie/factures/lots/2014-001/", "billing", "runs")

    assert [link.label for link in found if link.current] == ["Lots"]


def test_marks_nothing_elsewhere() -> None:
    assert not [link for link in shown("/aide/", "billing") if link.current]


def test_carries_the_group_and_what_waits() -> None:
    lots = shown("/", "runs")[-1]

    assert (lots.group, lots.count, lots.url) == ("Régie", 2, "/mairie/factures/lots/")


def test_a_route_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(NoReverseMatch):
        links([NavItem("nowhere", "Nulle part")], path="/", may=bool, urlconf=ROUTES)


def test_the_items_of_one_heading_stand_together_whoever_adds_them() -> None:
    items = [NavItem("a", "A", group=SETTINGS), NavItem("b", "B"), NavItem("c", "C", group=SETTINGS), NavItem("d", "D")]

    assert [item.label for item in by_heading(items)] == ["B", "D", "A", "C"]


def test_a_heading_that_the_rail_does_not_know_is_a_slip_of_the_pen() -> None:
    with pytest.raises(ValueError):
        by_heading([NavItem("a", "A", group="Divers")])
