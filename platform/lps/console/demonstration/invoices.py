"""The demonstration's invoices, made as an agent makes them: one to pay online today, one paid by TIPI."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection

from billing.models import BillingRun, CashOffice, Payment, PaymentAttempt
from billing.rules.numbers import ticket
from billing.runs_page import last_month, month_label
from billing.services import runs
from billing.services.computing import compute
from billing.services.corrections import note
from billing.services.payments import Received, record
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants import context

BY = Actor.system("démonstration")
# The ticket's number and the authorization of the presentation of 2014.
_NUMBER, _AUTHORIZATION = 62206, "394492"


def invoice_marsone(household: Household, office: CashOffice, *, now: datetime, today: date) -> None:
    """The month before last is paid by TIPI; last month's is payable online on the day of loading."""
    first, _last = last_month(today)
    _outing(household, office, "23.40", now=now)
    _pay(_published(office, month=last_month(first), now=now, today=today), household, now=now)
    _outing(household, office, "50.70", now=now)
    _published(office, month=last_month(today), now=now, today=today)


def _outing(household: Household, office: CashOffice, amount: str, *, now: datetime) -> None:
    """Whatever the family booked in that month, it has something to pay."""
    label = "Sortie au musée des Sapeurs-Pompiers"
    note(household=household, cash_office=office, label=label, amount=Decimal(amount), by=BY, at=now)


def _published(office: CashOffice, *, month: tuple[date, date], now: datetime, today: date) -> BillingRun:
    due = runs.last_day_online(runs.online_until(today, limit_day=10, zone=context.current().zone))
    run = runs.open_run(
        cash_office=office,
        label=month_label(month[0]),
        first_day=month[0],
        last_day=month[1],
        due_date=due,
        by=BY,
        at=now,
    )
    version = compute(run=run, today=today, at=now, by=BY).version
    runs.check(run=run, version=version, by=BY, at=now)
    runs.validate(run=run, version=version, by=BY, at=now, today=today)
    return runs.publish(run=run, by=BY, at=now, today=today, tell=False)


def _pay(run: BillingRun, household: Household, *, now: datetime) -> None:
    """As the Treasury would have said it, yesterday."""
    invoice, zone = run.invoices.get(household=household), context.current().zone
    at = now - timedelta(days=1)
    office = run.cash_office
    _start_numbers()
    attempt = PaymentAttempt.objects.create(
        pk=_NUMBER,
        invoice=invoice,
        cash_office=office,
        ticket=ticket(opened_at=at, zone=zone, number=_NUMBER),
        protocol=office.protocol,
        numcli=office.numcli,
        mode=office.mode,
        exercise=str(invoice.year),
        refdet=invoice.refdet,
        amount=invoice.total,
        email="",
        state=PaymentAttempt.State.PAID,
        opened_at=at,
        paid_at=at,
        settled_at=at,
        authorization=_AUTHORIZATION,
    )
    record(
        Received(amount=invoice.total, means=Payment.Means.CARD, settles={invoice.pk: invoice.total}),
        household=household,
        cash_office=office,
        by=BY,
        channel=Channel.AUTOMATIC,
        at=at,
        day=at.astimezone(zone).date(),
        attempt=attempt,
    )


def _start_numbers() -> None:
    """The attempts that follow are numbered after the sample's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('billing_paymentattempt', 'id'), %s)", [_NUMBER])
