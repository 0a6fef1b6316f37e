"""The one action that changes bookings, on the tables."""

import uuid
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from booking.models import Booking, JournalEntry, Receipt, ServiceDay
from booking.rules.planning import Cell, Change
from booking.services.bookings import ForeignJeton, Saved, change_bookings
from lps.families.models import Child, Custody, Household
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants.models import Commune
from tests.zone import PARIS

MARSONE = Actor(ActorKind.HOUSEHOLD, "1", "famille MARSONE")


def save(
    child: Child,
    household: Household,
    changes: list[Change],
    *,
    at: datetime | None = None,
    jeton: uuid.UUID | None = None,
) -> Saved:
    return change_bookings(
        child=child,
        household=household,
        changes=changes,
        by=MARSONE,
        channel=Channel.WEB,
        received_at=at or clock.now(),
        jeton=jeton or uuid.uuid4(),
    )


@pytest.fixture
def bus(activity: dict[str, int]) -> int:
    return activity["Transport scolaire 13h30"]


@pytest.fixture
def days(bus: int) -> list[date]:
    """Three days of the bus to come, all free for Angéline, all before their deadline."""
    after = clock.today(PARIS) + timedelta(days=7)
    return list(
        ServiceDay.objects.filter(activity=bus, day__gte=after).order_by("day").values_list("day", flat=True)[:3]
    )


def standing(child: Child, bus: int) -> set[date]:
    return set(Booking.objects.standing().filter(child=child, activity=bus).values_list("day", flat=True))


def test_books_writes_a_receipt_and_the_journal(
    angeline: Child, marsone: Household, bus: int, days: list[date]
) -> None:
    saved = save(angeline, marsone, [Change(Cell(bus, day), True, seen=False) for day in days])

    assert standing(angeline, bus) == set(days)
    assert saved.receipt and saved.receipt.number == f"R-{clock.today(PARIS).year}-{saved.receipt.pk:06}"
    entries = JournalEntry.objects.filter(receipt=saved.receipt)
    assert {(entry.day, entry.before, entry.after) for entry in entries} == {(day, False, True) for day in days}
    assert {entry.get_channel_display() for entry in entries} == {"web"}


def test_cancels_and_books_again(angeline: Child, marsone: Household, bus: int, days: list[date]) -> None:
    cell = Cell(bus, days[0])
    save(angeline, marsone, [Change(cell, True)])
    save(angeline, marsone, [Change(cell, False, seen=True)])
    assert standing(angeline, bus) == set()

    save(angeline, marsone, [Change(cell, True, seen=False)])

    assert standing(angeline, bus) == {days[0]}
    assert Booking.objects.filter(child=angeline, activity=bus, day=days[0]).count() == 2


def test_what_is_valid_is_saved_and_the_rest_comes_back(
    angeline: Child, marsone: Household, bus: int, days: list[date]
) -> None:
    yesterday = Change(Cell(bus, clock.today(PARIS) - timedelta(days=1)), True)
    good = Change(Cell(bus, days[0]), True)

    saved = save(angeline, marsone, [yesterday, good])

    assert standing(angeline, bus) == {days[0]}
    assert [change for change, _ in saved.refused] == [yesterday]
    assert saved.receipt and saved.receipt.refused[0]["code"] in {"too_late", "no_service"}


def test_a_save_that_changes_nothing_makes_no_receipt(
    angeline: Child, marsone: Household, bus: int, days: list[date]
) -> None:
    before = Receipt.objects.count()

    saved = save(angeline, marsone, [Change(Cell(bus, days[0]), False, seen=False)])

    assert saved.receipt is None
    assert Receipt.objects.count() == before


def test_the_same_form_again_shows_the_first_receipt_even_after_the_deadline(
    angeline: Child, marsone: Household, bus: int, days: list[date]
) -> None:
    jeton = uuid.uuid4()
    changes = [Change(Cell(bus, day), True, seen=False) for day in days]
    first = save(angeline, marsone, changes, jeton=jeton)

    again = save(angeline, marsone, changes, jeton=jeton, at=clock.now() + timedelta(days=400))

    assert again.replayed
    assert again.receipt == first.receipt
    assert [entry.day for entry in again.entries] == days
    assert JournalEntry.objects.filter(receipt=first.receipt).count() == len(days)


