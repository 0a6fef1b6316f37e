"""What tests of billing stand on: a régie, a flat tariff, an invoice issued as a run issues it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange

from billing.models import (
    BillingRun,
    CashOffice,
    Invoice,
    InvoiceCounter,
    InvoiceLine,
    Payment,
    Quotient,
    Tariff,
    TariffPrice,
)
from billing.rules.numbers import InvoiceNumber
from billing.services.basis import digest
from billing.services.payments import Received, record
from booking.models import Activity, Booking, ServiceDay
from lps.families.models import Child, Custody, Household, SchoolClass
from lps.journal.actors import Actor
from lps.journal.channels import Channel

ISSUED = datetime(2012, 2, 10, 9, 0, tzinfo=UTC)


def cash_office(**values: object) -> CashOffice:
    """The town's principal régie, made when it has none."""
    found = CashOffice.objects.filter(is_default=True).first()
    return found or CashOffice.objects.create(name="Régie périscolaire", is_default=True, **values)


def tariff(activity: Activity, *, price: str = "3.50", since: date = date(2010, 1, 1), **values: object) -> Tariff:
    """One price for all, residents or not."""
    with transaction.atomic():  # a tariff without its grid is refused at the end
        return _tariff(activity, price=price, since=since, **values)


def _tariff(activity: Activity, *, price: str, since: date, **values: object) -> Tariff:
    made = Tariff.objects.create(
        activity=activity,
        cash_office=cash_office(),
        name=activity.name,
        valid_during=DateRange(since, values.pop("until", None)),
        made_at=ISSUED,
        made_by="essai",
        **values,
    )
    TariffPrice.objects.bulk_create(
        TariffPrice(tariff=made, qf=NumericRange(Decimal(0), None), resident=resident, amount=Decimal(price))
        for resident in (True, False)
    )
    return made


def child_of(home: Household) -> Child:
    """The first child of a household."""
    return Custody.objects.filter(household=home).select_related("child").order_by("pk")[0].child


def book(home: Household, child: Child, activity: Activity, days: Sequence[date]) -> None:
    """A child comes on these days, at the first school."""
    site = SchoolClass.objects.order_by("pk")[0].site
    for day in days:
        held, _ = ServiceDay.objects.get_or_create(activity=activity, site=site, day=day, defaults={"by_hand": True})
        Booking.of(child_id=child.pk, household_id=home.pk, service_day=held, booked_at=ISSUED).save()


def quotient(household: Household, *, since: date, value: str = "600.00") -> Quotient:
    """What a household proved from a day on."""
    return Quotient.objects.create(
        household=household,
        value=Decimal(value),
        valid_during=DateRange(since, None),
        noted_at=ISSUED,
        noted_by="essai",
    )


def run(*, first_day: date = date(2012, 1, 1), last_day: date = date(2012, 1, 31), **values: object) -> BillingRun:
    """A draft run."""
    return BillingRun.objects.create(
        **{
            "cash_office": cash_office(),
            "label": "JANVIER 2012",
            "first_day": first_day,
            "last_day": last_day,
            "due_date": date(2012, 2, 29),
            "made_by": "essai",
            **values,
        }
    )


def priced(run: BillingRun) -> BillingRun:
    """Drafts written by hand stand on the prices of now, as if they had been computed."""
    run.basis = digest(run)
    run.save(update_fields=("basis",))
    return run


def invoice(
    household: Household, *, amounts: Sequence[str] = ("50.70",), issued_at: datetime = ISSUED, **values: object
) -> Invoice:
    """An issued invoice of lines of these amounts, alone in its run; a negative total makes a credit note."""
    counter, _ = InvoiceCounter.objects.get_or_create(year=issued_at.year)
    counter.last_rank, counter.last_run = counter.last_rank + 1, counter.last_run + 1
    counter.save()
    alone = run(
        state=BillingRun.State.PUBLISHED,
        year=counter.year,
        number=counter.last_run,
        validated_at=issued_at,
        published_at=issued_at,
        online_until=values.pop("online_until", None),
    )
    number, total = InvoiceNumber(counter.year, counter.last_run, counter.last_rank), sum(map(Decimal, amounts))
    made = Invoice.objects.create(
        **{
            "run": alone,
            "household": household,
            "kind": Invoice.Kind.INVOICE if total >= 0 else Invoice.Kind.CREDIT_NOTE,
            "year": number.year,
            "rank": number.rank,
            "number": str(number),
            "order_number": number.order_number("04"),
            "label": alone.label,
            "issued_at": issued_at,
            "due_date": alone.due_date,
            "payer_name": "Mme Alice ESSAI",
            "street": "1 rue des Essais",
            "postal_code": "78200",
            "city": "Buchelay",
            "total": total,
            "line_count": len(amounts),
            **values,
        }
    )
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=made,
            position=rank,
            kind="use",
            label="Cantine",
            quantity=Decimal(1),
            unit_price=Decimal(amount),
            amount=Decimal(amount),
        )
        for rank, amount in enumerate(amounts, 1)
    )
    return made


def pay(
    household: Household,
    amount: str,
    settles: Mapping[Invoice, str] | None = None,
    *,
    day: date = date(2012, 2, 14),
    means: Payment.Means = Payment.Means.CASH,
    **values: str,
) -> Payment:
    """A payment at the desk of the principal régie."""
    return record(
        Received(
            amount=Decimal(amount),
            means=means,
            settles={invoice.pk: Decimal(part) for invoice, part in (settles or {}).items()},
            **values,
        ),
        household=household,
        cash_office=cash_office(),
        by=Actor.system("essai"),
        channel=Channel.OFFICE,
        at=ISSUED,
        day=day,
    )
