"""Lists of the day on paper: by activity, by class, a week; what stands beside names, and for whom."""

from datetime import date
from io import BytesIO

import pytest
from django.test import Client
from pypdf import PdfReader

from booking import lists
from booking.lists import Wanted
from booking.models import Booking
from booking.views.agents import lists as views
from lps.accounts.models import Account
from lps.families.models import HEALTH_PURPOSE, Child, Contact, Diet, Guardian, HealthNote, Household, SchoolClass
from lps.families.services import NewChild
from lps.journal.models import AuditEntry
from tenants import keys
from tenants.models import Commune
from tests.booking import october
from tests.booking.agents import signed_in
from tests.booking.october import BUS_13H30, JEUDI_16, LUNDI_13, MORNING, Autumn
from tests.families.factories import household
from tests.screens.reading import words
from tests.sql import counted

PDF = "/mairie/pointage/listes.pdf"


@pytest.fixture
def booked(autumn: Autumn, marsone: Household, angeline: Child, bertrand: Child) -> Autumn:
    """On Monday 13 October 2014 both take the bus, and Angéline comes in the morning too."""
    Booking.objects.all().delete()
    october.ask(bertrand, marsone, autumn.book(BUS_13H30, LUNDI_13))
    october.ask(angeline, marsone, [*autumn.book(BUS_13H30, LUNDI_13, JEUDI_16), *autumn.book(MORNING, LUNDI_13)])
    return autumn


@pytest.fixture
def nadia(demo: Commune) -> Client:
    return signed_in(demo, "animation")


def paper(client: Client, **asked: object) -> list[str]:
    """What is written on each page."""
    answer = client.get(PDF, {"jour": str(LUNDI_13), **asked})
    assert answer.headers["Content-Type"] == "application/pdf", answer.headers
    return [" ".join(one.extract_text().split()) for one in PdfReader(BytesIO(answer.content)).pages]


def test_each_activity_has_its_page_in_the_order_of_classes_then_names(nadia: Client, booked: Autumn) -> None:
    morning, bus = paper(nadia)

    assert "Accueil Matin Lundi 13 octobre 2014, École de démonstration · 1 enfant" in morning
    assert "2 enfants" in bus
    assert bus.index("CE1 Angéline MARSONE") < bus.index("CE2 Bertrand MARSONE")


def test_a_group_or_one_activity_alone_is_printed(nadia: Client, booked: Autumn) -> None:
    [bus] = paper(nadia, quoi="g-transport")
    assert "Transport scolaire 13h30" in bus

    [morning] = paper(nadia, quoi=f"a-{booked.activities[MORNING]}")
    assert "Accueil Matin" in morning


def test_a_class_has_a_page_with_the_activities_of_its_children(nadia: Client, booked: Autumn) -> None:
    ce1, ce2 = paper(nadia, disposition="classe")

    assert "CE1, École de démonstration" in ce1 and "Angéline MARSONE" in ce1
    assert "Accueil Matin" in ce1 and "Accueil Matin" not in ce2
    assert "Bertrand MARSONE" in ce2


def test_the_sheet_of_a_week_has_a_column_a_day(nadia: Client, booked: Autumn) -> None:
    sheet = paper(nadia, disposition="semaine", quoi=f"a-{booked.activities[BUS_13H30]}", contacts="1", sante="1")[0]

    assert "Semaine du lundi 13/10/2014 au dimanche 19/10/2014" in sheet
    assert "CE1 Angéline MARSONE X – X –" in sheet
    assert "En tout 2 0 1 0" in sheet
    assert "Claire" not in sheet


def test_contacts_are_printed_on_demand(nadia: Client, booked: Autumn, angeline: Child) -> None:
    Guardian.objects.update(phone="+33612345678")
    Contact.objects.create(child=angeline, kind=Contact.Kind.FORBIDDEN, name="M. Roux")

    assert "Claire MARSONE (représentant) 06 12 34 56 78" in paper(nadia, contacts="1")[0]
    without = paper(nadia)[0]
    assert "Claire" not in without
    assert "ne part pas avec M. Roux" in without


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("activite", f"{BUS_13H30}, École de démonstration, lundi 13 octobre 2014"),
        ("classe", "CE1, École de démonstration, lundi 13 octobre 2014"),
        ("semaine", f"{BUS_13H30}, École de démonstration, Semaine du lundi 13/10/2014 au dimanche 19/10/2014"),
    ],
)
def test_a_second_sheet_says_which_list_it_is_of(nadia: Client, booked: Autumn, how: str, said: str) -> None:
    children = [
        NewChild(first_name=f"Enfant{number}", last_name="NOMBREUX", school_class=booked.ce1) for number in range(60)
    ]
    home, held = household(name="NOMBREUX", children=children), booked.held(BUS_13H30, LUNDI_13)
    Booking.objects.bulk_create(
        Booking.of(child_id=child.pk, household_id=home.pk, service_day=held, booked_at=october.NOW)
        for child in Child.objects.filter(custodies__household=home)
    )

    first, second, *_ = paper(nadia, disposition=how, quoi=f"a-{booked.activities[BUS_13H30]}")

    assert said not in first and said in second


