"""What the database refuses, whatever the code: written rows, invoices that do not add up, tariffs with holes."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import NumericRange

from billing.models import Invoice, InvoiceLine, Payment, Quotient, Tariff, TariffPrice
from billing.services.payments import Received, record
from booking.models import Activity
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tests.billing import factories
from tests.billing.factories import ISSUED

BY = Actor.system("essai")


def refused(named: str):  # type: ignore[no-untyped-def]
    return pytest.raises(IntegrityError, match=named)


def paid(invoice: Invoice, amount: str) -> Payment:
    return record(
        Received(amount=Decimal(amount), means=Payment.Means.CASH, settles={invoice.pk: Decimal(amount)}),
        household=invoice.household,
        cash_office=invoice.run.cash_office,
        by=BY,
        channel=Channel.OFFICE,
        at=ISSUED,
        day=ISSUED.date(),
    )


def test_an_issued_invoice_and_what_it_says_never_change(marsone: Household) -> None:
    invoice = factories.invoice(marsone)

    for change in (
        lambda: Invoice.objects.filter(pk=invoice.pk).update(total=1),
        lambda: InvoiceLine.objects.filter(invoice=invoice).update(amount=1),
        lambda: InvoiceLine.objects.filter(invoice=invoice)._raw_delete("default"),
    ):
        with refused("refuse_change"), transaction.atomic():
            change()
    invoice.refresh_from_db()
    assert invoice.total == Decimal("50.70")


def test_a_payment_and_what_it_settled_never_change(marsone: Household) -> None:
    payment = paid(factories.invoice(marsone), "20")

    for change in (
        lambda: Payment.objects.filter(pk=payment.pk).update(amount=1),
        lambda: payment.allocations.update(amount=1),
    ):
        with refused("refuse_change"), transaction.atomic():
            change()


def test_no_line_is_added_to_an_invoice_that_is_issued(marsone: Household) -> None:
    line = factories.invoice(marsone, amounts=("2.00", "3.00")).lines.all()[0]
    line.pk, line.amount = None, Decimal(0)

    with refused("invoice_is_whole"), transaction.atomic():
        line.save(force_insert=True)


def test_an_invoice_that_is_not_the_sum_of_its_lines_is_refused(marsone: Household) -> None:
    with refused("invoice_is_whole"), transaction.atomic():
        factories.invoice(marsone, amounts=("2.00", "3.00"), total=Decimal("5.01"))


def test_a_credit_note_is_negative_and_an_invoice_is_not(marsone: Household) -> None:
    with refused("invoice_sign_of_kind"), transaction.atomic():
        factories.invoice(marsone, amounts=("-2.00",), kind=Invoice.Kind.INVOICE)


def at_once() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_grid_covers_every_quotient(morning: Activity) -> None:
    tariff = factories.tariff(morning)
    at_once()

    with refused("tariff_has_no_hole"), transaction.atomic():
        TariffPrice.objects.filter(tariff=tariff, resident=True).update(qf=NumericRange(Decimal(0), Decimal(500)))
    with refused("tariff_has_no_hole"), transaction.atomic():
        TariffPrice.objects.filter(tariff=tariff, resident=False).delete()
    with refused("tariff_price_no_overlap"), transaction.atomic():
        TariffPrice.objects.create(tariff=tariff, qf=NumericRange(Decimal(400), None), resident=True, amount=Decimal(1))
    assert TariffPrice.objects.filter(tariff=tariff).count() == 2


def test_a_tariff_without_grid_is_refused(morning: Activity) -> None:
    at_once()
    factories_tariff = factories.tariff

    with refused("tariff_has_no_hole"), transaction.atomic():
        factories_tariff(morning)


def test_two_tariffs_of_an_activity_never_overlap(morning: Activity) -> None:
    factories.tariff(morning, until=date(2012, 1, 1))

    factories.tariff(morning, since=date(2012, 1, 1), until=date(2013, 1, 1))
    with refused("tariff_no_overlap"), transaction.atomic():
        factories.tariff(morning, since=date(2012, 12, 31))
    assert Tariff.objects.filter(activity=morning, made_at=ISSUED).count() == 2


def test_a_household_has_one_quotient_at_a_time(marsone: Household) -> None:
    def note(value: str) -> None:
        Quotient.objects.create(
            household=marsone,
            value=Decimal(value),
            valid_during=(date(2012, 1, 1), date(2013, 1, 1)),
            noted_at=ISSUED,
            noted_by="essai",
        )

    note("600")
    with refused("quotient_no_overlap"), transaction.atomic():
        note("700")
