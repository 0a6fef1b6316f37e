"""A parent who books at the moment when the town passes to the next year: the booking is held by the right school."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from booking.models import Booking, ServiceDay
from booking.rules.planning import Cell
from deploy.processes import wait_until
from lps.families import passage
from lps.families.models import Enrollment, Rollover, SchoolYear
from lps.families.rules.rollover import LEAVES
from lps.families.services import rollover
from lps.kernel import clock
from tenants.models import Commune
from tests.races.crowd import BY, SECONDS, Parent, at_once, cells, parents, somebody_waits
from tests.zone import PARIS

BUS = "Transport scolaire 11h30"


def passing(parent: Parent) -> Rollover:
    """A passage in some days by which the child goes to another school."""
    today = clock.today(PARIS)
    years = passage.years_at(today)
    assert years is not None
    SchoolYear.objects.filter(pk=years.leaving.pk).update(
        during=DateRange(years.leaving.during.lower, today + timedelta(days=10))
    )
    first = today + timedelta(days=10)
    last = first + timedelta(days=300)
    row = rollover.prepare(first_day=first, last_day=last, keep_teachers=True, today=today, by=BY)
    told = passage.read(row)
    own = Enrollment.objects.get(child=parent.child).school_class
    other = next(one for one in told.new.values() if one.site_id != own.site_id)
    waiting = [line.school_class.pk for line in told.lines if line.proposed is None]
    rollover.set_classes(row=row, targets=dict.fromkeys(waiting, LEAVES), by=BY)
    rollover.set_children(row=row, targets={parent.child.pk: other.pk}, by=BY)
    return row


def meanwhile(first: Callable[[], object], second: Callable[[], object], town: Commune) -> None:
    """Begin the second once the first has written all; it has ended, or waits, before the first commits."""
    other = threading.Thread(target=lambda: at_once(town, [second]))
    with transaction.atomic():
        first()
        other.start()
        assert wait_until(lambda: not other.is_alive() or somebody_waits(), seconds=SECONDS)
    other.join(timeout=SECONDS)
    assert not other.is_alive()


def held_where_the_child_sits(parent: Parent, cell: Cell) -> bool:
    booking = Booking.objects.standing().get(child=parent.child, day=cell.day, activity=cell.activity_id)
    seat = Enrollment.objects.get(child=parent.child, valid_during__contains=cell.day)
    return booking.service_day.site_id == seat.school_class.site_id


def applying(row: Rollover) -> Callable[[], object]:
    return lambda: rollover.apply(row=row, by=BY, at=clock.now())


@pytest.mark.parametrize("locked", [True, False], ids=["children locked", "children not locked"])
def test_a_parent_who_books_during_the_passage_books_in_the_new_school(
    town: Commune, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    [parent] = parents(1)
    [cell] = cells(BUS)
    row = passing(parent)
    if not locked:
        monkeypatch.setattr(passage, "lock_pupils", lambda leaving: None)

    meanwhile(applying(row), parent.asks(cell), town)

    assert held_where_the_child_sits(parent, cell) == locked


@pytest.mark.parametrize("locked", [True, False], ids=["children locked", "children not locked"])
def test_a_booking_not_yet_committed_follows_the_child(
    town: Commune, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    [parent] = parents(1)
    [cell] = cells(BUS)
    row = passing(parent)
    if not locked:
        monkeypatch.setattr(passage, "lock_pupils", lambda leaving: None)

    meanwhile(parent.asks(cell), applying(row), town)

    assert held_where_the_child_sits(parent, cell) == locked
    assert ServiceDay.objects.filter(day=cell.day, activity=cell.activity_id).count() > 1
