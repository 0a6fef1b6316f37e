"""Compute a run: its drafts are thrown away and made again, with the points that somebody should look at."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from billing.alongside import Alongside
from billing.charges import Asked, Line, Owed, line_of, owed, tariffs_between
from billing.models import Adjustment, BillingRun, BillingSettings, InvoiceLine
from billing.rules.correcting import Change, Part, changes
from billing.rules.facts import Kind
from billing.services.basis import digest, hold_prices
from billing.services.held import hold, hold_origin
from booking import catalogue, usage
from lps.families.queries.children import child_names
from lps.families.queries.households import household_names
from lps.families.queries.payers import PayerRow, payers
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.ui.templatetags.ui import money
from tenants import context

CHUNK = 500
# How many rows of one point the page names; the others are counted.
NAMED = 50
State = BillingRun.State
Note = Callable[[int], object]
_KEYS = "SELECT nextval(pg_get_serial_sequence('billing_draftinvoice', 'id')), generate_series(1, 10000000)"
_DRAFTS = """
COPY billing_draftinvoice
    (id, run_id, household_id, payer_name, street, postal_code, city, qf, resident, total, line_count) FROM STDIN
"""
_LINES = """
COPY billing_draftline
    (draft_id, position, kind, child_id, child_name, activity_id, tariff_id, label, days, quantity, unit_price, amount,
    before, now) FROM STDIN
