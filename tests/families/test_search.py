"""Finding a family: typos, accents, order, what one may look for, and the cost."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lps.accounts.roles import Role
from lps.families import search
from lps.families.models import Child, Guardian, Household
from lps.families.services import NewChild
from lps.kernel.text import sort_key
from tenants.models import Commune
from tests.families.agents import signed_in
from tests.families.doors import cost
from tests.families.factories import child_of, household, school_class
from tests.sql import counted

DAY = date(2026, 11, 25)


@pytest.fixture
def tcherno(in_demo: Commune) -> Household:
    """A family whose name nobody spells right."""
    child = NewChild(first_name="Éloïse-Marie", last_name="TCHERNO", code="71000001", school_class=school_class())
    home = household(name="TCHERNO", code="72000001", email="Irina.T@example.org", children=[child])
    Guardian.objects.filter(household=home).update(phone="+33612345678")
    return home


def found(asked: str, **limits: object) -> list[str]:
    return [one.name for one in search.find(asked, day=DAY, **limits)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "asked",
    [
        "cherno", "TCHERNO", "tchérno", "tchreno", "thcerno eloise", "marie tcherno", "eloisemarie", "élo tch",
        "alice eloise", "Tcherno  Alice", "irina.t@example.org", "IRINA.T@", "06 12 34 56 78", "+33 6.12.34.56.78",
        "0033612345678", "+33 (0)6 12 34 56 78", "06/12/34/56/78", "Tél. : 06 12 34 56 78", "tel 0612345678",
        "7100 0001", "72000001",
    ],
)  # fmt: skip
def test_finds_the_family_however_it_is_asked_for(tcherno: Household, asked: str) -> None:
    assert found(asked)[0] == "TCHERNO"


@pytest.mark.parametrize("asked", ["", " ", "%", "_", "'", "\0", "\0@\0", "@", "tcherno zzz", "1234", "x" * 10_000])
def test_finds_nobody_for_what_is_nobodys_name(tcherno: Household, asked: str) -> None:
    assert "TCHERNO" not in found(asked)


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_slip_of_the_finger_still_finds(in_buchelay: Commune, data: st.DataObject) -> None:
    """Of a first and a last name, one letter swapped with the next, missing, too many or wrong."""
    child = data.draw(st.sampled_from(list(Child.objects.order_by("pk"))))
    words = sort_key(f"{child.first_name} {child.last_name}").split()
    rank = data.draw(st.integers(0, len(words) - 1).filter(lambda at: len(words[at]) > 2))
    place = data.draw(st.integers(0, len(words[rank]) - 2))
    word = words[rank]
    slips = {
        word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        word[:place] + word[place + 1 :],
        f"{word[:place]}x{word[place:]}",
        f"{word[:place]}x{word[place + 1 :]}",
    }
    words[rank] = data.draw(st.sampled_from(sorted(slips)))

    families = [one.household_id for one in search.find(" ".join(words), day=DAY)]

    assert child.custodies.first().household_id in families


def test_a_name_as_it_is_comes_before_those_that_are_like_it(in_demo: Commune) -> None:
    for name in ("MARTAIN", "MARTIN", "MARTINEZ"):
        household(name=name)

    rows = search.find("martin", day=DAY)

    assert [one.name for one in rows] == ["MARTIN", "MARTINEZ", "MARTAIN"]
    assert [one.is_close for one in rows] == [False, False, True]


def test_both_words_of_one_person_come_before_those_of_two(in_demo: Commune) -> None:
    household(
        name="AAA",
        children=[NewChild(first_name="Zoé", last_name="AAA"), NewChild(first_name="Luc", last_name="ZOUZOU")],
    )
    household(name="BBB", children=[NewChild(first_name="Zoé", last_name="ZOUZOU")])

    assert found("zoe zouzou") == ["BBB", "AAA"]


def test_fifty_at_most(in_demo: Commune) -> None:
    for _ in range(60):
        household(name="DUPOND")

    assert len(found("dupond")) == 50


def test_an_agent_of_another_school_does_not_find_it(demo: Commune, tcherno: Household) -> None:
    here, there = school_class().site, school_class(site="École d'à côté").site
    kept, elsewhere = (signed_in(demo, sites=[site.pk]) for site in (here, there))

    assert "TCHERNO" in kept.get("/mairie/familles/?q=tcherno").content.decode()
    for asked in ("tcherno", "72000001", "irina.t@example.org", "0612345678"):
        assert "Irina" not in elsewhere.get("/mairie/familles/", {"q": asked}).content.decode()
        assert f"/familles/{tcherno.pk}/" not in elsewhere.get("/mairie/familles/", {"q": asked}).content.decode()
    assert kept.get(f"/mairie/familles/{tcherno.pk}/").status_code == 200
    nobodys = elsewhere.get("/mairie/familles/900001/")
    theirs = elsewhere.get(f"/mairie/familles/{tcherno.pk}/")
    assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content)
    assert theirs.status_code == 404 and "écoles et activités qui vous sont confiées" in theirs.content.decode()


def test_the_kitchen_finds_names_and_nothing_else(demo: Commune, tcherno: Household) -> None:
    client = signed_in(demo, Role.CANTEEN)

    page = client.get("/mairie/familles/?q=tcherno").content.decode()

    assert "TCHERNO" in page and "Alice" not in page and f"/mairie/familles/{tcherno.pk}/" not in page
    for asked in ("irina.t@example.org", "0612345678"):
        assert "Aucune famille" in client.get("/mairie/familles/", {"q": asked}).content.decode()
    assert client.get(f"/mairie/familles/{tcherno.pk}/").status_code == 403


def test_a_class_is_listed_with_its_families(demo: Commune, tcherno: Household) -> None:
    seated = child_of(tcherno).enrollments.get().school_class
    page = signed_in(demo, Role.READ_ONLY).get(f"/mairie/familles/classes/{seated.pk}/").content.decode()

    assert "Éloïse-Marie TCHERNO" in page and f"/mairie/familles/{tcherno.pk}/" in page


def test_many_families_cost_the_same_as_few(demo: Commune, tcherno: Household) -> None:
    client = signed_in(demo)
    paths = ("/mairie/familles/?q=tcherno", "/mairie/familles/", f"/mairie/familles/{tcherno.pk}/")
    before = [cost(client, path) for path in paths]
    for rank in range(12):
        child = NewChild(first_name=f"Éloïse{rank}", last_name="TCHERNO", school_class=school_class())
        household(name="TCHERNO", children=[child])

    assert [cost(client, path) for path in paths] <= before
    assert max(before) <= 15, before


def test_a_search_makes_six_statements_at_most(tcherno: Household) -> None:
    for asked in ("tcherno", "tchreno", "irina.t@example.org", "0612345678", "72000001"):
        with counted() as made:
            assert search.find(asked, day=DAY)

        assert len(made) <= 6, made
