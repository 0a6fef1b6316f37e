"""A run's life: opened, checked, validated, published, closed. Computing it is in `computing`."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from billing.balances import with_left
from billing.message_kinds import INVOICE
from billing.models import Allocation, BillingRun, CashOffice, Invoice, InvoiceCounter
from billing.services import basis
from billing.services.computing import throw_away
from billing.services.held import RunRefused, hold, hold_origin, refuse_busy
from billing.wakeup import INVOICES
from lps.families.recipients import proved_of_many
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from notifications.services import Post, post_many
from tenants import context
from tenants.queries import url_of
from tenants.wakeup import wake_after_commit

State = BillingRun.State
Kind = BillingRun.Kind
# Families have at least this long to pay online.
_NOTICE = timedelta(days=5)
_MOST_RUNS, _MOST_RANK = 999, 999_999

_INVOICES = """
INSERT INTO billing_invoice (
    run_id, household_id, payer_name, street, postal_code, city, qf, resident, total, line_count, kind, year, rank,
    number, order_number, label, issued_at, due_date
)
SELECT run_id, household_id, payer_name, street, postal_code, city, qf, resident, total, line_count,
    CASE WHEN total < 0 THEN 'credit_note' ELSE %(kind)s END, %(year)s, rank,
    format('%%s-%%s-%%s', lpad(%(year)s::text, 4, '0'), lpad(%(run_number)s::text, 3, '0'), lpad(rank::text, 6, '0')),
    format('%%s-%%s-00-%%s', lpad(%(year)s::text, 4, '0'), %(code)s::text, rank),
    %(label)s, %(at)s, %(due_date)s
FROM (
    SELECT draft.*, %(last)s + row_number() OVER (ORDER BY draft.id) AS rank
    FROM billing_draftinvoice draft WHERE draft.run_id = %(run)s AND draft.total <> 0
) ranked ORDER BY rank
"""
_LINES = """
INSERT INTO billing_invoiceline (
    invoice_id, position, kind, child_id, child_name, activity_id, tariff_id, label, days, quantity, unit_price, amount
)
SELECT invoice.id, line.position, line.kind, line.child_id, line.child_name, line.activity_id, line.tariff_id,
    line.label, line.days, line.quantity, line.unit_price, line.amount
