"""Two agents save the same version of a tariff at one moment: one is told, and nothing is lost."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError

from billing.models import Tariff, TariffPrice
from billing.rules.facts import Price, TariffSpec
from billing.services import tariffs
from billing.services.tariffs import TariffRefused, set_tariff, stamp
from booking.models import Activity
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.models import Commune
from tests.billing.factories import cash_office
from tests.races.crowd import at_once, meeting

BY = Actor.system("essai")
YEAR = date(2012, 1, 1)


@pytest.fixture
def morning(town: Commune) -> Activity:
    return Activity.objects.get(name="Accueil Matin")


def saves(activity: Activity, price: str, seen: str) -> Callable[[], Tariff]:
    prices = tuple(
        Price(qf_from=Decimal(0), resident=resident, from_rank=1, amount=Decimal(price)) for resident in (True, False)
    )
    spec, office = TariffSpec(name="Matin", prices=prices), cash_office()
    return lambda: set_tariff(
        activity=activity, cash_office=office, spec=spec, since=YEAR, by=BY, at=clock.now(), seen=seen
    )


def begun(activity: Activity) -> str:
    """A version of that first day stands already; the stamp of what both agents see."""
    Tariff.objects.filter(activity=activity).delete()
    saves(activity, "1.00", stamp([]))()
    return stamp(Tariff.objects.filter(activity=activity))


def test_one_of_two_agents_is_told_and_the_other_ones_price_stands(town: Commune, morning: Activity) -> None:
    seen = begun(morning)

    done = at_once(town, [saves(morning, "2.00", seen), saves(morning, "3.00", seen)])

    assert [one.refusal.code for one in done if isinstance(one, TariffRefused)] == ["changed"]
    [kept] = [one for one in done if isinstance(one, Tariff)]
    amounts = set(TariffPrice.objects.filter(tariff=kept).values_list("amount", flat=True))
    told = AuditEntry.objects.filter(action="tariff_set").latest("pk").after
    assert told and told["prices"] == [f"0 {side}1 {amount}" for amount in amounts for side in ("", "*")]


def test_without_the_lock_both_believe_that_they_saved_or_one_fails(
    town: Commune, morning: Activity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: both compare before either writes; only the database's own constraint is left."""
    seen = begun(morning)
    monkeypatch.setattr(tariffs, "hold", lambda activity: None)
    monkeypatch.setattr(tariffs, "stamp", meeting(2, tariffs.stamp))

    done = at_once(town, [saves(morning, "2.00", seen), saves(morning, "3.00", seen)])

    assert not any(isinstance(one, TariffRefused) for one in done)
    assert sum(isinstance(one, (Tariff, IntegrityError)) for one in done) == 2, done
