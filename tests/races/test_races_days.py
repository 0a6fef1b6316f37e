"""Days made again, places lowered and periods chosen at the moment when parents book: each with its control."""

import threading
import uuid
from collections.abc import Callable, Collection
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from psycopg.errors import DeadlockDetected

from booking import queries
from booking.catalogue import read as read_catalogue
from booking.models import Activity, PeriodChoice, Receipt, ServiceDay
from booking.queries import Held
from booking.rules.places import Act
from booking.rules.planning import Cell
from booking.services import activities, closures, days, periods, places, reopening, saving
from booking.services.catalogue import NewActivity
from booking.services.closures import Scope
from booking.services.days import Materialized, materialize
from booking.services.periods import PeriodSaved, add_period, choose_period
from deploy.processes import wait_until
from lps.families.models import Enrollment, SchoolClass
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants.models import Commune
from tests.races.crowd import BY, SECONDS, Parent, at_once, cells, codes, meeting, parents, somebody_waits

# Of the noon bus no family of the demonstration has the habit: its days hold no other booking.
BUS, MORNING = "Transport scolaire 11h30", "Accueil Matin"
MONDAY, THURSDAY = 0, 3
HOLDS = "booking_booking_service_day_id_bcb4ec55_fk_booking_s"


def during(first: Callable[[], object], second: Callable[[], object], town: Commune) -> object:
    """What the second gives, begun once the first has written all, and ended, or left waiting, before its commit."""
    given: list[object] = []

    def run() -> None:
        given.extend(at_once(town, [second]))

    other = threading.Thread(target=run)
    with transaction.atomic():
        first()
        other.start()
        assert wait_until(lambda: not other.is_alive() or somebody_waits(), seconds=SECONDS)
    other.join(timeout=SECONDS)
    [result] = given
    return result


# --- A booking not yet committed when the days are made again --------------------------------------------------------


