"""A month's run: computed, checked, validated, published; its numbers, its credits, its corrections."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from billing.balances import left_of
from billing.models import (
    Adjustment,
    BillingRun,
    BillingSettings,
    DraftInvoice,
    HouseholdTerms,
    Invoice,
    InvoiceCounter,
    InvoiceLine,
    Tariff,
    TariffPrice,
)
from billing.runs_page import reach
from billing.services import runs
from billing.services.computing import compute
from billing.services.held import RunRefused
from booking.models import Activity, Booking, ServiceDay
from lps.families.models import Custody, Household, SchoolClass
from lps.families.services import NewChild, bulk_add_households
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from notifications import facts
from notifications.models import FACTS_PURPOSE, Address, Blocked, OutboxMessage
from notifications.services import preferences, prove_address
from tenants import keys
from tests.billing import factories
from tests.billing.factories import book, child_of
from tests.families.factories import new_household
from tests.sql import counted

BY = Actor.system("essai")
AT = datetime(2012, 2, 3, 9, 0, tzinfo=UTC)
TODAY = AT.date()
DAYS = [date(2012, 1, number) for number in (3, 5, 6, 10, 12)]
State = BillingRun.State


def checked(run: BillingRun) -> BillingRun:
    computed = compute(run=run, today=TODAY, at=AT, by=BY)
    return runs.check(run=run, version=computed.version, by=BY, at=AT)


def validated(run: BillingRun) -> BillingRun:
    return runs.validate(run=run, version=checked(run).version, by=BY, at=AT, today=TODAY)


def prove(home: Household, email: str) -> Address:
    return prove_address(holder=home.holder, value=email, consent="essai", by=BY, channel=Channel.WEB)


def told() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(template="billing/emails/invoice").order_by("pk"))


@pytest.fixture
def booked(marsone: Household, morning: Activity) -> BillingRun:
    """Angéline came five mornings of January 2012, at 3.50 €, and her family owes 33.20 € for something else."""
    factories.tariff(morning)
    book(marsone, child_of(marsone), morning, DAYS)
    office = factories.cash_office()
    Adjustment.objects.create(
        household=marsone, cash_office=office, label="Sortie", amount=Decimal("33.20"), noted_at=AT, noted_by="essai"
    )
    return factories.run()


def test_the_sample_of_2012(booked: BillingRun, marsone: Household) -> None:
    InvoiceCounter.objects.create(year=2012, last_rank=55)

    run = validated(booked)

    [invoice] = Invoice.objects.filter(run=run)
    assert (invoice.number, invoice.order_number, invoice.total) == (
        "2012-001-000056",
        "2012-04-00-56",
        Decimal("50.70"),
    )
    assert (invoice.label, invoice.payer_name, invoice.kind) == (
        "JANVIER 2012",
        DraftInvoice.objects.get(run=run).payer_name,
        Invoice.Kind.INVOICE,
    )
    lines = [(line.label, line.child_name, line.quantity, line.amount, line.days) for line in invoice.lines.all()]
    assert lines == [
        ("Accueil Matin", "Angéline", 5, Decimal("17.50"), DAYS),
        ("Sortie", "", 1, Decimal("33.20"), []),
    ]
    assert Adjustment.objects.get().run == run


def test_the_next_run_goes_on_with_the_ranks_of_the_year(booked: BillingRun, marsone: Household) -> None:
    InvoiceCounter.objects.create(year=2012, last_rank=114, last_run=0)
    validated(booked)
    book(marsone, child_of(marsone), Activity.objects.get(name="Accueil Matin"), [date(2012, 2, 2)])
    february = factories.run(label="FEVRIER 2012", first_day=date(2012, 2, 1), last_day=date(2012, 2, 29))

    validated(february)

    numbers = list(Invoice.objects.order_by("rank").values_list("number", flat=True))
    assert numbers == ["2012-001-000115", "2012-002-000116"]


def test_computing_again_throws_the_drafts_away_and_only_what_was_checked_is_validated(booked: BillingRun) -> None:
    first = checked(booked)
    again = compute(run=booked, today=TODAY, at=AT, by=BY)

    assert (again.version, again.state, booked.drafts.count()) == (2, State.DRAFT, 1)
    for refused in (
        lambda: runs.validate(run=booked, version=first.version, by=BY, at=AT, today=TODAY),
        lambda: runs.check(run=booked, version=first.version, by=BY, at=AT),
    ):
        with pytest.raises(RunRefused):
            refused()
    assert Invoice.objects.count() == 0


def test_a_validated_run_is_neither_computed_nor_thrown_away_nor_validated_twice(booked: BillingRun) -> None:
    run = validated(booked)

    for refused in (
        lambda: compute(run=run, today=TODAY, at=AT, by=BY),
        lambda: runs.discard(run=run, by=BY, at=AT),
        lambda: runs.validate(run=run, version=run.version, by=BY, at=AT, today=TODAY),
        lambda: runs.close(run=run, by=BY, at=AT),
    ):
        with pytest.raises(RunRefused, match="state"):
            refused()
    with pytest.raises(IntegrityError, match="refuse_change"), transaction.atomic():
        Invoice.objects.filter(run=run).update(due_date=TODAY)
    assert Invoice.objects.count() == 1


def test_a_draft_thrown_away_gives_its_adjustments_back(booked: BillingRun) -> None:
    compute(run=booked, today=TODAY, at=AT, by=BY)
    assert Adjustment.objects.get().run == booked

    runs.discard(run=booked, by=BY, at=AT)

    assert (Adjustment.objects.get().run, BillingRun.objects.count(), DraftInvoice.objects.count()) == (None, 0, 0)


def a_price(home: Household) -> None:
    TariffPrice.objects.filter(resident=True).update(amount=Decimal("3.60"))


def a_supplement(home: Household) -> None:
    Tariff.objects.update(late_booking_extra=Decimal(1))


def an_end(home: Household) -> None:
    Tariff.objects.update(valid_during=DateRange(date(2010, 1, 1), date(2012, 1, 20)))


def a_quotient(home: Household) -> None:
    factories.quotient(home, since=date(2012, 1, 15))


def a_residence(home: Household) -> None:
    HouseholdTerms.objects.update_or_create(household=home, defaults={"resident": False})


def the_postal_codes(home: Household) -> None:
    BillingSettings.objects.update_or_create(pk=1, defaults={"resident_postal_codes": ["99999"]})


def an_address(home: Household) -> None:
    Household.objects.filter(pk=home.pk).update(postal_code="99999")


@pytest.mark.parametrize(
    "change", [a_price, a_supplement, an_end, a_quotient, a_residence, the_postal_codes, an_address]
)
def test_what_changed_a_price_since_the_computation_is_told(
    booked: BillingRun, marsone: Household, change: Callable[[Household], None]
) -> None:
    run = checked(booked)
    change(marsone)

    with pytest.raises(RunRefused, match="prices"):
        runs.validate(run=run, version=run.version, by=BY, at=AT, today=TODAY)

    assert (Invoice.objects.count(), InvoiceCounter.objects.count()) == (0, 0)
    assert validated(booked).state == State.VALIDATED


def test_what_changes_no_price_of_the_run_is_no_matter(
    booked: BillingRun, marsone: Household, stranger: Household
) -> None:
    run = checked(booked)
    Tariff.objects.update(valid_during=DateRange(date(2010, 1, 1), date(2012, 2, 1)))
    factories.quotient(stranger, since=date(2012, 1, 15))
    factories.quotient(marsone, since=date(2012, 2, 1))

    assert runs.validate(run=run, version=run.version, by=BY, at=AT, today=TODAY).state == State.VALIDATED


def test_no_day_is_invoiced_by_two_runs(booked: BillingRun) -> None:
    with pytest.raises(RunRefused, match="overlap"):
        runs.open_run(
            cash_office=booked.cash_office,
            label="JANVIER BIS",
            first_day=date(2012, 1, 31),
            last_day=date(2012, 2, 28),
            due_date=date(2012, 3, 31),
            by=BY,
            at=AT,
        )


def test_a_run_without_any_invoice_is_neither_checked_nor_validated(marsone: Household) -> None:
    run = compute(run=factories.run(), today=TODAY, at=AT, by=BY)

    with pytest.raises(RunRefused) as refused:
        runs.check(run=run, version=run.version, by=BY, at=AT)
    BillingRun.objects.filter(pk=run.pk).update(state=State.CHECKED)
    with pytest.raises(RunRefused) as refused_again:
        runs.validate(run=run, version=run.version, by=BY, at=AT, today=TODAY)

    assert (refused.value.code, refused_again.value.code) == ("empty", "empty")
    assert not InvoiceCounter.objects.exists()


def test_publishing_tells_each_family_once_and_fixes_the_limit(booked: BillingRun, marsone: Household) -> None:
    run = validated(booked)
    marsone.guardians.update(email="on.file@example.org")
    prove(marsone, "claire@example.org")

    published = runs.publish(run=run, by=BY, at=AT, today=TODAY)

    assert published.online_until == datetime(2012, 2, 11, tzinfo=ZoneInfo("Europe/Paris"))
    assert Invoice.objects.get().online_until == published.online_until
    [mail] = told()
    assert mail.address == "claire@example.org"
    assert facts.loads(keys.decrypt(mail.facts, purpose=FACTS_PURPOSE))["stop_url"]
    with pytest.raises(RunRefused, match="state"):
        runs.publish(run=run, by=BY, at=AT, today=TODAY)
    assert len(told()) == 1
    assert runs.close(run=run, by=BY, at=AT).state == State.CLOSED
    assert set(AuditEntry.objects.filter(subject=f"billing_run:{run.pk}").values_list("action", flat=True)) == {
        "run_computed",
        "run_checked",
        "run_validated",
        "run_published",
        "run_closed",
    }


def test_an_invoice_is_told_to_no_address_on_file_only_nor_to_one_that_stopped_it(
    booked: BillingRun, marsone: Household
) -> None:
    run = validated(booked)
    marsone.guardians.update(email="on.file@example.org")
    assert reach(run) == {"families": 1, "written_to": 0, "unreachable": 1}
    claire, paul = prove(marsone, "claire@example.org"), prove(marsone, "paul@example.org")
    preferences.choose(wishes={claire: []}, by=BY, channel=Channel.WEB, at=AT)
    assert reach(run) == {"families": 1, "written_to": 1, "unreachable": 0}
    Blocked.objects.create(kind="email", lookup=paul.lookup, why="bounce", at=AT)
    assert reach(run) == {"families": 1, "written_to": 0, "unreachable": 1}

    runs.publish(run=run, by=BY, at=AT, today=TODAY)

    assert told() == []


def test_publishing_to_more_families_takes_no_more_statements(booked: BillingRun, marsone: Household) -> None:
    run = validated(booked)
    prove(marsone, "claire@example.org")

    with counted() as few:
        assert reach(run)["written_to"] == 1
    for number in range(5):
        prove(marsone, f"claire{number}@example.org")
    with counted() as many:
        assert reach(run)["written_to"] == 1

    assert len(few) == len(many) == 4


@pytest.mark.parametrize(
    ("published", "limit"),
    [
        ("2012-02-05", "2012-02-10"),
        ("2012-02-06", "2012-03-10"),
        ("2012-12-31", "2013-01-10"),
        ("2012-01-31", "2012-02-10"),
    ],
)
def test_online_payment_ends_with_the_first_tenth_five_days_on(published: str, limit: str) -> None:
    zone = ZoneInfo("Europe/Paris")

    until = runs.online_until(date.fromisoformat(published), limit_day=10, zone=zone)

    assert (until - timedelta(microseconds=1)).astimezone(zone).date() == date.fromisoformat(limit)
    assert until.astimezone(zone).date() == date.fromisoformat(limit) + timedelta(days=1)


def correction(of: BillingRun, *homes: int) -> BillingRun:
    run = runs.open_correction(
        of=of,
        households=homes,
        label="JANVIER 2012 (2)",
        reason="Erreur de saisie",
        due_date=date(2012, 3, 31),
        by=BY,
        at=AT,
    )
    return validated(run)


def test_a_correction_that_finds_nothing_makes_nothing(booked: BillingRun) -> None:
    run = validated(booked)

    with pytest.raises(RunRefused, match="empty"):
        correction(run)


def test_a_correction_asks_what_was_added_since(booked: BillingRun, marsone: Household, morning: Activity) -> None:
    run = validated(booked)
    book(marsone, child_of(marsone), morning, [date(2012, 1, 17), date(2012, 1, 19)])

    [added] = correction(run).invoices.all()

    assert (added.total, added.kind) == (Decimal("7.00"), Invoice.Kind.COMPLEMENT)
    with pytest.raises(RunRefused, match="empty"):
        correction(run)


def test_a_correction_gives_back_and_the_credit_settles_the_invoice(booked: BillingRun, morning: Activity) -> None:
    run = validated(booked)
    Booking.objects.filter(activity=morning, day__in=DAYS[:2]).update(canceled_at=AT)

    [note] = correction(run).invoices.all()

    assert (note.total, note.kind) == (Decimal("-7.00"), Invoice.Kind.CREDIT_NOTE)
    first = run.invoices.get()
    assert left_of([first.pk, note.pk]) == {first.pk: Decimal("43.70"), note.pk: Decimal("0.00")}
    lines = InvoiceLine.objects.filter(invoice__household=first.household).exclude(kind="adjustment")
    assert sum(line.amount for line in lines) == 3 * Decimal("3.50")


def test_a_credit_that_is_more_than_what_is_left_stays_a_credit(booked: BillingRun, morning: Activity) -> None:
    Adjustment.objects.update(amount=Decimal("-60.00"))

    [note] = validated(booked).invoices.all()

    assert (note.total, left_of([note.pk])[note.pk]) == (Decimal("-42.50"), Decimal("-42.50"))


def test_the_points_to_look_at_are_named(booked: BillingRun, marsone: Household) -> None:
    other = Activity.objects.get(name="Accueil Soir")
    book(marsone, child_of(marsone), other, DAYS[:2])
    Household.objects.filter(pk=marsone.pk).update(street="")
    Adjustment.objects.update(amount=Decimal(600))

    run = compute(run=booked, today=date(2012, 1, 30), at=AT, by=BY)

    points = {point["code"]: point["count"] for point in run.problems}
    assert points == {"no_tariff": 2, "no_address": 1, "unusual": 1, "not_over": 2}


def many(number: int, activity: Activity, day: date) -> None:
    """Families of one child, who come on three days from that one."""
    school_class = SchoolClass.objects.order_by("pk")[0]
    specs = [
        new_household(
            name=f"NOMBRE {day} {rank}",
            children=[NewChild(first_name="Zoé", last_name=f"NOMBRE {rank}", school_class=school_class)],
        )
        for rank in range(number)
    ]
    homes = bulk_add_households(specs, by=BY)
    held = [ServiceDay(activity=activity, site=school_class.site, day=day + timedelta(days=rank)) for rank in range(3)]
    days = ServiceDay.objects.bulk_create(held)
    children = dict(Custody.objects.filter(household__in=homes).values_list("household", "child"))
    Booking.objects.bulk_create(
        Booking.of(child_id=children[home.pk], household_id=home.pk, service_day=service_day, booked_at=AT)
        for home in homes
        for service_day in days
    )


def test_sixty_families_cost_the_statements_of_ten(marsone: Household, morning: Activity) -> None:
    factories.tariff(morning)
    InvoiceCounter.objects.create(year=2012)
    found = []
    for month, families in ((3, 10), (4, 60)):
        many(families, morning, date(2012, month, 5))
        run = factories.run(label=str(month), first_day=date(2012, month, 1), last_day=date(2012, month, 28))
        with counted() as computing:
            computed = compute(run=run, today=date(2012, 6, 1), at=AT, by=BY)
        runs.check(run=run, version=computed.version, by=BY, at=AT)
        with counted() as validating:
            runs.validate(run=run, version=computed.version, by=BY, at=AT, today=TODAY)
        assert run.invoices.count() == families
        found.append((len(computing), len(validating)))

    assert found[0] == found[1]
