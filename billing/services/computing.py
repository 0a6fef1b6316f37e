"""Compute a run: its drafts are thrown away and made again, with the points that somebody should look at."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from billing.alongside import Alongside
from billing.charges import Asked, Line, Owed, line_of, owed, tariffs_between
from billing.models import Adjustment, BillingRun, BillingSettings, InvoiceLine
from billing.rules.facts import Kind
from billing.services.basis import digest, hold_prices
from billing.services.held import hold
from booking import usage
from lps.families.queries import PayerRow, child_names, household_names, payers
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from tenants import context

CHUNK = 500
# How many rows of one point the page names; the others are counted.
NAMED = 50
State = BillingRun.State
_KEYS = "SELECT nextval(pg_get_serial_sequence('billing_draftinvoice', 'id')), generate_series(1, 10000000)"
_DRAFTS = """
COPY billing_draftinvoice
    (id, run_id, household_id, payer_name, street, postal_code, city, qf, resident, total, line_count) FROM STDIN
"""
_LINES = """
COPY billing_draftline
    (draft_id, position, kind, child_id, child_name, activity_id, tariff_id, label, days, quantity, unit_price, amount)
    FROM STDIN
"""


class Before(NamedTuple):
    """What was invoiced to a household for a child at an activity, in all."""

    household_id: int
    child_id: int | None
    activity_id: int | None
    amount: Decimal


class Points:
    """The points to look at, by their codes, counted and the first of them named."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def note(self, code: str, *, number: int = 1, **row: Any) -> None:
        """One more of that code: the row says where to go (`household`, `activity`, `day`…)."""
        self._counts[code] = self._counts.get(code, 0) + number
        rows = self._rows.setdefault(code, [])
        if len(rows) < NAMED:
            rows.append(row)

    def told(self) -> list[dict[str, Any]]:
        """As the run keeps them."""
        return [{"code": code, "count": self._counts[code], "rows": rows} for code, rows in self._rows.items()]


def compute(*, run: BillingRun, today: date, at: datetime, by: Actor) -> BillingRun:
    """Make the drafts of a run again, with its points to check; raise `RunRefused` once it is validated.

    `today` is the commune's. The statements are as many for ten families as for ten thousand, and memory is flat:
    everything is streamed, drafts are written by COPY, some hundreds of households at a time. Nobody changes a price
    meanwhile; one changed before the run is validated is told then (`basis`).
    """
    with transaction.atomic():
        held = hold(run.pk, State.DRAFT, State.CHECKED)
        hold_prices()  # before any draft is touched: who erases a family changes its quotients first
        throw_away(held)
        points = Points()
        number = write_drafts(held, _due(held, points))
        _points_of_days(held, points, today=today)
        held.state, held.version = State.DRAFT, held.version + 1
        held.computed_at, held.checked_at, held.problems = at, None, points.told()
        held.basis = digest(held)
        held.save(update_fields=("state", "version", "computed_at", "checked_at", "problems", "basis"))
        after = {"label": held.label, "version": held.version, "drafts": number}
        record(
            by=by, channel=Channel.OFFICE, action="run_computed", subject=f"billing_run:{held.pk}", after=after, at=at
        )
    return held


