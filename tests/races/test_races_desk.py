"""The desk at one moment: two payments of one invoice, a form sent twice, a till that closes, cheques on two slips."""

import uuid
from datetime import date
from decimal import Decimal

import pytest

from billing import till as reads
from billing.balances import left_of
from billing.models import Allocation, CashOffice, Invoice, Payment, RemittedCheque, TillDay
from billing.services import credits, desk, payments, till
from billing.services.payments import PaymentRefused, Received, record
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants.models import Commune
from tests.billing.factories import ISSUED, cash_office, invoice, pay
from tests.races.crowd import Ask, at_once, meeting

BY = Actor.system("essai")
DAY = date(2012, 2, 14)


@pytest.fixture
def home(town: Commune) -> Household:
    return Household.objects.order_by("pk")[0]


def takes(home: Household, amount: str, *, settles: int | None = None, jeton: uuid.UUID | None = None) -> Ask:
    parts = {settles: Decimal(amount)} if settles else {}
    return lambda: record(  # type: ignore[return-value]
        Received(amount=Decimal(amount), means=Payment.Means.CASH, settles=parts),
        household=home,
        cash_office=CashOffice.objects.get(is_default=True),
        by=BY,
        channel=Channel.OFFICE,
        at=ISSUED,
        day=DAY,
        jeton=jeton,
    )


def closes(seen: str) -> Ask:
    return lambda: till.close(  # type: ignore[return-value]
        cash_office=CashOffice.objects.get(is_default=True),
        day=DAY,
        counted=Decimal(seen),
        seen=Decimal(seen),
        note="",
        by=BY,
        at=ISSUED,
    )


def refusals(done: list[object]) -> list[str]:
    return sorted(one.code for one in done if isinstance(one, PaymentRefused))


def test_two_payments_of_one_invoice_settle_it_once(town: Commune, home: Household) -> None:
    due = invoice(home)

    done = at_once(town, [takes(home, "50.70", settles=due.pk)] * 2)

    assert refusals(done) == ["allocation"]
    assert left_of([due.pk])[due.pk] == 0
    assert Payment.objects.filter(household=home).count() == 1


def test_a_form_sent_twice_at_once_is_one_payment(town: Commune, home: Household) -> None:
    cash_office()

    done = at_once(town, [takes(home, "5", jeton=uuid.uuid4())] * 3)

    assert len({one.pk for one in done if isinstance(one, Payment)}) == 1
    assert refusals(done) == []
    assert Payment.objects.filter(household=home).count() == 1


def test_a_payment_is_reversed_once_by_two_agents(town: Commune, home: Household) -> None:
    payment = pay(home, "5")

    done = at_once(town, [lambda: desk.reverse(payment=payment, reason="x", by=BY, at=ISSUED, day=DAY)] * 2)

    assert refusals(done) == ["reversed"]
    assert Payment.objects.filter(household=home).count() == 2


def used(home: Household) -> Allocation:
    """A credit note of 5 € that settled an invoice."""
    note, due = invoice(home, amounts=("-5.00",)), invoice(home)
    return desk.use_credit(
        household=home, source=f"credit_note-{note.pk}", invoice=due.pk, amount=Decimal(5), by=BY, at=ISSUED
    )


def test_a_credit_is_taken_back_once_by_two_agents(town: Commune, home: Household) -> None:
    use = used(home)

    done = at_once(town, [lambda: desk.take_back(use=use, reason="x", by=BY, at=ISSUED)] * 2)

    assert refusals(done) == ["taken_back"]
    assert left_of([use.invoice_id])[use.invoice_id] == Decimal("50.70")


def test_without_the_lock_both_believe_that_they_take_it_back(
    town: Commune, home: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: both look before either writes, and the database alone refuses the second."""
    use = used(home)
    monkeypatch.setattr(
        desk, "hold_invoices", lambda keys: {row.pk: row for row in Invoice.objects.filter(pk__in=keys)}
    )
    monkeypatch.setattr(desk, "_refuses", meeting(2, desk._refuses))

    done = at_once(town, [lambda: desk.take_back(use=use, reason="x", by=BY, at=ISSUED)] * 2)

    assert [type(one).__name__ for one in done if isinstance(one, Exception)] == ["IntegrityError"]
    assert left_of([use.invoice_id])[use.invoice_id] == Decimal("50.70")


def test_a_till_closes_with_what_it_counted(town: Commune, home: Household) -> None:
    pay(home, "5")

    done = at_once(town, [closes("5"), takes(home, "7")])

    closed = TillDay.objects.get(day=DAY)
    assert refusals(done) in (["till_closed"], ["moved"])
    if closed.closed_at:
        assert reads.expected_cash(cash_office(), day=DAY) == closed.counted_cash


def test_without_the_days_lock_a_till_closes_on_money_it_did_not_count(
    town: Commune, home: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: both look at the day before either writes."""
    pay(home, "5")

    def unlocked(office: CashOffice, day: date) -> TillDay:
        return TillDay.objects.get(cash_office=office, day=day)

    met = meeting(2, unlocked)
    monkeypatch.setattr(payments, "hold_till", met)
    monkeypatch.setattr(till, "hold_till", met)
    counted = meeting(2, reads.expected_cash)
    monkeypatch.setattr(reads, "expected_cash", counted)
    taken = payments.next_receipt

    def after_counting(year: int) -> int:
        counted(cash_office(), day=DAY)
        return taken(year)

    monkeypatch.setattr(payments, "next_receipt", after_counting)
    done = at_once(town, [closes("5"), takes(home, "7")])

    monkeypatch.undo()
    closed = TillDay.objects.get(day=DAY)
    assert refusals(done) == []
    assert closed.closed_at
    assert reads.expected_cash(cash_office(), day=DAY) == Decimal(12) != closed.counted_cash


def test_a_cheque_goes_with_one_slip_of_two(town: Commune, home: Household) -> None:
    cheque = pay(home, "5", means=Payment.Means.CHEQUE, cheque_bank="BNP", cheque_number="1")

    def slip() -> object:
        return till.remit(cash_office=cheque.cash_office, payments=[cheque.pk], by=BY, at=ISSUED)

    done = at_once(town, [slip, slip])

    assert refusals(done) == ["remitted"]
    assert RemittedCheque.objects.filter(payment=cheque).count() == 1


@pytest.mark.parametrize("held", [True, False], ids=["credits held", "credits not held"])
def test_credits_used_at_once_by_two_agents_are_used_once(
    town: Commune, home: Household, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    due, _kept = invoice(home), pay(home, "30")
    if not held:
        monkeypatch.setattr(credits, "_hold", lambda found: None)
        monkeypatch.setattr(credits.credits, "usable", meeting(2, credits.credits.usable))

    done = at_once(town, [lambda: credits.use_all(cash_office=cash_office(), by=BY, at=ISSUED)] * 2)

    assert not [one for one in done if isinstance(one, Exception)]
    assert left_of([due.pk])[due.pk] == Decimal("20.70") - (0 if held else 30)
