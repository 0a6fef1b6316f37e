"""The till's promises: it counts what it received less what was reversed; closed, it takes nothing; a cheque once."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from billing import till as reads
from billing.models import Payment, RemittedCheque, TillDay
from billing.services.desk import reverse
from billing.services.payments import PaymentRefused
from billing.services.till import close, remit
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from tests.billing.factories import ISSUED, cash_office, pay

BY = Actor.system("essai")
DAY, NEXT = date(2012, 2, 14), date(2012, 2, 15)
Means = Payment.Means
takings = some.lists(
    some.tuples(some.sampled_from([Means.CASH, Means.CESU, Means.TRANSFER]), some.integers(1, 99_999), some.booleans()),
    max_size=8,
)


def shut(counted: str, *, seen: str | None = None, note: str = "", day: date = DAY) -> TillDay:
    return close(
        cash_office=cash_office(),
        day=day,
        counted=Decimal(counted),
        seen=Decimal(seen or counted),
        note=note,
        by=BY,
        at=ISSUED,
    )


def cheque(household: Household, amount: str, number: str = "1234567") -> Payment:
    return pay(household, amount, means=Means.CHEQUE, cheque_bank="Banque", cheque_number=number)


def slip(*cheques: Payment) -> object:
    return remit(cash_office=cash_office(), payments=[one.pk for one in cheques], by=BY, at=ISSUED)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(takings)
def test_a_till_holds_what_it_received_less_what_was_reversed(
    marsone: Household, taken: list[tuple[Means, int, bool]]
) -> None:
    before, cash = reads.expected_cash(cash_office(), day=DAY), Decimal(0)
    for means, cents, is_mistake in taken:
        payment = pay(marsone, str(Decimal(cents) / 100), means=means)
        if is_mistake:
            reverse(payment=payment, reason="Erreur", by=BY, at=ISSUED, day=DAY)
        elif means == Means.CASH:
            cash += payment.amount

    assert reads.expected_cash(cash_office(), day=DAY) - before == cash
    rows = reads.lines(cash_office(), first=DAY, last=DAY)
    assert sum(one.amount for one in reads.by_means(rows)) == sum(row.amount for row in rows)


def test_a_closed_day_keeps_its_count_and_takes_nothing_more(marsone: Household) -> None:
    pay(marsone, "12.30")

    till = shut("12.30")

    assert (till.counted_cash, till.expected_cash, till.closed_by) == (Decimal("12.30"), Decimal("12.30"), BY.label)
    assert AuditEntry.objects.get(action="till_closed").after["counted_cash"] == "12.30"
    for again in (lambda: pay(marsone, "1"), lambda: shut("12.30")):
        with pytest.raises(PaymentRefused, match="till_closed"):
            again()
    assert pay(marsone, "1", day=NEXT).day == NEXT


def test_a_difference_is_explained(marsone: Household) -> None:
    pay(marsone, "12.30")

    with pytest.raises(PaymentRefused, match="unexplained"):
        shut("12", seen="12.30")
    assert shut("12", seen="12.30", note="Rendu trop").note == "Rendu trop"


def test_what_came_since_the_page_was_read_is_counted_again(marsone: Household) -> None:
    pay(marsone, "12.30")

    with pytest.raises(PaymentRefused, match="moved"):
        shut("0", note="Vide")
    assert not TillDay.objects.filter(closed_at__isnull=False).exists()


def test_days_left_open_are_told(marsone: Household) -> None:
    pay(marsone, "1")

    assert [one.day for one in reads.forgotten(cash_office(), today=NEXT)] == [DAY]
    shut("1")
    assert reads.forgotten(cash_office(), today=NEXT) == []


def test_a_cheque_goes_once_and_a_reversed_one_never(marsone: Household) -> None:
    first, second, wrong = (cheque(marsone, amount) for amount in ("10", "20", "30"))
    reverse(payment=wrong, reason="Erreur", by=BY, at=ISSUED, day=DAY)

    assert list(reads.waiting_cheques(cash_office())) == [first, second]
    slip(first)
    for cheques in ((first, second), (wrong,), (pay(marsone, "5"),)):
        with pytest.raises(PaymentRefused, match="remitted"):
            slip(*cheques)
    with pytest.raises(PaymentRefused, match="nothing"):
        slip()
    assert RemittedCheque.objects.filter(payment__household=marsone).count() == 1
