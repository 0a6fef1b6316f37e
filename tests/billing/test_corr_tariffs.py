"""A tariff that was wrong from its first day, once invoiced: replaced on purpose, then corrected family by family."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from billing.models import BillingRun, InvoiceLine, Tariff
from billing.services.tariffs import stamp
from booking.models import Activity
from lps.accounts.roles import Role
from lps.families.models import Household
from tenants.models import Commune
from tests.billing.test_corr_services import finished, month, other, prepared, totals
from tests.billing.test_tariffs_pages import LIST, form, text
from tests.booking.agents import signed_in

__all__ = ["month", "other"]
SINCE = date(2010, 1, 1)


@pytest.fixture
def client(demo: Commune, marsone: Household) -> Client:
    return signed_in(demo, Role.CASH_OFFICE)


def page(activity: Activity) -> str:
    return f"{LIST}{activity.pk}/"


def test_a_wrong_tariff_of_the_first_day_is_replaced_on_purpose_and_corrected(
    client: Client, month: BillingRun, morning: Activity, marsone: Household
) -> None:
    wrong = Tariff.objects.get(activity=morning)
    flat = {"since": SINCE.isoformat(), "in_0_1": "3,00", "in_1_1": "3,00"}

    refused = client.post(page(morning), form(**flat))
    done = client.post(page(morning), form(**flat, corrects="on"), follow=True)

    assert refused.status_code == 400 and "cochez plus bas qu'il est remplacé" in text(refused)
    assert "corrigez-les depuis leur lot" in text(done)
    assert Tariff.objects.get(activity=morning).valid_during.lower == SINCE
    assert InvoiceLine.objects.filter(tariff=wrong.pk).exists()
    assert totals(finished(prepared(month, marsone))) == {marsone.pk: Decimal("-2.50")}
    for path in (page(morning), LIST, "/mairie/regie/lots/nouveau/"):
        assert client.get(path).status_code == 200


def test_who_saves_after_another_agent_is_told_and_keeps_what_was_typed(
    client: Client, month: BillingRun, morning: Activity
) -> None:
    seen = stamp(Tariff.objects.filter(activity=morning))
    assert f'name="vu" value="{seen}"' in text(client.get(page(morning)))
    typed = {"since": "2012-06-01", "in_0_1": "2,22"}
    client.post(page(morning), form(since="2012-05-01", vu=seen))

    told = client.post(page(morning), form(**typed, vu=seen))

    assert told.status_code == 400 and "Un autre agent a changé ces tarifs" in text(told)
    assert "2,22" in text(told)
    assert Tariff.objects.filter(activity=morning).count() == 2
    now = stamp(Tariff.objects.filter(activity=morning))
    assert f'name="vu" value="{now}"' in text(told)
    assert client.post(page(morning), form(**typed, vu=now)).status_code == 302
