"""A month computed and validated, against one aggregate of the same rows and COPY of the same invoices."""

import io
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from bench.figures import Figure, milliseconds
from billing.models import BillingRun, CashOffice
from billing.services import computing, runs
from booking.catalogue_templates import TEMPLATES
from booking.models import Activity
from lps.console.demonstration import billing as demonstration
from lps.console.furnishing import furnish
from lps.console.services import Identity, create_commune
from lps.families.services import imports
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tenants.queries import commune_by_slug

SMALL, LARGE = 1000, 10_000  # families
BOOKINGS = 60  # of a family in the month
ROUNDS = 3
AT_MOST, MEMORY_AT_MOST = 5, 1.25
BY = Actor.system("banc")
_CHILDREN = 1.5
_ACTIVITIES = ("Cantine", "Accueil Matin")
# As many as asked: the children take the days and activities of the month in turn.
_BOOK = """
INSERT INTO booking_booking (child_id, household_id, activity_id, service_day_id, day, booked_at)
SELECT custody.child_id, custody.household_id, held.activity_id, held.id, held.day, now()
FROM families_custody custody
JOIN families_enrollment seat ON seat.child_id = custody.child_id
JOIN families_schoolclass class ON class.id = seat.school_class_id
JOIN booking_serviceday held ON held.site_id = class.site_id
WHERE held.day BETWEEN %(first)s AND %(last)s
"""
_HOLD = """
INSERT INTO booking_serviceday (activity_id, site_id, day, open, by_hand)
SELECT activity.id, site.id, day::date, true, true
FROM booking_activity activity, families_site site, generate_series(%(first)s::date, %(last)s::date, '1 day') day
WHERE activity.name = ANY(%(names)s) AND extract(isodow FROM day) < 6
ON CONFLICT DO NOTHING
"""
_AGGREGATE = """
SELECT household_id, child_id, activity_id, count(*), array_agg(day ORDER BY day)
FROM booking_booking WHERE canceled_at IS NULL AND day BETWEEN %(first)s AND %(last)s
GROUP BY household_id, child_id, activity_id ORDER BY household_id
"""
# What makes the same rows other ones, which the same constraints accept.
_OTHERWISE = {
    "billing_invoice": {
        "id": "id + 1000000000", "year": "year + 100", "number": "'x' || number", "order_number": "'x' || order_number",
        "run_id": "%(other)s",
    },
    "billing_invoiceline": {"id": "id + 1000000000", "invoice_id": "invoice_id + 1000000000"},
}  # fmt: skip


def measure() -> list[Figure]:
    """Runs of two towns: the ratio in the small one, the memory of both."""
    small = town(SMALL)
    ours, floor = [], []
    with context.use(small):
        number = _booked(small)
        for _ in range(ROUNDS):
            run, seconds = _timed_run(small)
            ours.append(seconds)
            floor.append(_timed_floor(run))
            _undo_month()
    peaks = [_peak(small), _peak(town(LARGE, booked=True))]
    return [
        Figure(
            name=f"month of {SMALL} families validated / aggregate and COPY",
            unit="ms",
            ours=milliseconds(ours),
            floor=milliseconds(floor),
            at_most=AT_MOST,
            note=f"{number} bookings",
        ),
        Figure(
            name=f"memory of a run of {LARGE} families / of {SMALL}",
            unit="MB",
            ours=peaks[1] / 1024,
            floor=peaks[0] / 1024,
            at_most=MEMORY_AT_MOST,
        ),
    ]


def _month(commune: Commune) -> tuple[date, date]:
    today = clock.today(commune.zone)
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def town(families: int, *, slug: str = "", booked: bool = False) -> Commune:
    """A commune of so many families, with the demonstration's tariffs."""
    slug = slug or f"banc{families}"
    identity = Identity(slug=slug, header_name=slug, place_name=slug)

    def furnished(commune: Commune, by: Actor, now: datetime) -> None:
        furnish(groups=TEMPLATES["jeudi-17h"], today=clock.today(commune.zone), school_zone="C", by=by)

    commune = create_commune(identity=identity, by=BY, channel=Channel.AUTOMATIC, furnish=furnished)
    with context.use(commune):
        _imported(families)
        office = demonstration.open_office("Banc")
        demonstration.set_tariffs(office, since=_month(commune)[0], now=clock.now())
        if booked:
            _booked(commune)
    return commune


