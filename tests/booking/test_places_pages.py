"""Days and places set by hand: read before, nobody canceled, places freed go to those who wait."""

import uuid
from datetime import date, timedelta

import pytest
from django.test import Client

from booking.models import Booking, Closure, PublicHoliday, ServiceDay, WaitingEntry
from booking.rules.planning import Cell, Change
from booking.services import waiting
from booking.services.bookings import change_bookings
from booking.services.closures import Scope, close
from booking.services.days import materialize
from lps.accounts.models import Account
from lps.families.identity import actor_of
from lps.families.models import Child, Household, SchoolClass, Site
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.models import Commune
from tests.accounts.factories import BY
from tests.booking.agents import signed_in
from tests.screens.reading import words
from tests.sql import counted
from tests.zone import PARIS

BUS = "Transport scolaire 13h30"
ACCEPT = {"etape": "accepter"}


@pytest.fixture
def sophie(in_demo: Commune) -> Client:
    return signed_in(in_demo, "scolaire", name="Sophie")


@pytest.fixture
def bus(activity: dict[str, int]) -> int:
    return activity[BUS]


@pytest.fixture
def site(in_demo: Commune) -> Site:
    """The MARSONE children's school."""
    return SchoolClass.objects.get(name="CE1", site__name="École de démonstration").site


@pytest.fixture
def held(bus: int, site: Site) -> ServiceDay:
    """A day of the bus that may still be booked."""
    after = clock.today(PARIS) + timedelta(days=10)
    return ServiceDay.objects.filter(activity=bus, site=site, open=True, day__gte=after).order_by("day")[0]


def path(activity: int, end: str = "regler/") -> str:
    return f"/mairie/activites/{activity}/places/{end}"


def wish(held: ServiceDay, act: str, **other: object) -> dict[str, object]:
    return {"act": act, "first_day": str(held.day), **other}


def read(response) -> str:
    return words(response.content.decode())


def book(child: Child, home: Household, held: ServiceDay) -> None:
    saved = change_bookings(
        child=child, household=home, changes=[Change(Cell(held.activity_id, held.day), True)], by=actor_of(home),
        channel=Channel.WEB, received_at=clock.now(), jeton=uuid.uuid4(),
    )  # fmt: skip
    assert saved.receipt


def stands(held: ServiceDay) -> tuple[bool, int | None, bool]:
    held.refresh_from_db()
    return held.open, held.places, held.by_hand


def test_the_month_tells_places_bookings_and_what_is_left(
    sophie: Client, bus: int, held: ServiceDay, angeline: Child, marsone: Household
) -> None:
    book(angeline, marsone, held)
    sophie.post(path(bus), wish(held, "places", places="3", **ACCEPT))

    page = read(sophie.get(path(bus, ""), {"mois": f"{held.day:%Y-%m}", "ecole": held.site_id}))

    assert f"{held.day:%d/%m} ouvert à la main 3 1 2" in page


def test_the_grid_of_the_month_says_what_is_closed_and_by_what(
    sophie: Client, bus: int, held: ServiceDay, angeline: Child, marsone: Household
) -> None:
    book(angeline, marsone, held)
    sophie.post(path(bus), wish(held, "places", places="3", **ACCEPT))
    other = ServiceDay.objects.filter(activity=bus, site=held.site, open=True, day__gt=held.day).order_by("day")[0]
    shut = close(scope=Scope(first_day=other.day, last_day=other.day), reason="Grève", by=BY, at=clock.now())

    def month(day: date) -> str:
        answer = sophie.get(path(bus, ""), {"mois": f"{day:%Y-%m}", "ecole": held.site_id})
        return str(answer.content.decode().partition("</table>")[0])

    assert f"{held.day.day} 1/3" in words(month(held.day))
    assert f'href="/mairie/fermetures/{shut.pk}/"' in month(other.day)


@pytest.mark.parametrize("month", ["", "2026-13", "abc", "0001-01", "9999-12", "2026-1", "\x00"])
def test_a_month_that_is_none_shows_this_one(sophie: Client, bus: int, month: str) -> None:
    assert sophie.get(path(bus, ""), {"mois": month, "ecole": "999999"}).status_code == 200


