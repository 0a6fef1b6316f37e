"""Paying online in tests: a régie in test at a simulated Treasury, an invoice that can be paid now."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from billing.models import CashOffice, Invoice, Payment, PaymentAttempt, TreasuryFile, TreasuryLine
from billing.rules.numbers import ticket
from billing.services.attempts import draw_number, open_attempt
from billing.services.payments import Received, record
from lps.families.identity import actor_of
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from simulators.payfip.server import Server
from tenants import context
from tests.billing import factories

NUMCLI = "006382"


def opened_office(**values: Any) -> CashOffice:
    """The principal régie, paid online in test."""
    office = factories.cash_office()
    facts = {"online": True, "numcli": NUMCLI, "treasury_name": "Trésorerie de Mantes-la-Jolie", **values}
    CashOffice.objects.filter(pk=office.pk).update(**facts)
    office.refresh_from_db()
    return office


def payable(household: Household, *, amounts: tuple[str, ...] = ("50.70",), **values: Any) -> Invoice:
    """An invoice that can be paid online for ten days."""
    opened_office()
    until = values.pop("online_until", clock.now() + timedelta(days=10))
    return factories.invoice(household, amounts=amounts, online_until=until, **values)


def tried(household: Household, invoice: Invoice, *, at: datetime | None = None) -> PaymentAttempt:
    """An attempt that has its operation."""
    return open_attempt(
        household=household,
        invoice=invoice.pk,
        email="parent@example.org",
        by=actor_of(household),
        at=at or clock.now(),
    )


def pays(treasury: Server, attempt: PaymentAttempt, result: str = "P") -> None:
    """The payer opens the Treasury's page and ends there: P, V, R, Z or A."""
    assert attempt.id_op
    treasury.treasury.open_page(attempt.id_op)
    treasury.treasury.finish(attempt.id_op, result)


def again(attempt: PaymentAttempt) -> PaymentAttempt:
    """The attempt as it now stands."""
    return PaymentAttempt.objects.get(pk=attempt.pk)


def ended(household: Household, *, state: PaymentAttempt.State, **values: Any) -> PaymentAttempt:
    """An attempt in this state, without the Treasury."""
    invoice, now, number = payable(household), clock.now(), values.pop("pk", None) or draw_number()
    facts = {
        "ticket": ticket(opened_at=now, zone=context.current().zone, number=number),
        "protocol": invoice.run.cash_office.protocol,
        "numcli": NUMCLI,
        "mode": invoice.run.cash_office.mode,
        "exercise": str(invoice.year),
        "refdet": invoice.refdet,
        "amount": invoice.total,
        "email": "",
        "id_op": str(uuid4()),
        "opened_at": now,
        "bar_ends_at": now,
        **values,
    }
    office = invoice.run.cash_office
    return PaymentAttempt.objects.create(pk=number, invoice=invoice, cash_office=office, state=state, **facts)


def settled(household: Household, *, name: str = "essai") -> PaymentAttempt:
    """An invoice that was paid online, without the Treasury: what its family reads afterwards."""
    invoice, now, number = payable(household), clock.now(), draw_number()
    office = invoice.run.cash_office
    attempt = PaymentAttempt.objects.create(
        pk=number,
        invoice=invoice,
        cash_office=office,
        ticket=ticket(opened_at=now, zone=context.current().zone, number=number),
        protocol=office.protocol,
        numcli=NUMCLI,
        mode=office.mode,
        exercise=str(invoice.year),
        refdet=invoice.refdet,
        amount=invoice.total,
        email="",
        id_op=str(uuid4()),
        state=PaymentAttempt.State.PAID,
        opened_at=now,
        paid_at=now,
        settled_at=now,
        authorization=name[:16],
    )
    record(
        Received(amount=invoice.total, means=Payment.Means.CARD, settles={invoice.pk: invoice.total}),
        household=household,
        cash_office=office,
        by=Actor.system("essai"),
        channel=Channel.AUTOMATIC,
        at=now,
        day=clock.today(context.current().zone),
        attempt=attempt,
    )
    return attempt


def treasury_text(*lines: tuple[str, str], numcli: str = NUMCLI, day: str = "") -> bytes:
    """A file of PayFiP of these references and amounts, in cents, of one day: today, or `ddmmyyyy`."""
    day = day or f"{clock.today(context.current().zone):%d%m%Y}"
    rows = [f"LIGNE;{day};{refdet};{cents}" for refdet, cents in lines]
    total = sum(int(cents) for _refdet, cents in lines)
    return "\r\n".join([f"EN-TETE;{numcli}", *rows, f"PIED-DE-PAGE;{len(rows)};{total}", ""]).encode()


def file_line(refdet: str, *, pk: int) -> TreasuryLine:
    """A payment of 50,70 € that a kept file tells."""
    today = clock.today(context.current().zone)
    file = TreasuryFile.objects.create(
        pk=pk,
        numcli=NUMCLI,
        name="payfip.txt",
        path="reconciliation/none.txt",
        sha256=f"{pk:064}",
        first_day=today,
        last_day=today,
        line_count=1,
        total=Decimal("50.70"),
        received_at=clock.now(),
        received_by="essai",
    )
    return TreasuryLine.objects.create(file=file, rank=1, day=today, refdet=refdet, amount=file.total)
