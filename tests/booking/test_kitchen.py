"""Kitchen counts: by school, class and diet, in one statement; what can still change; CSV and PDF."""

import uuid
from datetime import date, datetime, timedelta
from io import BytesIO

import pytest
from django.test import Client
from pypdf import PdfReader

from booking import kitchen
from booking.models import ServiceDay
from booking.rules.planning import Cell, Change
from booking.services.bookings import change_bookings
from lps.families.models import HEALTH_PURPOSE, Child, Diet, HealthNote, Household
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants import keys
from tenants.models import Commune
from tests.booking.agents import signed_in
from tests.screens.reading import words
from tests.sql import counted
from tests.zone import PARIS

PARENT = Actor(ActorKind.HOUSEHOLD, "1", "famille MARSONE")


@pytest.fixture
def day(activity: dict[str, int], angeline: Child, bertrand: Child, marsone: Household) -> date:
    """A day two weeks ahead on which both children eat."""
    meal = activity["Cantine ADULTE"]
    after = clock.today(PARIS) + timedelta(days=14)
    found = ServiceDay.objects.filter(activity=meal, day__gte=after, open=True).order_by("day")[0].day
    for child in (angeline, bertrand):
        change_bookings(
            child=child,
            household=marsone,
            changes=[Change(Cell(meal, found), True)],
            by=PARENT,
            channel=Channel.WEB,
            received_at=clock.now(),
            jeton=uuid.uuid4(),
        )
    return found


@pytest.fixture
def cook(demo: Commune) -> Client:
    return signed_in(demo, "cantine", name="Karim")


def lines(day: date) -> list[tuple[str, str, int]]:
    return [(one.school_class, one.regime, one.number) for one in kitchen.count(first_day=day, last_day=day)]


def test_counts_by_class_and_diet_in_one_statement(day: date, angeline: Child, bertrand: Child) -> None:
    pork, eggs = (Diet.objects.create(name=name, order=rank) for rank, name in enumerate(("sans porc", "sans œuf")))
    angeline.diets.add(eggs, pork)

    with counted() as statements:
        found = lines(day)

    assert found == [("CE1", "sans porc, sans œuf", 1), ("CE2", "sans régime", 1)]
    assert len(statements) == 1


def test_a_child_that_brings_its_own_meal_is_counted_apart(day: date, angeline: Child) -> None:
    words_kept = keys.encrypt("arachide", purpose=HEALTH_PURPOSE)
    note = HealthNote.objects.create(child=angeline, kind="pai", own_meal=True, words=words_kept)
    assert ("CE1", "panier repas", 1) in lines(day)

    note.valid_until = day - timedelta(days=1)
    note.save()
    assert ("CE1", "sans régime", 1) in lines(day)


def test_a_number_is_settled_once_nobody_can_change_it(day: date, demo: Commune) -> None:
    [one, *_] = kitchen.count(first_day=day, last_day=day)
    eve = datetime.combine(day - timedelta(days=1), datetime.min.time(), tzinfo=demo.zone)

    assert not kitchen.is_settled(one, now=eve.replace(hour=16, minute=59))
    assert kitchen.is_settled(one, now=eve.replace(hour=23))


def test_the_page_the_table_and_the_paper_say_the_same(cook: Client, day: date, angeline: Child) -> None:
    angeline.diets.add(Diet.objects.create(name="sans porc"))

    page = words(cook.get(f"/mairie/cuisine/?jour={day}").content.decode())
    assert "Cantine ADULTE, École de démonstration 1 sans porc, 1 sans régime 2 CE1 1 sans porc 1" in page
    assert "peut encore changer" in page

    table = cook.get(f"/mairie/cuisine/repas.csv?jour={day}")
    assert f"{day:%d/%m/%Y};Cantine ADULTE;École de démonstration;CE1;sans porc;1" in table.content.decode()

    paper = cook.get(f"/mairie/cuisine/repas.pdf?jour={day}")
    pdf = PdfReader(BytesIO(paper.content))
    drawn = " ".join(pdf.pages[0].extract_text().split())
    assert "CE1 1 sans porc 1" in drawn
    assert "En tout 1 sans porc, 1 sans régime 2" in drawn
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert pdf.trailer["/Root"]["/Lang"] == "fr"


def test_an_agent_kept_to_another_school_counts_nothing(demo: Commune, day: date) -> None:
    from lps.accounts.models import Account

    cook = signed_in(demo, "cantine", name="Karim")
    Account.objects.filter(name="Karim").update(sites=[10**6])

    assert "Aucun repas" in words(cook.get(f"/mairie/cuisine/?jour={day}").content.decode())


def test_an_agent_kept_to_an_activity_counts_its_meals_alone(
    demo: Commune, day: date, activity: dict[str, int]
) -> None:
    from lps.accounts.models import Account

    cook = signed_in(demo, "cantine", name="Karim")

    def told(kept_to: str) -> tuple[str, str]:
        Account.objects.filter(name="Karim").update(activities=[activity[kept_to]])
        page = words(cook.get(f"/mairie/cuisine/?jour={day}").content.decode())
        return page, cook.get(f"/mairie/cuisine/repas.csv?jour={day}").content.decode()

    page, table = told("Accueil Matin")
    assert "Aucun repas" in page and "Cantine" not in table
    page, table = told("Cantine ADULTE")
    assert "Cantine ADULTE" in page and "Cantine ADULTE" in table


@pytest.mark.parametrize("end", ["", "repas.csv", "repas.pdf"])
def test_who_calls_the_roll_only_does_not_count_meals(demo: Commune, day: date, end: str) -> None:
    animator = signed_in(demo, "animation")
    assert animator.get(f"/mairie/cuisine/{end}?jour={day}").status_code == 403
