"""Families who ask at one moment, each in a thread and on a connection of its own."""

import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from django.db import connection

from booking import catalogue
from booking.models import Booking, ServiceDay
from booking.rules.planning import Cell, Change
from booking.services.bookings import Saved, change_bookings
from lps.families.models import Child, Household, SchoolClass
from lps.families.services import NewChild, NewHousehold, bulk_add_households
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tests.families.factories import ALWAYS
from tests.zone import PARIS

Result = TypeVar("Result")
Ask = Callable[[], Saved]
BY = Actor.system("essai")
SECONDS = 30
PROCESS_SECONDS = 300  # until a process of the product has begun and died: a busy machine takes its time
# Some days off: no deadline passes while a test runs, the booking of the day is open, and no summer is as long.
SOON, AFTER = timedelta(days=15), timedelta(days=88)


@dataclass(frozen=True, slots=True)
class Parent:
    """A family and its child, who asks through `change_bookings`."""

    household: Household
    child: Child

    def asks(
        self, *cells: Cell, wanted: bool = True, jeton: uuid.UUID | None = None, channel: Channel = Channel.WEB
    ) -> Ask:
        """A save of these cells, to be run where one likes."""
        return lambda: change_bookings(
            child=self.child,
            household=self.household,
            changes=[Change(cell, wanted, seen=not wanted) for cell in cells],
            by=BY,
            channel=channel,
            received_at=clock.now(),
            jeton=jeton or uuid.uuid4(),
        )

    def stands(self, *cells: Cell) -> list[Cell]:
        """Which of these cells stand booked for the child, as often as they do."""
        rows = Booking.objects.standing().filter(child=self.child, day__in=[cell.day for cell in cells])
        found = [Cell(*row) for row in rows.values_list("activity", "day")]
        return sorted(cell for cell in found if cell in cells)


def parents(number: int) -> list[Parent]:
    """So many new families of one class, one child each."""
    school_class = SchoolClass.objects.order_by("pk")[0]
    specs = [
        NewHousehold(
            name=f"FOULE {rank}",
            custody=ALWAYS,
            enrollment=ALWAYS,
            children=(NewChild(first_name=f"Enfant{rank}", last_name="FOULE", school_class=school_class),),
        )
        for rank in range(number)
    ]
    homes = bulk_add_households(specs, by=BY)
    children = {
        custody.household_id: custody.child
        for home in homes
        for custody in home.custodies.select_related("child")  # one each
    }
    return [Parent(home, children[home.pk]) for home in homes]


def cells(*names: str, days: int = 1, left: int | None = None) -> list[Cell]:
    """Cells of these activities on the first days that hold them all, at the school of `parents`.

    `left` is how many places are still free; None means no limit.
    """
    site = SchoolClass.objects.order_by("pk")[0].site
    keys = {activity.name: activity.pk for activity in catalogue.read().activities.values()}
    today = clock.today(PARIS)
    held = ServiceDay.objects.filter(site=site, open=True, day__range=(today + SOON, today + AFTER))
    by_name = [set(held.filter(activity=keys[name]).values_list("day", flat=True)) for name in names]
    chosen = sorted(set.intersection(*by_name))[:days]
    assert len(chosen) == days
    found = [Cell(keys[name], day) for day in chosen for name in names]
    for cell in found:
        service_day = held.get(activity=cell.activity_id, day=cell.day)
        service_day.places = None if left is None else service_day.bookings.standing().count() + left
        service_day.save()
    return found


def at_once(commune: Commune, actions: Sequence[Callable[[], Result]]) -> list[Result | Exception]:
    """Run each action in a thread of its own inside the commune, all starting together; what each gave or raised."""
    ready = threading.Barrier(len(actions), timeout=SECONDS)
    results: dict[int, Result | Exception] = {}

    def run(rank: int, action: Callable[[], Result]) -> None:
        try:
            with context.use(commune):
                connection.ensure_connection()
                ready.wait()
                results[rank] = action()
        except Exception as error:  # handed to the test, which says what it expects
            results[rank] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(rank, action)) for rank, action in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=SECONDS)
    assert len(results) == len(actions), "somebody still waits"
    return [results[rank] for rank in range(len(actions))]


def somebody_waits() -> bool:
    """Whether a connection to this worker's own database waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees who was there when it first looked
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database())"
        )
        return bool(cursor.fetchone()[0])


def meeting(number: int, read: Callable[..., Result]) -> Callable[..., Result]:
    """The same read, after which everybody waits for the others: they all decide on what they all saw."""
    met = threading.Barrier(number, timeout=SECONDS)

    def then_wait(*args: object, **rest: object) -> Result:
        found = read(*args, **rest)
        met.wait()
        return found

    return then_wait


def codes(results: Iterable[Saved | Exception]) -> list[str]:
    """How each save ended: "saved", "nothing", its first refusal's code, or the error's name."""
    return sorted(map(_code, results))


def _code(result: Saved | Exception) -> str:
    if isinstance(result, Exception):
        return type(result).__name__
    if result.refused:
        return str(result.refused[0][1].code)
    return "saved" if result.receipt and not result.replayed else "replayed" if result.replayed else "nothing"
