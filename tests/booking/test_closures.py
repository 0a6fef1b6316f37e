"""Closing days: shown first, canceled by the town, told to the families, undone."""

import uuid
from datetime import date, datetime, timedelta

import pytest

from booking import catalogue
from booking.models import Booking, JournalEntry, Receipt, ServiceDay
from booking.rules.planning import Cell, Change
from booking.services import closures
from booking.services.bookings import Saved, change_bookings
from booking.services.closures import Scope
from lps.families.models import Child, Enrollment, Household
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications import facts as fact_text
from notifications.models import FACTS_PURPOSE, OutboxMessage
from tenants import keys
from tests.sql import counted

AGENT = Actor(ActorKind.AGENT, "7", "Nadia, service scolaire")
PARENT = Actor(ActorKind.HOUSEHOLD, "1", "famille MARSONE")


@pytest.fixture
def bus(activity: dict[str, int]) -> int:
    return activity["Transport scolaire 13h30"]


@pytest.fixture
def day(bus: int) -> date:
    """A day of the bus two weeks ahead."""
    after = clock.now().date() + timedelta(days=14)
    return ServiceDay.objects.filter(activity=bus, day__gte=after, open=True).order_by("day")[0].day


def book(child: Child, household: Household, *cells: Cell) -> Saved:
    return change_bookings(
        child=child,
        household=household,
        changes=[Change(cell, True) for cell in cells],
        by=PARENT,
        channel=Channel.WEB,
        received_at=clock.now(),
        jeton=uuid.uuid4(),
    )


def close(scope: Scope, *, at: datetime | None = None) -> closures.Closure:
    return closures.close(scope=scope, reason="Grève du personnel", by=AGENT, at=at or clock.now())


def is_booked(child: Child, bus: int, day: date) -> bool:
    return Booking.objects.standing().filter(child=child, activity=bus, day=day).exists()


def test_the_preview_names_every_booking_and_changes_nothing(
    angeline: Child, bertrand: Child, marsone: Household, bus: int, day: date
) -> None:
    book(angeline, marsone, Cell(bus, day))
    book(bertrand, marsone, Cell(bus, day))

    seen = list(closures.touched(Scope(first_day=day, last_day=day, activity_id=bus)))

    assert [(booking.child.first_name, booking.day) for booking in seen] == [("Angéline", day), ("Bertrand", day)]
    assert is_booked(angeline, bus, day)


def test_closing_cancels_by_the_town_with_a_receipt_and_the_agents_name(
    angeline: Child, marsone: Household, bus: int, day: date
) -> None:
    book(angeline, marsone, Cell(bus, day))

    closure = close(Scope(first_day=day, last_day=day, activity_id=bus))

    canceled = Booking.objects.get(child=angeline, activity=bus, day=day)
    assert (canceled.canceled_at is None, canceled.closure) == (False, closure)
    entry = JournalEntry.objects.filter(child=angeline, activity=bus, day=day).latest("pk")
    assert (entry.before, entry.after, entry.author) == (True, False, AGENT.label)
    assert entry.get_channel_display() == "mairie"
    assert entry.receipt.reason == "Grève du personnel"
    assert AuditEntry.objects.filter(action="days_closed", actor_label=AGENT.label).exists()


def test_nobody_can_book_a_closed_day(angeline: Child, marsone: Household, bus: int, day: date) -> None:
    close(Scope(first_day=day, last_day=day))

    saved = book(angeline, marsone, Cell(bus, day))

    assert [refusal.code for _, refusal in saved.refused] == ["no_service"]


def test_a_family_gets_one_message_that_lists_its_days(
    angeline: Child, bertrand: Child, marsone: Household, bus: int, day: date
) -> None:
    book(angeline, marsone, Cell(bus, day))
    book(bertrand, marsone, Cell(bus, day))

    close(Scope(first_day=day, last_day=day, activity_id=bus))

    message = OutboxMessage.objects.get(template="booking/emails/closed")
    told = fact_text.loads(keys.decrypt(message.facts, purpose=FACTS_PURPOSE))
    assert [(line["child"], line["day"]) for line in told["lines"]] == [("Angéline", day), ("Bertrand", day)]
    assert message.address == "marsone@familles.example"


def test_a_closure_of_a_class_leaves_the_other_class_alone(
    angeline: Child, bertrand: Child, marsone: Household, bus: int, day: date
) -> None:
    book(angeline, marsone, Cell(bus, day))
    book(bertrand, marsone, Cell(bus, day))
    ce1 = Enrollment.objects.get(child=angeline).school_class_id

    close(Scope(first_day=day, last_day=day, school_class_id=ce1))

    assert (is_booked(angeline, bus, day), is_booked(bertrand, bus, day)) == (False, True)
    assert ServiceDay.objects.get(activity=bus, day=day).open
    assert [refusal.code for _, refusal in book(angeline, marsone, Cell(bus, day)).refused] == ["no_service"]
    assert catalogue.read().why_closed(day, place=catalogue.Place(0, ce1), activity_id=bus) == "Grève du personnel"


def test_undoing_puts_back_what_the_closure_canceled(angeline: Child, marsone: Household, bus: int, day: date) -> None:
    book(angeline, marsone, Cell(bus, day))
    closure = close(Scope(first_day=day, last_day=day))

    assert closures.undo(closure=closure, by=AGENT, at=clock.now()) >= 1

    assert is_booked(angeline, bus, day)
    assert ServiceDay.objects.get(activity=bus, day=day).open
    assert OutboxMessage.objects.filter(template="booking/emails/reopened").count() == 1
    with pytest.raises(closures.AlreadyUndone):
        closures.undo(closure=closure, by=AGENT, at=clock.now())


def test_a_day_closed_by_another_closure_stays_closed(angeline: Child, marsone: Household, bus: int, day: date) -> None:
    book(angeline, marsone, Cell(bus, day))
    first = close(Scope(first_day=day, last_day=day, activity_id=bus))
    second = close(Scope(first_day=day, last_day=day))

    closures.undo(closure=first, by=AGENT, at=clock.now())

    assert not ServiceDay.objects.get(activity=bus, day=day).open
    assert not is_booked(angeline, bus, day)

    second.refresh_from_db()
    closures.undo(closure=second, by=AGENT, at=clock.now())

    assert ServiceDay.objects.get(activity=bus, day=day).open


def test_closing_costs_the_same_for_one_booking_and_for_twelve(
    angeline: Child, bertrand: Child, marsone: Household, activity: dict[str, int], bus: int, day: date
) -> None:
    others = [pk for name, pk in activity.items() if name.startswith(("Transport", "Accueil")) and pk != bus]
    shapes = []
    for cells in ([Cell(bus, day)], [Cell(pk, day) for pk in (bus, *others)]):
        for child in (angeline, bertrand):
            book(child, marsone, *cells)
        receipts = Receipt.objects.count()
        with counted() as statements:
            closure = close(Scope(first_day=day, last_day=day))
        assert Receipt.objects.count() - receipts == 2
        shapes.append(len(statements))
        closures.undo(closure=closure, by=AGENT, at=clock.now(), tell=False)
        Booking.objects.standing().filter(day=day).update(canceled_at=clock.now())

    assert shapes[0] == shapes[1]
