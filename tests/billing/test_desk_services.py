"""The desk's promises: a sum is spread oldest first, a credit is used once, a mistake is reversed and never edited."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing import desk
from billing.balances import left_of
from billing.models import Allocation, Invoice, Payment, TillDay
from billing.rules.desk import spread
from billing.services.desk import reverse, use_credit
from billing.services.payments import PaymentRefused
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from tests.billing.factories import ISSUED, cash_office, invoice, pay

BY = Actor.system("essai")
DAY, NEXT = date(2012, 2, 14), date(2012, 2, 15)
cents = some.integers(0, 100_000).map(lambda number: Decimal(number) / 100)


def left(row: Invoice) -> Decimal:
    return left_of([row.pk])[row.pk]


def undo(payment: Payment, *, day: date = DAY) -> Payment:
    return reverse(payment=payment, reason="Erreur", by=BY, at=ISSUED, day=day)


@given(cents, some.lists(cents, max_size=6))
def test_a_sum_is_spread_oldest_first_and_never_beyond_what_is_owed(amount: Decimal, lefts: list[Decimal]) -> None:
    parts = spread(amount, list(enumerate(lefts)))

    assert sum(parts.values()) == min(amount, sum(lefts, Decimal(0)))
    assert all(0 < part <= lefts[rank] for rank, part in parts.items())
    unfinished = [rank for rank, due in enumerate(lefts) if parts.get(rank, Decimal(0)) < due]
    assert all(rank <= unfinished[0] for rank in parts) if unfinished else True


def test_a_reversal_makes_invoices_due_again_under_a_receipt_of_its_own(marsone: Household) -> None:
    first, second = invoice(marsone), invoice(marsone, amounts=("10.00",))
    payment = pay(marsone, "60", {first: "50.70", second: "5"})

    back = undo(payment)

    assert (back.amount, back.rank, back.reverses) == (Decimal(-60), payment.rank + 1, payment)
    assert (left(first), left(second)) == (Decimal("50.70"), Decimal(10))
    assert desk.credits_of(marsone) == []
    entry = AuditEntry.objects.get(action="payment_reversed")
    assert (entry.before["receipt"], entry.after["reason"]) == (payment.number, "Erreur")


def test_a_payment_is_reversed_once_and_a_reversal_never(marsone: Household) -> None:
    payment = pay(marsone, "10")
    back = undo(payment)

    for again in (payment, back):
        with pytest.raises(PaymentRefused, match="reversed"):
            undo(again)
    assert Payment.objects.filter(household=marsone).count() == 2


def test_a_reversal_of_a_closed_day_is_written_on_the_open_one(marsone: Household) -> None:
    payment = pay(marsone, "10", day=DAY)
    TillDay.objects.update(counted_cash=10, expected_cash=10, closed_at=ISSUED)

    with pytest.raises(PaymentRefused, match="till_closed"):
        undo(payment, day=DAY)
    assert undo(payment, day=NEXT).day == NEXT


def test_what_was_paid_too_much_settles_another_invoice(marsone: Household) -> None:
    payment, due = pay(marsone, "30"), invoice(marsone)

    use_credit(household=marsone, source=f"payment-{payment.pk}", invoice=due.pk, amount=Decimal(30), by=BY, at=ISSUED)

    assert left(due) == Decimal("20.70")
    assert desk.credits_of(marsone) == []
    assert AuditEntry.objects.filter(action="credit_used").count() == 1


def test_a_credit_note_settles_an_invoice(marsone: Household) -> None:
    note, due = invoice(marsone, amounts=("-12.30",)), invoice(marsone)

    use_credit(household=marsone, source=f"credit_note-{note.pk}", invoice=due.pk, amount=Decimal(12), by=BY, at=ISSUED)

    assert (left(due), left(note)) == (Decimal("38.70"), Decimal("-0.30"))
    assert [one.amount for one in desk.credits_of(marsone)] == [Decimal("0.30")]


@pytest.mark.parametrize("amount", ["30.01", "0", "-1"])
def test_a_credit_gives_no_more_than_it_holds(marsone: Household, amount: str) -> None:
    payment, due = pay(marsone, "30"), invoice(marsone)

    with pytest.raises(PaymentRefused, match="allocation"):
        use_credit(
            household=marsone, source=f"payment-{payment.pk}", invoice=due.pk, amount=Decimal(amount), by=BY, at=ISSUED
        )
    assert not Allocation.objects.filter(invoice=due).exists()


def test_a_credit_stays_in_its_family(marsone: Household, stranger: Household) -> None:
    payment, theirs, note = pay(marsone, "30"), invoice(stranger), invoice(stranger, amounts=("-5.00",))

    for source, due in ((f"payment-{payment.pk}", theirs), (f"credit_note-{note.pk}", invoice(marsone))):
        with pytest.raises(PaymentRefused, match="not_theirs"):
            use_credit(household=marsone, source=source, invoice=due.pk, amount=Decimal(1), by=BY, at=ISSUED)


def test_a_reversed_payment_gives_no_credit(marsone: Household) -> None:
    payment, due = pay(marsone, "30"), invoice(marsone)
    undo(payment)

    with pytest.raises(PaymentRefused, match="reversed"):
        use_credit(
            household=marsone, source=f"payment-{payment.pk}", invoice=due.pk, amount=Decimal(1), by=BY, at=ISSUED
        )


def test_a_draft_is_not_asked_at_the_desk(marsone: Household) -> None:
    due = invoice(marsone)
    due.run.state = "validated"
    due.run.save()

    assert list(desk.open_invoices(marsone)) == []
    assert cash_office() in desk.cash_offices()
