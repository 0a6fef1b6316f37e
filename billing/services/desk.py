"""The desk: use what a family has in credit, take that back, reverse a payment. Taking one is `payments.record`."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from billing import desk
from billing.balances import left_of, with_credit
from billing.invoices import cancellation_label
from billing.models import Allocation, Invoice, Payment
from billing.services.payments import PaymentRefused, hold_till, next_receipt, refuse_closed
from lps.families.models import Household
from lps.journal import services as journal
from lps.journal.actors import Actor
from lps.journal.channels import Channel


def reverse(*, payment: Payment, reason: str, by: Actor, at: datetime, day: date) -> Payment:
    """Write the opposite of a payment, with a receipt of its own, on the till of `day`. Raises `PaymentRefused`.

    What it had settled is owed again. A payment that the Treasury took stands in no till, nor does its reversal.
    """
    with transaction.atomic():
        if payment.means in desk.DESK_MEANS:
            refuse_closed(hold_till(payment.cash_office, day))
        held = Payment.objects.select_for_update(of=("self",), no_key=True).get(pk=payment.pk)
        if held.reverses_id or Payment.objects.filter(reverses=held).exists():
            raise PaymentRefused("reversed")
        back = Payment.objects.create(
            household_id=held.household_id,
            cash_office_id=held.cash_office_id,
            amount=-held.amount,
            means=held.means,
            year=day.year,
            rank=next_receipt(day.year),
            received_at=at,
            day=day,
            noted_by=by.label,
            cheque_bank=held.cheque_bank,
            cheque_number=held.cheque_number,
            reference=held.reference,
            reason=reason,
            reverses=held,
        )
        settled = held.allocations.order_by("invoice").values_list("invoice").annotate(total=Sum("amount"))
        Allocation.objects.bulk_create(
            Allocation(payment=back, invoice_id=invoice, amount=-total, at=at, by=by.label)
            for invoice, total in settled
            if total  # what was taken back settles nothing any more
        )
        journal.record(
            action="payment_reversed",
            subject=held.household.holder,
            by=by,
            channel=Channel.OFFICE,
            at=at,
            before={"receipt": held.number, "amount": str(held.amount)},
            after={"receipt": back.number, "amount": str(back.amount), "reason": reason},
        )
    return back


def use_credit(
    *, household: Household, source: str, invoice: int, amount: Decimal, by: Actor, at: datetime
) -> Allocation:
    """Settle an invoice with what the family has in credit (`desk.Credit.source`). Raises `PaymentRefused`.

    The payment is locked, then the invoices in the order of their keys: a credit is never used twice.
    """
    kind, _dash, key = source.partition("-")
    with transaction.atomic():
        payment = _locked_payment(int(key), household) if kind == "payment" else None
        wanted = {invoice} if payment else {invoice, int(key)}
        rows = {pk: row for pk, row in hold_invoices(wanted).items() if row.household_id == household.pk}
        if len(rows) != len(wanted) or rows[invoice].kind == Invoice.Kind.CREDIT_NOTE:
            raise PaymentRefused("not_theirs")
        note = None if payment else rows[int(key)]
        _refuse_other_office(rows[invoice], payment=payment, note=note)
        left = left_of(wanted)
        if amount <= 0 or amount > min(left[invoice], _credit(payment, note, left)):
            raise PaymentRefused("allocation")
        made = Allocation.objects.create(
            payment=payment, credit_note=note, invoice_id=invoice, amount=amount, at=at, by=by.label
        )
        journal.record(
            action="credit_used",
            subject=household.holder,
            by=by,
            channel=Channel.OFFICE,
            at=at,
            after={
                "receipt": payment.number if payment else rows[int(key)].number,
                "invoice": rows[invoice].number,
                "amount": str(amount),
            },
        )
    return made


def take_back(*, use: Allocation, reason: str, by: Actor, at: datetime) -> Allocation:
    """Write the opposite of the use of a credit: the family has it again, the invoice is owed again.

    Locks as `use_credit` does, so that it is taken back once. Raises `PaymentRefused`: "taken_back" the second time,
    "of_payment" for what a payment settled when it came, which is reversed whole, "cancels" for the credit note that
    canceled the invoice, "reversed" when the payment itself was.
    """
    with transaction.atomic():
        if use.payment_id:
            Payment.objects.select_for_update(of=("self",), no_key=True).get(pk=use.payment_id)
        rows = hold_invoices({use.invoice_id, use.credit_note_id or use.invoice_id})
        if code := _refuses(use, rows[use.invoice_id]):
            raise PaymentRefused(code)
        back = Allocation.objects.create(
            payment_id=use.payment_id,
            credit_note_id=use.credit_note_id,
            invoice_id=use.invoice_id,
            amount=-use.amount,
            at=at,
            by=by.label,
            reverses=use,
            reason=reason,
        )
        source = rows[use.credit_note_id].number if use.credit_note_id else use.payment.number  # type: ignore[union-attr]
        facts = {"receipt": source, "invoice": rows[use.invoice_id].number, "amount": str(use.amount)}
        journal.record(
            action="credit_taken_back",
            subject=rows[use.invoice_id].household.holder,
            by=by,
            channel=Channel.OFFICE,
            at=at,
            before=facts,
            after={"reason": reason},
        )
    return back


def hold_invoices(keys: Collection[int]) -> dict[int, Invoice]:
    """These invoices, locked in the order of their keys until the transaction ends."""
    held = Invoice.objects.select_for_update(of=("self",), no_key=True)
    rows = held.select_related("run", "household").filter(pk__in=keys).order_by("pk")
    return {row.pk: row for row in rows}


def _refuses(use: Allocation, invoice: Invoice) -> str:
    """Why a use cannot be taken back, "" when it can; its payment and its invoices are held."""
    if use.reverses_id or Allocation.objects.filter(reverses=use).exists():
        return "taken_back"
    if use.payment_id and Payment.objects.filter(reverses=use.payment_id).exists():
        return "reversed"
    if not desk.uses().filter(pk=use.pk).exists():
        return "of_payment"
    if use.credit_note_id and use.credit_note.label == cancellation_label(invoice.number):  # type: ignore[union-attr]
        return "cancels"
    return ""


def _locked_payment(pk: int, household: Household) -> Payment:
    rows = Payment.objects.select_for_update(of=("self",), no_key=True)
    held = rows.filter(pk=pk, household=household, reverses__isnull=True).first()
    if held is None:
        raise PaymentRefused("not_theirs")
    if Payment.objects.filter(reverses=held).exists():
        raise PaymentRefused("reversed")
    return held


def _refuse_other_office(invoice: Invoice, *, payment: Payment | None, note: Invoice | None) -> None:
    """What one régie received never settles another's invoice; a credit note alone gives."""
    if note is not None and note.kind != Invoice.Kind.CREDIT_NOTE:
        raise PaymentRefused("not_theirs")
    source = payment.cash_office_id if payment else note.run.cash_office_id if note else None
    if source != invoice.run.cash_office_id:
        raise PaymentRefused("other_office")


def _credit(payment: Payment | None, note: Invoice | None, left: Mapping[int, Decimal]) -> Decimal:
    if payment:
        rows: Any = with_credit(Payment.objects.filter(pk=payment.pk))
        credit: Decimal = rows.values_list("credit", flat=True).get()
        return credit
    assert note is not None
    return -left[note.pk]
