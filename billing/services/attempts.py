"""Open a payment online: one attempt an invoice at a time, then the Treasury is asked for an operation."""

import logging
from datetime import datetime

from django.db import connection, transaction

from billing import online
from billing.balances import left_of
from billing.models import AttemptAnswer, BillingRun, Invoice, PaymentAttempt
from billing.payfip import BadRequest, Refused, Unavailable
from billing.rights import PAY_ONLINE
from billing.rules import online as rules
from billing.rules.numbers import ticket
from billing.rules.settlement import ASK_EVERY, UNKNOWN_FOR
from lps.accounts.rights import allowed
from lps.families.models import Household
from lps.journal import services as journal
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from lps.kernel.metrics import counted
from lps.kernel.refusals import Refusal
from notifications.addresses import BadAddress, clean_email
from tenants import context, keys
from tenants.connection import give_back

PAYFIP = Actor.system("PayFiP")
State = PaymentAttempt.State
_EMAIL_LEAST, _EMAIL_MOST = 6, 80
log = logging.getLogger(__name__)


class AttemptRefused(Exception):
    """Nothing can be paid: `refusal` says why.

    Codes: those of `rules.online.refusal`, not_theirs, email; and once the Treasury was asked: treasury (its service
    does not answer), settings (it refuses what the régie has set; the régie sees which code), email.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def open_attempt(*, household: Household, invoice: int, email: str, by: Actor, at: datetime) -> PaymentAttempt:
    """An attempt that the Treasury can take: the payer may go there. Raises `AttemptRefused`.

    The amount is what is left on the invoice, read while its row is held: two tabs open one attempt. The Treasury is
    called once that is written, outside of any transaction: a process that dies there leaves an attempt that bars for
    about a minute, and that the poll closes. By the address protocol nobody is called: the browser carries all.
    """
    address = _checked(email)
    attempt = _begin(household=household, invoice=invoice, email=address, by=by, at=at)
    try:
        id_op = _sent(attempt)
    except (BadRequest, Refused) as error:
        raise _failed(attempt, error.code) from None
    except Unavailable as error:
        raise _failed(attempt, "") from error
    return _opened(attempt, id_op=id_op)


def draw_number() -> int:
    """The number of an attempt before it is written: its ticket bears it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('billing_paymentattempt', 'id'))")
        return int(cursor.fetchone()[0])


def _checked(email: str) -> str:
    """As PayFiP wants it: it mails its own ticket there."""
    try:
        address = clean_email(email)
    except BadAddress:
        raise AttemptRefused(Refusal("email")) from None
    if not (address.isascii() and _EMAIL_LEAST <= len(address) <= _EMAIL_MOST):
        raise AttemptRefused(Refusal("email"))
    return address


def _begin(*, household: Household, invoice: int, email: str, by: Actor, at: datetime) -> PaymentAttempt:
    with transaction.atomic():
        held = _held(household, invoice)
        if not allowed(by, PAY_ONLINE, held):
            raise AttemptRefused(Refusal("not_theirs"))
        left = left_of([held.pk])[held.pk]
        if refused := rules.refusal(online.debt_of(held, left=left, attempts=held.attempts.all()), now=at):
            raise AttemptRefused(refused)
        number, office = draw_number(), held.run.cash_office
        attempt = PaymentAttempt.objects.create(
            pk=number,
            invoice=held,
            cash_office=office,
            ticket=ticket(opened_at=at, zone=context.current().zone, number=number),
            protocol=office.protocol,
            numcli=office.numcli,
            mode=office.mode,
            exercise=str(held.year),
            refdet=held.refdet,
            amount=left,
            email=keys.encrypt(email, purpose=online.EMAIL_PURPOSE),
            opened_at=at,
            bar_ends_at=at + rules.OPENING_FOR,
            next_ask_at=at + rules.OPENING_FOR,  # the poll closes what a dead process left
        )
        told(attempt, "online_payment_opened", by=by, channel=Channel.WEB, at=at)
    return attempt


