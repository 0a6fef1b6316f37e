"""Calling the roll: expected, present, absent, excused, unbooked, with hours; who may, and what it costs."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client

from booking.models import Absence, Attendance, Booking, ServiceDay
from booking.rules.planning import Cell, Change
from booking.services.bookings import change_bookings
from lps.accounts.models import Account
from lps.families.models import HEALTH_PURPOSE, Child, Contact, Diet, Guardian, HealthNote, Household, SchoolClass
from lps.families.services import NewChild
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants import context, keys
from tenants.models import Commune
from tests.booking.agents import signed_in
from tests.families.factories import household
from tests.screens.reading import words
from tests.sql import counted
from tests.zone import PARIS

PARENT = Actor(ActorKind.HOUSEHOLD, "1", "famille MARSONE")


@pytest.fixture
def held(activity: dict[str, int]) -> ServiceDay:
    """A bus two weeks ahead that nobody has booked."""
    after = clock.today(PARIS) + timedelta(days=14)
    buses = ServiceDay.objects.filter(activity=activity["Transport scolaire 13h30"], day__gte=after, open=True)
    return buses.order_by("day")[0]


@pytest.fixture
def booked(held: ServiceDay, angeline: Child, marsone: Household) -> ServiceDay:
    change_bookings(
        child=angeline,
        household=marsone,
        changes=[Change(Cell(held.activity_id, held.day), True)],
        by=PARENT,
        channel=Channel.WEB,
        received_at=clock.now(),
        jeton=uuid.uuid4(),
    )
    return held


@pytest.fixture
def nadia(demo: Commune) -> Client:
    return signed_in(demo, "animation")


def path(held: ServiceDay, end: str = "") -> str:
    return f"/mairie/pointage/{held.pk}/{end}"


def note(client: Client, held: ServiceDay, child: Child, state: str, **hours: str) -> int:
    return client.post(path(held, "noter/"), {"enfant": child.pk, "etat": state, **hours}).status_code


def test_the_day_lists_its_activities_with_their_counts(nadia: Client, booked: ServiceDay) -> None:
    read = words(nadia.get(f"/mairie/pointage/?jour={booked.day}").content.decode())

    assert "Transport scolaire 13h30, École de démonstration" in read
    assert "Cette date n'existe pas" in words(nadia.get("/mairie/pointage/?jour=hier").content.decode())


def test_one_tap_says_it_and_another_takes_it_back(nadia: Client, booked: ServiceDay, angeline: Child) -> None:
    assert note(nadia, booked, angeline, "present") == 302
    said = Attendance.objects.get(service_day=booked, child=angeline)
    assert (said.state, said.unbooked, said.noted_by) == ("present", False, "Nadia")

    note(nadia, booked, angeline, "absent")
    assert Attendance.objects.get(service_day=booked, child=angeline).state == "absent"

    note(nadia, booked, angeline, "")
    assert not Attendance.objects.filter(service_day=booked).exists()
    told = AuditEntry.objects.filter(action="roll_called").order_by("pk")
    assert [entry.after["state"] for entry in told] == ["present", "absent", ""]


def test_a_child_whom_nobody_booked_is_added_and_marked(nadia: Client, booked: ServiceDay, bertrand: Child) -> None:
    found = words(nadia.get(path(booked), {"q": "bertr"}).content.decode())
    assert "Bertrand MARSONE" in found

    note(nadia, booked, bertrand, "present")

    assert Attendance.objects.get(child=bertrand).unbooked
    assert "non réservé" in words(nadia.get(path(booked)).content.decode())


def test_a_child_sent_twice_is_noted_once(nadia: Client, booked: ServiceDay, angeline: Child) -> None:
    sent = {"enfant": [angeline.pk, angeline.pk], "etat": "present"}

    assert nadia.post(path(booked, "noter/"), sent).status_code == 302
    assert Attendance.objects.filter(child=angeline).count() == 1


def test_hours_of_the_garderie(nadia: Client, booked: ServiceDay, angeline: Child) -> None:
    note(nadia, booked, angeline, "present", arrivee="16:30", depart="18:05")

    said = Attendance.objects.get(child=angeline)
    zone = context.current().zone
    assert [f"{at.astimezone(zone):%H:%M}" for at in (said.arrived_at, said.left_at)] == ["16:30", "18:05"]


@pytest.mark.parametrize(
    ("state", "hours"),
    [
        ("present", {"arrivee": "18:00", "depart": "16:00"}),
        ("present", {"arrivee": "25:00"}),
        ("absent", {"arrivee": "16:30"}),
        ("ailleurs", {}),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_noted(
    nadia: Client, booked: ServiceDay, angeline: Child, state: str, hours: dict[str, str]
) -> None:
    assert note(nadia, booked, angeline, state, **hours) == 400
    assert not Attendance.objects.exists()


def test_the_roll_shows_what_to_know_of_a_child(
    nadia: Client, booked: ServiceDay, angeline: Child, marsone: Household
) -> None:
    angeline.diets.add(Diet.objects.create(name="sans porc"))
    Contact.objects.create(child=angeline, kind=Contact.Kind.FORBIDDEN, name="M. Roux")
    HealthNote.objects.create(child=angeline, kind="pai", words=keys.encrypt("arachide", purpose=HEALTH_PURPOSE))
    Absence.objects.create(
        child=angeline, household=marsone, first_day=booked.day, last_day=booked.day, reason="malade",
        declared_at=clock.now(), channel="web", state="accepted", answered_at=clock.now(),
    )  # fmt: skip

    read = words(nadia.get(path(booked)).content.decode())

    for said in ("sans porc", "ne part pas avec M. Roux", "PAI arachide", "absence justifiée"):
        assert said in read
    assert AuditEntry.objects.filter(action="health_read", actor_label="Nadia").count() == 1


def test_health_is_shown_to_the_roles_that_need_it_alone(demo: Commune, booked: ServiceDay, angeline: Child) -> None:
    HealthNote.objects.create(child=angeline, kind="pai", words=keys.encrypt("arachide", purpose=HEALTH_PURPOSE))
    cashier = signed_in(demo, "régie")

    assert "arachide" not in words(cashier.get(path(booked)).content.decode())
    assert not AuditEntry.objects.filter(action="health_read").exists()


@pytest.mark.parametrize("role", ["régie", "lecture"])
def test_some_roles_read_the_roll_and_do_not_call_it(
    demo: Commune, booked: ServiceDay, angeline: Child, role: str
) -> None:
    reader = signed_in(demo, role)

    page = reader.get(path(booked))
    assert page.status_code == 200
    assert "noter/" not in page.content.decode()
    assert note(reader, booked, angeline, "present") == 403
    assert not Attendance.objects.exists()


def test_an_agent_kept_to_another_school_sees_nothing(demo: Commune, booked: ServiceDay, angeline: Child) -> None:
    nadia = signed_in(demo, "animation")
    Account.objects.filter(name="Nadia").update(sites=[booked.site_id + 1])

    assert nadia.get(path(booked)).status_code == 404
    assert note(nadia, booked, angeline, "present") == 404
    assert "Transport scolaire 13h30" not in words(nadia.get(f"/mairie/pointage/?jour={booked.day}").content.decode())


def test_nobody_calls_the_roll_without_signing_in(demo: Commune, booked: ServiceDay, angeline: Child) -> None:
    stranger = Client(headers={"host": "demo.localhost"})

    assert note(stranger, booked, angeline, "present") == 302
    assert not Attendance.objects.exists()


def test_the_emergency_list_holds_the_present_with_whom_to_call(
    nadia: Client, booked: ServiceDay, angeline: Child
) -> None:
    Guardian.objects.update(phone="+33612345678")
    for kind, name in (("authorized", "Mamie Rose"), ("emergency", "Dr Petit"), ("forbidden", "M. Roux")):
        Contact.objects.create(child=angeline, kind=kind, name=name, phone="+33130000000")
    note(nadia, booked, angeline, "present")
    read = words(nadia.get(path(booked, "urgence/")).content.decode())
    assert "Angéline MARSONE" in read
    assert "Claire MARSONE (représentant) 06 12 34 56 78" in read
    assert read.index("Dr Petit") < read.index("Mamie Rose")
    assert "ne part pas avec M. Roux" in read and "M. Roux (" not in read

    note(nadia, booked, angeline, "present", arrivee="16:30", depart="17:00")
    assert "Angéline" not in words(nadia.get(path(booked, "urgence/")).content.decode())


def test_a_roll_of_three_hundred_children_costs_no_more_than_one_of_one(nadia: Client, booked: ServiceDay) -> None:
    nadia.get(path(booked))
    with counted() as one:
        nadia.get(path(booked))
    _book_many(booked, 300)
    with counted() as many:
        page = nadia.get(path(booked)).content.decode()

    assert page.count('class="yn"') >= 300
    assert len(many) == len(one)
    assert len(many) - _frame_statements() <= 10, str(many)


def _frame_statements() -> int:
    """The agent's session, account and the town's settings, as on every page."""
    return 3


def _book_many(held: ServiceDay, number: int) -> None:
    school_class = SchoolClass.objects.get(name="CE1", site=held.site)
    children = [
        NewChild(first_name=f"Enfant{n}", last_name="NOMBREUX", school_class=school_class) for n in range(number)
    ]
    home = household(name="NOMBREUX", children=children)
    Booking.objects.bulk_create(
        Booking.of(child_id=child.pk, household_id=home.pk, service_day=held, booked_at=clock.now())
        for child in Child.objects.filter(custodies__household=home)
    )
