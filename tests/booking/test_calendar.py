"""The school calendar of a town: holidays of its zone, public holidays of its INSEE code, read again every night."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from jours_feries_france import JoursFeries

from booking import catalogue
from booking.models import PublicHoliday, SchoolVacation, ServiceDay
from booking.services import calendar as services
from booking.services.catalogue import load_calendar
from booking.services.days import extend_days, materialize
from booking.tasks import extend
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants import context
from tenants.holidays import holiday_zone
from tenants.models import Commune
from tenants.town import queries as town
from tenants.town.services import change_settings

BY = Actor.system("essai")
BUCHELAY, STRASBOURG, SAINT_DENIS, NOUMEA = "78118", "67482", "97411", "98818"
OVERSEAS = ("97105", "97209", "97302", SAINT_DENIS, "97502", "97611", "97701", "97801", "98613", "98735", NOUMEA)


@pytest.fixture
def empty(in_demo: Commune) -> Commune:
    """Demo before its calendar was read."""
    SchoolVacation.objects.all().delete()
    PublicHoliday.objects.all().delete()
    return in_demo


def load(*, zone: str = "C", insee: str = BUCHELAY, years: tuple[int, int]) -> None:
    load_calendar(school_zone=zone, insee=insee, first_year=years[0], last_year=years[1])


def vacations() -> list[tuple[date, date]]:
    return list(SchoolVacation.objects.order_by("first_day").values_list("first_day", "last_day"))


@contextmanager
def stamp_kept(kept: bool) -> Iterator[None]:
    """Whether the processes may go on with the catalogue that they read."""
    town.read_again()
    before = town.settings().catalogue_stamp
    yield
    town.read_again()
    assert (town.settings().catalogue_stamp == before) == kept


@pytest.mark.parametrize(
    ("insee", "zone"),
    [
        (BUCHELAY, "Métropole"),
        ("2A004", "Métropole"),
        ("", "Métropole"),
        ("57463", "Alsace-Moselle"),
        (STRASBOURG, "Alsace-Moselle"),
        ("68224", "Alsace-Moselle"),
        ("97105", "Guadeloupe"),
        (SAINT_DENIS, "La Réunion"),
        (NOUMEA, "Nouvelle-Calédonie"),
    ],
)
def test_the_insee_code_says_which_public_holidays_a_town_has(insee: str, zone: str) -> None:
    assert holiday_zone(insee) == zone


@pytest.mark.parametrize("insee", OVERSEAS)
def test_every_zone_overseas_is_one_that_the_calendar_knows(insee: str) -> None:
    assert holiday_zone(insee) != "Métropole"
    assert JoursFeries.for_year(2014, zone=holiday_zone(insee)).items() >= {("11 novembre", date(2014, 11, 11))}


def test_the_holidays_of_2014_in_zone_c(empty: Commune) -> None:
    load(years=(2014, 2015))

    assert (date(2014, 10, 18), date(2014, 11, 2)) in vacations()
    assert (date(2014, 12, 20), date(2015, 1, 4)) in vacations()
    [summer] = SchoolVacation.objects.filter(is_summer=True, first_day__year=2015)
    assert summer.last_day == date(2015, 8, 31)
    names = dict(PublicHoliday.objects.values_list("day", "name"))
    assert (names[date(2014, 11, 11)], names[date(2014, 12, 25)]) == ("11 novembre", "Jour de Noël")


def test_good_friday_is_worked_in_buchelay_and_not_in_strasbourg(marsone: Household, empty: Commune) -> None:
    good_friday = date(2015, 4, 3)
    held = ServiceDay.objects.filter(day=good_friday, open=True, activity__name="Transport scolaire 8h30")

    load(zone="B", insee=BUCHELAY, years=(2015, 2015))
    materialize(first_day=good_friday, last_day=good_friday)
    assert held.count() == 1

    load(zone="B", insee=STRASBOURG, years=(2015, 2015))
    materialize(first_day=good_friday, last_day=good_friday)
    assert held.count() == 0
    assert catalogue.read().holidays[good_friday] == "Vendredi saint"


def test_the_end_of_slavery_is_a_holiday_in_reunion_on_its_own_day(empty: Commune) -> None:
    load(zone="", insee=SAINT_DENIS, years=(2014, 2014))

    calendar = catalogue.read().calendar
    assert calendar.is_public_holiday(date(2014, 12, 20))
    assert not calendar.is_working_day(date(2014, 7, 14))
    assert not calendar.is_public_holiday(date(2014, 5, 27))  # Guadeloupe's


def test_a_town_without_a_zone_has_public_holidays_and_no_school_holidays(marsone: Household, empty: Commune) -> None:
    load(zone="", insee=NOUMEA, years=(2014, 2014))
    materialize(first_day=date(2014, 10, 20), last_day=date(2014, 10, 20))

    assert vacations() == []
    assert ServiceDay.objects.filter(day=date(2014, 10, 20), activity__name="Accueil Matin").count() == 1
    assert PublicHoliday.objects.filter(day=date(2014, 11, 11)).exists()


def test_read_again_it_changes_nothing_and_renews_nothing(empty: Commune) -> None:
    with stamp_kept(False):
        load(years=(2014, 2015))
    before = vacations()

    with stamp_kept(True):
        load(years=(2014, 2015))

    assert vacations() == before


def test_what_an_agent_changed_stays(empty: Commune) -> None:
    load(years=(2014, 2014))
    SchoolVacation.objects.filter(first_day=date(2014, 10, 18)).update(last_day=date(2014, 11, 4), name="Automne")
    PublicHoliday.objects.filter(day=date(2014, 11, 11)).update(name="Armistice 1918")

    with stamp_kept(True):
        load(years=(2014, 2014))

    assert (date(2014, 10, 18), date(2014, 11, 4)) in vacations()
    assert PublicHoliday.objects.get(day=date(2014, 11, 11)).name == "Armistice 1918"


def test_christmas_read_before_its_new_year_is_completed_when_that_year_is_read(empty: Commune) -> None:
    load(years=(2014, 2014))
    assert vacations()[-1] == (date(2014, 12, 20), date(2014, 12, 31))

    with stamp_kept(False):
        load(years=(2014, 2015))

    assert (date(2014, 12, 20), date(2015, 1, 4)) in vacations()
    assert catalogue.read().calendar.is_vacation(date(2015, 1, 2))


def test_no_day_of_school_is_made_in_the_holidays_of_the_next_new_year(marsone: Household, empty: Commune) -> None:
    """Days are made until August: the next Christmas is read then, and its January only a year later."""
    change_settings(school_zone="C")
    ServiceDay.objects.filter(bookings__isnull=True).delete()
    extend_days(today=date(2023, 9, 4))
    extend_days(today=date(2024, 9, 2))

    in_january = ServiceDay.objects.filter(
        activity__name="Accueil Matin", day__range=(date(2025, 1, 1), date(2025, 1, 7))
    )
    assert set(in_january.values_list("day", flat=True)) == {date(2025, 1, 6), date(2025, 1, 7)}


def test_the_nights_task_makes_the_weeks_ahead_and_twice_is_once(
    marsone: Household, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="booking.tasks")
    ServiceDay.objects.filter(bookings__isnull=True).delete()

    extend.apply(headers={"commune": "demo"}, throw=True)
    made = ServiceDay.objects.count()
    extend.apply(headers={"commune": "demo"}, throw=True)

    assert ServiceDay.objects.count() == made > 0
    told = [record.getMessage() for record in caplog.records if " made, " in record.getMessage()]
    assert len(told) == 1


def test_the_nights_task_refuses_to_run_without_a_commune(marsone: Household) -> None:
    before = ServiceDay.objects.count()

    with pytest.raises(context.NoCommune):
        extend.apply(throw=True)

    assert ServiceDay.objects.count() == before


def test_what_somebody_else_has_just_removed_is_told_once(in_demo: Commune) -> None:
    today = clock.today(in_demo.zone)
    day = today + timedelta(days=40)
    PublicHoliday.objects.filter(day=day).delete()
    services.apply(services.add_holiday(day=day, name="Fête"), today=today, by=BY, at=clock.now())
    row = PublicHoliday.objects.get(day=day)

    for change in (services.remove_holiday(row), services.remove_holiday(row)):
        services.apply(change, today=today, by=BY, at=clock.now())

    told = [entry for entry in AuditEntry.objects.filter(action="calendar_changed") if not entry.after]
    assert [entry.before["name"] for entry in told] == ["Fête"]