def test_a_jeton_serves_one_child(
    angeline: Child, bertrand: Child, marsone: Household, bus: int, days: list[date]
) -> None:
    jeton = uuid.uuid4()
    save(angeline, marsone, [Change(Cell(bus, days[0]), True)], jeton=jeton)

    with pytest.raises(ForeignJeton):
        save(bertrand, marsone, [Change(Cell(bus, days[0]), True)], jeton=jeton)

    assert standing(bertrand, bus) == set()


def test_an_old_form_undoes_nothing(angeline: Child, marsone: Household, bus: int, days: list[date]) -> None:
    save(angeline, marsone, [Change(Cell(bus, days[0]), True, seen=False)])

    saved = save(angeline, marsone, [Change(Cell(bus, days[0]), False, seen=False)])

    assert saved.receipt is None
    assert standing(angeline, bus) == {days[0]}


def test_the_last_place_goes_to_one_child(
    angeline: Child, bertrand: Child, marsone: Household, bus: int, days: list[date]
) -> None:
    ServiceDay.objects.filter(activity=bus, day=days[0]).update(places=1)
    save(angeline, marsone, [Change(Cell(bus, days[0]), True)])

    saved = save(bertrand, marsone, [Change(Cell(bus, days[0]), True)])

    assert [refusal.code for _, refusal in saved.refused] == ["full"]
    assert standing(bertrand, bus) == set()


def test_the_other_households_booking_is_not_canceled(
    angeline: Child, marsone: Household, bus: int, days: list[date]
) -> None:
    other = Household.objects.create(name="DURAND", code_lookup="x" * 32)
    Custody.objects.create(
        child=angeline, household=other, valid_during=Custody.objects.get(child=angeline).valid_during
    )
    save(angeline, other, [Change(Cell(bus, days[0]), True)])

    saved = save(angeline, marsone, [Change(Cell(bus, days[0]), False)])

    assert [refusal.code for _, refusal in saved.refused] == ["other_household"]
    assert standing(angeline, bus) == {days[0]}


def test_a_household_without_the_child_books_nothing(angeline: Child, bus: int, days: list[date]) -> None:
    stranger = Household.objects.create(name="ÉTRANGER", code_lookup="y" * 32)

    saved = save(angeline, stranger, [Change(Cell(bus, days[0]), True)])

    assert [refusal.code for _, refusal in saved.refused] == ["other_household"]
    assert standing(angeline, bus) == set()


def test_an_unknown_activity_is_refused(angeline: Child, marsone: Household, days: list[date]) -> None:
    saved = save(angeline, marsone, [Change(Cell(10**9, days[0]), True)])

    assert [refusal.code for _, refusal in saved.refused] == ["unknown"]


def test_the_database_itself_refuses_a_twin(
    in_demo: Commune, angeline: Child, marsone: Household, bus: int, days: list[date]
) -> None:
    save(angeline, marsone, [Change(Cell(bus, days[0]), True)])
    service_day = ServiceDay.objects.get(activity=bus, day=days[0])

    with pytest.raises(IntegrityError, match="booking_once"), transaction.atomic():
        Booking.of(
            child_id=angeline.pk,
            household_id=marsone.pk,
            service_day=service_day,
            booked_at=clock.now(),
        ).save()


@pytest.mark.parametrize("model", [Receipt, JournalEntry])
def test_proofs_never_change(
    angeline: Child, marsone: Household, bus: int, days: list[date], model: type[Receipt] | type[JournalEntry]
) -> None:
    save(angeline, marsone, [Change(Cell(bus, days[0]), True)])

    with pytest.raises(IntegrityError, match="refuse_change"), transaction.atomic():
        model.objects.update(author="autre")
