"""Chosen days of chosen families are corrected: what is asked or given back, once, by the path of every run."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some

from billing.charges import Asked, owed
from billing.models import BillingRun, Invoice, InvoiceLine, TariffPrice
from billing.services import corrections, runs
from billing.services.computing import compute
from billing.services.held import RunRefused
from booking.models import Activity, Booking
from lps.families.models import Household, SchoolClass
from lps.families.services import NewChild
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from tenants.models import Commune
from tests.billing import factories
from tests.billing.factories import book, child_of
from tests.families import factories as families

BY = Actor.system("essai")
AT = datetime(2012, 2, 3, 9, 0, tzinfo=UTC)
TODAY = AT.date()
JANUARY = [date(2012, 1, number) for number in range(1, 32)]
DAYS = [JANUARY[number - 1] for number in (3, 5, 6, 10, 12)]
MONTH = (JANUARY[0], JANUARY[-1])


def finished(run: BillingRun) -> BillingRun:
    """A computed run, looked at and validated."""
    runs.check(run=run, version=run.version, by=BY, at=AT)
    return runs.validate(run=run, version=run.version, by=BY, at=AT, today=TODAY)


def prepared(of: BillingRun, *homes: Household, days: tuple[date, date] = MONTH) -> BillingRun:
    return corrections.prepare(
        of=of,
        households=[home.pk for home in homes],
        days=days,
        label="Correction",
        reason="Tarif erroné",
        due_date=date(2012, 3, 31),
        by=BY,
        at=AT,
        today=TODAY,
    )


def totals(run: BillingRun) -> dict[int, Decimal]:
    return dict(run.invoices.order_by().values_list("household", "total"))


def cancels(home: Household, *days: date) -> None:
    Booking.objects.filter(household=home, day__in=days).update(canceled_at=AT)


def costs(price: str) -> None:
    TariffPrice.objects.update(amount=Decimal(price))


@pytest.fixture
def other(in_demo: Commune) -> Household:
    """A second family that comes in the morning."""
    child = NewChild(first_name="Zoé", last_name="AUTRE", school_class=SchoolClass.objects.order_by("pk")[0])
    return families.household(name="AUTRE", children=[child])


@pytest.fixture
def month(marsone: Household, other: Household, morning: Activity) -> BillingRun:
    """January 2012, validated: two families came five mornings each, at 3.50 €."""
    factories.tariff(morning)
    for home in (marsone, other):
        book(home, child_of(home), morning, DAYS)
    return finished(compute(run=factories.run(), today=TODAY, at=AT, by=BY))


def test_a_wrong_price_is_given_back_to_the_chosen_family_alone(
    month: BillingRun, marsone: Household, other: Household
) -> None:
    costs("3.00")

    run = finished(prepared(month, marsone))

    assert totals(run) == {marsone.pk: Decimal("-2.50")}
    note = run.invoices.get()
    [line] = note.lines.all()
    assert note.kind == Invoice.Kind.CREDIT_NOTE
    assert (line.label, line.quantity, line.unit_price) == (
        "Accueil Matin, 3,00\u00a0€ au lieu de 3,50\u00a0€",
        5,
        Decimal("-0.50"),
    )
    assert (line.days, line.child_name) == (DAYS, child_of(marsone).first_name)
    assert totals(finished(prepared(month))) == {other.pk: Decimal("-2.50")}


def test_chosen_days_alone_are_corrected_then_the_others(month: BillingRun, marsone: Household) -> None:
    costs("4.00")

    first = finished(prepared(month, marsone, days=(DAYS[0], DAYS[1])))
    rest = finished(prepared(month, marsone))

    assert (totals(first), totals(rest)) == ({marsone.pk: Decimal("1.00")}, {marsone.pk: Decimal("1.50")})
    assert first.invoices.get().kind == Invoice.Kind.COMPLEMENT
    assert [line.days for line in rest.invoices.get().lines.all()] == [DAYS[2:]]


def test_the_draft_says_what_was_invoiced_and_what_is_due(
    month: BillingRun, marsone: Household, morning: Activity
) -> None:
    cancels(marsone, DAYS[0])
    book(marsone, child_of(marsone), morning, [JANUARY[16], JANUARY[17]])

    draft = prepared(month, marsone).drafts.get()

    assert [(line.label, line.before, line.now, line.amount) for line in draft.lines.all()] == [
        ("Accueil Matin, en moins", Decimal("3.50"), Decimal(0), Decimal("-3.50")),
        ("Accueil Matin, en plus", Decimal(0), Decimal("7.00"), Decimal("7.00")),
    ]


def test_nothing_to_correct_keeps_nothing(month: BillingRun, marsone: Household) -> None:
    costs("3.00")
    finished(prepared(month, marsone))
    entries = AuditEntry.objects.count()

    with pytest.raises(RunRefused, match="nothing"):
        prepared(month, marsone)

    assert BillingRun.objects.count() == 2
    assert AuditEntry.objects.count() == entries


def test_differences_that_cancel_each_other_make_no_document(
    month: BillingRun, marsone: Household, other: Household, morning: Activity
) -> None:
    cancels(marsone, DAYS[0])
    book(marsone, child_of(marsone), morning, [JANUARY[16]])
    with pytest.raises(RunRefused, match="balanced"):
        prepared(month)
    cancels(other, DAYS[0])

    run = prepared(month)

    assert dict(run.drafts.values_list("household", "total")) == {marsone.pk: Decimal(0), other.pk: Decimal("-3.50")}
    assert totals(finished(run)) == {other.pk: Decimal("-3.50")}


@pytest.mark.parametrize("days", [(date(2011, 12, 31), DAYS[0]), (DAYS[1], DAYS[0]), (DAYS[0], date(2012, 2, 1))])
def test_days_of_another_run_are_refused(month: BillingRun, days: tuple[date, date]) -> None:
    with pytest.raises(RunRefused, match="days"):
        prepared(month, days=days)


def test_a_correction_of_a_correction_mends_the_month(month: BillingRun, marsone: Household) -> None:
    costs("3.00")
    first = finished(prepared(month, marsone, days=(DAYS[0], DAYS[0])))

    again = prepared(first, marsone)

    assert (first.corrects, again.corrects) == (month, month)
    assert again.drafts.get().total == Decimal("-2.00")


def test_what_was_corrected_meanwhile_is_not_corrected_twice(month: BillingRun, marsone: Household) -> None:
    costs("3.00")
    one, two = prepared(month, marsone), prepared(month, marsone)
    for run in (one, two):
        runs.check(run=run, version=run.version, by=BY, at=AT)
    runs.validate(run=one, version=one.version, by=BY, at=AT, today=TODAY)

    with pytest.raises(RunRefused, match="prices"):
        runs.validate(run=two, version=two.version, by=BY, at=AT, today=TODAY)

    assert totals(two) == {}
    assert compute(run=two, today=TODAY, at=AT, by=BY).drafts.count() == 0


def test_a_canceled_invoice_is_part_of_what_was_issued(month: BillingRun, marsone: Household) -> None:
    runs.publish(run=month, by=BY, at=AT, today=TODAY)
    issued = month.invoices.get(household=marsone)
    waiting = prepared_after(month, marsone)
    note = corrections.cancel(invoice=issued, reason="Mauvaise famille", by=BY, at=AT, today=TODAY)

    with pytest.raises(RunRefused, match="prices"):
        finished(waiting)

    assert (note.run.corrects, note.run.reason) == (month, "Mauvaise famille")
    assert prepared(month, marsone).drafts.get().total == Decimal("15.00")


def prepared_after(month: BillingRun, home: Household) -> BillingRun:
    costs("3.00")
    return prepared(month, home)


def test_who_asked_for_it_and_why_is_in_the_journal(month: BillingRun, marsone: Household) -> None:
    costs("3.00")

    run = prepared(month, marsone)

    told = AuditEntry.objects.get(action="run_opened", subject=f"billing_run:{run.pk}").after
    assert (told["reason"], told["households"]) == ("Tarif erroné", [marsone.pk])


PRICES = some.sampled_from(["0.00", "3.00", "3.33", "4.00"])
SPANS = some.tuples(some.integers(0, 30), some.integers(0, 30)).map(lambda two: (JANUARY[min(two)], JANUARY[max(two)]))
STEPS = some.lists(
    some.tuples(
        some.sets(some.sampled_from(DAYS), max_size=2),
        some.sets(some.sampled_from(JANUARY[18:25]), max_size=2),
        PRICES,
        some.sampled_from([(0,), (1,), (0, 1)]),
        SPANS,
    ),
    max_size=3,
)


@hypothesis_settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happened_families_owe_what_their_days_cost(
    month: BillingRun, marsone: Household, other: Household, morning: Activity, steps: list[object]
) -> None:
    """For any history of canceled and added days, of prices and corrections: to the cent, for each and in all."""
    with transaction.atomic():
        for gone, added, price, chosen, days in steps:  # type: ignore[misc]
            cancels(marsone, *gone)
            standing = Booking.objects.filter(household=other, canceled_at=None).values_list("day", flat=True)
            book(other, child_of(other), morning, sorted(added - set(standing)))
            costs(price)
            corrected(month, *([marsone, other][rank] for rank in chosen), days=days)

        corrected(month, marsone, other)

        asked = InvoiceLine.objects.order_by().values("invoice__household").annotate(total=Sum("amount"))
        due = {one.payer.household_id: one.total for one in owed(Asked(month.cash_office, *MONTH, "Europe/Paris"))}
        asked_by = dict(asked.values_list("invoice__household", "total"))
        assert {home: total for home, total in asked_by.items() if total} == {h: t for h, t in due.items() if t}
        assert sum(asked_by.values()) == sum(due.values())
        with pytest.raises(RunRefused, match="nothing|balanced"):
            prepared(month)
        transaction.set_rollback(True)


def corrected(month: BillingRun, *homes: Household, days: tuple[date, date] = MONTH) -> None:
    try:
        finished(prepared(month, *homes, days=days))
    except RunRefused as error:
        assert error.code in ("nothing", "balanced")
