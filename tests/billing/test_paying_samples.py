"""The pages of the town's presentation, value by value: the invoices and the ticket of February 2012."""

from datetime import date, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from pypdf import PdfReader

from billing import online
from billing.models import Invoice, Payment, PaymentAttempt
from billing.rules.numbers import ticket
from billing.services.payments import Received, record
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from simulators.payfip.server import Server
from tests.billing.online import NUMCLI, opened_office, payable
from tests.families.doors import browser, sign_in
from tests.sql import counted

PARIS, TIPI = ZoneInfo("Europe/Paris"), "/factures/tipi/"


@pytest.fixture
def parent(marsone: Household) -> Client:
    opened_office()
    client = browser()
    assert sign_in(client, marsone).status_code == 302
    return client


def billed(household: Household, *, batch: int, rank: int, label: str, amount: str, due: date) -> Invoice:
    return payable(
        household,
        amounts=(amount,),
        rank=rank,
        number=f"2012-{batch:03}-{rank:06}",
        order_number=f"2012-04-00-{rank}",
        label=label,
        due_date=due,
    )


def paid(invoice: Invoice, *, opened: datetime, at: datetime, number: int, authorization: str) -> PaymentAttempt:
    """The attempt of that number, settled as the Treasury's word settles one."""
    office = invoice.run.cash_office
    attempt = PaymentAttempt.objects.create(
        pk=number,
        invoice=invoice,
        cash_office=office,
        ticket=ticket(opened_at=opened, zone=PARIS, number=number),
        protocol=office.protocol,
        numcli=NUMCLI,
        mode="W",
        exercise="2012",
        refdet=invoice.refdet,
        amount=invoice.total,
        email="",
        state=PaymentAttempt.State.PAID,
        opened_at=opened,
        paid_at=at,
        settled_at=at,
        authorization=authorization,
    )
    record(
        Received(amount=invoice.total, means=Payment.Means.CARD, settles={invoice.pk: invoice.total}),
        household=invoice.household,
        cash_office=office,
        by=Actor.system("essai"),
        channel=Channel.AUTOMATIC,
        at=at,
        day=at.date(),
        attempt=attempt,
    )
    return attempt


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode().replace("&#x27;", "'").replace("\u00a0", " ")


def january(household: Household) -> Invoice:
    return billed(household, batch=1, rank=56, label="JANVIER 2012", amount="50.70", due=date(2012, 2, 29))


def test_the_invoice_to_choose_and_the_one_to_pay(parent: Client, marsone: Household, treasury: Server) -> None:
    january(marsone)
    february = billed(marsone, batch=2, rank=116, label="FEVRIER 2012", amount="23.40", due=date(2012, 3, 31))

    first = read(parent, TIPI)
    sealed = online.seal("parent@example.org", household=marsone)
    second = read(parent, f"{TIPI}facture/{february.number}/?adresse={sealed}")

    for words in ("2012-001-000056", "2012-04-00-56", "29/02/2012", "JANVIER 2012", "50,70 €"):
        assert words in first, words
    for words in ("2012-002-000116", "FEVRIER 2012", "TOTAL A REGLER : 23,40 €"):
        assert words in second, words


def test_the_ticket_and_the_list_of_what_was_paid(parent: Client, marsone: Household, treasury: Server) -> None:
    first = january(marsone)
    opened, at = datetime(2012, 2, 14, 11, 40, tzinfo=PARIS), datetime(2012, 2, 14, 11, 42, 30, tzinfo=PARIS)
    paid(first, opened=opened, at=at, number=62001, authorization="394492")
    second = billed(marsone, batch=2, rank=116, label="FEVRIER 2012", amount="23.40", due=date(2012, 3, 31))
    opened = datetime(2012, 2, 28, 13, 50, 20, tzinfo=PARIS)
    attempt = paid(second, opened=opened, at=opened + timedelta(minutes=3), number=62206, authorization="394493")

    listed, shown = read(parent, TIPI), read(parent, f"{TIPI}paiement/20120228135020x62206/")

    for words in ("2012-001-000056", "2012-04-00-56", "29/02/2012", "50,70 €", "14/02/2012 11:42:30, 394492"):
        assert words in listed, words
    for words in (
        "Votre paiement est accepté.",
        "2012002000116",
        "20120228135020x62206",
        "28/02/2012 13:53",
        "23,40 €",
    ):
        assert words in shown, words
    paper = parent.get(f"{TIPI}paiement/{attempt.ticket}/ticket.pdf").content
    text = " ".join(PdfReader(BytesIO(paper)).pages[0].extract_text().split())
    assert "20120228135020x62206" in text and "23,40" in text


def test_each_step_costs_fourteen_statements_at_most_its_forms_too(
    parent: Client, marsone: Household, treasury: Server
) -> None:
    invoice = payable(marsone)
    sealed = online.seal("parent@example.org", household=marsone)
    chosen = {"facture": invoice.number, "email": "parent@example.org"}
    parent.get(TIPI)
    costs = {}

    def cost(name: str, path: str, posted: dict[str, str] | None = None) -> None:
        with counted() as made:
            answer = parent.get(path) if posted is None else parent.post(path, posted)
        assert answer.status_code in (200, 302)
        costs[name] = len(made)

    cost("choose", TIPI)
    cost("chosen", TIPI, chosen)
    cost("summary", f"{TIPI}facture/{invoice.number}/?adresse={sealed}")
    cost("paying", f"{TIPI}facture/{invoice.number}/", {"adresse": sealed})
    attempt = PaymentAttempt.objects.get()
    treasury.treasury.finish(treasury.treasury.open_page(attempt.id_op or "").id_op, "P")
    cost("confirmed", f"{TIPI}retour/?idop={attempt.id_op}")
    cost("ticket", f"{TIPI}paiement/{attempt.ticket}/")

    pages = {name: costs[name] for name in ("choose", "chosen", "summary", "ticket")}
    assert max(pages.values()) <= 14, costs
    # What is written is bounded too: the attempt and its audit; the answer, the payment, its receipt and its ticket.
    assert costs["paying"] <= 20 and costs["confirmed"] <= 30, costs
