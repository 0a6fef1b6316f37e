"""The agents' first page: today's numbers, what is not right, within what each role and each agent may see."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client

from booking import overview
from booking.models import Absence, Attendance, Booking, ServiceDay, WaitingEntry
from booking.overview import Reach
from lps.accounts.models import Account
from lps.families.models import Child, Guardian, Household, SchoolClass
from lps.families.services import NewChild
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tests.booking.agents import signed_in
from tests.families.factories import household
from tests.screens.reading import words
from tests.sql import counted

ALL = Reach()


@pytest.fixture
def town(in_demo: Commune) -> Commune:
    """Demo, of which nothing has been seen yet."""
    return in_demo


@pytest.fixture
def clerk(town: Commune) -> Client:
    return signed_in(town, "scolaire")


@pytest.fixture
def today(town: Commune) -> date:
    return clock.today(town.zone)


@pytest.fixture
def held(today: date) -> ServiceDay:
    """A bus of today with three places."""
    return a_day(today, places=3)


@pytest.fixture
def yesterday(today: date) -> ServiceDay:
    """The last day before today on which something was held."""
    ServiceDay.objects.filter(day=today - timedelta(days=1)).update(open=False)
    return a_day(today - timedelta(days=1))


@pytest.fixture
def angeline(town: Commune) -> Child:
    return Child.objects.get(first_name="Angéline")


@pytest.fixture
def marsone(town: Commune) -> Household:
    return Household.objects.get(name="MARSONE")


def a_day(day: date, *, places: int | None = None, name: str = "Transport scolaire 13h30") -> ServiceDay:
    model = ServiceDay.objects.filter(activity__name=name).select_related("activity", "site")[0]
    made, _new = ServiceDay.objects.update_or_create(
        activity=model.activity, site=model.site, day=day, defaults={"open": True, "places": places}
    )
    return made


def book(held: ServiceDay, child: Child, home: Household) -> None:
    Booking.objects.filter(child=child, day=held.day, activity=held.activity).delete()
    Booking.of(child_id=child.pk, household_id=home.pk, service_day=held, booked_at=clock.now()).save()


def see(held: ServiceDay, child: Child, state: str, *, unbooked: bool = False) -> None:
    Attendance.objects.create(
        service_day=held, child=child, state=state, unbooked=unbooked, noted_at=clock.now(), noted_by="Nadia"
    )


def page(client: Client, path: str = "/mairie/") -> str:
    return words(client.get(path).content.decode())


def test_a_tile_tells_the_places_taken_and_who_waits(
    clerk: Client, held: ServiceDay, angeline: Child, marsone: Household
) -> None:
    book(held, angeline, marsone)
    bertrand = Child.objects.get(first_name="Bertrand")
    WaitingEntry.objects.create(service_day=held, child=bertrand, household=marsone, joined_at=clock.now())

    assert "Transport scolaire 13h30 1 sur 3 places · 1 en attente" in page(clerk)


def test_a_full_activity_is_said_to_be(clerk: Client, today: date, angeline: Child, marsone: Household) -> None:
    book(a_day(today, places=1), angeline, marsone)

    assert "Transport scolaire 13h30 1 complet, 1 place" in page(clerk)


def test_who_came_without_booking_is_named_until_it_is_booked(
    clerk: Client, yesterday: ServiceDay, angeline: Child, marsone: Household
) -> None:
    see(yesterday, angeline, "present", unbooked=True)
    assert "Présents sans réservation, dernier jour ouvert 1" in page(clerk)

    listed = clerk.get("/mairie/a-regarder/presents-non-reserves/").content.decode()
    assert "Angéline MARSONE" in words(listed)
    assert f"/mairie/pointage/{yesterday.pk}/" in listed

    book(yesterday, angeline, marsone)

    assert "Présents sans réservation" not in page(clerk)


def test_three_absences_in_a_month_are_told_and_two_are_not(
    clerk: Client, today: date, angeline: Child, marsone: Household
) -> None:
    days = [a_day(today - timedelta(days=number)) for number in (3, 10, 20)]
    for one in days[:2]:
        see(one, angeline, "absent")
    assert "absents trois fois" not in page(clerk)

    see(days[2], angeline, "absent")

    assert "Réservés mais absents trois fois en un mois 1" in page(clerk)
    listed = clerk.get("/mairie/a-regarder/absents-trois-fois/").content.decode()
    assert "Transport scolaire 13h30, 3 absences" in words(listed)
    assert f"/mairie/familles/{marsone.pk}/" in listed


def test_a_roll_that_nobody_called_is_told(
    clerk: Client, yesterday: ServiceDay, angeline: Child, marsone: Household
) -> None:
    book(yesterday, angeline, marsone)
    assert "Pointages non faits, dernier jour ouvert 1" in page(clerk)

    see(yesterday, angeline, "present")
    assert "Pointages non faits" not in page(clerk)


def test_absences_offers_and_addresses_are_told(
    clerk: Client, held: ServiceDay, angeline: Child, marsone: Household
) -> None:
    now = clock.now()
    Absence.objects.create(
        child=angeline, household=marsone, first_day=held.day, last_day=held.day, reason="malade",
        declared_at=now, channel="web",
    )  # fmt: skip
    WaitingEntry.objects.create(
        service_day=held, child=angeline, household=marsone, joined_at=now, state="offered", offered_at=now,
        accept_by=now + timedelta(hours=5),
    )  # fmt: skip

    read = page(clerk)

    for said in ("Absences à examiner 1", "Places proposées, réponse attendue 1", "sans téléphone ou sans e-mail 1"):
        assert said in read
    assert "/mairie/absences/" in clerk.get("/mairie/").content.decode()
    assert "malade" in page(clerk, "/mairie/absences/")
    assert "réponse attendue avant" in page(clerk, "/mairie/a-regarder/places-proposees/")
    assert "MARSONE sans téléphone" in page(clerk, "/mairie/a-regarder/injoignables/")
    Guardian.objects.update(phone="0612345678")
    assert "Plus rien à regarder ici." in page(clerk, "/mairie/a-regarder/injoignables/")


def test_the_next_deadline_counts_who_has_booked_nothing(clerk: Client, town: Commune, marsone: Household) -> None:
    closing = overview.next_closing(now=clock.now(), reach=ALL)
    assert closing is not None
    Booking.objects.standing().filter(household=marsone, day__in=closing.days).update(canceled_at=clock.now())
    assert "1 famille n'a encore rien réservé." in page(clerk)
    assert "MARSONE" in page(clerk, "/mairie/a-regarder/sans-reservation/")

    one = ServiceDay.objects.filter(day__in=closing.days, activity__in=closing.activities, open=True)[0]
    book(one, Child.objects.get(first_name="Angéline"), marsone)
    assert "encore rien réservé" not in page(clerk)


def test_a_deadline_is_the_next_to_come_of_all_activities(town: Commune) -> None:
    now = clock.now()

    closing = overview.next_closing(now=now, reach=ALL)
    later = overview.next_closing(now=closing.closes_at, reach=ALL) if closing else None

    assert closing and later
    assert now < closing.closes_at < later.closes_at
    assert not set(closing.days) & set(later.days)


@pytest.mark.parametrize(
    ("role", "sees", "does_not_see"),
    [
        ("cantine", ("Repas à prévoir", "Faire l'appel"), ("sans téléphone",)),
        ("animation", ("Faire l'appel", "sans téléphone"), ("Repas à prévoir",)),
        ("lecture", ("Repas à prévoir", "sans téléphone"), ("Faire l'appel",)),
    ],
)
def test_each_role_sees_its_own(town: Commune, role: str, sees: tuple[str, ...], does_not_see: tuple[str, ...]) -> None:
    read = page(signed_in(town, role))

    assert [said for said in sees if said not in read] == []
    assert [said for said in does_not_see if said in read] == []


def test_a_list_that_the_role_may_not_see_is_refused_by_its_address(town: Commune) -> None:
    cook = signed_in(town, "cantine")

    assert cook.get("/mairie/a-regarder/injoignables/").status_code == 403
    assert cook.get("/mairie/a-regarder/demandes/").status_code == 404
    assert cook.get("/mairie/a-regarder/absences-a-examiner/").status_code == 404
    assert cook.get("/mairie/a-regarder/rien/").status_code == 404


def test_an_agent_kept_to_another_school_sees_nothing_of_this_one(
    clerk: Client, yesterday: ServiceDay, held: ServiceDay, angeline: Child, marsone: Household
) -> None:
    book(yesterday, angeline, marsone)
    Account.objects.filter(name="Nadia").update(sites=[held.site_id + 1000])

    read = page(clerk)

    assert "Aucune activité n'est ouverte aujourd'hui." in read
    assert "Rien à signaler" in read
    assert "MARSONE" not in page(clerk, "/mairie/a-regarder/injoignables/")


def test_the_page_costs_no_more_for_a_big_town(clerk: Client, held: ServiceDay, yesterday: ServiceDay) -> None:
    clerk.get("/mairie/")
    with counted() as small:
        clerk.get("/mairie/")
    school_class = SchoolClass.objects.get(name="CE1", site=held.site)
    for number in range(30):
        child = NewChild(first_name=f"Enfant{number}", last_name="NOMBREUX", school_class=school_class)
        home = household(name=f"NOMBREUX{number}", children=[child])
        one = Child.objects.get(custodies__household=home)
        book(held, one, home)
        see(yesterday, one, "present", unbooked=True)
    with counted() as big:
        clerk.get("/mairie/")

    assert len(big) == len(small) <= 15, str(big)


def test_a_list_costs_the_same_for_one_line_or_many(clerk: Client, yesterday: ServiceDay, today: date) -> None:
    school_class = SchoolClass.objects.get(name="CE1", site=yesterday.site)
    home = household(
        name="NOMBREUX",
        children=[NewChild(first_name=f"Enfant{n}", last_name="NOMBREUX", school_class=school_class) for n in range(8)],
    )
    children = list(Child.objects.filter(custodies__household=home))
    days = [yesterday, *(a_day(today - timedelta(days=number)) for number in (8, 15))]
    counts = []
    for some in (children[:1], children[1:]):
        for child in some:
            for one in days:
                see(one, child, "absent")
        clerk.get("/mairie/a-regarder/absents-trois-fois/")
        with counted() as statements:
            read = page(clerk, "/mairie/a-regarder/absents-trois-fois/")
        counts.append(len(statements))

    assert read.count("3 absences") == 8
    assert counts[0] == counts[1]


def test_the_past_weeks_are_told_in_percent_where_places_are_limited(town: Commune, today: date) -> None:
    monday = today - timedelta(days=today.weekday(), weeks=1)
    ServiceDay.objects.filter(day__range=(monday - timedelta(weeks=8), today)).update(places=None)
    assert not overview.past_weeks(today, reach=ALL).is_limited
    ServiceDay.objects.filter(day__range=(monday, monday + timedelta(days=6))).update(open=False)
    bus = a_day(monday, places=4)
    Booking.objects.filter(service_day=bus).delete()
    book(bus, Child.objects.get(first_name="Angéline"), Household.objects.get(name="MARSONE"))

    weeks = overview.past_weeks(today, reach=ALL)

    total = weeks.total(monday)
    assert (total.booked, total.places, total.percent) == (1, 4, 25)


def test_the_hour_of_a_deadline_is_the_communes(town: Commune) -> None:
    closing = overview.next_closing(now=clock.now(), reach=ALL)

    assert closing is not None
    assert f"{closing.closes_at.astimezone(context.current().zone):%H:%M}" == "17:00"
    assert isinstance(closing.closes_at, datetime)
