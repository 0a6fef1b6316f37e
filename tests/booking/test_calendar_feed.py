"""The family's calendar feed: read back by hand, private, revocable, the same cost for few and for many."""

from datetime import UTC, date, datetime, timedelta

import redis
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.icalendar import Event, write
from lps.families.models import Child, Household
from lps.families.services import renew_family_code
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from tenants.models import Commune
from tests.booking.october import BUS_8H30, BUS_13H30, JEUDI_16, LUNDI_13, MARDI_14, Autumn, ask
from tests.families.doors import browser, cost
from tests.families.factories import BY

PAGE = "/calendrier/"
AT = datetime(2014, 10, 8, 11, 20, tzinfo=UTC)


def unfolded(text: str) -> list[str]:
    assert text.endswith("\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def feed_of(parent: Client) -> str:
    """The path of the feed that the family's page shows."""
    shown = parent.get(PAGE).content.decode()
    return PAGE + shown.split("/calendrier/", 1)[1].split(".ics", 1)[0] + ".ics" if ".ics" in shown else ""


def made(parent: Client) -> str:
    parent.post(PAGE)
    return feed_of(parent)


@given(st.text(max_size=200))
def test_any_words_come_back_as_they_were(words: str) -> None:
    text = write([Event(uid="1@x", day=LUNDI_13, summary=words, changed_at=AT)], name="Ville")

    [line] = [line for line in unfolded(text) if line.startswith("SUMMARY:")]
    value = line.removeprefix("SUMMARY:").replace("\\\\", "\0")
    value = value.replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";").replace("\0", "\\")
    assert value == "".join(char for char in words if char.isprintable() or char == "\n")


def test_an_event_is_a_whole_day_with_its_instant_in_utc() -> None:
    text = write([Event(uid="7@x", day=date(2014, 12, 31), summary="a, b; c", changed_at=AT)], name="Ville")

    lines = unfolded(text)
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-1] == "END:VCALENDAR"
    for line in (
        "UID:7@x",
        "DTSTAMP:20141008T112000Z",
        "DTSTART;VALUE=DATE:20141231",
        "DTEND;VALUE=DATE:20150101",
        "SUMMARY:a\\, b\\; c",
    ):
        assert line in lines


def test_the_feed_tells_the_bookings_by_first_names_alone(
    parent: Client, autumn: Autumn, angeline: Child, marsone: Household
) -> None:
    ask(angeline, marsone, autumn.book(BUS_8H30, LUNDI_13, MARDI_14))
    ask(angeline, marsone, autumn.cancel(BUS_8H30, MARDI_14))

    answer = browser().get(made(parent))

    assert answer.headers["Content-Type"].startswith("text/calendar")
    lines = unfolded(answer.content.decode())
    assert [line for line in lines if line.startswith("SUMMARY:")] == [f"SUMMARY:Angéline\\, {BUS_8H30}"]
    assert "DTSTART;VALUE=DATE:20141013" in lines
    assert "MARSONE" not in answer.content.decode() and angeline.child_code not in answer.content.decode()


def test_a_second_reading_bears_the_same_uids(
    parent: Client, autumn: Autumn, angeline: Child, marsone: Household
) -> None:
    ask(angeline, marsone, autumn.book(BUS_8H30, LUNDI_13))
    path = made(parent)

    assert browser().get(path).content == browser().get(path).content


def test_the_address_is_shown_again_and_ends_when_changed_or_stopped(parent: Client) -> None:
    first = made(parent)
    assert feed_of(parent) == first

    second = made(parent)
    assert (browser().get(first).status_code, browser().get(second).status_code) == (404, 200)

    parent.post(PAGE, {"arreter": "1"})
    assert browser().get(second).status_code == 404
    assert feed_of(parent) == ""
    assert AuditEntry.objects.filter(action__in=("calendar_made", "calendar_revoked")).count() == 3


def test_a_new_family_code_ends_it(parent: Client, marsone: Household) -> None:
    path = made(parent)

    renew_family_code(household=marsone, by=BY, channel=Channel.OFFICE)

    assert browser().get(path).status_code == 404


def test_another_commune_and_made_up_addresses_find_nothing(parent: Client, buchelay: Commune) -> None:
    path = made(parent)

    assert browser("buchelay").get(path).status_code == 404
    for token in ("x", "a" * 43, "%00", "é"):
        assert browser().get(f"{PAGE}{token}.ics").status_code == 404


def test_who_reads_it_without_end_waits(parent: Client) -> None:
    path = made(parent)

    answers = [browser().get(path) for _ in range(61)]

    assert answers[-1].status_code == 429 and int(answers[-1].headers["Retry-After"]) > 0
    assert answers[0].status_code == 200


def test_made_up_addresses_leave_nothing_behind(parent: Client) -> None:
    """Else whoever has no account fills the memory of Valkey with counters."""
    path, server = made(parent), redis.Redis.from_url(settings.CACHES["default"]["LOCATION"])
    before = server.dbsize()

    for number in range(20):
        assert browser().get(f"{PAGE}{number}{'a' * 42}.ics").status_code == 404

    assert server.dbsize() == before
    browser().get(path)
    assert server.dbsize() == before + 1, "the feed that exists is counted"
    server.close()


def test_more_bookings_cost_no_more_statements(
    parent: Client, autumn: Autumn, angeline: Child, bertrand: Child, marsone: Household
) -> None:
    path = made(parent)
    ask(angeline, marsone, autumn.book(BUS_8H30, LUNDI_13))
    few = cost(browser(), path)

    november = [date(2014, 11, 3) + timedelta(days=n) for n in (0, 1, 3, 4)]
    for child in (angeline, bertrand):
        ask(child, marsone, autumn.book(BUS_13H30, JEUDI_16, *november))

    assert cost(browser(), path) == few
