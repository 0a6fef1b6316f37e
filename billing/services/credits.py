"""Using at once what families have left in credit: what the desk does family by family (`desk.use_credit`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing import credits
from billing.credits import Usable
from billing.models import Allocation, CashOffice, Invoice, Payment
from billing.services.desk import hold_invoices
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import Entry, record_many

_BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedUp:
    """How many families, and how much of their invoices is settled."""

    families: int
    amount: Decimal


def use_all(*, cash_office: CashOffice, by: Actor, at: datetime) -> UsedUp:
    """Settle the open invoices of every family by what it has in credit at this régie, the oldest first.

    Payments are locked, then invoices and credit notes, each in the order of their keys, as the desk locks them; then
    all is read again: a credit is never used twice. The number of statements does not depend on how many families.
    """
    with transaction.atomic():
        _hold(credits.usable(cash_office))
        found = credits.usable(cash_office)
        Allocation.objects.bulk_create(
            (row for one in found for row in _allocations(one, by=by, at=at)), batch_size=_BATCH
        )
        done = UsedUp(families=len(found), amount=credits.total(found))
        if found:
            record_many([*_told(found, by=by, at=at), _summary(cash_office, done, by=by, at=at)])
    return done


def _hold(found: Sequence[Usable]) -> None:
    sources = [row for one in found for row in one.sources.values()]
    payments = [row.pk for row in sources if isinstance(row, Payment)]
    list(Payment.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=payments).order_by("pk"))
    notes = {row.pk for row in sources if isinstance(row, Invoice)}
    hold_invoices(notes.union(*(one.invoices for one in found)))


def _allocations(one: Usable, *, by: Actor, at: datetime) -> list[Allocation]:
    made = []
    for use in one.uses:
        source = one.sources[use.credit]
        note = source if isinstance(source, Invoice) else None
        payment = source if isinstance(source, Payment) else None
        made.append(
            Allocation(payment=payment, credit_note=note, invoice_id=use.invoice, amount=use.amount, at=at, by=by.label)
        )
    return made


def _told(found: Sequence[Usable], *, by: Actor, at: datetime) -> list[Entry]:
    """The same entries as the desk's, in each family's journal."""
    return [
        Entry(
            by,
            Channel.OFFICE,
            "credit_used",
            one.household.holder,
            after={
                "receipt": one.sources[use.credit].number,
                "invoice": one.invoices[use.invoice].number,
                "amount": str(use.amount),
            },
            at=at,
        )
        for one in found
        for use in one.uses
    ]


def _summary(cash_office: CashOffice, done: UsedUp, *, by: Actor, at: datetime) -> Entry:
    after = {"families": done.families, "amount": str(done.amount)}
    return Entry(by, Channel.OFFICE, "credits_used", f"cash_office:{cash_office.pk}", after=after, at=at)
