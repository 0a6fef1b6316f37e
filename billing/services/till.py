"""The till: count and lock a day, hand cheques to the Treasury with a slip."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing import till as reads
from billing.models import CashOffice, Payment, Remittance, RemittedCheque, TillDay
from billing.services.payments import PaymentRefused, hold_till, refuse_closed
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record


def close(
    *, cash_office: CashOffice, day: date, counted: Decimal, seen: Decimal, note: str, by: Actor, at: datetime
) -> TillDay:
    """Lock a day once its cash is counted; `seen` is what the page said was expected. Raises `PaymentRefused`.

    The day's row is held first: a payment being written is counted, or finds the day closed.
    """
    with transaction.atomic():
        till = hold_till(cash_office, day)
        refuse_closed(till)
        expected = reads.expected_cash(cash_office, day=day)
        if expected != seen:
            raise PaymentRefused("moved")
        if counted != expected and not note:
            raise PaymentRefused("unexplained")
        till.counted_cash, till.expected_cash, till.note = counted, expected, note
        till.closed_at, till.closed_by = at, by.label
        till.save(update_fields=("counted_cash", "expected_cash", "note", "closed_at", "closed_by"))
        after = {"day": str(day), "expected_cash": str(expected), "counted_cash": str(counted), "reason": note}
        record(by=by, channel=Channel.OFFICE, action="till_closed", subject=f"till:{till.pk}", after=after, at=at)
    return till


def remit(*, cash_office: CashOffice, payments: Collection[int], by: Actor, at: datetime) -> Remittance:
    """Put cheques on a slip; a cheque goes once. Raises `PaymentRefused`: remitted, nothing.

    The cheques are locked in the order of their keys, then looked at: two slips at once never share one.
    """
    if not payments:
        raise PaymentRefused("nothing")
    with transaction.atomic():
        rows = Payment.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=payments)
        list(rows.order_by("pk").values_list("pk"))
        free = list(reads.waiting_cheques(cash_office).filter(pk__in=payments))
        if len(free) != len(set(payments)):
            raise PaymentRefused("remitted")
        made = Remittance.objects.create(cash_office=cash_office, made_at=at, made_by=by.label)
        RemittedCheque.objects.bulk_create(RemittedCheque(payment=one, remittance=made) for one in free)
        total = sum((one.amount for one in free), Decimal(0))
        record(
            by=by,
            channel=Channel.OFFICE,
            action="cheques_remitted",
            subject=f"remittance:{made.pk}",
            after={"number": len(free), "amount": str(total)},
            at=at,
        )
    return made
