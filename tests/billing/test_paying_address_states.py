"""Payments by address in any order: returns lost, doubled, forged; files late or sent twice; agents who click.

Hypothesis plays the payers against the simulated Treasury on its own pages; the file tells what it was really paid.
"""

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

from billing import online
from billing.balances import left_of
from billing.models import Allocation, CashOffice, Payment, PaymentAttempt
from billing.payfip import address
from billing.services import reconciliation
from billing.services.announcing import announce
from billing.services.asking import poll
from billing.services.attempts import AttemptRefused
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.kernel import clock
from simulators.payfip.server import Server, returned
from tenants import context
from tests.billing.online import NUMCLI, opened_office, payable, treasury_text, tried

State = PaymentAttempt.State
AGENT = Actor.system("agent de la régie")
FORGED = some.sampled_from([{}, {}, {}, {"montant": "100"}, {"numcli": "006383"}, {"saisie": "A"}, {"resultrans": "V"}])
FEW, MANY = hypothesis_settings(max_examples=15, stateful_step_count=15), hypothesis_settings(max_examples=300)


def machine(household: Household, server: Server) -> type[RuleBasedStateMachine]:
    """The machine of one family and one Treasury: each example has invoices of its own."""

    class Announcing(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.now = clock.now()
            self.returns: dict[int, list[dict[str, str]]] = {}
            self.pages: dict[str, int] = {}
            self.filed: set[str] = set()
            self._move()
            until = self.now + timedelta(days=30)
            self.invoices = [payable(household, amounts=(amount,), online_until=until) for amount in ("50.70", "23.40")]
            opened_office(protocol=CashOffice.Protocol.URL_REGIE)

        @rule(which=some.integers(0, 1))
        def somebody_begins(self, which: int) -> None:
            try:
                attempt = tried(household, self.invoices[which], at=self.now)
            except AttemptRefused as refused:
                assert refused.refusal.code in {"barred", "paid", "held", "announced"}
            else:
                self._goes(attempt)

        @precondition(lambda self: self.attempts())
        @rule(which=some.integers(0, 9))
        def somebody_opens_the_page_twice(self, which: int) -> None:
            self._goes(self.one(which))

        @precondition(lambda self: self.pages)
        @rule(which=some.integers(0, 9), result=some.sampled_from("PPPVRZA"), amount=some.sampled_from(["", "", "100"]))
        def a_payer_ends(self, which: int, result: str, amount: str) -> None:
            """And may have written another amount in the address before."""
            id_op = list(self.pages)[which % len(self.pages)]
            operation = server.treasury.operations[id_op]
            if amount and not operation.result:
                server.treasury.rewrite(id_op, montant=amount)
            done = server.treasury.finish(id_op, result)
            self.returns.setdefault(self.pages[id_op], []).append(returned(done))

        @precondition(lambda self: self.returns)
        @rule(which=some.integers(0, 9), changed=FORGED, times=some.integers(1, 2))
        def a_return_comes(self, which: int, changed: dict[str, str], times: int) -> None:
            """As it was, or as its payer changed it; to its own address, or to another of the same payer."""
            key = list(self.returns)[which % len(self.returns)]
            posted = {**self.returns[key][which % len(self.returns[key])], **changed}
            self._hears(PaymentAttempt.objects.get(pk=key), posted, times=times)

        @precondition(lambda self: self.attempts() and self.returns)
        @rule(which=some.integers(0, 9), whose=some.integers(0, 9))
        def a_return_is_played_again_elsewhere(self, which: int, whose: int) -> None:
            key = list(self.returns)[which % len(self.returns)]
            self._hears(self.one(whose), self.returns[key][0], times=1)

        @rule(minutes=some.sampled_from([1, 6, 121, 180]))
        def time_passes(self, minutes: int) -> None:
            self.now += timedelta(minutes=minutes)
            self._move()
            poll(at=self.now)

        @rule()
        def the_file_comes(self) -> None:
            """With all that was ever paid under the client number; an agent presses the button, twice."""
            self._files()

        @invariant()
        def money_is_in_a_file(self) -> None:
            if not hasattr(self, "invoices"):
                return
            paid = Payment.objects.filter(attempt__invoice__in=self.invoices)
            told = [one for key, one in server.treasury.operations.items() if key in self.filed]
            for invoice in self.invoices:
                proved = sorted(one.asked["montant"] for one in told if one.asked["refdet"] == invoice.refdet)
                taken = sorted(str(int(one.amount * 100)) for one in paid if one.attempt.invoice_id == invoice.pk)
                assert len(taken) <= 1 and set(taken) <= set(proved), "once, and only what a file told"
            settled = Allocation.objects.filter(invoice__in=self.invoices).aggregate(sum=Sum("amount"))["sum"]
            assert (settled or Decimal(0)) == sum((one.amount for one in paid), Decimal(0))
            for attempt in self.attempts():
                assert (attempt.state in online.SETTLED) == (attempt.pk in {one.attempt_id for one in paid})
                if attempt.state == State.ANNOUNCED:
                    due = online.due(household, attempt.invoice.number, now=self.now)
                    assert due and due.refusal and due.refusal.code in {"announced", "held", "paid"}

        def teardown(self) -> None:
            """The last file comes: what was paid as asked is settled, whatever was said or not."""
            if not hasattr(self, "invoices"):
                return
            self._files()
            self.money_is_in_a_file()
            paid = [one for one in server.treasury.operations.values() if one.result in ("P", "V")]
            for invoice in self.invoices:
                asked = str(int(invoice.total * 100))
                told = [one.asked["montant"] for one in paid if one.asked["refdet"] == invoice.refdet]
                is_left = left_of([invoice.pk])[invoice.pk] > 0
                if asked in told and set(told) == {asked}:
                    assert not is_left
                if asked not in told:
                    assert is_left

        def attempts(self) -> list[PaymentAttempt]:
            mine = getattr(self, "invoices", [])
            rows = PaymentAttempt.objects.filter(invoice__in=mine).select_related("invoice", "cash_office")
            return list(rows.order_by("pk"))

        def one(self, which: int) -> PaymentAttempt:
            found = self.attempts()
            return found[which % len(found)]

        def _goes(self, attempt: PaymentAttempt) -> None:
            request = online.request_of(attempt)
            asked = address.fields(request)
            self.pages[server.treasury.begin(asked)] = attempt.pk

        def _hears(self, attempt: PaymentAttempt, posted: dict[str, str], *, times: int) -> None:
            for _ in range(times):
                if detail := address.read_return(posted):
                    announce(attempt, detail, at=self.now)

        def _files(self) -> None:
            told = [one for one in server.treasury.operations.values() if one.result in ("P", "V")]
            mine = {invoice.refdet for invoice in self.invoices}
            lines = [(one.asked["refdet"], one.asked["montant"]) for one in told if one.asked["refdet"] in mine]
            if not lines:
                return
            self.filed |= {one.id_op for one in told}
            today = self.now.astimezone(context.current().zone).date()
            content = treasury_text(*lines, numcli=NUMCLI, day=f"{today:%d%m%Y}")
            file, _ = reconciliation.receive(content=content, name="payfip.txt", by=AGENT, at=self.now, today=today)
            for _ in range(2):
                reconciliation.record_confirmed(file=file, by=AGENT, at=self.now)

        def _move(self) -> None:
            server.treasury.offset = self.now - clock.now()

    return Announcing


@pytest.mark.parametrize("bounds", [FEW, pytest.param(MANY, marks=pytest.mark.soak)], ids=["few", "many"])
def test_nothing_is_paid_by_what_is_announced(
    marsone: Household, treasury: Server, bounds: hypothesis_settings
) -> None:
    run_state_machine_as_test(machine(marsone, treasury), settings=bounds)
