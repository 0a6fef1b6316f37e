"""An attempt to pay online: opened once, settled by the Treasury's word alone, never lost, never doubled."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from billing import desk, online
from billing.balances import left_of
from billing.models import AttemptAnswer, CashOffice, Invoice, Payment, PaymentAttempt
from billing.personal_data import online_part
from billing.services.asking import ask, poll
from billing.services.attempts import AttemptRefused, open_attempt
from billing.services.desk import reverse
from billing.services.erasing import erase
from lps.families.erasers import Erased
from lps.families.identity import actor_of
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.facts import loads
from notifications.models import FACTS_PURPOSE, OutboxMessage
from simulators.payfip.server import Server
from tenants import context, keys
from tests.billing import factories
from tests.billing.online import again, opened_office, payable, pays, tried
from tests.zone import PARIS

State = PaymentAttempt.State


def left(invoice: Invoice) -> Decimal:
    return left_of([invoice.pk])[invoice.pk]


def refused(household: Household, invoice: Invoice, *, at: datetime | None = None) -> str:
    with pytest.raises(AttemptRefused) as error:
        tried(household, invoice, at=at)
    return error.value.refusal.code


def moved(treasury: Server, minutes: float) -> datetime:
    """The Treasury's clock and ours, so many minutes on."""
    treasury.treasury.offset = timedelta(minutes=minutes)
    return clock.now() + timedelta(minutes=minutes)


def test_an_attempt_asks_what_is_left_under_a_ticket_of_its_own(marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)
    factories.pay(marsone, "20.70", settles={invoice: "20.70"})
    at = clock.now()

    attempt = tried(marsone, invoice, at=at)

    asked = treasury.treasury.operations[attempt.id_op or ""].asked
    assert (asked["montant"], asked["refdet"], asked["numcli"], asked["saisie"], asked["exer"]) == (
        "3000",
        invoice.refdet,
        "006382",
        "T",
        "2012",
    )
    assert asked["mel"] == "parent@example.org" and asked["urlnotif"].endswith("/factures/tipi/notification/")
    local = at.astimezone(context.current().zone)
    assert attempt.ticket == f"{local:%Y%m%d%H%M%S}x{attempt.pk}"
    assert (attempt.state, attempt.amount) == (State.WAITING, Decimal(30))
    assert "parent" not in attempt.email
    assert AuditEntry.objects.filter(action="online_payment_opened").count() == 1


def test_what_is_paid_settles_its_invoice_once_whoever_says_so_how_often(marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)
    attempt = tried(marsone, invoice)
    pays(treasury, attempt)

    for asked_by in ("notification", "return", "notification", "poll"):
        ask(again(attempt), asked_by=asked_by)
    ask(attempt, asked_by="return")  # a form that still held the attempt as it was

    payment = Payment.objects.get(household=marsone)
    assert (payment.amount, payment.means, payment.attempt_id) == (Decimal("50.70"), Payment.Means.CARD, attempt.pk)
    assert left(invoice) == 0 and payment.reference == attempt.ticket
    settled = again(attempt)
    assert (settled.state, settled.authorization, settled.next_ask_at) == (State.PAID, "394492", None)
    message = OutboxMessage.objects.get(template="billing/emails/ticket")
    assert loads(keys.decrypt(message.facts, purpose=FACTS_PURPOSE))["ticket"] == attempt.ticket
    assert AuditEntry.objects.get(action="online_payment_answered").after["state"] == "paid"


def test_a_debit_is_ordered_and_may_be_reversed_then_paid_again(marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)
    attempt = tried(marsone, invoice)
    pays(treasury, attempt, "V")

    assert ask(attempt, asked_by="notification").state == State.DEBIT_ORDERED
    payment = Payment.objects.get(attempt=attempt)
    assert payment.means == Payment.Means.DEBIT and left(invoice) == 0
    reverse(payment=payment, reason="rejet", by=Actor.system("essai"), at=clock.now(), day=payment.day)

    assert left(invoice) == Decimal("50.70")
    assert tried(marsone, invoice).state == State.WAITING


@pytest.mark.parametrize(("result", "state"), [("R", State.REFUSED), ("Z", State.REFUSED)])
def test_after_a_refusal_another_one_is_opened_at_once(
    marsone: Household, treasury: Server, result: str, state: str
) -> None:
    invoice = payable(marsone)
    attempt = tried(marsone, invoice)
    assert refused(marsone, invoice) == "barred"
    pays(treasury, attempt, result)

    assert ask(attempt, asked_by="return").state == state
    assert left(invoice) == Decimal("50.70")
    assert tried(marsone, invoice).pk > attempt.pk


