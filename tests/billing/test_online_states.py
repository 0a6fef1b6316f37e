"""Payments online in any order: calls lost, doubled or early, a Treasury that fails, a clock that runs on.

Hypothesis plays the payers, the Treasury's calls, the poll, the desk and the bad days against the simulated Treasury on
the wire; what must always be true is looked at after each step.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from billing import desk
from billing.balances import left_of
from billing.models import Allocation, AttemptAnswer, Invoice, Payment, PaymentAttempt
from billing.services.asking import ask, poll
from billing.services.attempts import AttemptRefused
from lps.families.models import Household
from lps.kernel import clock
from simulators.payfip.server import Server
from simulators.payfip.state import Fault
from tests.billing import factories
from tests.billing.online import payable, tried

State = PaymentAttempt.State
ANSWERED = ("paid", "debit_ordered")
RESULTS = some.sampled_from("PPVVRZA")
MINUTES = some.sampled_from([1, 6, 121, 121, 60 * 24])
FEW, MANY = hypothesis_settings(max_examples=20, stateful_step_count=20), hypothesis_settings(max_examples=400)


def machine(household: Household, server: Server) -> type[RuleBasedStateMachine]:
    """The machine of one family and one Treasury: each example has invoices of its own."""

    class Paying(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.now, self.desk = clock.now(), Decimal(0)
            server.treasury.switches = replace(server.treasury.switches, down="", wrong_amount=False)
            self._move()
            until = self.now + timedelta(days=5)
            self.invoices = [payable(household, amounts=(amount,), online_until=until) for amount in ("50.70", "23.40")]

        @rule(which=some.integers(0, 1), opens=some.booleans())
        def somebody_begins(self, which: int, opens: bool) -> None:
            """And leaves the Treasury's page open, perhaps: it may be used hours later."""
            try:
                attempt = tried(household, self.invoices[which], at=self.now)
            except AttemptRefused as refused:
                # The desk may have left less than the Treasury takes.
                assert refused.refusal.code in {"barred", "paid", "late", "treasury", "held", "minimum"}
            else:
                if opens:
                    server.treasury.open_page(attempt.id_op or "")

        @precondition(lambda self: self.attempts())
        @rule(which=some.integers(0, 30), result=RESULTS)
        def a_payer_ends(self, which: int, result: str) -> None:
            id_op = self.one(which).id_op
            if id_op:
                try:
                    server.treasury.open_page(id_op)
                    server.treasury.finish(id_op, result)
                except Fault as fault:
                    assert fault.code in {"P1", "P3", "P4"}

        @precondition(lambda self: self.attempts())
        @rule(which=some.integers(0, 30), by=some.sampled_from(["notification", "return"]), times=some.integers(1, 2))
        def the_treasury_calls(self, which: int, by: str, times: int) -> None:
            attempt = self.one(which)
            for _ in range(times):
                ask(attempt, asked_by=by, at=self.now)

        @rule(which=some.integers(0, 1))
        def a_page_stays_open_for_hours(self, which: int) -> None:
            """Until the Treasury's silence has ended the attempt: it may still be paid."""
            self.somebody_begins(which, opens=True)
            self.time_passes(121)
            self.the_poll_passes()

        @rule()
        def the_poll_passes(self) -> None:
            poll(at=self.now)

        @rule(minutes=MINUTES)
        def time_passes(self, minutes: int) -> None:
            self.now += timedelta(minutes=minutes)
            self._move()

        @rule(down=some.sampled_from(["", "", "", "503", "html", "technical"]))
        def the_service_changes(self, down: str) -> None:
            server.treasury.switches = replace(server.treasury.switches, down=down)

        @rule(wrong=some.sampled_from([False, False, True]))
        def the_amount_is_wrong(self, wrong: bool) -> None:
            server.treasury.switches = replace(server.treasury.switches, wrong_amount=wrong)

        @rule()
        def the_night_forgets(self) -> None:
            server.treasury.purge()

        @rule(which=some.integers(0, 1))
        def the_desk_takes_ten_euros(self, which: int) -> None:
            invoice = self.invoices[which]
            if self.left()[invoice.pk] >= 10:
                factories.pay(household, "10", settles={invoice: "10"})
                self.desk += 10

        @invariant()
        def money_is_the_treasurys_word(self) -> None:
            if not hasattr(self, "invoices"):
                return
            attempts = {one.pk: one for one in self.attempts()}
            paid = Payment.objects.filter(attempt__in=attempts)
            for payment in paid:
                attempt = attempts[payment.attempt_id or 0]
                assert server.treasury.operations[attempt.id_op or ""].result in ("P", "V")
                assert (payment.amount, attempt.state in ("paid", "debit_ordered")) == (attempt.amount, True)
            said = AttemptAnswer.objects.filter(attempt__in=attempts, verdict__in=ANSWERED)
            assert set(said.values_list("attempt", flat=True)) == {one.attempt_id for one in paid}
            assert len({one.attempt_id for one in paid}) == len(paid), "one payment an operation"
            taken = sum((one.amount for one in paid), self.desk)
            settled = Allocation.objects.filter(invoice__in=self.invoices).aggregate(sum=Sum("amount"))["sum"]
            assert all(left >= 0 for left in self.left().values())
            assert (settled or Decimal(0)) <= taken
            for invoice in self.invoices:
                barring = [
                    one
                    for one in attempts.values()
                    if one.invoice_id == invoice.pk
                    and one.state in ("opening", "waiting")
                    and one.bar_ends_at
                    and one.opened_at <= self.now < one.bar_ends_at
                ]
                assert len(barring) <= 1, "one at a time"

        def teardown(self) -> None:
            """The Treasury comes back: the poll alone finds all that was ever paid; what was too much is a credit."""
            if not hasattr(self, "invoices"):
                return
            server.treasury.switches = replace(server.treasury.switches, down="", wrong_amount=False)
            for _ in range(4):
                self.time_passes(60 * 24)
                poll(at=self.now, limit=1000)
            for one in self.attempts():
                operation = server.treasury.operations.get(one.id_op or "")
                is_paid = operation is not None and operation.result in ("P", "V")
                assert Payment.objects.filter(attempt=one).exists() == (is_paid and one.state != State.MISMATCH)
            self.money_is_the_treasurys_word()
            credits = sum((credit.amount for credit in desk.credits_of(household)), Decimal(0))
            paid = Payment.objects.filter(household=household).aggregate(sum=Sum("amount"))["sum"] or 0
            used = Allocation.objects.filter(payment__household=household).aggregate(sum=Sum("amount"))["sum"] or 0
            assert credits == paid - used

        def attempts(self) -> list[PaymentAttempt]:
            mine = getattr(self, "invoices", [])
            return list(PaymentAttempt.objects.filter(invoice__in=mine).order_by("pk"))

        def one(self, which: int) -> PaymentAttempt:
            found = self.attempts()
            return found[which % len(found)]

        def left(self) -> dict[int, Decimal]:
            return left_of([invoice.pk for invoice in self.invoices])

        def _move(self) -> None:
            server.treasury.offset = self.now - clock.now()

    return Paying


@pytest.mark.parametrize("bounds", [FEW, pytest.param(MANY, marks=pytest.mark.soak)], ids=["few", "many"])
def test_no_payment_is_lost_doubled_or_believed(
    marsone: Household, treasury: Server, bounds: hypothesis_settings
) -> None:
    assert Invoice.objects.count() == 0
    run_state_machine_as_test(machine(marsone, treasury), settings=bounds)
