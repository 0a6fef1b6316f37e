"""Two agents correct the same days at one moment: the difference is given back once."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.models import BillingRun, Invoice, TariffPrice
from billing.services import computing, corrections, runs
from billing.services.held import RunRefused
from booking.models import Activity, Booking
from lps.families.models import Household
from lps.journal.actors import Actor
from tenants.models import Commune
from tests.billing import factories
from tests.races.crowd import at_once, meeting

BY = Actor.system("essai")
AT = datetime(2012, 2, 3, 9, 0, tzinfo=UTC)
DAY = date(2012, 1, 5)


@pytest.fixture
def home(town: Commune) -> Household:
    """A family whose one morning was invoiced 3.50 € and costs 3.00 €."""
    found = Household.objects.filter(custodies__isnull=False).order_by("pk")[0]
    activity = Activity.objects.get(name="Accueil Matin")
    factories.tariff(activity)
    Booking.objects.filter(day__range=(date(2012, 1, 1), date(2012, 1, 31))).update(canceled_at=AT)
    factories.book(found, factories.child_of(found), activity, [DAY])
    run = computing.compute(run=factories.run(), today=AT.date(), at=AT, by=BY)
    runs.check(run=run, version=run.version, by=BY, at=AT)
    runs.validate(run=run, version=run.version, by=BY, at=AT, today=AT.date())
    TariffPrice.objects.update(amount=Decimal("3.00"))
    return found


def checked(home: Household) -> BillingRun:
    made = corrections.prepare(
        of=BillingRun.objects.get(kind=BillingRun.Kind.MONTH),
        households=[home.pk],
        days=(DAY, DAY),
        label="Correction",
        reason="Tarif erroné",
        due_date=date(2012, 3, 31),
        by=BY,
        at=AT,
        today=AT.date(),
    )
    return runs.check(run=made, version=made.version, by=BY, at=AT)


def validated_at_once(town: Commune, made: list[BillingRun]) -> list[BillingRun | Exception]:
    def validating(run: BillingRun) -> BillingRun:
        return runs.validate(run=run, version=run.version, by=BY, at=AT, today=AT.date())

    return at_once(town, [lambda run=run: validating(run) for run in made])  # type: ignore[misc]


def given_back() -> list[Decimal]:
    return list(Invoice.objects.filter(total__lt=0).values_list("total", flat=True))


def test_two_corrections_validated_at_once_give_back_once(town: Commune, home: Household) -> None:
    done = validated_at_once(town, [checked(home), checked(home)])

    assert [one.code for one in done if isinstance(one, RunRefused)] == ["prices"]
    assert given_back() == [Decimal("-0.50")]


def test_without_the_lock_they_give_back_twice(town: Commune, home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: both look at what was issued before either issues."""
    made = [checked(home), checked(home)]
    monkeypatch.setattr(runs, "hold_origin", lambda run: None)
    monkeypatch.setattr(runs.basis, "is_current", meeting(2, runs.basis.is_current))

    validated_at_once(town, made)

    assert given_back() == [Decimal("-0.50")] * 2
