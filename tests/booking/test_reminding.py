"""Reminders before the deadline: who is told, when, once, and never who stopped them."""

from datetime import date, time, timedelta

import pytest

from booking.models import ActivityGroup
from booking.rules.deadlines import DeadlineRule, Weekly, to_json
from booking.services.reminding import remind
from booking.tasks import remind_of_deadlines
from lps.families.models import Child, Household
from lps.families.services import NewChild
from lps.journal.channels import Channel
from lps.kernel import clock
from notifications import facts
from notifications.models import FACTS_PURPOSE, Address, Blocked, OutboxMessage
from notifications.render import render
from notifications.services import preferences, prove_address, withdraw
from tenants import keys
from tenants.town.services import renew_catalogue_stamp
from tests.booking.october import (
    BUS_8H30,
    LUNDI_13,
    Autumn,
    ask,
    closed,
    paris,
)
from tests.families.doors import browser, sign_in
from tests.families.factories import BY, household
from tests.sql import counted

WEDNESDAY_8 = paris(date(2014, 10, 8), 9)
WEDNESDAY_15 = paris(date(2014, 10, 15), 9)


@pytest.fixture
def thursdays(autumn: Autumn) -> Autumn:
    """Every week closes on the Thursday before it, 17:00."""
    weekly = Weekly(weekday=3, at=time(17))
    ActivityGroup.objects.update(deadline=to_json(DeadlineRule(book=weekly, cancel=weekly)))
    renew_catalogue_stamp()
    return autumn


@pytest.fixture
def claire(marsone: Household) -> Address:
    """The address that the MARSONE family proved."""
    return prove(marsone, "claire@example.org")


def prove(home: Household, email: str) -> Address:
    return prove_address(holder=home.holder, value=email, consent="essai", by=BY, channel=Channel.WEB)


def told() -> list[dict[str, object]]:
    """What the reminders written so far tell."""
    rows = OutboxMessage.objects.filter(template="booking/emails/deadline").order_by("pk")
    return [facts.loads(keys.decrypt(row.facts, purpose=FACTS_PURPOSE)) for row in rows]


def test_the_eve_of_the_deadline_tells_of_an_empty_week(thursdays: Autumn, claire: Address) -> None:
    assert remind(now=paris(date(2014, 10, 7), 9)) == 0

    assert remind(now=WEDNESDAY_8) == 1

    [said] = told()
    assert (said["first"], said["closes_at"]) == (LUNDI_13, paris(date(2014, 10, 9), 17))
    assert said["lines"] == [{"child": "Angéline", "empty": True}, {"child": "Bertrand", "empty": True}]
    assert "/semaine/2014-W42/" in str(said["url"])
    assert "jeudi" in render("booking/emails/deadline", said).subject


def test_it_is_sent_once_whatever_happens(thursdays: Autumn, claire: Address) -> None:
    remind(now=WEDNESDAY_8)

    assert remind(now=WEDNESDAY_8 + timedelta(hours=3)) == 0
    assert remind(now=paris(date(2014, 10, 9), 9)) == 0
    assert len(told()) == 1


def test_a_child_whose_week_is_chosen_is_not_named(
    thursdays: Autumn, claire: Address, angeline: Child, marsone: Household
) -> None:
    ask(angeline, marsone, thursdays.book(BUS_8H30, LUNDI_13))

    remind(now=WEDNESDAY_8)

    [said] = told()
    assert said["lines"] == [{"child": "Bertrand", "empty": True}]


def test_the_usual_week_booked_needs_no_reminder_and_another_does(
    thursdays: Autumn, claire: Address, angeline: Child, bertrand: Child, marsone: Household
) -> None:
    weeks = [date(2014, 11, 3), date(2014, 11, 17), date(2014, 11, 24)]
    for child in (angeline, bertrand):
        ask(child, marsone, thursdays.book(BUS_8H30, *(day + timedelta(days=n) for day in weeks for n in (0, 1))))
    december = [date(2014, 12, 1), date(2014, 12, 2)]
    ask(angeline, marsone, thursdays.book(BUS_8H30, *december))
    ask(bertrand, marsone, thursdays.book(BUS_8H30, december[0]))

    remind(now=paris(date(2014, 11, 26), 9))

    [said] = told()
    assert said["lines"] == [{"child": "Bertrand", "empty": False}]


