"""Receive money: every door records a payment here, whatever its means."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.balances import left_of
from billing.message_kinds import PAYMENT
from billing.models import Allocation, CashOffice, Invoice, Payment, PaymentAttempt, ReceiptCounter, TillDay
from billing.online import EMAIL_PURPOSE
from lps.families.models import Household, email_key
from lps.families.recipients import proved_of_many
from lps.journal import services as journal
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from notifications.services import Post, post_many
from tenants import context, keys
from tenants.queries import url_of

# Money that came by the Treasury's own service.
AT_THE_TREASURY = (Payment.Means.CARD, Payment.Means.DEBIT)


class PaymentRefused(Exception):
    """Nothing was recorded: `code` says why (amount, allocation, till_closed, not_theirs, reversed, remitted,
    taken_back, of_payment, cancels)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Money as it came. `settles` says how much of it goes to which invoice, by its key; the rest is a credit."""

    amount: Decimal
    means: Payment.Means
    settles: Mapping[int, Decimal]
    cheque_bank: str = ""
    cheque_number: str = ""
    reference: str = ""
    reason: str = ""


def record(
    received: Received,
    *,
    household: Household,
    cash_office: CashOffice,
    by: Actor,
    channel: Channel,
    at: datetime,
    day: date,
    attempt: PaymentAttempt | None = None,
    jeton: uuid.UUID | None = None,
) -> Payment:
    """Record a payment and what it settles; `day` is the commune's. Raises `PaymentRefused`.

    A form sent twice bears one `jeton`: the second gives the first payment back and records nothing.
    The invoices it settles are locked in the order of their keys, then the year's counter: two payments of one
    invoice at once never settle more than is left, and receipts follow one another without gap.
    """
    with transaction.atomic():
        _checked(received)
        if received.means not in AT_THE_TREASURY:  # what the Treasury took stands in no till of ours
            till = hold_till(cash_office, day)
            if first := _replayed(jeton, household=household):
                return first
            refuse_closed(till)
        _settleable(received.settles, household=household)
        payment = Payment.objects.create(
            household=household,
            cash_office=cash_office,
            amount=received.amount,
            means=received.means,
            year=day.year,
            rank=next_receipt(day.year),
            received_at=at,
            day=day,
            noted_by=by.label,
            cheque_bank=received.cheque_bank,
            cheque_number=received.cheque_number,
            reference=received.reference,
            reason=received.reason,
            attempt=attempt,
            jeton=jeton,
        )
        Allocation.objects.bulk_create(
            Allocation(payment=payment, invoice_id=invoice, amount=amount, at=at, by=by.label)
            for invoice, amount in sorted(received.settles.items())
        )
        journal.record(
            action="payment_received",
            subject=household.holder,
            by=by,
            channel=channel,
            at=at,
            after={"receipt": payment.number, "amount": str(payment.amount), "means": payment.means},
        )
        _tell(payment, by=by)
    return payment


def _tell(payment: Payment, *, by: Actor) -> None:
    """An e-mail to each address that the family proved and that wants it, but the one that the ticket goes to."""
    household, attempt = payment.household_id, payment.attempt
    has_ticket = keys.decrypt(attempt.email, purpose=EMAIL_PURPOSE) if attempt and attempt.email else ""
    facts = {
        "receipt": payment.number,
        "amount": payment.amount,
        "means": payment.get_means_display(),
        "day": payment.day,
        "is_debit": payment.means == Payment.Means.DEBIT,
        "is_test": bool(attempt and attempt.mode == "T"),
        "url": url_of(context.current(), "/reglements/"),
    }
    posts = [
        Post(to=one.email, facts={**facts, **one.facts})
        for one in proved_of_many([household], PAYMENT).get(household, ())
        if email_key(one.email) != email_key(has_ticket)
    ]
    post_many(posts, template="billing/emails/payment", by=by)


def next_receipt(year: int) -> int:
    """The next receipt's number of a year: the counter's row stays locked until the transaction ends."""
    ReceiptCounter.objects.get_or_create(year=year)
    counter = ReceiptCounter.objects.select_for_update(no_key=True).get(year=year)
    counter.last += 1
    counter.save(update_fields=("last",))
    return counter.last


def _checked(received: Received) -> None:
    if received.amount <= 0:
        raise PaymentRefused("amount")
    if any(amount <= 0 for amount in received.settles.values()) or sum(received.settles.values()) > received.amount:
        raise PaymentRefused("allocation")


def hold_till(cash_office: CashOffice, day: date) -> TillDay:
    """The till of a day, made when it has none, its row locked: closing it and writing in it wait for each other."""
    till, _ = TillDay.objects.get_or_create(cash_office=cash_office, day=day)
    return TillDay.objects.select_for_update(no_key=True).get(pk=till.pk)


def refuse_closed(till: TillDay) -> None:
    """A closed day takes nothing more. Raises `PaymentRefused`."""
    if till.closed_at:
        raise PaymentRefused("till_closed")


def _replayed(jeton: uuid.UUID | None, *, household: Household) -> Payment | None:
    found = Payment.objects.filter(jeton=jeton).first() if jeton else None
    if found and found.household_id != household.pk:
        raise PaymentRefused("not_theirs")
    return found


def _settleable(settles: Mapping[int, Decimal], *, household: Household) -> None:
    held = Invoice.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=settles).order_by("pk")
    keys = [invoice.pk for invoice in held if invoice.household_id == household.pk]
    if len(keys) != len(settles):
        raise PaymentRefused("not_theirs")
    # Read again once held: what another payment settled meanwhile is counted.
    left = left_of(keys)
    if any(amount > left[invoice] for invoice, amount in settles.items()):
        raise PaymentRefused("allocation")
