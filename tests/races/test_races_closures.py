"""Closing days by a worker: killed on its way, a form sent twice at one moment, two workers, a parent who books."""

import uuid
from typing import Any

import pytest
from django.db import connection

from booking import queries
from booking.models import Booking, Closure, ClosureWork, JournalEntry
from booking.rules.planning import Cell
from booking.services import closure_work, closures, saving
from booking.services.closures import Scope
from lps.journal.actors import Actor, ActorKind
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.models import Commune
from tests.live import Copy
from tests.races.crowd import at_once, cells, codes, parents
from tests.races.killing import BEGIN, FINISH, killed_after, let_nobody_hold, next_worker

NADIA = Actor(ActorKind.AGENT, "12", "Nadia")
BUS = "Transport scolaire 13h30"
CROWD, FAMILIES = 6, 5
Kind, State = ClosureWork.Kind, ClosureWork.State
HERE = "booking.services"
WORK = "from booking.services import closure_work; closure_work.work_asked()"


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """One booking is many: a worker does all."""
    monkeypatch.setattr(closure_work, "AT_ONCE", -1)


def scope(cell: Cell) -> Scope:
    return Scope(first_day=cell.day, last_day=cell.day, activity_id=cell.activity_id)


def asked(cell: Cell, jeton: uuid.UUID | None = None) -> ClosureWork:
    return closure_work.close(scope=scope(cell), reason="Grève", jeton=jeton or uuid.uuid4(), by=NADIA, at=clock.now())


def booked_day() -> Cell:
    """A day of the bus that some families booked, and nobody else."""
    [cell] = cells(BUS)
    Booking.objects.standing().filter(day=cell.day).update(canceled_at=clock.now())
    for parent in parents(FAMILIES):
        assert codes([parent.asks(cell)()]) == ["saved"]
    return cell


def standing(cell: Cell) -> int:
    return Booking.objects.standing().filter(activity=cell.activity_id, day=cell.day).count()


def told(action: str) -> int:
    return AuditEntry.objects.filter(action=action).count()


@pytest.mark.parametrize("step", [BEGIN, f"{HERE}.proofs.write", f"{HERE}.closures._tell", FINISH])
def test_a_worker_killed_while_it_closes_is_followed_by_one_that_does_all_once(copy: Copy, step: str) -> None:
    with copy.inside("buchelay"):
        cell = booked_day()
        entries = JournalEntry.objects.count()
        asked(cell)
        connection.close()

        killed_after(copy, step, act=WORK)

        left = ClosureWork.objects.get()
        assert (left.state, left.tries, left.closure) == (State.WORKING, 1, None)
        assert (standing(cell), Closure.objects.count(), JournalEntry.objects.count()) == (FAMILIES, 0, entries)
        assert (next_worker(closure_work.work_asked), closure_work.work_asked()) == (1, 0)
        assert (standing(cell), told("days_closed")) == (0, 1)
        assert JournalEntry.objects.count() == entries + FAMILIES
        assert ClosureWork.objects.get().closure == Closure.objects.get()


@pytest.mark.parametrize("step", [BEGIN, f"{HERE}.reopening._put_back", FINISH])
def test_a_worker_killed_while_it_undoes_is_followed_by_one_that_does_all_once(copy: Copy, step: str) -> None:
    with copy.inside("buchelay"):
        cell = booked_day()
        closure = closures.close(scope=scope(cell), reason="Grève", by=NADIA, at=clock.now())
        closure_work.undo(closure=closure, by=NADIA, at=clock.now())
        connection.close()

        killed_after(copy, step, act=WORK)

        assert (ClosureWork.objects.get().state, standing(cell)) == (State.WORKING, 0)
        assert (next_worker(closure_work.work_asked), closure_work.work_asked()) == (1, 0)
        assert (standing(cell), told("closure_undone")) == (FAMILIES, 1)


@pytest.mark.parametrize("kept", [True, False], ids=["token unique", "token not unique"])
def test_a_form_sent_several_times_at_one_moment_closes_once(town: Commune, kept: bool) -> None:
    cell, jeton = booked_day(), uuid.uuid4()
    if not kept:
        alter("booking_closurework DROP CONSTRAINT closure_work_once")

    done = at_once(town, [lambda: asked(cell, jeton)] * CROWD)
    closure_work.work_asked()

    assert not [one for one in done if isinstance(one, Exception)]
    assert told("days_closed") == (1 if kept else CROWD)


@pytest.mark.parametrize("kept", [True, False], ids=["one undoing", "several undoings"])
def test_an_undoing_asked_several_times_at_one_moment_is_one(town: Commune, kept: bool) -> None:
    cell = booked_day()
    closure = closures.close(scope=scope(cell), reason="Grève", by=NADIA, at=clock.now())
    if not kept:
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX closure_work_one_undo")

    at_once(town, [lambda: closure_work.undo(closure=closure, by=NADIA, at=clock.now())] * CROWD)

    assert ClosureWork.objects.count() == (1 if kept else CROWD)
    assert closure_work.work_asked() == 1
    assert (standing(cell), told("closure_undone")) == (FAMILIES, 1)


@pytest.mark.parametrize("held", [True, False], ids=["work held", "work not held"])
def test_two_workers_who_take_one_closing_close_once(
    town: Commune, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    asked(booked_day())
    if not held:
        let_nobody_hold(monkeypatch)

    done = at_once(town, [closure_work.work_asked, closure_work.work_asked])

    assert not [one for one in done if isinstance(one, Exception)]
    assert told("days_closed") == (1 if held else 2)


def test_whoever_books_at_the_moment_when_a_worker_closes_is_refused_or_canceled(town: Commune) -> None:
    cell, crowd = booked_day(), parents(CROWD)
    asked(cell)

    closing, *saved = at_once(town, [closure_work.work_asked, *(parent.asks(cell) for parent in crowd)])

    assert closing == 1
    assert set(codes(saved)) <= {"saved", "no_service"}
    assert standing(cell) == 0
    assert Closure.objects.get().canceled.count() == FAMILIES + codes(saved).count("saved")


@pytest.mark.parametrize("looks_again", [True, False], ids=["looking again", "without looking again"])
def test_nobody_stays_on_a_day_that_a_worker_closes_under_a_save(
    town: Commune, monkeypatch: pytest.MonkeyPatch, looks_again: bool
) -> None:
    [parent], cell = parents(1), booked_day()
    asked(cell)
    read, workers = queries.days_of_child, iter([closure_work.work_asked])

    def read_then_close(**given: Any) -> queries.Days:
        days = read(**given)
        for worker in workers:  # the first time
            assert at_once(town, [worker]) == [1]
        return days

    monkeypatch.setattr(queries, "days_of_child", read_then_close)
    if not looks_again:
        monkeypatch.setattr(saving, "_refuse_closed_days", lambda service_days, facts: None)

    ended = codes([parent.asks(cell)()])

    assert ended == (["no_service"] if looks_again else ["saved"])
    assert parent.stands(cell) == ([] if looks_again else [cell])


def alter(what: str) -> None:
    """In this test's own database."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {what}")
