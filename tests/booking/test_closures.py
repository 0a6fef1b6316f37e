"""Closing days: shown first, canceled by the town, told to the families, undone."""

import uuid
from datetime import UTC, date, datetime, time, timedelta

import pytest

from booking import catalogue
from booking.models import ActivityTie, Booking, JournalEntry, Receipt, ServiceDay, WaitingEntry
from booking.rules.planning import Cell, Change
from booking.rules.waiting import Criterion
from booking.services import closures, reopening, waiting
from booking.services.bookings import Saved, change_bookings
from booking.services.catalogue import tie
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
from tests.zone import PARIS

AGENT = Actor(ActorKind.AGENT, "7", "Nadia, service scolaire")
PARENT = Actor(ActorKind.HOUSEHOLD, "1", "famille MARSONE")


@pytest.fixture
def bus(activity: dict[str, int]) -> int:
    return activity["Transport scolaire 13h30"]


@pytest.fixture
def day(bus: int) -> date:
    """A day of the bus two weeks ahead."""
    after = clock.today(PARIS) + timedelta(days=14)
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


def undo(closure: closures.Closure, *, at: datetime | None = None) -> reopening.Undone:
    return reopening.undo(closure=closure, by=AGENT, at=at or clock.now())


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

    assert undo(closure).back >= 1

    assert is_booked(angeline, bus, day)
    assert ServiceDay.objects.get(activity=bus, day=day).open
    assert OutboxMessage.objects.filter(template="booking/emails/reopened").count() == 1
    with pytest.raises(reopening.AlreadyUndone):
        undo(closure)


def test_a_day_closed_by_another_closure_stays_closed(angeline: Child, marsone: Household, bus: int, day: date) -> None:
    book(angeline, marsone, Cell(bus, day))
    first = close(Scope(first_day=day, last_day=day, activity_id=bus))
    second = close(Scope(first_day=day, last_day=day))

    undo(first)

    assert not ServiceDay.objects.get(activity=bus, day=day).open
    assert not is_booked(angeline, bus, day)

    assert undo(second).back >= 1

    assert ServiceDay.objects.get(activity=bus, day=day).open
    assert is_booked(angeline, bus, day)


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
        reopening.undo(closure=closure, by=AGENT, at=clock.now(), tell=False)
        Booking.objects.standing().filter(day=day).update(canceled_at=clock.now())

    assert shapes[0] == shapes[1]


class TestUndoingCountsPlaces:
    """A class's closure frees a place that another class takes."""

    @pytest.fixture
    def one_place(self, bus: int, day: date) -> ServiceDay:
        ServiceDay.objects.filter(activity=bus, day=day).update(places=1)
        return ServiceDay.objects.get(activity=bus, day=day)

    @pytest.fixture
    def taken_over(
        self, one_place: ServiceDay, angeline: Child, bertrand: Child, marsone: Household, bus: int, day: date
    ) -> closures.Closure:
        """Angéline had the only place; Bertrand has it now."""
        book(angeline, marsone, Cell(bus, day))
        ce1 = Enrollment.objects.get(child=angeline).school_class_id
        closure = close(Scope(first_day=day, last_day=day, school_class_id=ce1, activity_id=bus))
        assert book(bertrand, marsone, Cell(bus, day)).receipt
        return closure

    def test_a_day_never_holds_more_children_than_places(
        self, taken_over: closures.Closure, one_place: ServiceDay, angeline: Child
    ) -> None:
        done = undo(taken_over)

        assert (done.back, [verdict.why for verdict in done.left_out]) == (0, ["full"])
        assert one_place.bookings.standing().count() == 1

    def test_who_no_longer_fits_waits_first_and_is_told(
        self, taken_over: closures.Closure, one_place: ServiceDay, angeline: Child, bus: int, day: date
    ) -> None:
        undo(taken_over)

        waits = WaitingEntry.objects.get(service_day=one_place)
        assert (waits.child, waits.priority) == (angeline, Criterion.LOST_PLACE)
        message = OutboxMessage.objects.get(template="booking/emails/reopened")
        told = fact_text.loads(keys.decrypt(message.facts, purpose=FACTS_PURPOSE))
        assert (told["lines"], [line["child"] for line in told["waiting"]]) == ([], ["Angéline"])
        taken_over.refresh_from_db()
        assert [(kept["why"], kept["waits"]) for kept in taken_over.left_out] == [("full", True)]

    def test_past_the_deadline_there_is_no_list_and_it_is_told(
        self, taken_over: closures.Closure, one_place: ServiceDay, day: date
    ) -> None:
        undo(taken_over, at=datetime.combine(day, time(3), tzinfo=UTC))

        assert not WaitingEntry.objects.exists()
        message = OutboxMessage.objects.get(template="booking/emails/reopened")
        told = fact_text.loads(keys.decrypt(message.facts, purpose=FACTS_PURPOSE))
        assert [line["child"] for line in told["lost"]] == ["Angéline"]

    def test_a_place_offered_to_somebody_counts_as_taken(
        self, one_place: ServiceDay, angeline: Child, bertrand: Child, marsone: Household, bus: int, day: date
    ) -> None:
        book(angeline, marsone, Cell(bus, day))
        waiting.join(
            child=bertrand, household=marsone, cell=Cell(bus, day), by=PARENT, channel=Channel.WEB, at=clock.now()
        )
        ce1 = Enrollment.objects.get(child=angeline).school_class_id
        closure = close(Scope(first_day=day, last_day=day, school_class_id=ce1, activity_id=bus))
        assert waiting.move_lists(at=clock.now()) == 1

        undo(closure)

        assert not Booking.objects.standing().filter(service_day=one_place).exists()
        assert WaitingEntry.objects.get(child=bertrand).state == "offered"