def test_after_an_abandonment_one_waits_two_minutes(marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)
    attempt = tried(marsone, invoice)
    pays(treasury, attempt, "A")

    assert ask(attempt, asked_by="return").state == State.WAITING
    assert refused(marsone, invoice) == "barred"
    later = clock.now() + timedelta(minutes=3)
    assert ask(attempt, asked_by="poll", at=later).state == State.CANCELED
    assert tried(marsone, invoice, at=later).state == State.WAITING


def test_silence_bars_two_hours_then_the_attempt_expires_and_is_still_asked(
    marsone: Household, treasury: Server
) -> None:
    invoice = payable(marsone)
    attempt = tried(marsone, invoice)
    at = attempt.opened_at

    with pytest.raises(AttemptRefused) as error:
        tried(marsone, invoice, at=at + timedelta(minutes=119))
    assert error.value.refusal.facts["until"] == at + timedelta(minutes=120)
    assert ask(attempt, asked_by="poll", at=at + timedelta(minutes=119)).state == State.WAITING
    expired = ask(attempt, asked_by="poll", at=at + timedelta(minutes=120))
    assert expired.state == State.EXPIRED and expired.next_ask_at

    treasury.treasury.purge()
    forgotten = ask(attempt, asked_by="poll", at=at + timedelta(minutes=130))
    assert (forgotten.state, forgotten.next_ask_at) == (State.EXPIRED, None)


def test_a_payment_that_comes_late_is_recorded_and_a_second_one_is_a_credit(
    marsone: Household, treasury: Server
) -> None:
    invoice = payable(marsone)
    first = tried(marsone, invoice)
    later = first.opened_at + timedelta(minutes=121)
    treasury.treasury.open_page(first.id_op or "")
    ask(first, asked_by="poll", at=later)
    second = tried(marsone, invoice, at=later)
    pays(treasury, second)
    ask(second, asked_by="notification", at=later + timedelta(minutes=1))
    treasury.treasury.finish(first.id_op or "", "P")

    assert ask(first, asked_by="poll", at=later + timedelta(minutes=2)).state == State.PAID

    assert Payment.objects.filter(household=marsone).count() == 2
    assert [credit.amount for credit in desk.credits_of(marsone)] == [Decimal("50.70")]
    entry = AuditEntry.objects.get(action="online_payment_credited")
    assert entry.after["credit"] == "50.70"


def test_what_the_desk_took_meanwhile_makes_the_rest_a_credit(marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)
    attempt = tried(marsone, invoice)
    factories.pay(marsone, "40.00", settles={invoice: "40.00"})
    pays(treasury, attempt)

    ask(attempt, asked_by="notification")

    assert left(invoice) == 0
    assert [credit.amount for credit in desk.credits_of(marsone)] == [Decimal(40)]


def test_another_amount_is_an_incident_and_no_payment(marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)
    attempt = tried(marsone, invoice)
    pays(treasury, attempt)
    treasury.treasury.switches = replace(treasury.treasury.switches, wrong_amount=True)

    assert ask(attempt, asked_by="notification").state == State.MISMATCH
    assert not Payment.objects.filter(household=marsone).exists()
    assert AuditEntry.objects.filter(action="online_payment_incident").count() == 1
    assert refused(marsone, invoice) == "held", "what was paid is not to be paid again"

    treasury.treasury.switches = replace(treasury.treasury.switches, wrong_amount=False)
    assert ask(again(attempt), asked_by="agent").state == State.PAID
    assert left(invoice) == 0


@pytest.mark.parametrize("down", ["503", "html", "technical"])
def test_a_fault_ends_nothing_and_is_asked_again(marsone: Household, treasury: Server, down: str) -> None:
    invoice = payable(marsone)
    attempt = tried(marsone, invoice)
    treasury.treasury.switches = replace(treasury.treasury.switches, down=down)
    at = attempt.opened_at + timedelta(minutes=500)

    waiting = ask(attempt, asked_by="poll", at=at)

    assert (waiting.state, waiting.next_ask_at) == (State.WAITING, at + timedelta(minutes=30))
    assert waiting.bar_ends_at == attempt.bar_ends_at
    treasury.treasury.switches = replace(treasury.treasury.switches, down="")
    pays(treasury, attempt)
    assert ask(attempt, asked_by="notification", at=at).state == State.PAID


def test_a_treasury_that_does_not_answer_bars_nothing(marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)
    treasury.treasury.switches = replace(treasury.treasury.switches, down="503")
    assert refused(marsone, invoice) == "treasury"
    treasury.treasury.switches = replace(treasury.treasury.switches, down="")

    assert PaymentAttempt.objects.get(invoice=invoice).state == State.CANCELED
    assert tried(marsone, invoice).state == State.WAITING


def test_a_code_of_the_treasury_is_kept_for_the_regie(marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)
    opened_office(numcli="999999")

    assert refused(marsone, invoice) == "settings"
    assert AttemptAnswer.objects.get(attempt__invoice=invoice).answer == {"fault": "T2"}
    assert AuditEntry.objects.get(action="online_payment_not_opened").after["code"] == "T2"