@pytest.mark.parametrize("locked", [True, False], ids=["days locked", "days not locked"])
def test_days_made_again_while_a_parent_books_wait_and_keep_the_booking(
    town: Commune, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    [parent] = parents(1)
    [cell] = cells(BUS)
    Activity.objects.filter(pk=cell.activity_id).update(weekdays=[])
    if not locked:
        monkeypatch.setattr(days, "lock_days", lambda rows: [])

    done = during(parent.asks(cell), lambda: materialize(first_day=cell.day, last_day=cell.day), town)

    assert isinstance(done, Materialized)
    assert parent.stands(cell) == [cell]
    held = held_by(cell)
    assert held.open == locked
    assert ((cell.activity_id, held.site_id, cell.day) in done.kept) == locked


@pytest.mark.parametrize("looks_again", [True, False], ids=["looking again", "without looking again"])
def test_who_books_a_day_that_closes_as_the_days_are_made_again_is_told_so(
    town: Commune, monkeypatch: pytest.MonkeyPatch, looks_again: bool
) -> None:
    [parent] = parents(1)
    [cell] = cells(BUS)
    Activity.objects.filter(pk=cell.activity_id).update(weekdays=[])
    if not looks_again:
        monkeypatch.setattr(saving, "_refuse_closed_days", lambda service_days, facts: None)

    ended = during(lambda: materialize(first_day=cell.day, last_day=cell.day), parent.asks(cell), town)

    assert codes([ended]) == (["no_service"] if looks_again else ["saved"])
    assert parent.stands(cell) == ([] if looks_again else [cell])


@pytest.mark.parametrize("told", [True, False], ids=["told apart", "not told apart"])
def test_an_activity_removed_while_its_first_booking_is_made_refuses_it(
    town: Commune, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    [parent] = parents(1)
    [[day, group]] = [(cell.day, Activity.objects.get(pk=cell.activity_id).group_id) for cell in cells(BUS)]
    wanted = NewActivity(name="Atelier", weekdays=(0, 1, 2, 3, 4))
    made = activities.add_activity(group_id=group, wanted=wanted, by=BY, at=clock.now())
    if not told:
        monkeypatch.setattr(saving, "_days_that_go", nullcontext)
    remove = lambda: activities.remove_activity(activity_id=made.pk, by=BY, at=clock.now())  # noqa: E731

    ended = during(remove, parent.asks(Cell(made.pk, day)), town)

    assert codes([ended]) == (["unknown"] if told else ["IntegrityError"])
    assert parent.stands(Cell(made.pk, day)) == []
    assert not Activity.objects.filter(pk=made.pk).exists()


@pytest.mark.parametrize("held", [True, False], ids=["held from the insert", "held from the commit"])
def test_a_closure_waits_for_the_booking_that_has_seen_its_day_open(town: Commune, held: bool) -> None:
    [parent] = parents(1)
    [cell] = cells(BUS)
    if not held:
        alter(
            "booking_booking ALTER CONSTRAINT booking_booking_service_day_id_bcb4ec55_fk_booking_s INITIALLY DEFERRED"
        )
    scope = Scope(first_day=cell.day, last_day=cell.day, activity_id=cell.activity_id)

    during(parent.asks(cell), lambda: closures.close(scope=scope, reason="Grève", by=BY, at=clock.now()), town)

    assert parent.stands(cell) == ([] if held else [cell])


@pytest.mark.parametrize("locked", [True, False], ids=["days locked", "days not locked"])
def test_an_undo_waits_for_who_takes_the_last_place_and_counts_it(
    town: Commune, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    parent, other = parents(2)
    [cell] = cells(BUS, left=1)
    own = SchoolClass.objects.order_by("pk")[0]
    elsewhere = SchoolClass.objects.create(name="Voisine", level=own.level, site=own.site, school_year=own.school_year)
    Enrollment.objects.filter(child=other.child).update(school_class=elsewhere)
    assert codes([parent.asks(cell)()]) == ["saved"]
    scope = Scope(first_day=cell.day, last_day=cell.day, school_class_id=own.pk, activity_id=cell.activity_id)
    closure = closures.close(scope=scope, reason="Sortie", by=BY, at=clock.now(), tell=False)
    if not locked:
        monkeypatch.setattr(reopening, "lock_days", lambda rows: [])

    undone = during(other.asks(cell), lambda: reopening.undo(closure=closure, by=BY, at=clock.now(), tell=False), town)

    assert isinstance(undone, reopening.Undone)
    assert other.stands(cell) == [cell]
    assert parent.stands(cell) == ([] if locked else [cell])


def alter(what: str) -> None:
    """In this test's own database."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {what}")


@pytest.mark.parametrize("places_first", [True, False], ids=["days with places first", "by key alone"])
def test_a_save_of_all_kinds_of_days_and_days_made_again_never_wait_for_each_other(
    town: Commune, monkeypatch: pytest.MonkeyPatch, places_first: bool
) -> None:
    [parent] = parents(1)
    first, last = sorted(map(held_by, cells(BUS, days=2)), key=lambda held: held.pk)
    ServiceDay.objects.filter(pk=last.pk).update(places=5)
    if not places_first:
        monkeypatch.setattr(days, "lock_days", by_key_alone)
    save_holds_the_last, write = threading.Event(), saving.write_receipt

    def once_the_other_waits(*asked: Any, **rest: Any) -> Receipt:
        save_holds_the_last.set()
        assert wait_until(somebody_waits, seconds=SECONDS)
        return write(*asked, **rest)

    def make_days_again() -> Materialized:
        assert save_holds_the_last.wait(SECONDS)
        return materialize(first_day=min(first.day, last.day), last_day=max(first.day, last.day))

    monkeypatch.setattr(saving, "write_receipt", once_the_other_waits)
    asked = [Cell(held.activity_id, held.day) for held in (first, last)]

    ended = at_once(town, [parent.asks(*asked), make_days_again])

    failures = [error.__cause__ for error in ended if isinstance(error, OperationalError)]
    assert [type(cause) for cause in failures] == ([] if places_first else [DeadlockDetected])


def held_by(cell: Cell) -> ServiceDay:
    """The day at the school of `parents`."""
    site = SchoolClass.objects.order_by("pk")[0].site
    return ServiceDay.objects.get(activity=cell.activity_id, day=cell.day, site=site)


def by_key_alone(rows: QuerySet[ServiceDay]) -> list[ServiceDay]:
    return list(rows.select_for_update(of=("self",)).order_by("pk"))


# --- Places lowered while a parent waits for the day -----------------------------------------------------------------


@pytest.mark.parametrize("renewed", [True, False], ids=["catalogue renewed", "catalogue not renewed"])
def test_a_limit_set_by_hand_on_a_day_without_limit_counts_for_the_parent_who_books_meanwhile(
    town: Commune, monkeypatch: pytest.MonkeyPatch, renewed: bool
) -> None:
    [parent] = parents(1)
    [cell] = cells(BUS)
    if not renewed:
        monkeypatch.setattr(places, "renew_catalogue_stamp", lambda: None)
    wish = places.Wish(
        activity=Activity.objects.get(pk=cell.activity_id),
        sites=(held_by(cell).site_id,),
        first_day=cell.day,
        last_day=cell.day,
        weekdays=frozenset(range(7)),
        act=Act.PLACES,
        places=0,
    )

    ended = during(lambda: places.set_days(wish=wish, by=BY, at=clock.now()), parent.asks(cell), town)

    assert codes([ended]) == (["full"] if renewed else ["saved"])
    assert parent.stands(cell) == ([] if renewed else [cell])


@pytest.mark.parametrize("reads_again", [True, False], ids=["read again", "not read again"])
def test_places_lowered_while_a_parent_waits_for_the_day_are_those_that_count(
    town: Commune, monkeypatch: pytest.MonkeyPatch, reads_again: bool
) -> None:
    [parent] = parents(1)
    [cell] = cells(BUS, left=1)
    if not reads_again:
        monkeypatch.setattr(queries, "_locked", as_before(queries._locked))

    ended = during(lambda: lower(cell), parent.asks(cell), town)

    assert codes([ended]) == (["full"] if reads_again else ["saved"])
    assert parent.stands(cell) == ([] if reads_again else [cell])


def lower(cell: Cell) -> None:
    ServiceDay.objects.filter(activity=cell.activity_id, day=cell.day).update(places=0)


def as_before(lock: Callable[[Collection[int]], list[Held]]) -> Callable[[Collection[int]], list[Held]]:
    """The same lock, with what was read before it was got."""

    def locked(pks: Collection[int]) -> list[Held]:
        found = [Held._make(row) for row in ServiceDay.objects.filter(pk__in=pks).values_list(*Held._fields)]
        lock(pks)
        return found

    return locked


# --- A period chosen in two tabs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("held_by", ["the child's lock", "the constraint", "nothing"])
def test_a_period_chosen_in_two_tabs_at_once_is_chosen_once(
    town: Commune, monkeypatch: pytest.MonkeyPatch, held_by: str
) -> None:
    [parent] = parents(1)
    [cell] = cells(MORNING)
    period = add_period(first_day=cell.day, last_day=cell.day + timedelta(days=20), activities=[cell.activity_id])
    if held_by != "the child's lock":
        monkeypatch.setattr(periods, "lock_child", lambda child, **asked: False)
        monkeypatch.setattr(queries, "choices_of", meeting(2, queries.choices_of))
    if held_by == "nothing":
        alter("booking_periodchoice DROP CONSTRAINT period_choice_once")

    ended = at_once(town, [chooses(parent, period.pk, cell, weekday) for weekday in (MONDAY, THURSDAY)])

    expected = {
        "the child's lock": ["already_chosen", "saved"],
        "the constraint": ["IntegrityError", "saved"],
        "nothing": ["saved", "saved"],
    }
    assert sorted(map(how, ended)) == expected[held_by]
    chosen = PeriodChoice.objects.filter(period=period, child=parent.child)
    assert chosen.count() == expected[held_by].count("saved")
    weekdays = {day for choice in chosen for line in choice.chosen for day in line["weekdays"]}
    assert {booked.day.weekday() for booked in bookings_of(parent, cell)} == weekdays


def chooses(parent: Parent, period: int, cell: Cell, weekday: int) -> Callable[[], PeriodSaved]:
    facts = read_catalogue().period(period)
    assert facts is not None
    return lambda: choose_period(
        period=facts,
        child=parent.child,
        household=parent.household,
        chosen={cell.activity_id: frozenset({weekday})},
        by=BY,
        channel=Channel.WEB,
        received_at=clock.now(),
        jeton=uuid.uuid4(),
    )


def bookings_of(parent: Parent, cell: Cell) -> list[Cell]:
    window = [Cell(cell.activity_id, cell.day + timedelta(days=number)) for number in range(21)]
    return parent.stands(*window)


def how(result: PeriodSaved | Exception) -> str:
    """How a choice ended: "saved", its refusal, or the error's name."""
    if isinstance(result, Exception):
        return type(result).__name__
    return str(result.refusal.code) if result.refusal else "saved"