def test_places_of_a_day_are_read_before_they_are_set_and_the_pattern_leaves_them_alone(
    sophie: Client, bus: int, held: ServiceDay
) -> None:
    preview = read(sophie.post(path(bus), wish(held, "places", places="12")))
    assert "1 jour ouvert aura un autre nombre de places" in preview
    assert stands(held) == (True, None, False)

    sophie.post(path(bus), wish(held, "places", places="12", **ACCEPT))
    materialize(first_day=held.day, last_day=held.day)

    assert stands(held) == (True, 12, True)
    entry = AuditEntry.objects.get(action="days_set", actor_label="Sophie")
    assert entry.before == [{"site": held.site_id, "day": str(held.day), "open": True, "places": None}]
    assert (entry.after["act"], entry.after["places"]) == ("places", 12)


def test_it_goes_back_to_the_pattern(sophie: Client, bus: int, held: ServiceDay) -> None:
    sophie.post(path(bus), wish(held, "close", **ACCEPT))
    assert stands(held) == (False, None, True)

    assert "1 jour sera ouvert" in read(sophie.post(path(bus), wish(held, "model")))
    sophie.post(path(bus), wish(held, "model", **ACCEPT))

    assert stands(held) == (True, None, False)


def test_a_day_that_holds_bookings_is_not_closed_and_leads_to_closures(
    sophie: Client, bus: int, held: ServiceDay, angeline: Child, marsone: Household
) -> None:
    book(angeline, marsone, held)

    answer = sophie.post(path(bus), wish(held, "close"))
    sophie.post(path(bus), wish(held, "close", **ACCEPT))

    assert "1 jour garde ses réservations" in read(answer)
    assert "/mairie/fermetures/nouvelle/" in answer.content.decode()
    assert stands(held)[0]
    assert Booking.objects.standing().filter(service_day=held, child=angeline).exists()


def test_fewer_places_than_are_taken_is_told_and_nobody_is_canceled(
    sophie: Client, bus: int, held: ServiceDay, angeline: Child, bertrand: Child, marsone: Household
) -> None:
    book(angeline, marsone, held)
    book(bertrand, marsone, held)

    assert "(2 enfants)" in read(sophie.post(path(bus), wish(held, "places", places="1")))
    sophie.post(path(bus), wish(held, "places", places="1", **ACCEPT))

    assert Booking.objects.standing().filter(service_day=held).count() == 2


def test_places_freed_are_offered_and_those_taken_away_withdrawn(
    sophie: Client, bus: int, held: ServiceDay, angeline: Child, bertrand: Child, marsone: Household
) -> None:
    sophie.post(path(bus), wish(held, "places", places="1", **ACCEPT))
    book(angeline, marsone, held)
    waiting.join(
        child=bertrand, household=marsone, cell=Cell(bus, held.day), by=actor_of(marsone), channel=Channel.WEB,
        at=clock.now(),
    )  # fmt: skip

    sophie.post(path(bus), wish(held, "places", places="2", **ACCEPT))
    assert WaitingEntry.objects.get(service_day=held).state == "offered"

    assert "1 place proposée" in read(sophie.post(path(bus), wish(held, "places", places="1")))
    sophie.post(path(bus), wish(held, "places", places="1", **ACCEPT))
    assert WaitingEntry.objects.get(service_day=held).state == "waiting"


def test_a_wednesday_is_opened_by_hand_but_not_under_a_closure(sophie: Client, bus: int, held: ServiceDay) -> None:
    wednesday = held.day + timedelta(days=(2 - held.day.weekday()) % 7)
    PublicHoliday.objects.filter(day=wednesday).delete()
    asked = {"act": "open", "first_day": str(wednesday), "places": "8"}
    sophie.post(path(bus), {**asked, **ACCEPT})
    made = ServiceDay.objects.get(activity=bus, site=held.site_id, day=wednesday)
    assert stands(made) == (True, 8, True)

    closed = wednesday + timedelta(days=7)
    Closure.objects.create(first_day=closed, last_day=closed, reason="Grève")
    later = {"act": "open", "first_day": str(closed)}
    assert "jour férié ou fermeture" in read(sophie.post(path(bus), later)).replace("jours fériés", "jour férié")
    sophie.post(path(bus), {**later, **ACCEPT})
    assert not ServiceDay.objects.filter(activity=bus, day=closed, open=True).exists()


