"""A place offered is accepted by the link of its message: said first, done once, never more than the planning would."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.core import signing
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client

from booking.models import Booking, JournalEntry, Receipt, ServiceDay, WaitingEntry
from booking.rules.planning import Cell
from booking.services import waiting
from lps.families.models import Child, Custody, Household
from lps.journal.channels import Channel
from lps.kernel import clock
from notifications import facts as fact_text
from notifications.models import FACTS_PURPOSE, OutboxMessage
from notifications.services import prove_address, withdraw
from tenants import keys
from tenants.models import Commune
from tenants.town.models import HouseRules
from tests.booking.test_waiting import NOW, ask, bus, day, join, one_place, others, states
from tests.families.doors import browser
from tests.families.factories import BY
from tests.screens.reading import words
from tests.sql import counted
from tests.zone import PARIS

__all__ = ("bus", "day", "one_place", "others")  # its cast

PAUL = "paul@example.org"


@pytest.fixture
def paul(
    one_place: ServiceDay, others: list[tuple[Child, Household]], angeline: Child, marsone: Household
) -> WaitingEntry:
    """Paul waited; Angéline left her place, which is offered to him, at the address that his family proved."""
    child, home = others[0]
    prove_address(holder=home.holder, value=PAUL, consent="essai", by=BY, channel=Channel.WEB)
    for minute, waits in enumerate(others):
        join(*waits, Cell(one_place.activity_id, one_place.day), at=NOW + timedelta(minutes=minute))
    ask(angeline, marsone, Cell(one_place.activity_id, one_place.day), False)
    return WaitingEntry.objects.get(child=child)


def told() -> dict[str, str]:
    """The link of each mail that offered a place, "" where there is none."""
    mails = OutboxMessage.objects.filter(template="booking/emails/offered")
    read = {mail.address: fact_text.loads(keys.decrypt(mail.facts, purpose=FACTS_PURPOSE)) for mail in mails}
    return {address: facts.get("accept_url", "") for address, facts in read.items()}


def path() -> str:
    return "/" + told()[PAUL].split("/", 3)[3]


def post(where: str, **fields: str) -> str:
    """What the page says once its button was clicked."""
    return words(browser().post(where, fields, follow=True).content.decode())


def booked(entry: WaitingEntry) -> bool:
    return Booking.objects.standing().filter(child=entry.child, service_day=entry.service_day).exists()


def test_the_address_proved_alone_has_the_link(paul: WaitingEntry) -> None:
    links = told()

    assert set(links) == {PAUL, "premier@example.org"}
    assert links["premier@example.org"] == "" and "/offre/" in links[PAUL]


def test_the_page_says_what_it_will_do_and_reading_it_does_nothing(paul: WaitingEntry) -> None:
    for _ in range(2):
        page = browser().get(path())

    shown = words(page.content.decode())
    assert "Une place pour Paul" in shown and "Accepter la place" in shown
    assert paul.child.last_name not in shown and paul.child.child_code not in shown
    assert not booked(paul)
    paul.refresh_from_db()
    assert paul.state == "offered"


def test_accepting_books_the_day_with_its_receipt_in_the_family_s_name(paul: WaitingEntry) -> None:
    shown = post(path())

    assert "C'est enregistré : la place est réservée." in shown and "Accepter" not in shown
    assert booked(paul)
    entry = JournalEntry.objects.get(child=paul.child)
    assert (entry.channel, entry.author, entry.household_id) == ("web", "famille PREMIER", paul.household_id)
    paul.refresh_from_db()
    assert paul.state == "booked"


def test_a_place_accepted_after_the_limit_was_lifted_is_proposed_no_more(
    paul: WaitingEntry, one_place: ServiceDay
) -> None:
    ServiceDay.objects.filter(pk=one_place.pk).update(places=None)

    shown = post(path())

    assert "C'est enregistré : la place est réservée." in shown and "Accepter" not in shown
    assert booked(paul)


def test_the_link_serves_once_even_when_the_day_was_canceled_since(paul: WaitingEntry, bus: int, day: date) -> None:
    where = path()
    post(where)
    post(where)
    assert Receipt.objects.filter(child=paul.child).count() == 1
    ask(paul.child, paul.household, Cell(bus, day), False)

    post(where)

    assert not booked(paul)


def test_leaving_the_place_offers_it_to_the_next_family(paul: WaitingEntry, one_place: ServiceDay) -> None:
    where = path()
    shown = post(where, laisser="1")

    assert "la place est laissée à la famille suivante" in shown
    assert states(one_place) == ["left", "offered"]
    assert "second@example.org" in told()
    post(where)
    assert not booked(paul)


def test_once_its_hour_has_come_the_link_does_nothing(
    paul: WaitingEntry, stop_clock: Callable[[datetime], None]
) -> None:
    where = path()
    assert paul.accept_by is not None
    stop_clock(paul.accept_by)

    shown = post(where)

    assert "Le délai est passé" in shown and not booked(paul)


def test_an_offer_withdrawn_then_made_again_has_another_link(paul: WaitingEntry, one_place: ServiceDay) -> None:
    where = path()
    WaitingEntry.objects.filter(pk=paul.pk).update(offered_at=NOW - timedelta(minutes=5))

    assert browser().post(where).status_code == 410
    assert not booked(paul)


@pytest.mark.parametrize("ended", ["address", "code"])
def test_the_link_ends_with_the_address_and_with_the_family_code(paul: WaitingEntry, ended: str) -> None:
    where = path()
    if ended == "address":
        withdraw(
            address=prove_address(
                holder=paul.household.holder, value=PAUL, consent="essai", by=BY, channel=Channel.WEB
            ),
            by=BY,
            channel=Channel.WEB,
        )
    else:
        Household.objects.filter(pk=paul.household_id).update(generation=paul.household.generation + 1)

    assert (browser().get(where).status_code, browser().post(where).status_code) == (410, 410)
    assert not booked(paul)


def test_a_link_altered_or_carried_elsewhere_books_nothing(paul: WaitingEntry, buchelay: Commune) -> None:
    where, facts = path(), [paul.pk, paul.offered_at.isoformat() if paul.offered_at else None, 1, 1]
    forged = [signing.dumps(facts, salt=salt) for salt in (f"offer:{'0' * 32}", "offer", "stop-messages")]
    tried = [where[:-4] + "xxx/", "/offre/%00/", f"/offre/{'a' * 9000}/", *(f"/offre/{one}/" for one in forged)]

    assert {browser().post(one).status_code for one in tried} == {410}
    assert browser("buchelay").post(where).status_code == 410
    assert not booked(paul)


def test_a_stop_link_is_no_offer(paul: WaitingEntry) -> None:
    stop = next(url for url in _stops() if url)

    assert browser().post(f"/offre/{stop.rstrip('/').rpartition('/')[2]}/").status_code == 410


def _stops() -> list[str]:
    mails = OutboxMessage.objects.filter(template="booking/emails/offered")
    return [fact_text.loads(keys.decrypt(mail.facts, purpose=FACTS_PURPOSE)).get("stop_url", "") for mail in mails]


def test_what_the_planning_refuses_the_link_refuses_and_says_why(paul: WaitingEntry) -> None:
    where = path()
    today = clock.today(PARIS)
    Custody.objects.filter(child=paul.child).update(valid_during=DateRange(date(2000, 1, 1), today))

    answer = browser().post(where)

    assert answer.status_code == 409
    assert "La place n'est pas réservée" in words(answer.content.decode())
    assert not booked(paul)


def test_the_towns_rules_are_accepted_before(paul: WaitingEntry) -> None:
    HouseRules.objects.create(title="Règlement", body="Texte", in_force_from=clock.today(PARIS), published_at=NOW)

    shown = post(path())

    assert "Le règlement de la mairie est à accepter d'abord" in shown and not booked(paul)


def test_a_browser_without_the_forms_secret_is_refused(paul: WaitingEntry) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"host": "demo.localhost"})

    assert strict.post(path()).status_code == 403
    assert not booked(paul)


def test_offering_to_more_addresses_costs_no_more_statements(paul: WaitingEntry) -> None:
    def cost() -> int:
        with counted() as made:
            waiting._tell([paul], template="booking/emails/offered")
        return len(made)

    one = cost()
    for number in range(4):
        prove_address(
            holder=paul.household.holder, value=f"p{number}@example.org", consent="e", by=BY, channel=Channel.WEB
        )

    assert cost() == one