def _held(household: Household, invoice: int) -> Invoice:
    """The invoice, its row locked until the transaction ends: what is left and its attempts are read under it."""
    rows = Invoice.objects.select_for_update(of=("self",), no_key=True).select_related("run__cash_office", "household")
    shown = rows.filter(run__state__in=(BillingRun.State.PUBLISHED, BillingRun.State.CLOSED))
    held = shown.exclude(kind=Invoice.Kind.CREDIT_NOTE).filter(pk=invoice, household=household).first()
    if held is None:
        raise AttemptRefused(Refusal("not_theirs"))
    return held


def _sent(attempt: PaymentAttempt) -> str | None:
    """The operation that the Treasury opens; none by the address protocol, whose address is only tried."""
    if attempt.is_by_address:
        online.treasury_page(attempt)
        return None
    request = online.request_of(attempt)
    give_back()  # as when it is asked: none is held while the Treasury is waited for
    return online.client().create(request)


def _opened(attempt: PaymentAttempt, *, id_op: str | None) -> PaymentAttempt:
    """Keep the operation, unless the poll closed the attempt meanwhile: nobody then knows it, nobody can pay it."""
    now = clock.now()
    late = now - attempt.opened_at >= rules.OPENING_FOR
    facts = {"id_op": id_op, "state": State.WAITING}
    next_ask = UNKNOWN_FOR if attempt.is_by_address else ASK_EVERY  # nobody can be asked: its end alone is looked at
    until = {"bar_ends_at": attempt.opened_at + UNKNOWN_FOR, "next_ask_at": attempt.opened_at + next_ask}
    rows = PaymentAttempt.objects.filter(pk=attempt.pk, state=State.OPENING)
    if late or not rows.update(**facts, **until):
        raise _failed(attempt, "")
    attempt.refresh_from_db()
    return attempt


def _failed(attempt: PaymentAttempt, code: str) -> AttemptRefused:
    """Close an attempt that got no operation, and say why: nothing was paid, another one may be opened at once."""
    now = clock.now()
    log.warning("attempt %s got no operation: %s", attempt.pk, code or "no answer")
    close_unopened(attempt, code=code, at=now)
    if code in ("email", "A1", "A2"):
        return AttemptRefused(Refusal("email"))
    return AttemptRefused(Refusal("settings", code=code) if code else Refusal("treasury"))


def close_unopened(attempt: PaymentAttempt, *, code: str, at: datetime) -> None:
    """End an attempt that has no operation, once."""
    facts = {"state": State.CANCELED, "bar_ends_at": at, "next_ask_at": None, "asked_at": at}
    with transaction.atomic():
        if not PaymentAttempt.objects.filter(pk=attempt.pk, state=State.OPENING).update(**facts):
            return
        words = {"fault": code} if code else {}
        AttemptAnswer.objects.create(
            attempt=attempt, at=at, asked_by="opening", verdict=State.CANCELED.value, answer=words
        )
        told(
            attempt,
            "online_payment_not_opened",
            by=PAYFIP,
            channel=Channel.AUTOMATIC,
            at=at,
            before=State.OPENING.value,
            state=State.CANCELED.value,
            code=code,
        )


def told(
    attempt: PaymentAttempt,
    action: str,
    *,
    by: Actor,
    channel: Channel,
    at: datetime,
    before: str = "",
    **after: object,
) -> None:
    """Write what became of an attempt, under its family; `before` is the state it had."""
    if state := after.get("state"):
        transaction.on_commit(lambda: counted.PAYMENTS.labels(state=str(state)).inc())
    facts = {"ticket": attempt.ticket, "invoice": attempt.invoice.number, "amount": str(attempt.amount)}
    journal.record(
        action=action,
        subject=attempt.invoice.household.holder,
        by=by,
        channel=channel,
        at=at,
        before={"state": before} if before else None,
        after={**facts, **after},
    )