def test_some_weekdays_of_a_stretch_are_closed_and_the_others_stay(sophie: Client, bus: int, held: ServiceDay) -> None:
    end = held.day + timedelta(days=91)  # more than a summer: it has Mondays and Tuesdays of school

    sophie.post(path(bus), wish(held, "close", last_day=str(end), weekdays=[0], **ACCEPT))

    days = ServiceDay.objects.filter(activity=bus, day__range=(held.day, end), bookings__isnull=True)
    assert {row.open for row in days if row.day.weekday() == 0} == {False}
    assert {row.open for row in days if row.day.weekday() == 1} == {True}


@pytest.mark.parametrize(
    "wrong",
    [
        {"act": "x"},
        {"act": ""},
        {"first_day": ""},
        {"first_day": "31/02/2027"},
        {"first_day": "2000-01-01"},
        {"first_day": "2199-01-01"},
        {"first_day": "9" * 50},
        {"last_day": "2001-01-01"},
        {"last_day": "2199-12-31"},
        {"weekdays": ["8"]},
        {"places": "-3"},
        {"places": "beaucoup"},
        {"school": "999999"},
        {"school": "a\x00"},
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    sophie: Client, bus: int, held: ServiceDay, wrong: dict[str, object]
) -> None:
    before = list(ServiceDay.objects.order_by("pk").values_list("pk", "open", "places", "by_hand"))

    answer = sophie.post(path(bus), {**wish(held, "places", places="4"), **wrong, **ACCEPT})

    assert answer.status_code == 400
    assert "à corriger" in read(answer)
    assert list(ServiceDay.objects.order_by("pk").values_list("pk", "open", "places", "by_hand")) == before


def test_an_agent_kept_to_a_school_sets_its_days_alone(sophie: Client, bus: int, held: ServiceDay, site: Site) -> None:
    other = Site.objects.create(name="École voisine")
    there = ServiceDay.objects.create(activity_id=bus, site=other, day=held.day)
    Account.objects.filter(name="Sophie").update(sites=[site.pk])

    assert sophie.post(path(bus), wish(held, "places", places="4", school=other.pk, **ACCEPT)).status_code == 400
    sophie.post(path(bus), wish(held, "places", places="4", **ACCEPT))

    assert (stands(held)[1], stands(there)[1]) == (4, None)
    assert "École voisine" not in read(sophie.get(path(bus, "")))


@pytest.mark.parametrize("role", ["lecture", "régie", "animation"])
def test_other_roles_look_and_set_nothing(in_demo: Commune, bus: int, held: ServiceDay, role: str) -> None:
    reader = signed_in(in_demo, role)

    assert "Régler des jours" not in read(reader.get(path(bus, "")))
    assert reader.post(path(bus), wish(held, "close", **ACCEPT)).status_code == 403
    assert stands(held) == (True, None, False)


def test_a_month_and_a_save_cost_the_same_for_few_days_and_for_many(
    sophie: Client, bus: int, held: ServiceDay, angeline: Child, marsone: Household
) -> None:
    book(angeline, marsone, held)
    sophie.post(path(bus), wish(held, "places", places="9", **ACCEPT))
    with counted() as one:
        sophie.post(path(bus), wish(held, "places", places="5", **ACCEPT))
    with counted() as many:
        sophie.post(path(bus), wish(held, "places", places="6", last_day=str(_far(held.day)), **ACCEPT))
    with counted() as month:
        sophie.get(path(bus, ""), {"mois": f"{held.day:%Y-%m}"})

    assert len(many) == len(one), str(many)
    assert len(month) <= 10, str(month)


def _far(day: date) -> date:
    return day + timedelta(days=120)
