"""A declared absence where its day is read: the planning, the counter, the calendar feed; never at the other home."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from booking import absences
from booking.absences import Declared
from booking.models import Absence, Booking
from booking.rules.planning import Cell
from booking.services import absences as services
from booking.services.absences import Asked
from lps.families.identity import actor_of
from lps.families.models import Child, Household
from lps.journal.channels import Channel
from tenants.models import Commune
from tests.booking.agents import signed_in as agent_signed_in
from tests.booking.october import (
    BUS_8H30,
    BUS_13H30,
    JEUDI_16,
    LUNDI_13,
    MARDI_14,
    NOW,
    VENDREDI_17,
    Autumn,
    ask,
    paris,
    signed_in,
)
from tests.booking.pages import filled, notes, opened, week
from tests.booking.test_calendar_feed import feed_of, made, unfolded
from tests.families.doors import browser, cost
from tests.families.factories import BY
from tests.screens.reading import row, weeks, words

PLANNING = "/enfants/123456/planning/"
SAYS = "absence déclarée"


@pytest.fixture
def booked(autumn: Autumn, angeline: Child, marsone: Household) -> Autumn:
    """Angéline takes two buses on Monday and one on Tuesday."""
    wishes = [*autumn.book(BUS_8H30, LUNDI_13, MARDI_14), *autumn.book(BUS_13H30, LUNDI_13)]
    assert not ask(angeline, marsone, wishes).refused
    return autumn


def declare(
    child: Child, home: Household, first: date, last: date | None = None, *, only: tuple[int, ...] = ()
) -> Absence:
    asked = Asked(first_day=first, last_day=last or first, activities=only, reason="Enfant malade")
    done = services.declare(
        child=child, household=home, asked=asked, by=actor_of(home), channel=Channel.WEB, at=NOW + timedelta(hours=1)
    )
    assert done.absence is not None
    return done.absence


def withdraw(absence: Absence, home: Household) -> None:
    at = NOW + timedelta(hours=3)
    assert services.withdraw(absence=absence, by=actor_of(home), channel=Channel.WEB, at=at)


def planning(client: Client) -> str:
    return opened(client, PLANNING, semaine="2014-W42")


def said(client: Client) -> list[str]:
    return [note for note in notes(planning(client), 42) if SAYS in note]


def events(client: Client) -> dict[str, dict[str, str]]:
    """The events of the family's feed, by their summary and day."""
    text = browser().get(feed_of(client) or made(client)).content.decode()
    parts = [part.split("\r\n") for part in "\r\n".join(unfolded(text)).split("BEGIN:VEVENT\r\n")[1:]]
    found = [dict(line.split(":", 1) for line in part if ":" in line) for part in parts]
    return {f"{one['SUMMARY']} {one['DTSTART;VALUE=DATE']}": one for one in found}


class TestWhichBookings:
    CELL = Cell(7, LUNDI_13)

    def one(self, **facts: Any) -> Declared:
        given = {"child_id": 1, "first_day": LUNDI_13, "last_day": LUNDI_13, "state": "declared", "activity_id": None}
        return Declared(**{"pk": 3, "declared_at": NOW, "answered_at": None, **given, **facts})

    @pytest.mark.parametrize("state", ["declared", "accepted", "refused"])
    def test_one_that_stands_is_told_whatever_the_town_answered(self, state: str) -> None:
        row = self.one(state=state)

        assert absences.told_of([self.CELL], [row], child_id=1) == {self.CELL: row}

    @pytest.mark.parametrize(
        "other",
        [{"state": "withdrawn"}, {"activity_id": 8}, {"child_id": 2}, {"first_day": MARDI_14, "last_day": MARDI_14}],
        ids=str,
    )
    def test_what_is_about_something_else_is_not(self, other: dict[str, Any]) -> None:
        assert absences.told_of([self.CELL], [self.one(**other)], child_id=1) == {}

    def test_of_two_the_last_declared_is_told(self) -> None:
        first, last = self.one(pk=3), self.one(pk=4, activity_id=7)

        assert absences.told_of([self.CELL], [first, last], child_id=1) == {self.CELL: last}


def test_the_planning_says_it_and_leads_to_it(
    parent: Client, booked: Autumn, angeline: Child, marsone: Household
) -> None:
    declared = declare(angeline, marsone, LUNDI_13, MARDI_14)

    html = planning(parent)

    assert notes(html, 42) == [f"lundi 13, mardi 14 : {SAYS} ({declared.number})"]
    assert f'<a href="/absences/{declared.pk}/">' in week(html, 42)
    assert row(html, 42, BUS_8H30)["Lu"] == "☑ Lu 13"
    cells = weeks(html)[42]
    assert SAYS in cells[BUS_8H30][0].text and SAYS in cells[BUS_8H30][1].text and SAYS in cells[BUS_13H30][0].text
    assert SAYS not in cells[BUS_13H30][1].text, "nothing is booked there"
    assert f"réservé, {SAYS}" in words(html), "the legend tells the sign"