FROM billing_invoice invoice
JOIN billing_draftinvoice draft ON draft.run_id = invoice.run_id AND draft.household_id = invoice.household_id
JOIN billing_draftline line ON line.draft_id = draft.id
WHERE invoice.run_id = %(run)s ORDER BY invoice.id, line.position
"""


def open_run(
    *, cash_office: CashOffice, label: str, first_day: date, last_day: date, due_date: date, by: Actor, at: datetime
) -> BillingRun:
    """Open a month's run. Raises `RunRefused("overlap")` when another run of the cash office charges one of these
    days: no day is invoiced twice, what changed since is a correction's.
    """
    with transaction.atomic():
        # Two agents who open the same month at once: the second one sees the first one's run.
        CashOffice.objects.select_for_update(no_key=True).get(pk=cash_office.pk)
        same = BillingRun.objects.filter(cash_office=cash_office, kind=Kind.MONTH)
        if same.filter(first_day__lte=last_day, last_day__gte=first_day).exists():
            raise RunRefused("overlap")
        return opened(
            BillingRun(cash_office=cash_office, label=label, first_day=first_day, last_day=last_day, due_date=due_date),
            by=by,
            at=at,
        )


def open_correction(
    *,
    of: BillingRun,
    households: Collection[int] = (),
    days: tuple[date, date] | None = None,
    label: str,
    reason: str,
    due_date: date,
    by: Actor,
    at: datetime,
) -> BillingRun:
    """Open a run that asks or gives back what changed since a run was issued, for these households or all, on these
    days of it or all; `reason` is written on what it makes.

    Raises `RunRefused`: "state" for a run not yet validated, since computing it again is enough, "days" for days that
    it has not.
    """
    origin = of.origin
    first_day, last_day = days or (origin.first_day, origin.last_day)
    if origin.state in (State.DRAFT, State.CHECKED):
        raise RunRefused("state")
    if not origin.first_day <= first_day <= last_day <= origin.last_day:
        raise RunRefused("days")
    run = BillingRun(
        cash_office=origin.cash_office,
        kind=Kind.CORRECTION,
        corrects=origin,
        label=label,
        reason=reason,
        first_day=first_day,
        last_day=last_day,
        due_date=due_date,
        households=sorted(set(households)),
    )
    with transaction.atomic():
        return opened(run, by=by, at=at)


def opened(run: BillingRun, *, by: Actor, at: datetime) -> BillingRun:
    """Save a run that begins, and tell it."""
    run.made_by, run.made_at = by.label, at
    run.save()
    facts = {"reason": run.reason, "households": run.households} if run.corrects_id else {}
    _told(run, "run_opened", by=by, at=at, days=[str(run.first_day), str(run.last_day)], kind=run.kind, **facts)
    return run


def discard(*, run: BillingRun, by: Actor, at: datetime) -> None:
    """Throw away a run that was not validated, with its drafts; its adjustments wait for another one.

    Raises `RunRefused` (state, busy).
    """
    refuse_busy(run)
    with transaction.atomic():
        held = hold(run.pk, State.DRAFT, State.CHECKED)
        throw_away(held)
        _told(held, "run_discarded", by=by, at=at)
        held.delete()


def check(*, run: BillingRun, version: int, by: Actor, at: datetime) -> BillingRun:
    """Say that somebody looked at this computation. Raises `RunRefused` for another one, or none, or an empty one."""
    refuse_busy(run)
    with transaction.atomic():
        held = hold(run.pk, State.DRAFT, State.CHECKED)
        _same(held, version)
        _refuse_empty(held)
        held.state, held.checked_at = State.CHECKED, at
        held.save(update_fields=("state", "checked_at"))
        _told(held, "run_checked", by=by, at=at, version=version)
    return held


def validate(*, run: BillingRun, version: int, by: Actor, at: datetime, today: date) -> BillingRun:
    """Number the invoices of what was checked, and of nothing else: all of it or nothing.

    `today` is the commune's: its year is that of the numbers. The run's row is locked, then the year's counter: runs
    validated at once take their numbers one after the other, without gap. Drafts of zero make no invoice; credit
    notes settle the oldest invoices of their families. Raises `RunRefused` (state, busy, version, empty, prices,
    numbers).
    """
    refuse_busy(run)
    with transaction.atomic():
        held = hold(run.pk, State.CHECKED)
        _same(held, version)
        _refuse_empty(held)
        if held.corrects_id:
            hold_origin(held)
        if not basis.is_current(held):
            raise RunRefused("prices")
        issue(held, at=at, today=today, by=by)
        after = {"number": held.number, "year": held.year, "version": version}
        _told(held, "run_validated", by=by, at=at, **after)
    return held


def issue(run: BillingRun, *, at: datetime, today: date, by: Actor, first: int | None = None) -> None:
    """Make invoices of a run's drafts, in the caller's transaction, the run being held. Raises `RunRefused`.

    Its credit notes settle the invoice `first` before the others.
    """
    counter = lock_counter(today.year)
    facts = {
        "run": run.pk,
        "kind": Invoice.Kind.INVOICE if run.kind == Kind.MONTH else Invoice.Kind.COMPLEMENT,
        "year": today.year,
        "run_number": counter.last_run + 1,
        "last": counter.last_rank,
        "code": run.cash_office.revenue_code,
        "label": run.label,
        "at": at,
        "due_date": run.due_date,
    }
    with connection.cursor() as cursor:
        cursor.execute(_INVOICES, facts)
        counter.last_run, counter.last_rank = counter.last_run + 1, counter.last_rank + cursor.rowcount
        if counter.last_run > _MOST_RUNS or counter.last_rank > _MOST_RANK:
            raise RunRefused("numbers")
        cursor.execute(_LINES, facts)
    counter.save(update_fields=("last_rank", "last_run"))
    run.state, run.year, run.number, run.validated_at = State.VALIDATED, today.year, counter.last_run, at
    run.save(update_fields=("state", "year", "number", "validated_at"))
    _settle_credits(run, first=first, at=at, by=by)


def lock_counter(year: int) -> InvoiceCounter:
    """The year's counter, locked until the transaction ends."""
    InvoiceCounter.objects.get_or_create(year=year)
    return InvoiceCounter.objects.select_for_update(no_key=True).get(year=year)