def _imported(families: int) -> None:
    from bench.importing import _csv, _rows

    rows = [row for part in range(-(-int(families * _CHILDREN) // 5000)) for row in _rows(part)]
    batch = imports.receive(content=_csv(rows[: int(families * _CHILDREN)]), file_name="banc.csv", by=BY)
    assert imports.accept(batch=batch, by=BY)
    assert imports.write_accepted() == 1


def _booked(commune: Commune) -> int:
    first, last = _month(commune)
    asked: dict[str, Any] = {"first": first, "last": last, "names": list(_ACTIVITIES)}
    assert Activity.objects.filter(name__in=_ACTIVITIES).count() == len(_ACTIVITIES)
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, asked)
        cursor.execute(_BOOK, asked)
        number = int(cursor.rowcount)
        cursor.execute("ANALYZE")
    return number


def _timed_run(commune: Commune) -> tuple[BillingRun, float]:
    """From the draft to the numbers, as an agent's buttons do it."""
    first, last = _month(commune)
    now, today = clock.now(), clock.today(commune.zone)
    run = runs.open_run(
        cash_office=CashOffice.objects.get(),
        label="BANC",
        first_day=first,
        last_day=last,
        due_date=today,
        by=BY,
        at=now,
    )
    started = time.perf_counter()
    run = computing.compute(run=run, today=today, at=now, by=BY)
    run = runs.check(run=run, version=run.version, by=BY, at=now)
    run = runs.validate(run=run, version=run.version, by=BY, at=now, today=today)
    return run, time.perf_counter() - started


def _timed_floor(run: BillingRun) -> float:
    """The same rows again, in the same tables with all that guards them, in one transaction that is then left."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        other = _other_run(cursor, run)
        given = [(table, *_copied_out(cursor, table, run, other)) for table in _OTHERWISE]
        started = time.perf_counter()
        cursor.execute(_AGGREGATE, {"first": run.first_day, "last": run.last_day})
        cursor.fetchall()
        for table, names, content in given:
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT binary)") as copy:
                copy.write(content)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        seconds = time.perf_counter() - started
        cursor.execute("ROLLBACK")
    return seconds


def _other_run(cursor: object, run: BillingRun) -> int:
    again = BillingRun.objects.get(pk=run.pk)
    again.pk, again.number, again.first_day, again.last_day = None, (run.number or 0) + 100, *_far(run)
    again.save(force_insert=True)
    return int(again.pk or 0)


def _far(run: BillingRun) -> tuple[date, date]:
    return run.first_day.replace(year=run.first_day.year - 20), run.last_day.replace(
        year=run.last_day.year - 20, day=28
    )


def _copied_out(cursor: object, table: str, run: BillingRun, other: int) -> tuple[str, bytes]:
    cursor.execute(  # type: ignore[attr-defined]
        "SELECT column_name, udt_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name = %s AND is_generated = 'NEVER'"
        " ORDER BY ordinal_position",
        [table],
    )
    columns = cursor.fetchall()  # type: ignore[attr-defined]
    names = ", ".join(f'"{name}"' for name, _kind in columns)
    told = ", ".join(f"({_OTHERWISE[table].get(name, chr(34) + name + chr(34))})::{kind}" for name, kind in columns)
    of_run = (
        "run_id" if table == "billing_invoice" else "(SELECT run_id FROM billing_invoice i WHERE i.id = invoice_id)"
    )
    written = io.BytesIO()
    query = f"COPY (SELECT {told} FROM {table} WHERE {of_run} = {run.pk}) TO STDOUT (FORMAT binary)" % {"other": other}
    with cursor.copy(query) as copy:  # type: ignore[attr-defined]
        for part in copy:
            written.write(part)
    return names, written.getvalue()


def _undo_month() -> None:
    """The next turn charges the same days: what was issued, which nothing may change, is moved out of their way."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM billing_invoiceline")
        cursor.execute("DELETE FROM billing_invoice")
        cursor.execute("DELETE FROM billing_draftline")
        cursor.execute("DELETE FROM billing_draftinvoice")
        cursor.execute("DELETE FROM billing_billingrun")
        cursor.execute("SET session_replication_role = DEFAULT")


def _peak(commune: Commune) -> int:
    """The most memory (kB) of a process that does nothing but one run."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import django; django.setup(); from bench.billing import alone; alone({commune.slug!r})",
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout.split()[-1])


def alone(slug: str) -> None:
    """In a process of its own: compute and validate a month, and say the most memory that it took (kB)."""
    with context.use(commune := commune_by_slug(slug=slug)):
        _timed_run(commune)
    status = Path("/proc/self/status").read_text()  # a child's own, where getrusage begins with its parent's
    print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