def test_a_process_that_died_bars_a_minute_and_is_closed_by_the_poll(marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)
    attempt = tried(marsone, invoice)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(
        state=State.OPENING, id_op=None, bar_ends_at=attempt.opened_at + timedelta(seconds=70)
    )
    later = attempt.opened_at + timedelta(minutes=6)

    assert refused(marsone, invoice, at=attempt.opened_at + timedelta(seconds=30)) == "barred"
    assert poll(at=later) == 1
    assert again(attempt).state == State.CANCELED
    assert tried(marsone, invoice, at=later).state == State.WAITING


def test_the_bar_that_crosses_the_limit_leaves_an_hour_once(marsone: Household, treasury: Server) -> None:
    now = clock.now()
    invoice = payable(marsone, online_until=now + timedelta(minutes=30))
    first = tried(marsone, invoice, at=now)
    ended = now + timedelta(minutes=120)
    ask(first, asked_by="poll", at=ended)

    due = online.due(marsone, invoice.number, now=ended)
    assert due and due.refusal is None and due.limit == ended + timedelta(hours=1)
    second = tried(marsone, invoice, at=ended + timedelta(minutes=59))
    ask(second, asked_by="poll", at=ended + timedelta(minutes=180))
    assert refused(marsone, invoice, at=ended + timedelta(minutes=181)) == "late"


def test_what_cannot_be_paid_online_says_why(marsone: Household, stranger: Household, treasury: Server) -> None:
    invoice, small = payable(marsone), payable(marsone, amounts=("0.99",))
    assert refused(marsone, small) == "minimum"
    assert refused(stranger, invoice) == "not_theirs"
    assert refused(marsone, invoice, at=clock.now() + timedelta(days=11)) == "late"
    for facts, code in (({"maximum": Decimal(50)}, "maximum"), ({"online": False}, "offline")):
        CashOffice.objects.filter(is_default=True).update(**facts)
        assert refused(marsone, invoice) == code
        CashOffice.objects.filter(is_default=True).update(maximum=Decimal("99999.99"), online=True)
    factories.pay(marsone, "50.70", settles={invoice: "50.70"})
    assert refused(marsone, invoice) == "paid"
    assert treasury.treasury.operations == {} and not PaymentAttempt.objects.exists()


def test_a_strangers_name_opens_nothing(marsone: Household, stranger: Household, treasury: Server) -> None:
    invoice = payable(marsone)
    with pytest.raises(AttemptRefused, match="not_theirs"):
        open_attempt(
            household=marsone, invoice=invoice.pk, email="a@example.org", by=actor_of(stranger), at=clock.now()
        )


@pytest.mark.parametrize("email", ["", "rien", "a@b", "é@exemple.fr", f"{'a' * 70}@example.org"])
def test_an_address_that_payfip_refuses_opens_nothing(marsone: Household, treasury: Server, email: str) -> None:
    with pytest.raises(AttemptRefused, match="email"):
        open_attempt(household=marsone, invoice=payable(marsone).pk, email=email, by=actor_of(marsone), at=clock.now())
    assert not PaymentAttempt.objects.exists()


def test_the_poll_settles_what_nobody_notified_and_takes_each_once(marsone: Household, treasury: Server) -> None:
    invoice = payable(marsone)
    attempt = tried(marsone, invoice)
    pays(treasury, attempt)
    assert poll(at=attempt.opened_at + timedelta(minutes=4)) == 0, "five minutes apart"

    assert poll(at=attempt.opened_at + timedelta(minutes=5)) == 1

    assert again(attempt).state == State.PAID and left(invoice) == 0
    assert poll(at=attempt.opened_at + timedelta(days=400)) == 0


def test_a_silent_treasury_holds_no_poll(marsone: Household, treasury: Server) -> None:
    attempts = [tried(marsone, payable(marsone)) for _ in range(3)]
    treasury.treasury.switches = replace(treasury.treasury.switches, down="503")
    at = attempts[-1].opened_at + timedelta(minutes=6)

    assert poll(at=at) == 1, "the first fault ends the batch"
    assert poll(at=at) == 0, "the others wait for their turn"
    assert poll(at=at + timedelta(minutes=5)) == 1


def test_the_familys_own_data_hold_what_it_tried_and_lose_its_address_with_it(
    marsone: Household, treasury: Server
) -> None:
    attempt = tried(marsone, payable(marsone))

    [row] = online_part(marsone)
    assert (row["ticket"], row["courriel du ticket"]) == (attempt.ticket, "parent@example.org")
    erase(
        Erased(households=[marsone.pk], children=[], day=clock.today(PARIS)), by=Actor.system("essai"), at=clock.now()
    )
    pays(treasury, attempt)

    assert ask(again(attempt), asked_by="poll").state == State.PAID
    assert not OutboxMessage.objects.filter(template="billing/emails/ticket").exists()
