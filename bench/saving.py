"""A save of twenty changes against its own statements replayed by bare psycopg, and against COPY of the same rows."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, transaction

from bench.figures import Figure, milliseconds
from booking import catalogue, queries
from booking.models import Receipt
from booking.rules.planning import Cell, Change
from booking.services.bookings import Saved, change_bookings
from lps.families.identity import actor_of
from lps.families.models import Child, Custody, Household
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants import context
from tenants.queries import commune_by_slug

CHANGES, ROUNDS = 20, 25


class _Undone(Exception):
    """The recorded save is rolled back."""


@dataclass(slots=True)
class Recorded:
    """The statements of one save with their values, and the receipt number that they refer to."""

    statements: list[tuple[str, Any]] = field(default_factory=list)
    receipt: int = 0

    def note(self, execute: Any, sql: str, params: Any, many: bool, facts: Any) -> Any:
        self.statements.append((sql, params))
        return execute(sql, params, many, facts)


def measure() -> list[Figure]:
    """Rounds of three saves in turn, each of another child: ours, replayed, copied."""
    commune = commune_by_slug(slug="buchelay")
    ours, replayed, copied = [], [], []
    with context.use(commune), psycopg.connect(**_address(), autocommit=False) as bare:
        bare.execute(f"SET search_path = {commune.schema_name}, extensions")
        bare.commit()
        pupils = iter(_pupils())
        _save(*next(pupils))  # warms caches and plans
        for _ in range(ROUNDS):
            ours.append(_timed(_save, *next(pupils)))
            recorded = _record(*next(pupils))
            replayed.append(_timed(_replay, bare, recorded))
            rows = _rows(*next(pupils))
            copied.append(_timed(_copy, bare, rows))
    note = f"COPY of the same rows: {milliseconds(copied):.2f} ms"
    figure = Figure(
        name=f"save of {CHANGES} changes / its statements by psycopg",
        unit="ms",
        ours=milliseconds(ours),
        floor=milliseconds(replayed),
        at_most=4,
        note=note,
    )
    return [figure]


def _address() -> dict[str, Any]:
    database = settings.DATABASES["default"]
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return {name: database[key] for name, key in names.items()}


def _pupils() -> list[tuple[Child, Household, list[Cell]]]:
    """Children with twenty free days of activities to come, and the household that may book them."""
    today, facts = clock.today(context.current().zone), catalogue.read()
    found = []
    for custody in Custody.objects.select_related("child", "household"):
        activities = [pk for pk, one in facts.activities.items() if one.name.startswith("Transport")]
        days = [date.fromordinal(today.toordinal() + number) for number in range(14, 70)]
        standing = queries.days_of_child(
            child=custody.child, household=custody.household, days=days, activities=activities, at=clock.now()
        )
        free = [cell for cell in sorted(standing.service_days) if cell not in standing.bookings]
        if len(free) >= CHANGES:
            found.append((custody.child, custody.household, free[:CHANGES]))
    return found


def _save(child: Child, household: Household, cells: Sequence[Cell]) -> Saved:
    saved = change_bookings(
        child=child,
        household=household,
        changes=[Change(cell, True, seen=False) for cell in cells],
        by=actor_of(household),
        channel=Channel.WEB,
        received_at=clock.now(),
        jeton=uuid.uuid4(),
    )
    assert len(saved.entries) == CHANGES, saved
    return saved


def _record(child: Child, household: Household, cells: Sequence[Cell]) -> Recorded:
    recorded = Recorded()
    try:
        with transaction.atomic(), connection.execute_wrapper(recorded.note):
            recorded.receipt = _save(child, household, cells).receipt.pk  # type: ignore[union-attr]
            raise _Undone
    except _Undone:
        pass
    recorded.statements = [one for one in recorded.statements if not one[0].startswith(("SAVEPOINT", "RELEASE"))]
    return recorded


def _replay(bare: psycopg.Connection[Any], recorded: Recorded) -> None:
    receipt = recorded.receipt
    for sql, params in recorded.statements:
        done = bare.execute(sql, _with(params, recorded.receipt, receipt))
        rows = done.fetchall() if done.description else []
        if "booking_receipt" in sql and sql.startswith("INSERT"):
            receipt = rows[0][0]
    bare.commit()


def _with(params: Any, old: int, new: int) -> Any:
    """The same values, the receipt's number being the one just drawn."""
    if isinstance(params, list | tuple):
        return type(params)(_with(one, old, new) for one in params)
    return new if params == old and type(params) is int else params


def _rows(child: Child, household: Household, cells: Sequence[Cell]) -> dict[str, Any]:
    facts, now = catalogue.read(), clock.now()
    days = queries.days_of_child(
        child=child,
        household=household,
        days=sorted({cell.day for cell in cells}),
        activities=[cell.activity_id for cell in cells],
        at=now,
    )
    receipt = Receipt.objects.create(
        year=now.year, received_at=now, channel="web", author="banc", household=household, child=child
    )
    return {
        "bookings": [
            (child.pk, household.pk, cell.activity_id, days.service_days[cell].pk, cell.day, now) for cell in cells
        ],
        "entries": [
            (receipt.pk, now, "web", "banc", child.pk, household.pk, cell.activity_id,
             facts.activities[cell.activity_id].name, cell.day, False, True)
            for cell in cells
        ],
    }  # fmt: skip


def _copy(bare: psycopg.Connection[Any], rows: dict[str, Any]) -> None:
    tables = {
        "bookings": "booking_booking (child_id, household_id, activity_id, service_day_id, day, booked_at)",
        "entries": "booking_journalentry (receipt_id, at, channel, author, child_id, household_id, activity_id, "
        "activity_name, day, before, after)",
    }
    with bare.cursor() as cursor:
        for name, table in tables.items():
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows[name]:
                    copy.write_row(row)
    bare.commit()


def _timed(work: Callable[..., Any], *values: Any) -> float:
    started = time.perf_counter()
    work(*values)
    return time.perf_counter() - started