def throw_away(run: BillingRun) -> None:
    """Take a run's drafts away and free the adjustments it had taken: three statements."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM billing_draftline line USING billing_draftinvoice draft"
            " WHERE draft.id = line.draft_id AND draft.run_id = %s",
            [run.pk],
        )
        cursor.execute("DELETE FROM billing_draftinvoice WHERE run_id = %s", [run.pk])
    Adjustment.objects.filter(run=run).update(run=None)


def write_drafts(run: BillingRun, due: Iterable[Owed]) -> int:
    """Write drafts and their lines by COPY; returns how many."""
    written, due = 0, iter(due)
    with closing(connection.chunked_cursor()) as keys, connection.cursor() as cursor:
        keys.execute(_KEYS)  # drawn as they are fetched
        while chunk := list(islice(due, CHUNK)):
            numbered = [(key, one) for (key, _rank), one in zip(keys.fetchmany(len(chunk)), chunk, strict=True)]
            with cursor.copy(_DRAFTS) as copy:
                for key, one in numbered:
                    copy.write_row((key, run.pk, *_draft(one)))
            with cursor.copy(_LINES) as copy:
                for key, one in numbered:
                    for position, line in enumerate(one.lines, 1):
                        copy.write_row((key, position, *_draft_line(line)))
            written += len(chunk)
    return written


def _draft(one: Owed) -> tuple[Any, ...]:
    payer = one.payer
    place = (payer.payer[:160], payer.street, payer.postal_code, payer.city)
    return (payer.household_id, *place, one.qf, one.resident, one.total, len(one.lines))


def _draft_line(line: Line) -> tuple[Any, ...]:
    what = (line.kind.value, line.child_id, line.child_name, line.activity_id, line.tariff_id, line.label[:160])
    return (*what, _days(line.days), line.quantity, line.unit_price, line.amount)


def _days(days: Iterable[date]) -> str:
    """An array as COPY takes it: much quicker to write than a list of dates."""
    return "{" + ",".join(day.isoformat() for day in days) + "}"


def _due(run: BillingRun, points: Points) -> Iterator[Owed]:
    """The households that get a draft."""
    asked = Asked(run.cash_office, run.first_day, run.last_day, context.current().time_zone, run.households or None)
    unusual = BillingSettings.objects.values_list("unusual_amount", flat=True).first() or Decimal(500)
    found = owed(asked)
    made = _differences(run, found) if run.kind == BillingRun.Kind.CORRECTION else _with_adjustments(run, found)
    for one in made:
        _points_of(one, points, unusual)
        if one.lines:
            yield one
    for orphan in asked.orphans:
        for day in orphan.days:
            points.note("unbooked_shared", child=orphan.child_id, activity=orphan.activity_id, day=str(day))


def _with_adjustments(run: BillingRun, found: Iterator[Owed]) -> Iterator[Owed]:
    """What is owed and what an agent noted, which this run takes: until it is validated, a new computation frees it."""
    free = Adjustment.objects.filter(run=None, cash_office=run.cash_office)
    if run.households:
        free = free.filter(household__in=run.households)
    free.update(run=run)
    noted = Adjustment.objects.filter(run=run).order_by("household", "pk").iterator()
    return _merged(run, found, Alongside(noted, lambda row: row.household_id))


def _merged(run: BillingRun, found: Iterator[Owed], noted: Alongside[Adjustment]) -> Iterator[Owed]:
    waiting = Alongside(found, lambda one: one.payer.household_id)
    for payer in payers(run.households or None):
        lines = [line_of(row) for row in noted.of(payer.household_id)]
        used = waiting.of(payer.household_id)
        if used:
            yield replace(used[0], lines=used[0].lines + lines)
        elif lines:
            yield Owed(payer, None, True, lines)


def _differences(run: BillingRun, found: Iterator[Owed]) -> Iterator[Owed]:
    """What is owed now less what was invoiced for the same days, by child and activity: zeros say nothing."""
    waiting = Alongside(found, lambda one: one.payer.household_id)
    before = Alongside(_invoiced(run), lambda row: row.household_id)
    for payer in payers(run.households or None):
        used, old = waiting.of(payer.household_id), before.of(payer.household_id)
        if used or old:
            base = used[0] if used else Owed(payer, None, True, [])
            lines = _changed(base.lines, old, payer)
            yield replace(base, lines=lines if sum(line.amount for line in lines) else [])


def _invoiced(run: BillingRun) -> Iterator[Before]:
    """What issued invoices and credit notes of this cash office asked for these days."""
    same = Q(invoice__run__first_day=run.first_day, invoice__run__last_day=run.last_day)
    rows = InvoiceLine.objects.filter(same, invoice__run__cash_office=run.cash_office).exclude(kind=Kind.ADJUSTMENT)
    fields = ("invoice__household", "child", "activity")
    sums = rows.values_list(*fields).annotate(asked=Sum("amount")).order_by(*fields)
    return map(Before._make, sums.iterator(chunk_size=2000))


def _changed(now: Sequence[Line], before: Sequence[Before], payer: PayerRow) -> list[Line]:
    amounts = {(row.child_id, row.activity_id): -row.amount for row in before}
    names = {child.pk: child.first_name for child in payer.children}
    labels: dict[tuple[int | None, int | None], Line] = {}
    for line in now:
        key = (line.child_id, line.activity_id)
        amounts[key] = amounts.get(key, Decimal(0)) + line.amount
        labels.setdefault(key, line)
    found = []
    for (child, activity), amount in amounts.items():
        if amount:
            known = labels.get((child, activity))
            label = _("%(name)s, correction") % {"name": known.label} if known else _("Correction")
            name = names.get(child or 0, "")
            found.append(Line(Kind.CORRECTION, label, Decimal(1), amount, amount, child, name, activity))
    return found


def _points_of(one: Owed, points: Points, unusual: Decimal) -> None:
    home: dict[str, Any] = {"household": one.payer.household_id, "name": one.payer.payer}
    if one.lines and not one.payer.payer:
        points.note("no_payer", **home)
    if one.lines and not (one.payer.street and one.payer.postal_code and one.payer.city):
        points.note("no_address", **home)
    if one.total >= unusual:
        points.note("unusual", amount=str(one.total), **home)
    if one.total < 0:
        points.note("negative", amount=str(one.total), **home)
    for activity, number in one.missing.items():
        points.note("no_tariff", number=number, activity=activity, **home)


def _points_of_days(run: BillingRun, points: Points, *, today: date) -> None:
    """What makes the days themselves doubtful: not over, no roll call, absences that wait for an answer."""
    if run.last_day >= today:
        days = (run.last_day - max(run.first_day, today)) // timedelta(days=1) + 1
        points.note("not_over", number=days, day=str(run.last_day))
    span = {"first_day": run.first_day, "last_day": min(run.last_day, today)}
    for held in usage.days_not_called(**span, activities=_called(run)):
        points.note(
            "not_called", service_day=held.pk, day=str(held.day), activity=held.activity_id, site=held.site.name
        )
    for absence in usage.absences_to_examine(first_day=run.first_day, last_day=run.last_day):
        points.note("to_examine", absence=absence.pk, name=str(absence.child), day=str(absence.first_day))


def _called(run: BillingRun) -> list[int]:
    """The activities charged by what the roll call says."""
    found = tariffs_between(run.first_day, run.last_day, run.cash_office)
    return [activity for activity, rows in found.items() if any(row.counted == "attended" for row in rows)]


def named(problems: Collection[dict[str, Any]]) -> tuple[dict[int, str], dict[int, str]]:
    """The families' and the children's names that the points are about: two statements."""
    rows = [row for problem in problems for row in problem["rows"]]
    return (
        household_names({row["household"] for row in rows if "household" in row}),
        child_names({row["child"] for row in rows if "child" in row}),
    )
