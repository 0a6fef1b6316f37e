"""What an agent mends: chosen days of chosen families, an invoice canceled, a line for a family's next one."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.charges import Line, Owed
from billing.invoices import cancellation_label
from billing.models import Adjustment, BillingRun, CashOffice, Invoice
from billing.rules.facts import Kind
from billing.services.computing import compute, write_drafts
from billing.services.held import RunRefused, hold, hold_origin
from billing.services.runs import issue, lock_counter, open_correction, opened, publish
from lps.families.models import Household
from lps.families.queries.payers import PayerRow
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record

State = BillingRun.State


def note(
    *, household: Household, cash_office: CashOffice, label: str, amount: Decimal, by: Actor, at: datetime
) -> Adjustment:
    """Add a line to a household's next invoice, negative to give back."""
    with transaction.atomic():
        made = Adjustment.objects.create(
            household=household, cash_office=cash_office, label=label, amount=amount, noted_at=at, noted_by=by.label
        )
        _told("adjustment_noted", household.holder, {"label": label, "amount": str(amount)}, by=by, at=at)
    return made


def remove(*, adjustment: Adjustment, by: Actor, at: datetime) -> None:
    """Take an adjustment back. A draft run that had taken it has to be computed again.

    Raises `RunRefused("state")` once it is on an invoice.
    """
    with transaction.atomic():
        if adjustment.run_id:
            held = hold(adjustment.run_id, State.DRAFT, State.CHECKED)
            held.state, held.version, held.computed_at = State.DRAFT, held.version + 1, None
            held.save(update_fields=("state", "version", "computed_at"))
        # The run may have been validated, or given it back, since the page was drawn.
        if not Adjustment.objects.filter(pk=adjustment.pk, run=adjustment.run_id).delete()[0]:
            raise RunRefused("state")
        facts = {"label": adjustment.label, "amount": str(adjustment.amount)}
        _told("adjustment_removed", adjustment.household.holder, facts, by=by, at=at)


def is_canceled(invoice: Invoice) -> bool:
    """Whether a credit note canceled it whole."""
    return bool(canceled_among([invoice], household=invoice.household_id))


def canceled_among(invoices: Iterable[Invoice], *, household: int) -> set[int]:
    """The keys of those of a household's invoices that a credit note canceled whole: one statement."""
    labels = {cancellation_label(one.number): one.pk for one in invoices}
    notes = Invoice.objects.filter(household=household, label__in=labels)
    return {labels[label] for label in notes.order_by().values_list("label", flat=True)}


def cancel(*, invoice: Invoice, reason: str, by: Actor, at: datetime, today: date) -> Invoice:
    """Cancel an invoice whole by a credit note, which settles what is left of it first; returns the credit note.

    What was paid settles the other invoices of the same régie; beyond, it stays the family's, as a credit. Raises
    `RunRefused("canceled")` for a credit note, or a second time.
    """
    with transaction.atomic():
        hold_origin(invoice.run)
        lock_counter(today.year)  # before any invoice, as a run that is validated does
        held = (
            Invoice.objects.select_for_update(of=("self",), no_key=True)
            .select_related("run__corrects")
            .get(pk=invoice.pk)
        )
        if held.kind == Invoice.Kind.CREDIT_NOTE or is_canceled(held) or held.run.published_at is None:
            raise RunRefused("canceled")
        run = opened(
            BillingRun(
                cash_office=held.run.cash_office,
                kind=BillingRun.Kind.CORRECTION,
                corrects=held.run.origin,
                label=cancellation_label(held.number),
                reason=reason,
                first_day=held.run.first_day,
                last_day=held.run.last_day,
                due_date=held.due_date,
                households=[held.household_id],
            ),
            by=by,
            at=at,
        )
        write_drafts(run, [_opposite(held)])
        issue(run, at=at, today=today, by=by, first=held.pk)
        publish(run=run, by=by, at=at, today=today)
        _told("invoice_canceled", held.household.holder, {"invoice": held.number, "reason": reason}, by=by, at=at)
        return run.invoices.get()


def prepare(
    *,
    of: BillingRun,
    households: Collection[int],
    days: tuple[date, date],
    label: str,
    reason: str,
    due_date: date,
    by: Actor,
    at: datetime,
    today: date,
) -> BillingRun:
    """Open a run of corrections and compute it, when there is something to ask or to give back.

    It is then looked at, validated and published as any run. Raises `RunRefused`, and keeps nothing: "state" and "days"
    as `open_correction`, "nothing" when what was invoiced is what is due, "balanced" when what some families would be
    asked is what they would be given back.
    """
    with transaction.atomic():
        run = open_correction(
            of=of, households=households, days=days, label=label, reason=reason, due_date=due_date, by=by, at=at
        )
        made = compute(run=run, today=today, at=at, by=by)
        totals = set(made.drafts.order_by().values_list("total", flat=True))
        if not any(totals):
            raise RunRefused("balanced" if totals else "nothing")
    return made


def _opposite(invoice: Invoice) -> Owed:
    payer = PayerRow(
        invoice.household_id, invoice.payer_name, invoice.street, invoice.postal_code, invoice.city, children=()
    )
    lines = [
        Line(
            Kind(line.kind),
            line.label,
            -line.quantity,
            line.unit_price,
            -line.amount,
            line.child_id,
            line.child_name,
            line.activity_id,
            line.tariff_id,
            tuple(line.days),
        )
        for line in invoice.lines.order_by("position")
    ]
    return Owed(payer, invoice.qf, invoice.resident, lines)


def _told(action: str, subject: str, after: dict[str, str], *, by: Actor, at: datetime) -> None:
    record(by=by, channel=Channel.OFFICE, action=action, subject=subject, after=after, at=at)
