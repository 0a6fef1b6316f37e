"""Tariffs carried on to the next year: each new price is seen, all are written at once, taken away at once."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from billing.models import Tariff
from billing.rules.renewal import Raise, Way
from billing.services.tariffs import spec_of
from booking.models import Activity
from lps.accounts.roles import Role
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.models import Commune
from tests.billing.factories import cash_office, tariff
from tests.families.agents import signed_in as kept
from tests.office.pages import signed_in, text
from tests.sql import counted

PAGE = "/mairie/regie/tarifs/reconduire/"
AMOUNTS = st.decimals(min_value=0, max_value=9999, places=2)
RAISES = st.builds(
    Raise,
    percent=st.decimals(min_value=-90, max_value=200, places=2),
    step=st.sampled_from((1, 5, 10, 50, 100)),
    way=st.sampled_from(Way),
)


@pytest.fixture
def client(demo: Commune, in_demo: Commune) -> Client:
    cash_office()
    return signed_in(demo, Role.CASH_OFFICE)


@pytest.fixture
def since(demo: Commune) -> date:
    return clock.today(demo.zone) + timedelta(days=200)


def form(day: date, *, etape: str = "voir", **changed: Any) -> dict[str, Any]:
    every = list(Activity.objects.values_list("pk", flat=True))
    facts = {"percent": "2,5", "step": "5", "way": "nearest", "with_extras": "on", "activities": every}
    return {"since": day.isoformat(), **facts, "etape": etape, **changed}


def seen(answer: Any) -> str:
    return str(answer.context["form"]["seen"].value())


def saved(client: Client, given: dict[str, Any]) -> Any:
    return client.post(PAGE, {**given, "etape": "enregistrer", "seen": seen(client.post(PAGE, given))}, follow=True)


@pytest.mark.parametrize(
    ("amount", "how", "after"),
    [
        ("2.00", Raise(percent=Decimal("2.5"), step=5), "2.05"),
        ("1.00", Raise(percent=Decimal(2), step=5), "1.00"),
        ("1.00", Raise(percent=Decimal(2), step=5, way=Way.UP), "1.05"),
        ("1.99", Raise(percent=Decimal(2), step=10, way=Way.DOWN), "2.00"),
        ("0.00", Raise(percent=Decimal(50), step=100, way=Way.UP), "0.00"),
        ("3.33", Raise(percent=Decimal(0)), "3.33"),
        ("4.00", Raise(percent=Decimal(-10), step=50), "3.50"),
    ],
)
def test_a_price_is_raised_then_rounded(amount: str, how: Raise, after: str) -> None:
    assert how.of(Decimal(amount)) == Decimal(after)


@given(one=AMOUNTS, other=AMOUNTS, how=RAISES)
def test_the_order_is_kept_and_the_step_is_near(one: Decimal, other: Decimal, how: Raise) -> None:
    low, high = how.of(min(one, other)), how.of(max(one, other))

    assert 0 <= low <= high
    assert low * 100 % how.step == 0
    assert abs(high - max(one, other) * (100 + how.percent) / 100) < Decimal(how.step) / 100


def test_every_new_price_is_seen_and_nothing_is_written_before(client: Client, morning: Activity, since: date) -> None:
    tariff(morning, price="2.00", late_pickup_extra=Decimal("5.00"))

    page = text(client.post(PAGE, form(since)))

    assert "2,05 €" in page and "5,15 €" in page and "Enregistrer ce tarif" in page
    assert Tariff.objects.count() == 1


def test_the_new_tariffs_begin_that_day_and_the_former_end_the_eve(
    client: Client, morning: Activity, since: date
) -> None:
    tariff(morning, price="2.00", late_pickup_extra=Decimal("5.00"), free_units=3)

    assert "Les nouveaux tarifs sont enregistrés" in text(saved(client, form(since, with_extras="")))

    old, new = Tariff.objects.order_by("valid_during")
    assert (old.valid_during.upper, new.valid_during.lower, new.valid_during.upper) == (since, since, None)
    assert {cell.amount for cell in spec_of(new).prices} == {Decimal("2.05")}
    assert (new.late_pickup_extra, new.free_units, new.cash_office) == (Decimal(5), 3, old.cash_office)
    entry = AuditEntry.objects.filter(action="tariff_set").latest("pk")
    assert "2.00" in str(entry.before["prices"]) and "2.05" in str(entry.after["prices"])


def test_an_effort_rate_is_raised_with_its_bounds(client: Client, morning: Activity, since: date) -> None:
    effort = {"basis": "effort", "effort_rate": Decimal("1.2"), "floor": Decimal(4), "ceiling": Decimal(16)}
    tariff(morning, **effort)

    saved(client, form(since))

    new = Tariff.objects.latest("pk")
    assert (new.effort_rate, new.floor, new.ceiling) == (Decimal("1.2300"), Decimal("4.10"), Decimal("16.40"))


def test_what_changed_since_the_preview_is_shown_again(client: Client, morning: Activity, since: date) -> None:
    tariff(morning)
    known = seen(client.post(PAGE, form(since)))

    again = client.post(PAGE, form(since, percent="50", etape="enregistrer", seen=known))

    assert (again.status_code, "un réglage ou un tarif a changé" in text(again)) == (400, True)
    assert Tariff.objects.count() == 1


def test_an_activity_with_a_tariff_of_its_own_to_come_is_left(client: Client, morning: Activity, since: date) -> None:
    tariff(morning, until=since + timedelta(days=9))
    tariff(morning, since=since + timedelta(days=9))

    page = client.post(PAGE, form(since))

    assert "A déjà un tarif qui commence" in text(page) and "Aucun tarif la veille" in text(page)
    again = client.post(PAGE, form(since, etape="enregistrer", seen=seen(page)))
    assert (again.status_code, "Rien à enregistrer" in text(again)) == (400, True)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"since": "2020-09-01"}, "Choisissez un jour à venir"),
        ({"since": ""}, "Choisissez le premier jour"),
        ({"percent": "beaucoup"}, "il s'écrit comme 2,5"),
        ({"percent": ""}, "Écrivez le pourcentage"),
        ({"percent": "-95"}, "-90"),
        ({"percent": "NaN"}, "il s'écrit comme 2,5"),
        ({"step": "3"}, "Ce choix n'existe pas"),
        ({"way": ""}, "obligatoire"),
        ({"activities": []}, "Cochez au moins une activité"),
        ({"activities": ["999999"]}, "n'existe plus"),
        ({"activities": ["x\0"]}, "n'existe plus"),
    ],
)
def test_what_cannot_be_is_said(
    client: Client, morning: Activity, since: date, changed: dict[str, Any], sentence: str
) -> None:
    tariff(morning)
    answer = client.post(PAGE, form(since, **changed))

    assert (answer.status_code, sentence in text(answer)) == (400, True)
    assert Tariff.objects.count() == 1


def test_they_are_taken_away_at_once(client: Client, morning: Activity, since: date) -> None:
    other = Activity.objects.exclude(pk=morning.pk).earliest("pk")
    tariff(morning)
    tariff(other, until=since + timedelta(days=90))
    saved(client, form(since))
    assert "2 tarifs à partir du" in text(client.get(PAGE))

    done = client.post(f"{PAGE}retirer/", {"jour": since.isoformat()}, follow=True)

    assert "les précédents continuent" in text(done)
    assert [row.valid_during.upper for row in Tariff.objects.order_by("pk")] == [None, since + timedelta(days=90)]
    assert AuditEntry.objects.filter(action="tariff_removed").count() == 2


@pytest.mark.parametrize("day", ["", "zut", "2010-01-01", "2026-02-31"])
def test_a_day_without_tariff_takes_nothing_away(client: Client, morning: Activity, day: str) -> None:
    tariff(morning)

    assert client.post(f"{PAGE}retirer/", {"jour": day}).status_code == 400
    assert Tariff.objects.count() == 1


def test_an_agent_changes_its_own_activities_alone(demo: Commune, morning: Activity, since: date) -> None:
    other = Activity.objects.exclude(pk=morning.pk).earliest("pk")
    tariff(morning)
    tariff(other)
    own = kept(demo, Role.CASH_OFFICE, activities=[morning.pk])

    assert own.post(PAGE, form(since)).status_code == 400  # another's activity among them
    saved(own, form(since, activities=[morning.pk]))

    assert Tariff.objects.latest("pk").activity == morning and Tariff.objects.count() == 3


def test_ten_activities_cost_the_statements_of_one(client: Client, morning: Activity, since: date) -> None:
    def cost(day: date) -> int:
        given = form(day)
        given |= {"seen": seen(client.post(PAGE, given)), "etape": "enregistrer"}
        with counted() as found:
            client.post(PAGE, given)
        with counted() as gone:
            client.post(f"{PAGE}retirer/", {"jour": day.isoformat()})
        return len(found) + len(gone)

    tariff(morning)
    one = cost(since)
    for other in Activity.objects.exclude(pk=morning.pk):
        tariff(other)

    assert cost(since) == one