def test_health_is_printed_for_the_roles_that_need_it_and_noted(
    demo: Commune, nadia: Client, booked: Autumn, angeline: Child
) -> None:
    HealthNote.objects.create(child=angeline, kind="pai", words=keys.encrypt("arachide", purpose=HEALTH_PURPOSE))
    angeline.diets.add(Diet.objects.create(name="sans porc"))
    cashier = signed_in(demo, "régie", name="Paul")

    assert "arachide" not in " ".join(paper(cashier, sante="1"))
    assert "arachide" not in " ".join(paper(nadia))
    assert not AuditEntry.objects.filter(action="health_read").exists()

    assert "PAI arachide sans porc" in paper(nadia, sante="1", quoi=f"a-{booked.activities[MORNING]}")[0]
    [told] = AuditEntry.objects.filter(action="health_read")
    assert (told.actor_label, told.after) == ("Nadia", {"paper": True})


def test_nobody_booked_is_said_instead_of_an_empty_file(nadia: Client, booked: Autumn) -> None:
    for asked in ({"jour": "2014-10-12"}, {"jour": "2014-10-13", "quoi": "a-999999"}, {"jour": "0001-01-01"}):
        answer = nadia.get(PDF, asked)
        assert answer.status_code == 302
        assert "Il n'y a rien à imprimer" in words(nadia.get(answer.headers["Location"]).content.decode())


@pytest.mark.parametrize("asked", [{"jour": "hier"}, {"quoi": "a-" + "9" * 30}, {"quoi": "\x00"}, {"disposition": "x"}])
def test_what_the_address_says_wrong_is_left_out(nadia: Client, booked: Autumn, asked: dict[str, str]) -> None:
    assert nadia.get(PDF, {"jour": str(LUNDI_13), **asked}).status_code in (200, 302)
    assert nadia.get("/mairie/pointage/listes/", asked).status_code == 200


def test_more_than_a_printer_takes_is_said_and_one_school_is_chosen(
    nadia: Client, booked: Autumn, angeline: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_LINES", 2)
    here = Booking.objects.filter(child=angeline)[0].service_day.site_id

    answer = nadia.get(PDF, {"jour": str(LUNDI_13)})

    assert answer.status_code == 302
    assert "choisissez une école ou une activité" in nadia.get(answer.url).content.decode()
    [bus] = paper(nadia, quoi="g-transport", lieu=here)
    assert "2 enfants" in bus
    assert nadia.get(PDF, {"jour": str(LUNDI_13), "lieu": here + 1}).status_code == 302


def test_an_agent_kept_to_another_school_prints_nothing_of_this_one(nadia: Client, booked: Autumn) -> None:
    Account.objects.filter(name="Nadia").update(sites=[999])

    assert nadia.get(PDF, {"jour": str(LUNDI_13)}).status_code == 302


def test_an_agent_of_one_activity_prints_it_alone(nadia: Client, booked: Autumn) -> None:
    Account.objects.filter(name="Nadia").update(activities=[booked.activities[MORNING]])

    [morning] = paper(nadia)
    assert "Accueil Matin" in morning
    page = nadia.get("/mairie/pointage/listes/").content.decode()
    assert f"a-{booked.activities[MORNING]}" in page and f"a-{booked.activities[BUS_13H30]}" not in page


@pytest.mark.parametrize("read", [lists.by_activity, lists.by_class, lists.of_week])
def test_a_list_costs_the_same_for_one_child_or_forty(booked: Autumn, read) -> None:
    wanted = Wanted(day=LUNDI_13, with_contacts=True, with_health=True)
    with counted() as few:
        read(wanted)
    _book_many(LUNDI_13, booked.activities[MORNING], 40)
    with counted() as many:
        read(wanted)

    assert len(many) == len(few) <= 10, str(many)


def _book_many(day: date, activity: int, number: int) -> None:
    held = next(one for one in lists.held_on(Wanted(day=day)) if one.activity_id == activity)
    school_class = SchoolClass.objects.get(name="CE1", school_year__during__contains=day)
    children = [
        NewChild(first_name=f"Enfant{n}", last_name="NOMBREUX", school_class=school_class) for n in range(number)
    ]
    home = household(name="NOMBREUX", children=children)
    Booking.objects.bulk_create(
        Booking.of(child_id=child.pk, household_id=home.pk, service_day=held, booked_at=october.NOW)
        for child in Child.objects.filter(custodies__household=home)
    )
