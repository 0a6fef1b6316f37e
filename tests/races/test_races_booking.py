"""What stays true when several ask at one moment; before each, that it would not be without what holds it."""

import threading
import uuid
from collections.abc import Collection

import pytest
from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

from booking import queries
from booking.models import ActivityTie, Booking, Receipt, ServiceDay, WaitingEntry
from booking.queries import Held
from booking.rules.planning import Cell
from booking.services import bookings, catalogue, closures, saving, waiting
from booking.services.closures import Scope
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants.models import Commune
from tests.races.crowd import BY, SECONDS, Ask, Parent, at_once, cells, codes, meeting, parents

PLACES = 10
CANTEEN, BUS, NOON_BUS = "Cantine", "Transport scolaire 8h30", "Transport scolaire 11h30"
MonkeyPatch = pytest.MonkeyPatch


def without_the_childs_lock(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(bookings, "lock_child", lambda child, **asked: False)


def without_the_days_lock(monkeypatch: MonkeyPatch) -> None:
    def read(pks: Collection[int]) -> list[Held]:
        rows = ServiceDay.objects.filter(pk__in=pks).order_by("pk")
        return [Held._make(row) for row in rows.values_list(*Held._fields)]

    monkeypatch.setattr(queries, "_locked", read)


def taken(cell: Cell) -> int:
    """Places taken by the crowd: families of the demonstration come too."""
    return Booking.objects.standing().filter(activity=cell.activity_id, day=cell.day, child__last_name="FOULE").count()


# --- The last places -------------------------------------------------------------------------------------------------


def test_without_the_days_lock_the_last_places_are_given_to_more(town: Commune, monkeypatch: MonkeyPatch) -> None:
    crowd = parents(PLACES + 4)
    [cell] = cells(CANTEEN, left=PLACES)
    without_the_days_lock(monkeypatch)
    monkeypatch.setattr(queries, "_places_taken", meeting(len(crowd), queries._places_taken))

    at_once(town, [parent.asks(cell) for parent in crowd])

    assert taken(cell) == len(crowd)


def test_forty_families_who_ask_for_the_last_ten_places_end_with_ten(town: Commune) -> None:
    crowd = parents(40)
    [cell] = cells(CANTEEN, left=PLACES)

    ended = at_once(town, [parent.asks(cell) for parent in crowd])

    assert codes(ended) == ["full"] * 30 + ["saved"] * PLACES
    assert taken(cell) == PLACES


def test_days_locked_in_the_order_asked_end_in_a_deadlock(town: Commune, monkeypatch: MonkeyPatch) -> None:
    one, other = parents(2)
    asked = cells(CANTEEN, days=2, left=PLACES)
    turn, both_hold_one = iter((False, True)), threading.Barrier(2, timeout=SECONDS)

    def one_by_one(pks: Collection[int]) -> list[Held]:
        ordered = sorted(pks, reverse=next(turn))
        found = [Held._make(row) for pk in ordered[:1] for row in lock(pk)]
        both_hold_one.wait()
        return found + [Held._make(row) for pk in ordered[1:] for row in lock(pk)]

    def lock(pk: int) -> list[tuple[object, ...]]:
        rows = ServiceDay.objects.filter(pk=pk).select_for_update(of=("self",), no_key=True)
        return list(rows.values_list(*Held._fields))

    monkeypatch.setattr(queries, "_locked", one_by_one)

    ended = at_once(town, [one.asks(*asked), other.asks(*asked)])

    [failure] = [error for error in ended if isinstance(error, OperationalError)]
    assert isinstance(failure.__cause__, DeadlockDetected)


def test_families_who_ask_for_the_same_days_in_any_order_all_end(town: Commune) -> None:
    crowd = parents(12)
    asked = cells(CANTEEN, days=4, left=PLACES)

    ended = at_once(town, [parent.asks(*(asked if rank % 2 else asked[::-1])) for rank, parent in enumerate(crowd)])

    assert set(codes(ended)) == {"full", "saved"}
    assert [taken(cell) for cell in asked] == [PLACES] * 4


# --- One child, two doors --------------------------------------------------------------------------------------------


@pytest.fixture
def tied(town: Commune) -> list[Cell]:
    """The noon bus and the canteen, of which a child has one a day."""
    found = cells(NOON_BUS, CANTEEN)
    catalogue.tie(one=found[0].activity_id, other=found[1].activity_id, kind=ActivityTie.Kind.INCOMPATIBLE)
    return found


def test_without_the_childs_lock_two_tabs_book_what_excludes_each_other(
    town: Commune, tied: list[Cell], monkeypatch: MonkeyPatch
) -> None:
    [parent] = parents(1)
    without_the_childs_lock(monkeypatch)
    monkeypatch.setattr(queries, "days_of_child", meeting(2, queries.days_of_child))

    at_once(town, [parent.asks(cell) for cell in tied])

    assert parent.stands(*tied) == sorted(tied)


def test_two_tabs_that_book_what_excludes_each_other_end_with_one(town: Commune, tied: list[Cell]) -> None:
    crowd = parents(8)

    ended = at_once(town, [parent.asks(cell) for parent in crowd for cell in tied])

    assert codes(ended) == ["incompatible"] * len(crowd) + ["saved"] * len(crowd)
    assert [len(parent.stands(*tied)) for parent in crowd] == [1] * len(crowd)


@pytest.mark.parametrize("held_by", ["the child's lock", "the constraint", "nothing"])
def test_one_form_sent_twice_at_once_gives_one_receipt(town: Commune, monkeypatch: MonkeyPatch, held_by: str) -> None:
    [parent] = parents(1)
    [cell] = cells(BUS)
    parent.asks(cell)()
    jeton = uuid.uuid4()
    if held_by != "the child's lock":
        without_the_childs_lock(monkeypatch)
        monkeypatch.setattr(queries, "days_of_child", meeting(2, queries.days_of_child))
    if held_by == "nothing":
        drop("ALTER TABLE booking_receipt DROP CONSTRAINT receipt_jeton_once")

    ended = at_once(town, [parent.asks(cell, wanted=False, jeton=jeton) for _ in range(2)])

    expected = {
        "the child's lock": ["replayed", "saved"],
        "the constraint": ["IntegrityError", "saved"],
        "nothing": ["saved", "saved"],
    }
    assert codes(ended) == expected[held_by]
    assert Receipt.objects.filter(jeton=jeton).count() == expected[held_by].count("saved")
    assert parent.stands(cell) == []


@pytest.mark.parametrize("held_by", ["the child's lock", "the constraint", "nothing"])
def test_the_web_and_the_telephone_at_once_make_one_booking(
    town: Commune, monkeypatch: MonkeyPatch, held_by: str
) -> None:
    [parent] = parents(1)
    [cell] = cells(BUS)
    if held_by != "the child's lock":
        without_the_childs_lock(monkeypatch)
        monkeypatch.setattr(queries, "days_of_child", meeting(2, queries.days_of_child))
    if held_by == "nothing":
        drop("DROP INDEX booking_once")

    ended = at_once(town, [parent.asks(cell, channel=channel) for channel in (Channel.WEB, Channel.VOICE)])

    expected = {
        "the child's lock": ["nothing", "saved"],
        "the constraint": ["IntegrityError", "saved"],
        "nothing": ["saved", "saved"],
    }
    assert codes(ended) == expected[held_by]
    assert len(parent.stands(cell)) == expected[held_by].count("saved")


def drop(statement: str) -> None:
    """In this test's own database."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


# --- A day that closes under a save ----------------------------------------------------------------------------------


@pytest.mark.parametrize("looks_again", [True, False], ids=["looking again", "without looking again"])
def test_nobody_comes_on_a_day_closed_while_a_parent_booked_it(
    town: Commune, monkeypatch: MonkeyPatch, looks_again: bool
) -> None:
    [parent] = parents(1)
    [cell] = cells(BUS)
    read, closings = queries.days_of_child, iter([lambda: close(cell)])

    def read_then_close(**asked: object) -> queries.Days:
        days = read(**asked)
        for closing in closings:  # the first time
            [closed] = at_once(town, [closing])
            assert isinstance(closed, closures.Closure)
        return days

    monkeypatch.setattr(queries, "days_of_child", read_then_close)
    if not looks_again:
        monkeypatch.setattr(saving, "_refuse_closed_days", lambda service_days, facts: None)

    ended = codes([parent.asks(cell)()])

    assert ended == (["no_service"] if looks_again else ["saved"])
    assert parent.stands(cell) == ([] if looks_again else [cell])


def close(cell: Cell) -> closures.Closure:
    scope = Scope(first_day=cell.day, last_day=cell.day, activity_id=cell.activity_id)
    return closures.close(scope=scope, reason="Grève", by=BY, at=clock.now(), tell=False)


# --- Places that are left at once ------------------------------------------------------------------------------------


@pytest.mark.parametrize("locked", [True, False], ids=["day locked", "day not locked"])
def test_two_places_left_at_once_are_offered_to_two_families(
    town: Commune, monkeypatch: MonkeyPatch, locked: bool
) -> None:
    one, other, *waiters = parents(4)
    [cell] = cells(CANTEEN, left=2)
    assert codes([parent.asks(cell)() for parent in (one, other)]) == ["saved", "saved"]
    for parent in waiters:
        waits(parent, cell)
    if not locked:
        without_the_days_lock(monkeypatch)
        monkeypatch.setattr(waiting, "_deadline", meeting(2, waiting._deadline))  # asked once the list is read

    at_once(town, [parent.asks(cell, wanted=False) for parent in (one, other)])

    offered = WaitingEntry.objects.filter(state=WaitingEntry.State.OFFERED)
    assert offered.count() == (2 if locked else 1)


def waits(parent: Parent, cell: Cell) -> None:
    joined = waiting.join(
        child=parent.child, household=parent.household, cell=cell, by=BY, channel=Channel.WEB, at=clock.now()
    )
    assert joined.refusal is None


# --- Who need not wait -----------------------------------------------------------------------------------------------


def asked_during_the_save_of(first: Ask, second: Ask, town: Commune) -> list[object]:
    """How the second save ends while the first has written all and not committed: it gets no lock that is held."""

    def at_the_first_lock() -> object:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        return second()

    with transaction.atomic():
        first()
        ended = at_once(town, [at_the_first_lock])
        transaction.set_rollback(True)
    return ended


def test_who_asks_for_a_day_with_a_number_of_places_waits_for_its_turn(town: Commune) -> None:
    one, other = parents(2)
    [cell] = cells(CANTEEN, left=PLACES)

    [ended] = asked_during_the_save_of(one.asks(cell), other.asks(cell), town)

    assert isinstance(ended, OperationalError)
    assert isinstance(ended.__cause__, LockNotAvailable)


def test_nobody_waits_for_a_day_without_a_number_of_places(town: Commune) -> None:
    one, other = parents(2)
    asked = cells(CANTEEN, BUS, days=3)

    assert codes(asked_during_the_save_of(one.asks(*asked), other.asks(*asked), town)) == ["saved"]


def test_nobody_waits_for_another_day_of_the_canteen(town: Commune) -> None:
    one, other = parents(2)
    today, tomorrow = cells(CANTEEN, days=2, left=PLACES)

    assert codes(asked_during_the_save_of(one.asks(today), other.asks(tomorrow), town)) == ["saved"]


def test_the_two_doors_of_one_child_wait_for_each_other(town: Commune) -> None:
    [parent] = parents(1)
    one, other = cells(BUS, days=2)

    [ended] = asked_during_the_save_of(parent.asks(one), parent.asks(other), town)

    assert isinstance(ended, OperationalError)
    assert isinstance(ended.__cause__, LockNotAvailable)
