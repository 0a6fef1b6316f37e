"""The calendar at the town hall: read by all, corrected after a preview, never undone at night, no booking lost."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client

from booking.models import Booking, Closure, PublicHoliday, SchoolVacation, Season, ServiceDay
from booking.services.days import extend_days
from lps.accounts.models import Account
from lps.accounts.roles import Role
from lps.families.models import Child, Household, Site
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.models import Commune
from tests.booking.agents import signed_in
from tests.screens.reading import words
from tests.sql import counted
from tests.zone import PARIS

PAGE, NEW, HOLIDAY = "/mairie/calendrier/", "/mairie/calendrier/vacances/ajouter/", "/mairie/calendrier/feries/ajouter/"
ACCEPT = {"etape": "accepter"}


@pytest.fixture
def clerk(demo: Commune, in_demo: Commune) -> Client:
    return signed_in(demo, Role.SCHOOL)


@pytest.fixture
def day(in_demo: Commune) -> date:
    """A Thursday of school to come, without a booking."""
    after = clock.today(PARIS) + timedelta(days=14)
    thursdays = ServiceDay.objects.filter(day__gte=after, day__week_day=5, activity__season=Season.TERM, open=True)
    found = thursdays.order_by("day")[0].day
    Booking.objects.standing().filter(day=found).update(canceled_at=clock.now())
    return found


def asked(day: date, **rest: Any) -> dict[str, Any]:
    return {"name": "Pont", "first_day": f"{day}", "last_day": f"{day}", **rest}


def term(day: date) -> QuerySet[ServiceDay]:
    return ServiceDay.objects.filter(day=day, activity__season=Season.TERM, open=True)


def opened(day: date) -> int:
    return term(day).count()


def booked(child: Child, household: Household, day: date) -> ServiceDay:
    held = term(day).order_by("pk")[0]
    Booking.of(child_id=child.pk, household_id=household.pk, service_day=held, booked_at=clock.now()).save()
    return held


def national(day: date) -> SchoolVacation:
    return SchoolVacation.objects.filter(first_day__gt=day, is_local=False).order_by("first_day")[0]


def test_holidays_are_previewed_then_close_and_are_audited(clerk: Client, day: date) -> None:
    before = opened(day)

    page = words(clerk.post(NEW, asked(day)).content.decode())

    assert before > 1 and f"{before} jours seront fermés" in page and "Rien n'est encore enregistré" in page
    assert (opened(day), SchoolVacation.objects.filter(is_local=True).count()) == (before, 0)
    assert "enregistré" in words(clerk.post(NEW, asked(day, **ACCEPT), follow=True).content.decode())
    assert opened(day) == 0
    assert AuditEntry.objects.filter(action="calendar_changed").exists()


def test_a_booked_day_stays_open_and_is_named(clerk: Client, angeline: Child, marsone: Household, day: date) -> None:
    held = booked(angeline, marsone, day)

    page = words(clerk.post(NEW, asked(day)).content.decode())
    clerk.post(NEW, asked(day, **ACCEPT))

    assert "1 jour garde ses réservations" in page and held.activity.name in page
    assert opened(day) == 1
    assert Booking.objects.standing().filter(service_day=held).count() == 1


def test_removing_what_the_town_added_opens_the_days_again(clerk: Client, day: date) -> None:
    before = opened(day)
    for path, data in ((NEW, asked(day)), (HOLIDAY, {"name": "Fête", "day": f"{day}"})):
        clerk.post(path, {**data, **ACCEPT})
        assert opened(day) == 0
        is_vacation = path == NEW
        row = (SchoolVacation if is_vacation else PublicHoliday)._default_manager.get(is_local=True)
        remove = f"{PAGE}{'vacances' if is_vacation else 'feries'}/{row.pk}/supprimer/"
        assert "seront ouverts" in words(clerk.get(remove).content.decode())
        assert opened(day) == 0
        clerk.post(remove)
        assert opened(day) == before


def test_the_night_never_undoes_a_correction(clerk: Client, day: date) -> None:
    extend_days(today=clock.today(PARIS))
    row = national(day)
    first, last = row.first_day + timedelta(days=2), row.last_day
    rows = SchoolVacation.objects.count()

    clerk.post(f"{PAGE}vacances/{row.pk}/", asked(first, last_day=f"{last}", **ACCEPT))
    clerk.post(NEW, asked(day, **ACCEPT))
    extend_days(today=clock.today(PARIS))

    row.refresh_from_db()
    assert (row.first_day, row.last_day, row.name) == (first, last, "Pont")
    assert SchoolVacation.objects.count() == rows + 1
    assert opened(day) == 0


def test_what_the_national_calendar_brings_is_never_removed(clerk: Client, day: date) -> None:
    row, holiday = national(day), PublicHoliday.objects.filter(is_local=False)[0]

    assert clerk.post(f"{PAGE}vacances/{row.pk}/supprimer/").status_code == 404
    assert clerk.post(f"{PAGE}feries/{holiday.pk}/supprimer/").status_code == 404
    assert SchoolVacation.objects.filter(pk=row.pk).exists()


def test_days_that_other_holidays_hold_are_refused(clerk: Client, day: date) -> None:
    row, holiday = national(day), PublicHoliday.objects.filter(day__gt=day)[0]

    for step in ({}, ACCEPT):
        answer = clerk.post(NEW, asked(row.last_day, **step))
        assert answer.status_code == 400 and row.name in words(answer.content.decode())
        assert clerk.post(HOLIDAY, {"name": "Fête", "day": f"{holiday.day}", **step}).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "a\x00b"},
        {"name": "x" * 500_000},
        {"first_day": ""},
        {"first_day": "0001-01-01"},
        {"first_day": "2199-12-31", "last_day": "2199-12-31"},
        {"first_day": "2026-02-30"},
        {"last_day": "2020-01-01"},
        {"last_day": "2199-01-01"},
        {"last_day": "\x00"},
    ],
    ids=lambda wrong: repr(wrong)[:40],
)
def test_bad_input_is_told_and_changes_nothing(clerk: Client, day: date, wrong: dict[str, str]) -> None:
    answer = clerk.post(NEW, asked(day, **{**ACCEPT, **wrong}))

    assert answer.status_code == 400
    assert 'id="erreurs"' in answer.content.decode()
    assert not SchoolVacation.objects.filter(is_local=True).exists()


@pytest.mark.parametrize("year", ["", "0000", "9999", "-1", "x" * 9999, "²²²²", "2027"])
def test_any_year_is_read(clerk: Client, year: str) -> None:
    assert clerk.get(PAGE, {"annee": year}).status_code == 200


def test_who_may_not_set_reads_without_a_button(demo: Commune, in_demo: Commune, day: date) -> None:
    reader, kept = signed_in(demo, Role.READ_ONLY), signed_in(demo, Role.SCHOOL, name="Karim")
    Account.objects.filter(email="karim@mairie.example").update(sites=[Site.objects.all()[0].pk])

    for client in (reader, kept):
        page = words(client.get(PAGE).content.decode())
        assert "Vacances scolaires" in page and "Ajouter" not in page and "Corriger" not in page
        assert client.post(NEW, asked(day, **ACCEPT)).status_code == 403
        assert client.post(HOLIDAY, {"name": "Fête", "day": f"{day}", **ACCEPT}).status_code == 403


def test_statements_do_not_grow_with_days_and_closures(clerk: Client, day: date) -> None:
    shapes = []
    for number in (1, 30):
        last = day + timedelta(days=number)
        Closure.objects.create(first_day=day, last_day=last, reason="Grève")
        clerk.get(PAGE)
        with counted() as page:
            clerk.get(PAGE)
        with counted() as preview:
            clerk.post(HOLIDAY, {"name": "Fête", "day": f"{day + timedelta(days=number)}"})
        shapes.append((len(page), len(preview)))

    assert shapes[0] == shapes[1]
