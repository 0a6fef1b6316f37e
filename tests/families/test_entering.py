"""Entering families: codes, keys, custodies, hundreds at once."""

from collections.abc import Iterable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lps.families import codes, services
from lps.families.models import Child, Custody, Enrollment, Guardian, Household
from lps.families.services import FamilyRefused, NewChild
from lps.journal.models import AuditEntry
from tenants.models import Commune
from tests.families.factories import BY, household, new_household, school_class


def test_three_hundred_families_cost_as_many_statements_as_three(in_demo: Commune) -> None:
    def statements_for(number: int) -> int:
        classroom = school_class()
        specs = [
            new_household(
                name=f"FAMILLE {n}", children=[NewChild(first_name="A", last_name="B", school_class=classroom)]
            )
            for n in range(number)
        ]
        with CaptureQueriesContext(connection) as captured:
            services.bulk_add_households(specs, by=BY)
        return len(captured)

    statements_for(1)  # reads the town's settings, once

    few = statements_for(3)

    assert statements_for(300) == few


def test_what_was_entered_can_be_read_again(in_demo: Commune) -> None:
    child = NewChild(first_name="Angéline", last_name="ESSAI", code="912345", school_class=school_class())

    home = household(name="Éssai", code="954321", children=[child])

    stored = Child.objects.get(custodies__household=home)
    assert (home.family_code, home.name_sort) == ("954321", "essai")
    assert (stored.child_code, stored.name_sort) == ("912345", "essai angeline")
    assert "912345" not in stored.code
    assert Guardian.objects.get(household=home).email_key == "parent@example.org"
    assert Enrollment.objects.get(child=stored).school_class.name == "CE1"
    assert AuditEntry.objects.filter(subject=home.holder, action="household_added").count() == 1


def test_the_same_child_in_two_households_is_one_child(in_demo: Commune) -> None:
    shared = NewChild(first_name="Camille", last_name="ESSAI", school_class=school_class())

    services.bulk_add_households([new_household(children=[shared]), new_household(children=[shared])], by=BY)

    child = Child.objects.get(first_name="Camille", last_name="ESSAI")
    assert Custody.objects.filter(child=child).count() == 2
    assert Enrollment.objects.filter(child=child).count() == 1


def test_drawn_codes_have_the_town_s_length_and_no_neighbor(in_buchelay: Commune) -> None:
    homes = services.bulk_add_households([new_household() for _ in range(50)], by=BY)

    drawn = sorted(int(home.family_code) for home in homes)
    assert {len(str(code)) for code in drawn} == {8}
    assert all(second - first > 1 for first, second in zip(drawn, drawn[1:], strict=False))


def test_a_drawn_code_keeps_away_from_those_already_given(in_demo: Commune, monkeypatch: pytest.MonkeyPatch) -> None:
    household(code="50000000")
    proposed = iter([["50000001"], ["70000000"]])
    monkeypatch.setattr(codes, "draw_many", lambda *_args, **_more: next(proposed))

    assert household().family_code == "70000000"


def test_a_drawn_code_that_meets_another_costs_no_statement_more(
    in_demo: Commune, monkeypatch: pytest.MonkeyPatch
) -> None:
    household(code="50000000")
    draw_many = codes.draw_many
    collisions: list[str] = []

    def drawn(number: int, length: int, *, taken: Iterable[str] = ()) -> list[str]:
        met = [collisions.pop() for _ in range(min(number, len(collisions)))]
        return [*met, *draw_many(number - len(met), length, taken=taken)]

    monkeypatch.setattr(codes, "draw_many", drawn)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            household()
        return len(captured)

    alone = statements()
    collisions += ["49999999", "50000001"]

    assert statements() == alone


def test_refuses_a_family_code_already_given(in_demo: Commune) -> None:
    household(code="50000000")
    before = Household.objects.count()

    with pytest.raises(FamilyRefused) as refused:
        household(code="50000000")

    assert refused.value.refusal.code == "family_code_taken"
    assert Household.objects.count() == before


@pytest.mark.parametrize("code", ["12345", "12345678901", "12A45678"])
def test_refuses_a_code_that_no_door_would_accept(in_demo: Commune, code: str) -> None:
    with pytest.raises(FamilyRefused) as refused:
        household(code=code)

    assert refused.value.refusal.code == "code_malformed"
