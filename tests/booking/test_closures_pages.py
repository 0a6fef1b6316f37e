"""Closing days at the town hall: previewed, closed, undone, each agent where it works."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from booking.models import Booking, Closure, Receipt, ServiceDay
from booking.rules.planning import Cell, Change
from booking.services import closures, reopening
from booking.services.bookings import change_bookings
from booking.services.closures import Scope
from lps.accounts.models import Account
from lps.accounts.roles import Role
from lps.families.identity import actor_of
from lps.families.models import Child, Enrollment, Guardian, Household, Site
from lps.journal.channels import Channel
from lps.kernel import clock
from notifications.models import Address, OutboxMessage
from tenants.models import Commune
from tests.booking.agents import signed_in
from tests.families.factories import BY
from tests.screens.reading import words
from tests.sql import counted
from tests.zone import PARIS

PREVIEW, CLOSE = "/mairie/fermetures/apercu/", "/mairie/fermetures/fermer/"


@pytest.fixture
def bus(activity: dict[str, int]) -> int:
    return activity["Transport scolaire 13h30"]


@pytest.fixture
def day(bus: int) -> date:
    after = clock.today(PARIS) + timedelta(days=14)
    return ServiceDay.objects.filter(activity=bus, day__gte=after, open=True).order_by("day")[0].day


@pytest.fixture
def school(angeline: Child) -> Site:
    return Enrollment.objects.filter(child=angeline).latest("pk").school_class.site


@pytest.fixture
def booked(angeline: Child, bertrand: Child, marsone: Household, bus: int, day: date) -> None:
    for child in (angeline, bertrand):
        change_bookings(
            child=child,
            household=marsone,
            changes=[Change(Cell(bus, day), True)],
            by=actor_of(marsone),
            channel=Channel.WEB,
            received_at=clock.now(),
            jeton=uuid.uuid4(),
        )


@pytest.fixture
def clerk(demo: Commune, in_demo: Commune) -> Client:
    return signed_in(demo, Role.SCHOOL)


def kept_to(demo: Commune, *, sites: list[int], activities: list[int] | None = None) -> Client:
    """An agent who works at these schools alone."""
    client = signed_in(demo, Role.SCHOOL, name="Karim")
    Account.objects.filter(email="karim@mairie.example").update(sites=sites, activities=activities or [])
    return client


def asked(day: date, **rest: Any) -> dict[str, Any]:
    return {
        "first_day": f"{day}",
        "last_day": "",
        "place": "",
        "activity": "",
        "reason": "Grève",
        "jeton": uuid.uuid4(),
        **rest,
    }


def standing(bus: int, day: date) -> int:
    return Booking.objects.standing().filter(activity=bus, day=day).count()


def test_the_preview_names_who_is_touched_and_changes_nothing(clerk: Client, booked: None, bus: int, day: date) -> None:
    page = words(clerk.get(PREVIEW, asked(day, activity=bus)).content.decode())

    assert "2 réservations, 2 enfants, 1 famille." in page
    assert "Angéline MARSONE" in page and "Bertrand MARSONE" in page
    assert "1 famille recevra un e-mail" in page
    assert (standing(bus, day), Closure.objects.count(), OutboxMessage.objects.count()) == (2, 0, 0)


def test_a_family_without_an_address_is_named_to_be_told_otherwise(
    clerk: Client, booked: None, marsone: Household, bus: int, day: date
) -> None:
    marsone.guardians.update(email="", email_key="")

    page = words(clerk.get(PREVIEW, asked(day, activity=bus)).content.decode())

    assert "1 famille ne recevra pas d'e-mail" in page
    assert "MARSONE" in page and "recevra un e-mail" not in page
    assert "Fermer ces jours" in page


def test_closing_cancels_tells_and_shows_what_was_done(clerk: Client, booked: None, bus: int, day: date) -> None:
    page = words(clerk.post(CLOSE, asked(day, activity=bus), follow=True).content.decode())

    assert "C'est fermé." in page and "Fermé par Nadia" in page
    assert (standing(bus, day), OutboxMessage.objects.count()) == (0, 1)
    assert "Grève" in words(clerk.get("/mairie/fermetures/").content.decode())


def test_undoing_is_shown_first_then_puts_back(clerk: Client, booked: None, bus: int, day: date) -> None:
    clerk.post(CLOSE, asked(day, activity=bus))
    path = f"/mairie/fermetures/{Closure.objects.get().pk}/annuler/"

    shown = words(clerk.get(path).content.decode())
    assert "2 réservations seront remises. 1 famille recevra un e-mail qui le dit." in shown
    assert standing(bus, day) == 0

    page = words(clerk.post(path, follow=True).content.decode())
    assert "La fermeture est annulée." in page and "L'annulation de la fermeture les a toutes remises." in page
    assert "ne sont pas facturées" not in page
    assert "Fermeture annulée : Grève" in Receipt.objects.values_list("reason", flat=True)
    assert standing(bus, day) == 2
    assert "était déjà annulée" in words(clerk.post(path, follow=True).content.decode())


def test_undoing_says_when_nobody_is_written_to(
    clerk: Client, booked: None, marsone: Household, bus: int, day: date
) -> None:
    clerk.post(CLOSE, asked(day, activity=bus))
    path = f"/mairie/fermetures/{Closure.objects.get().pk}/annuler/"
    Guardian.objects.filter(household=marsone).update(email="", email_key="")
    Address.objects.all().delete()

    alone = words(clerk.get(path).content.decode())
    Booking.objects.filter(closure__isnull=False).delete()
    nobody = words(clerk.get(path).content.decode())

    assert "1 famille ne recevra pas d'e-mail : prévenez-la autrement" in alone and "recevra un e-mail" not in alone
    assert "0 réservation sera remise. Aucune famille ne reçoit de message." in nobody


def test_of_many_that_come_back_a_page_is_named_and_all_are_counted(
    clerk: Client, booked: None, bus: int, day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("booking.views.agents.closures.BOOKINGS", 1)
    clerk.post(CLOSE, asked(day, activity=bus))
    path = f"/mairie/fermetures/{Closure.objects.get().pk}/annuler/"

    first, second = (words(clerk.get(path, {"page": page}).content.decode()) for page in (1, 2))

    assert "2 réservations seront remises." in first and "2 réservations seront remises." in second
    assert "Angéline" in first and "Bertrand" not in first
    assert "Bertrand" in second and "Angéline" not in second


def test_showing_an_undo_costs_the_same_for_one_booking_and_for_many(
    clerk: Client, angeline: Child, marsone: Household, bus: int, day: date
) -> None:
    ServiceDay.objects.filter(day=day).update(places=30)
    numbers, shapes = [], []
    for held in (ServiceDay.objects.filter(activity=bus, day=day), ServiceDay.objects.filter(day=day, open=True)):
        Booking.objects.standing().filter(day=day).update(canceled_at=clock.now())
        for one in held:
            Booking.of(child_id=angeline.pk, household_id=marsone.pk, service_day=one, booked_at=clock.now()).save()
        closure = closures.close(scope=Scope(first_day=day, last_day=day), reason="Grève", by=BY, at=clock.now())
        path = f"/mairie/fermetures/{closure.pk}/annuler/"
        clerk.get(path)
        with counted() as statements:
            clerk.get(path)
        numbers.append(Booking.objects.filter(closure=closure).count())
        shapes.append(statements.shapes)
        reopening.undo(closure=closure, by=BY, at=clock.now(), tell=False)

    assert numbers[0] == 1 < 5 < numbers[1]
    assert shapes[0] == shapes[1]


def test_an_undo_without_a_place_left_is_told_to_the_agent(
    clerk: Client, booked: None, bertrand: Child, bus: int, day: date
) -> None:
    clerk.post(CLOSE, asked(day, activity=bus))
    ServiceDay.objects.filter(activity=bus, day=day).update(places=1)
    path = f"/mairie/fermetures/{Closure.objects.get().pk}/annuler/"
    assert "1 ne peut pas être remise : Il n'y a plus de place" in words(clerk.get(path).content.decode())

    page = words(clerk.post(path, follow=True).content.decode())

    assert "1 réservation non remise" in page and "en tête de la liste d'attente" in page
    assert "les a remises, sauf celles qui suivent, qui ne sont pas facturées." in page


class TestWhoMay:
    def test_an_agent_kept_to_a_school_closes_that_school_alone(
        self, demo: Commune, in_demo: Commune, school: Site, day: date
    ) -> None:
        other = Site.objects.create(name="École des Tilleuls")
        client = kept_to(demo, sites=[school.pk])

        for place in ("", f"ecole-{other.pk}"):
            assert client.post(CLOSE, asked(day, place=place)).status_code == 400
        assert not Closure.objects.exists()

        assert client.post(CLOSE, asked(day, place=f"ecole-{school.pk}")).status_code == 302
        assert Closure.objects.get().site_id == school.pk

    def test_it_reads_the_towns_closures_and_cannot_undo_them(
        self, demo: Commune, in_demo: Commune, school: Site, day: date
    ) -> None:
        scope = Scope(first_day=day, last_day=day)
        closure = closures.close(scope=scope, reason="Élections", by=BY, at=clock.now(), tell=False)
        client = kept_to(demo, sites=[school.pk])

        page = client.get(f"/mairie/fermetures/{closure.pk}/")

        assert page.status_code == 200 and "Annuler cette fermeture" not in page.content.decode()
        assert client.post(f"/mairie/fermetures/{closure.pk}/annuler/").status_code == 403
        closure.refresh_from_db()
        assert closure.undone_at is None

    def test_those_of_another_school_do_not_exist_for_it(
        self, demo: Commune, in_demo: Commune, school: Site, day: date
    ) -> None:
        other = Site.objects.create(name="École des Tilleuls")
        scope = Scope(first_day=day, last_day=day, site_id=other.pk)
        closure = closures.close(scope=scope, reason="Travaux", by=BY, at=clock.now(), tell=False)
        client = kept_to(demo, sites=[school.pk])

        assert client.get(f"/mairie/fermetures/{closure.pk}/").status_code == 404
        assert "Travaux" not in client.get("/mairie/fermetures/").content.decode()

    def test_one_kept_to_an_activity_closes_that_activity_alone(
        self, demo: Commune, in_demo: Commune, bus: int, day: date
    ) -> None:
        client = kept_to(demo, sites=[], activities=[bus])

        assert client.post(CLOSE, asked(day)).status_code == 400
        assert client.post(CLOSE, asked(day, activity=bus)).status_code == 302

    def test_a_reader_sees_no_button(self, demo: Commune, in_demo: Commune) -> None:
        client = signed_in(demo, Role.READ_ONLY)

        assert "Fermer des jours</a>" not in client.get("/mairie/fermetures/").content.decode()
        assert client.get("/mairie/fermetures/nouvelle/").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"first_day": ""},
        {"first_day": "0001-01-01"},
        {"first_day": "9999-12-31"},
        {"first_day": "2026-02-30"},
        {"first_day": "\x00"},
        {"last_day": "2020-01-01"},
        {"last_day": "2199-01-01"},
        {"place": "ecole-999999999999999999999"},
        {"place": "classe-0"},
        {"place": "\x00"},
        {"activity": "999999"},
        {"activity": "-1"},
        {"reason": ""},
        {"reason": "a\x00b"},
        {"reason": "x" * 500_000},
    ],
    ids=lambda wrong: repr(wrong)[:40],
)
def test_bad_input_is_told_and_closes_nothing(clerk: Client, day: date, wrong: dict[str, str]) -> None:
    answer = clerk.post(CLOSE, asked(day, **wrong))

    assert answer.status_code == 400
    assert 'id="erreurs"' in answer.content.decode()
    assert not Closure.objects.exists()


def test_the_preview_costs_the_same_for_one_booking_and_for_many(
    clerk: Client, angeline: Child, marsone: Household, bus: int, day: date
) -> None:
    Booking.objects.standing().filter(day=day).update(canceled_at=clock.now())
    shapes = []
    for held in (ServiceDay.objects.filter(activity=bus, day=day), ServiceDay.objects.filter(day=day, open=True)):
        Booking.objects.standing().filter(day=day).update(canceled_at=clock.now())
        for one in held:
            Booking.of(child_id=angeline.pk, household_id=marsone.pk, service_day=one, booked_at=clock.now()).save()
        clerk.get(PREVIEW, asked(day))
        with counted() as statements:
            clerk.get(PREVIEW, asked(day))
        shapes.append(len(statements))

    assert shapes[0] == shapes[1]