def test_what_a_class_closure_still_covers_comes_back_with_it(
    angeline: Child, bertrand: Child, marsone: Household, bus: int, day: date
) -> None:
    book(angeline, marsone, Cell(bus, day))
    book(bertrand, marsone, Cell(bus, day))
    ce1 = Enrollment.objects.get(child=angeline).school_class_id
    whole = close(Scope(first_day=day, last_day=day, activity_id=bus))
    of_the_class = close(Scope(first_day=day, last_day=day, school_class_id=ce1))

    undo(whole)
    assert (is_booked(angeline, bus, day), is_booked(bertrand, bus, day)) == (False, True)

    undo(of_the_class)
    assert is_booked(angeline, bus, day)


def test_two_that_clash_never_stand_after_an_undo(
    angeline: Child, marsone: Household, activity: dict[str, int], bus: int, day: date
) -> None:
    other = activity["Accueil Soir"]
    tie(one=bus, other=other, kind=ActivityTie.Kind.INCOMPATIBLE)
    book(angeline, marsone, Cell(bus, day))
    closure = close(Scope(first_day=day, last_day=day, activity_id=bus))
    assert book(angeline, marsone, Cell(other, day)).receipt

    assert [verdict.why for verdict in reopening.preview(closure, at=clock.now())] == ["incompatible"]
    assert [verdict.why for verdict in undo(closure).left_out] == ["incompatible"]

    assert (is_booked(angeline, bus, day), is_booked(angeline, other, day)) == (False, True)


def test_days_gone_by_are_not_put_back(angeline: Child, marsone: Household, bus: int, day: date) -> None:
    book(angeline, marsone, Cell(bus, day))
    closure = close(Scope(first_day=day, last_day=day))

    done = undo(closure, at=clock.now() + timedelta(days=91))

    assert {verdict.why for verdict in done.left_out} == {"past"}
    assert not is_booked(angeline, bus, day)


def test_undoing_costs_the_same_for_one_booking_and_for_twelve(
    angeline: Child, bertrand: Child, marsone: Household, activity: dict[str, int], bus: int, day: date
) -> None:
    others = [pk for name, pk in activity.items() if name.startswith(("Transport", "Accueil")) and pk != bus]
    ServiceDay.objects.filter(day=day).update(places=30)
    Booking.objects.standing().filter(day=day).update(canceled_at=clock.now())
    shapes = {}
    for cells in ([Cell(bus, day)], [Cell(pk, day) for pk in (bus, *others)]):
        for child in (angeline, bertrand)[: len(cells)]:
            book(child, marsone, *cells)
        closure = close(Scope(first_day=day, last_day=day))
        with counted() as statements:
            back = undo(closure).back
        shapes[back] = len(statements)
        Booking.objects.standing().filter(day=day).update(canceled_at=clock.now())

    assert (min(shapes), max(shapes) > 8, len(set(shapes.values()))) == (1, True, 1)
