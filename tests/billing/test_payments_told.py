"""A payment recorded is told to the addresses that the family proved and that want it, whatever its door."""

from billing.message_kinds import PAYMENT
from billing.models import PaymentAttempt
from billing.services.asking import ask
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from notifications import kinds, render
from notifications.models import Address, OutboxMessage
from notifications.services import preferences, prove_address
from simulators.payfip.server import Server
from tests.billing.factories import invoice, pay
from tests.billing.online import payable, pays, tried
from tests.sql import counted

BY = Actor.system("essai")
PROVED = "parent@example.org"


def proved(household: Household, value: str = PROVED) -> Address:
    return prove_address(holder=household.holder, value=value, consent="essai", by=BY, channel=Channel.WEB)


def told() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(template="billing/emails/payment").order_by("pk"))


def test_the_family_is_told_of_what_the_desk_received(marsone: Household) -> None:
    proved(marsone)

    pay(marsone, "20", {invoice(marsone): "20"})

    [mail] = told()
    assert mail.address == PROVED
    assert "20,00" in render.subject_of(mail)


def test_who_stopped_it_or_proved_nothing_is_not_told(marsone: Household) -> None:
    due = invoice(marsone)
    marsone.guardians.update(email="on.file@example.org")
    pay(marsone, "5", {due: "5"})
    stopped = preferences.Stop(proved(marsone), kinds.registered()[PAYMENT])
    preferences.stop(stopped=stopped, by=BY, channel=Channel.WEB, at=clock.now())

    pay(marsone, "5", {due: "5"})

    assert told() == []


def test_telling_nobody_costs_one_statement(marsone: Household) -> None:
    due = invoice(marsone)
    pay(marsone, "1", {due: "1"})
    with counted() as nobody:
        pay(marsone, "1", {due: "1"})
    proved(marsone)
    with counted() as one:
        pay(marsone, "1", {due: "1"})

    assert len(one) - len(nobody) <= 4


def test_the_address_of_the_ticket_gets_the_ticket_alone(marsone: Household, treasury: Server) -> None:
    for value in (PROVED, "other@example.org"):
        proved(marsone, value)

    attempt = tried(marsone, payable(marsone))
    pays(treasury, attempt)
    assert ask(attempt, asked_by="poll").state == PaymentAttempt.State.PAID

    assert [mail.address for mail in told()] == ["other@example.org"]
    assert OutboxMessage.objects.get(template="billing/emails/ticket").address == PROVED