def _settle_credits(run: BillingRun, *, first: int | None, at: datetime, by: Actor) -> None:
    """What each credit note of a run settles at once, the oldest invoices first: three statements.

    The invoices are locked in the order of their keys, as a payment locks them, before what is left is read.
    """
    notes = {note.household_id: note for note in run.invoices.filter(kind=Invoice.Kind.CREDIT_NOTE).order_by("pk")}
    if not notes:
        return
    asked = Invoice.objects.filter(household__in=notes, run__cash_office=run.cash_office)
    asked = asked.exclude(kind=Invoice.Kind.CREDIT_NOTE)
    locked = [row.pk for row in asked.select_for_update(of=("self",), no_key=True).order_by("pk")]
    found, credit = [], {home: -note.total for home, note in notes.items()}
    rows: Any = with_left(Invoice.objects.filter(pk__in=locked)).order_by("year", "rank")
    open_ones = list(rows.values_list("pk", "household", "left"))
    for invoice, home, left in sorted(open_ones, key=lambda row: row[0] != first):
        amount = min(credit[home], left)
        if amount > 0:
            credit[home] -= amount
            found.append(Allocation(credit_note=notes[home], invoice_id=invoice, amount=amount, at=at, by=by.label))
    Allocation.objects.bulk_create(found, batch_size=1000)


def publish(*, run: BillingRun, by: Actor, at: datetime, today: date, tell: bool = True) -> BillingRun:
    """Show the invoices to their families and, with `tell`, write to them; once and all at once.

    Fixes until when they can be paid online. Raises `RunRefused("state")`.
    """
    with transaction.atomic():
        held = hold(run.pk, State.VALIDATED)
        held.online_until = online_until(
            today, limit_day=held.cash_office.online_limit_day, zone=context.current().zone
        )
        held.state, held.published_at = State.PUBLISHED, at
        held.save(update_fields=("state", "published_at", "online_until"))
        wake_after_commit(INVOICES, times=2)
        _told(
            held,
            "run_published",
            by=by,
            at=at,
            online_until=held.online_until.isoformat(),
            written_to=_tell(held, by) if tell else 0,
        )
    return held


def _tell(run: BillingRun, by: Actor) -> int:
    """One e-mail for each address that a family proved and that wants it: an invoice is nobody else's to know."""
    fields = ("household", "number", "label", "total", "due_date")
    facts = {row[0]: dict(zip(fields[1:], row[1:], strict=True)) for row in run.invoices.values_list(*fields)}
    url = url_of(context.current(), "/factures/")
    posts = (
        Post(to=one.email, facts={**facts[home], **one.facts, "is_credit": facts[home]["total"] < 0, "url": url})
        for home, recipients in proved_of_many(facts, INVOICE).items()
        for one in recipients
    )
    return post_many(posts, template="billing/emails/invoice", by=by)


def close(*, run: BillingRun, by: Actor, at: datetime) -> BillingRun:
    """File a published run away: nothing more is done with it. Raises `RunRefused("state")`."""
    with transaction.atomic():
        held = hold(run.pk, State.PUBLISHED)
        held.state, held.closed_at = State.CLOSED, at
        held.save(update_fields=("state", "closed_at"))
        _told(held, "run_closed", by=by, at=at)
    return held


def online_until(published: date, *, limit_day: int, zone: ZoneInfo) -> datetime:
    """The first instant at which invoices published that day can no longer be paid online.

    The limit is the first day `limit_day` of a month at least five days after; that whole day still counts.
    """
    day = published + _NOTICE
    month = day.replace(day=1)
    if day.day > limit_day:
        month = (month + timedelta(days=31)).replace(day=1)
    return datetime.combine(month.replace(day=limit_day) + timedelta(days=1), time(), zone)


def last_day_online(until: datetime) -> date:
    """The last day on which one can pay, of a limit in the commune's zone."""
    return until.date() - timedelta(days=1)


def _same(run: BillingRun, version: int) -> None:
    if run.computed_at is None:
        raise RunRefused("nothing_to_check")
    if run.version != version:
        raise RunRefused("version")


def _refuse_empty(run: BillingRun) -> None:
    """A run that asks nothing and gives nothing back would take a number and tell nobody."""
    if not run.drafts.exclude(total=0).exists():
        raise RunRefused("empty")


def _told(run: BillingRun, action: str, *, by: Actor, at: datetime, **after: object) -> None:
    record(
        by=by,
        channel=Channel.OFFICE,
        action=action,
        subject=f"billing_run:{run.pk}",
        after={"label": run.label, **after},
        at=at,
    )
