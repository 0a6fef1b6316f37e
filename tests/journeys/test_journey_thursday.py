"""Buchelay's rule: the choices of a week can be changed until the Thursday before it, 17:00."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Browse
from tests.journeys.families import OF_BUCHELAY, booked, days_to_come, let_stand
from tests.journeys.steps import lines, press, recap, sign_in, tile, turn_to, validate, written
from tests.live import Site

PARIS = ZoneInfo("Europe/Paris")
CANTEEN = "Cantine"
SCHOOL_DAYS = (0, 1, 3, 4)


@pytest.fixture
def monday(site: Site) -> date:
    """The first day of an ordinary week of school, between two others; its canteen is not booked."""
    held = set(days_to_come(site, OF_BUCHELAY, CANTEEN, number=60))
    mondays = [day for day in sorted(held) if day.weekday() == 0]
    monday = next(day for day in mondays if three_weeks_around(day) <= held)
    empty = {(CANTEEN, day): False for day in week_of(monday)}
    let_stand(site, OF_BUCHELAY, empty, at=thursday_before(monday, time(9)))
    return monday


def week_of(monday: date) -> set[date]:
    """The days of school of a week."""
    return {monday + timedelta(days=number) for number in SCHOOL_DAYS}


def three_weeks_around(monday: date) -> set[date]:
    """The days of school of a week, of the one before and of the one after."""
    return set().union(*(week_of(monday + timedelta(weeks=number)) for number in (-1, 0, 1)))


def thursday_before(monday: date, at: time) -> datetime:
    return datetime.combine(monday - timedelta(days=4), at, PARIS)


def block(page: Page, day: date) -> Locator:
    """The week of a day, as the page draws it."""
    return page.get_by_role("region", name=f"Semaine N° {day.isocalendar().week} ")


def test_next_week_is_free_until_thursday_17h00_then_locked_with_its_reason(
    site: Site, browse: Browse, monday: date
) -> None:
    limit = f"jeudi {monday - timedelta(days=4):%d/%m} à 17h00"
    with site.pages_at(thursday_before(monday, time(16, 58))) as before:
        page = browse("buchelay", pages=before)
        sign_in(page, **OF_BUCHELAY.codes)
        turn_to(page, monday)
        expect(page.get_by_text("Horloge de démonstration")).to_be_visible()
        expect(block(page, monday)).to_contain_text(f"Modifiable jusqu'au {limit}, encore")
        press(page, CANTEEN, monday)
        validate(page)
        assert recap(page) == [f"Réservation : {CANTEEN}, {written(monday)}"]
        press(page, CANTEEN, monday + timedelta(days=1))

    with site.pages_at(thursday_before(monday, time(17)), port=before.port):
        validate(page)

        expect(page.get_by_role("heading", name="Ce qui n'a pas pu être enregistré")).to_be_visible()
        refused = f"Réservation : {CANTEEN}, {written(monday + timedelta(days=1))} : trop tard, la date limite était"
        assert lines(page.locator(".note.bad")) == [f"{refused} {limit}"]
        assert booked(site, OF_BUCHELAY, CANTEEN) & week_of(monday) == {monday}
        expect(block(page, monday)).to_contain_text(f"Date limite passée depuis le {limit}")
        expect(block(page, monday).get_by_role("checkbox")).to_have_count(0)
        row = block(page, monday).get_by_role("row", name=CANTEEN)
        expect(row.get_by_role("cell").nth(0)).to_contain_text("réservé, date limite passée")
        expect(tile(page, CANTEEN, monday + timedelta(weeks=1))).to_be_visible()
