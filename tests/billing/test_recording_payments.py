"""Money received: a number without gap, an invoice never settled twice, a credit kept."""

from datetime import date
from decimal import Decimal

import pytest

from billing.balances import with_credit, with_left
from billing.models import Invoice, Payment, TillDay
from billing.services.payments import PaymentRefused, Received, record
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from tests.billing import factories
from tests.billing.factories import ISSUED

DAY = date(2012, 2, 14)


def pay(household: Household, amount: str, settles: dict[Invoice, str]) -> Payment:
    return record(
        Received(
            amount=Decimal(amount),
            means=Payment.Means.CASH,
            settles={invoice.pk: Decimal(part) for invoice, part in settles.items()},
        ),
        household=household,
        cash_office=factories.cash_office(),
        by=Actor.system("essai"),
        channel=Channel.OFFICE,
        at=ISSUED,
        day=DAY,
    )


def left(invoice: Invoice) -> Decimal:
    return with_left(Invoice.objects.filter(pk=invoice.pk)).get().left


def test_a_sum_is_spread_over_invoices_and_the_rest_is_a_credit(marsone: Household) -> None:
    first, second = factories.invoice(marsone), factories.invoice(marsone, amounts=("23.40",))

    payment = pay(marsone, "80", {first: "50.70", second: "20"})

    assert (left(first), left(second)) == (Decimal(0), Decimal("3.40"))
    assert with_credit(Payment.objects.filter(pk=payment.pk)).get().credit == Decimal("9.30")


def test_receipts_follow_one_another_within_their_year(marsone: Household) -> None:
    numbers = [pay(marsone, "1", {}).number for _ in range(3)]

    ranks = [int(number[-6:]) for number in numbers]
    assert ranks == list(range(ranks[0], ranks[0] + 3))
    assert {number[:7] for number in numbers} == {"Q-2012-"}
    assert AuditEntry.objects.filter(action="payment_received").count() >= 3


@pytest.mark.parametrize(
    ("amount", "part", "code"),
    [("0", "0", "amount"), ("10", "11", "allocation"), ("60", "50.71", "allocation"), ("10", "-1", "allocation")],
)
def test_nothing_is_recorded_of_what_does_not_add_up(marsone: Household, amount: str, part: str, code: str) -> None:
    invoice, before = factories.invoice(marsone), Payment.objects.count()

    with pytest.raises(PaymentRefused) as refused:
        pay(marsone, amount, {invoice: part})

    assert refused.value.code == code
    assert (left(invoice), Payment.objects.count()) == (Decimal("50.70"), before)


def test_a_payment_settles_the_invoices_of_its_family_alone(marsone: Household, stranger: Household) -> None:
    theirs = factories.invoice(stranger)

    with pytest.raises(PaymentRefused, match="not_theirs"):
        pay(marsone, "50.70", {theirs: "50.70"})


def test_a_closed_till_takes_nothing_more(marsone: Household) -> None:
    TillDay.objects.create(
        cash_office=factories.cash_office(), day=DAY, counted_cash=0, expected_cash=0, closed_at=ISSUED
    )

    with pytest.raises(PaymentRefused, match="till_closed"):
        pay(marsone, "5", {})