def test_nothing_is_said_of_a_week_of_holidays(thursdays: Autumn, claire: Address) -> None:
    assert remind(now=WEDNESDAY_15) == 0
    assert remind(now=paris(date(2014, 10, 22), 9)) == 0


def test_the_week_after_the_holidays_closes_before_or_during_them(thursdays: Autumn, claire: Address) -> None:
    assert remind(now=paris(date(2014, 10, 29), 9)) == 1

    assert told()[0]["first"] == date(2014, 11, 3)


def test_days_that_close_one_by_one_are_told_on_the_eve_of_the_first(autumn: Autumn, claire: Address) -> None:
    days = [date(2014, 10, day) for day in range(9, 16)]

    sent = {day: remind(now=paris(day, 9)) for day in days}

    # The Monday closes on Sunday the 12th at 17:00: Saturday, and only then.
    assert {day for day, number in sent.items() if number} == {date(2014, 10, 11)}


def test_a_week_closed_by_the_town_asks_nothing(thursdays: Autumn, claire: Address) -> None:
    closed(LUNDI_13, date(2014, 10, 19), "Grève")

    assert remind(now=WEDNESDAY_8) == 0


def test_an_address_that_stopped_or_was_withdrawn_or_bounces_is_left_alone(
    thursdays: Autumn, claire: Address, marsone: Household
) -> None:
    other, bounced = prove(marsone, "paul@example.org"), prove(marsone, "perdue@example.org")
    Blocked.objects.create(kind=bounced.kind, lookup=bounced.lookup, why=Blocked.Why.BOUNCE, at=WEDNESDAY_8)
    [stopped] = [preferences.stop_of(preferences.stop_url(claire, "reminder").rstrip("/").rpartition("/")[2])]
    assert stopped is not None
    preferences.stop(stopped=stopped, by=BY, channel=Channel.WEB, at=WEDNESDAY_8)
    withdraw(address=other, by=BY, channel=Channel.WEB)

    assert remind(now=WEDNESDAY_8) == 0


def test_an_address_only_on_file_is_not_written_to(thursdays: Autumn, marsone: Household) -> None:
    assert remind(now=WEDNESDAY_8) == 0


def test_the_link_holds_no_code_and_opens_the_week_once_signed_in(
    thursdays: Autumn, claire: Address, angeline: Child, marsone: Household
) -> None:
    remind(now=WEDNESDAY_8)
    path = str(told()[0]["url"]).split("localhost", 1)[1].lstrip(":0123456789")
    assert angeline.child_code not in path

    answer = browser().get(path)
    assert answer.headers["Location"].startswith("/?suivant=")

    client = browser()
    sign_in(client, marsone)
    assert client.get(path).headers["Location"] == f"/enfants/{angeline.child_code}/planning/?semaine=2014-W42"


@pytest.mark.parametrize("week", ["2014-W60", "x", "2014-W42%00", "9999-W01"])
def test_no_such_week(marsone: Household, week: str) -> None:
    client = browser()
    sign_in(client, marsone)

    assert client.get(f"/semaine/{week}/").status_code == 404


def test_the_task_reads_the_clock(thursdays: Autumn, claire: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: WEDNESDAY_8)

    remind_of_deadlines.apply(headers={"commune": "demo"}, throw=True)

    assert len(told()) == 1


def test_many_families_cost_no_more_statements(thursdays: Autumn, claire: Address) -> None:
    def families(number: int, start: int) -> None:
        for rank in range(start, start + number):
            child = NewChild(first_name="Léo", last_name=f"N{rank}", school_class=thursdays.ce1)
            prove(household(name=f"N{rank}", email="", children=[child]), f"n{rank}@example.org")

    def cost() -> int:
        OutboxMessage.objects.all().delete()
        with counted() as made:
            written.append(remind(now=WEDNESDAY_8))
        return len(made)

    written: list[int] = []
    families(9, 0)
    cost()
    few = cost()
    families(50, 9)

    assert cost() == few <= 10
    assert written == [10, 10, 60]