"""


class Issued(NamedTuple):
    """A line that was invoiced to a household."""

    household_id: int
    kind: str
    label: str
    child_id: int | None
    child_name: str
    activity_id: int | None
    amount: Decimal
    quantity: Decimal
    days: list[date]


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


def _unheard(_households: int) -> None:
    """Nobody follows."""


def compute(*, run: BillingRun, today: date, at: datetime, by: Actor, note: Note = _unheard) -> BillingRun:
    """Make the drafts of a run again, with its points to check; raise `RunRefused` once it is validated.

    `today` is the commune's. The statements are as many for ten families as for ten thousand, and memory is flat:
    everything is streamed, drafts are written by COPY, some hundreds of households at a time. Nobody changes a price
    meanwhile; one changed before the run is validated is told then (`basis`). `note` is told how many households were
    looked at, every `CHUNK` of them.
    """
    with transaction.atomic():
        held = hold(run.pk, State.DRAFT, State.CHECKED)
        if held.corrects_id:
            hold_origin(held)
        hold_prices()  # before any draft is touched: who erases a family changes its quotients first
        throw_away(held)
        points = Points()
        number = write_drafts(held, _due(held, points, note))
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
    return (*what, _days(line.days), line.quantity, line.unit_price, line.amount, line.before, line.now)


@lru_cache(maxsize=1000)
def _days(days: tuple[date, ...]) -> str:
    """An array as COPY takes it: much quicker to write than a list of dates. Many children have the same days."""
    return "{" + ",".join(day.isoformat() for day in days) + "}"


def _due(run: BillingRun, points: Points, note: Note) -> Iterator[Owed]:
    """The households that get a draft."""
    # A month is priced whole even if some of its days alone are corrected: free units, flat prices, waiting days.
    first_day, last_day = run.origin.first_day, run.origin.last_day
    asked = Asked(run.cash_office, first_day, last_day, context.current().time_zone, run.households or None)
    unusual = BillingSettings.objects.values_list("unusual_amount", flat=True).first() or Decimal(500)
    found = owed(asked)
    homes = _followed(payers(run.households or None), note)
    is_correction = run.kind == BillingRun.Kind.CORRECTION
    made = _differences(run, found, homes) if is_correction else _with_adjustments(run, found, homes)
    for one in made:
        _points_of(one, points, unusual)
        if one.lines:  # of a correction they may add up to zero: the page says so, nothing is issued
            yield one
    for orphan in asked.orphans:
        for day in orphan.days:
            points.note("unbooked_shared", child=orphan.child_id, activity=orphan.activity_id, day=str(day))


def _followed(homes: Iterator[PayerRow], note: Note) -> Iterator[PayerRow]:
    """The same, telling now and then how many there were."""
    for rank, home in enumerate(homes):
        if rank % CHUNK == 0:
            note(rank)
        yield home


def _with_adjustments(run: BillingRun, found: Iterator[Owed], homes: Iterator[PayerRow]) -> Iterator[Owed]:
    """What is owed and what an agent noted, which this run takes: until it is validated, a new computation frees it."""
    free = Adjustment.objects.filter(run=None, cash_office=run.cash_office)
    if run.households:
        free = free.filter(household__in=run.households)
    free.update(run=run)
    noted = Adjustment.objects.filter(run=run).order_by("household", "pk").iterator()
    return _merged(found, homes, Alongside(noted, lambda row: row.household_id))


def _merged(found: Iterator[Owed], homes: Iterator[PayerRow], noted: Alongside[Adjustment]) -> Iterator[Owed]:
    waiting = Alongside(found, lambda one: one.payer.household_id)
    for payer in homes:
        lines = [line_of(row) for row in noted.of(payer.household_id)]
        used = waiting.of(payer.household_id)
        if used:
            yield replace(used[0], lines=used[0].lines + lines)
        elif lines:
            yield Owed(payer, None, True, lines)


def _differences(run: BillingRun, found: Iterator[Owed], homes: Iterator[PayerRow]) -> Iterator[Owed]:
    """What is due now less what was invoiced for the same days; who has no difference at all is left out."""
    waiting = Alongside(found, lambda one: one.payer.household_id)
    before = Alongside(_issued(run), lambda row: row.household_id)
    names = catalogue.read().activity_names
    for payer in homes:
        used, old = waiting.of(payer.household_id), before.of(payer.household_id)
        if used or old:
            base = used[0] if used else Owed(payer, None, True, [])
            yield replace(base, lines=list(_changed(run, base.lines, old, names)))


def _issued(run: BillingRun) -> Iterator[Issued]:
    """The lines of what was issued for the corrected run: its invoices, its corrections, what canceled one."""
    same = Q(invoice__run=run.corrects_id) | Q(invoice__run__corrects=run.corrects_id)
    rows = InvoiceLine.objects.filter(same).exclude(kind=Kind.ADJUSTMENT)
    rows = rows.order_by("invoice__household", "invoice", "position")
    return map(Issued._make, rows.values_list("invoice__household", *Issued._fields[1:]).iterator(chunk_size=2000))


def _changed(
    run: BillingRun, now: Sequence[Line], before: Sequence[Issued], activities: Mapping[int, str]
) -> Iterator[Line]:
    found = changes(
        [_part(row) for row in before],
        [_part(line) for line in now],
        origin=run.origin.first_day,
        first_day=run.first_day,
        last_day=run.last_day,
    )
    rows: list[Issued | Line] = [*before, *now]
    named = {row.child_id: row.child_name for row in rows}
    labels = {(row.child_id, row.activity_id): row.label for row in rows if row.kind in (Kind.USE, Kind.FLAT)}
    for one in found:
        service = labels.get((one.child_id, one.activity_id)) or activities.get(one.activity_id or 0, "")
        yield Line(
            Kind.CORRECTION,
            _label(one, service),
            Decimal(one.number),
            one.now_each - one.before_each,
            one.amount,
            one.child_id,
            named[one.child_id],
            one.activity_id,
            days=one.days,
            before=one.before,
            now=one.now,
        )


def _label(change: Change, service: str) -> str:
    """What families read of a change: "Cantine, 3,00 € au lieu de 3,50 €"."""
    if not change.is_by_day:
        return _("%(name)s, correction") % {"name": service}
    if not change.before_each:
        return _("%(name)s, en plus") % {"name": service}
    if not change.now_each:
        return _("%(name)s, en moins") % {"name": service}
    prices = {"now": money(change.now_each), "before": money(change.before_each)}
    return _("%(name)s, %(now)s au lieu de %(before)s") % {"name": service, **prices}


def _part(row: Issued | Line) -> Part:
    flat = row.kind == Kind.FLAT
    return Part(row.child_id, row.activity_id, row.amount, row.quantity, tuple(row.days), is_flat=flat)


def _points_of(one: Owed, points: Points, unusual: Decimal) -> None:
    home: dict[str, Any] = {"household": one.payer.household_id, "name": one.payer.payer}
    if one.lines and not one.payer.payer:
        points.note("no_payer", **home)
    if one.lines and not (one.payer.street and one.payer.postal_code and one.payer.city):
        points.note("no_address", **home)
    if one.total >= unusual:
        points.note("unusual", amount=str(one.total), **home)
    if one.total < 0 and not any(line.kind is Kind.CORRECTION for line in one.lines):
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