def test_after_the_deadline_the_day_is_locked_booked_and_says_it(
    parent: Client, booked: Autumn, angeline: Child, marsone: Household, stop_clock: Callable[[datetime], None]
) -> None:
    declare(angeline, marsone, LUNDI_13)
    stop_clock(paris(LUNDI_13, 8))

    html = planning(parent)

    assert row(html, 42, BUS_8H30)["Lu"] == "locked booked"
    assert weeks(html)[42][BUS_8H30][0].text == f"réservé, date limite passée, {SAYS}"
    assert "facturé" not in words(week(html, 42)), "only the town's answer tells what is charged"


def test_an_absence_of_one_activity_names_it(
    parent: Client, booked: Autumn, angeline: Child, marsone: Household
) -> None:
    declared = declare(angeline, marsone, LUNDI_13, only=(booked.activities[BUS_8H30],))

    assert said(parent) == [f"lundi 13 ({BUS_8H30}) : {SAYS} ({declared.number})"]


@pytest.mark.parametrize("state", ["accepted", "refused"])
def test_it_is_said_whatever_the_town_answered(
    parent: Client, booked: Autumn, angeline: Child, marsone: Household, state: str
) -> None:
    declared = declare(angeline, marsone, LUNDI_13)
    at = NOW + timedelta(hours=2)

    assert services.answer(absence=declared, state=state, words="Bien lu.", seen="declared", by=BY, at=at)

    assert len(said(parent)) == 1


def test_once_withdrawn_it_is_no_longer_said(
    parent: Client, booked: Autumn, angeline: Child, marsone: Household
) -> None:
    declared = declare(angeline, marsone, LUNDI_13)
    assert said(parent)

    withdraw(declared, marsone)

    assert SAYS not in words(week(planning(parent), 42))


def test_a_day_canceled_since_says_nothing(parent: Client, booked: Autumn, angeline: Child, marsone: Household) -> None:
    declare(angeline, marsone, MARDI_14)

    page = parent.get(PLANNING, {"semaine": "2014-W42"})
    parent.post(PLANNING, filled(page, untick=[booked.cell(BUS_8H30, MARDI_14)]))

    assert not Booking.objects.standing().filter(child=angeline, day=MARDI_14).exists()
    assert SAYS not in words(week(planning(parent), 42))


def test_the_other_household_learns_nothing_of_it(
    parent: Client, booked: Autumn, angeline: Child, marsone: Household, durand: Household
) -> None:
    assert not ask(angeline, durand, booked.book(BUS_13H30, VENDREDI_17)).refused
    father = signed_in(durand, angeline)
    before = [words(week(planning(father), 42)), events(father)]

    declared = declare(angeline, marsone, LUNDI_13, VENDREDI_17)

    assert said(parent) == [f"lundi 13, mardi 14 : {SAYS} ({declared.number})"], "not the father's Friday"
    assert SAYS in str(events(parent))
    assert [words(week(planning(father), 42)), events(father)] == before


def test_the_counter_says_it_to_agents_who_may_read_absences(
    demo: Commune, booked: Autumn, angeline: Child, marsone: Household
) -> None:
    declared = declare(angeline, marsone, LUNDI_13)
    where = f"/mairie/familles/{marsone.pk}/reservations/"

    asked = {"enfant": str(angeline.pk), "semaine": "2014-W42"}
    told = opened(agent_signed_in(demo, "scolaire", name="Claire"), where, **asked)
    not_told = opened(agent_signed_in(demo, "lecture", name="Louis"), where, **asked)

    assert f'<a href="/mairie/absences/{declared.pk}/">' in week(told, 42) and SAYS in words(week(told, 42))
    assert SAYS not in words(week(not_told, 42)) and "réservé" in words(week(not_told, 42))


def test_more_absences_cost_the_planning_no_more_statements(
    parent: Client, booked: Autumn, angeline: Child, marsone: Household
) -> None:
    before = cost(parent, f"{PLANNING}?semaine=2014-W42")

    for day, bus in ((LUNDI_13, BUS_8H30), (LUNDI_13, BUS_13H30), (MARDI_14, BUS_8H30)):
        declare(angeline, marsone, day, only=(booked.activities[bus],))

    assert len(said(parent)) == 3
    assert cost(parent, f"{PLANNING}?semaine=2014-W42") == before


def test_the_feed_says_it_and_counts_it_as_a_change(
    parent: Client, booked: Autumn, angeline: Child, marsone: Household
) -> None:
    ask(angeline, marsone, booked.book(BUS_13H30, JEUDI_16))
    plain = events(parent)
    declared = declare(angeline, marsone, LUNDI_13, only=(booked.activities[BUS_8H30],))

    told = events(parent)

    key = f"Angéline\\, {BUS_8H30} 20141013"
    event = told.pop(f"Angéline\\, {BUS_8H30} ({SAYS}) 20141013")
    assert event["UID"] == plain[key]["UID"]
    assert (plain[key]["DTSTAMP"], event["DTSTAMP"]) == ("20141008T112000Z", "20141008T122000Z")
    assert told == {name: one for name, one in plain.items() if name != key}

    withdraw(declared, marsone)
    assert events(parent)[key] == plain[key] | {"DTSTAMP": "20141008T142000Z"}


def test_more_absences_cost_the_feed_no_more_statements(
    parent: Client, booked: Autumn, angeline: Child, marsone: Household
) -> None:
    path = made(parent)
    before = cost(browser(), path)

    declare(angeline, marsone, LUNDI_13)
    declare(angeline, marsone, MARDI_14)

    assert cost(browser(), path) == before
