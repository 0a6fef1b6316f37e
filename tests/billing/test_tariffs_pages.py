"""Pages of tariffs, régies and quotients: a table without JavaScript, a preview that writes nothing, plain errors."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from billing.models import BillingRun, BillingSettings, CashOffice, HouseholdTerms, Quotient, Tariff
from billing.services.tariffs import spec_of
from booking.models import Activity, Booking
from lps.accounts.roles import Role
from lps.families.models import Household
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tests.billing.factories import cash_office, invoice, tariff
from tests.families.agents import signed_in as kept
from tests.office.pages import signed_in, text
from tests.sql import counted

LIST = "/mairie/regie/tarifs/"


@pytest.fixture
def client(demo: Commune, in_demo: Commune) -> Client:
    return signed_in(demo, Role.CASH_OFFICE)


def form(**changed: Any) -> dict[str, Any]:
    return {
        "since": "2026-09-01",
        "cash_office": cash_office().pk,
        "name": "Matin",
        "unit": "booking",
        "counted": "booked",
        "basis": "prices",
        "default_units": "1",
        "waiting_days": "0",
        "free_units": "0",
        "rows": "2",
        "ranks": "1",
        "qf_0": "0",
        "in_0_1": "1,20",
        "out_0_1": "2",
        "qf_1": "600",
        "in_1_1": "2,40",
        "etape": "enregistrer",
        **changed,
    }


def test_a_grid_typed_in_the_table_is_the_price_of_the_list(client: Client, morning: Activity) -> None:
    done = client.post(f"{LIST}{morning.pk}/", form(), follow=True)

    assert "Le tarif est enregistré" in text(done)
    assert "de 1,20 € à 2,40 €" in text(done)
    cells = {(cell.qf_from, cell.resident, cell.amount) for cell in spec_of(Tariff.objects.get()).prices}
    assert (Decimal(600), False, Decimal("2.40")) in cells  # left blank outside: the residents' price
    assert (Decimal(0), False, Decimal("2.00")) in cells


def test_a_price_left_blank_outside_goes_on_following_the_residents(client: Client, morning: Activity) -> None:
    client.post(f"{LIST}{morning.pk}/", form())

    page = text(client.get(f"{LIST}{morning.pk}/"))

    typed = {name: re.search(rf'<input[^>]*name="{name}"[^>]*>', page)[0] for name in ("in_1_1", "out_0_1", "out_1_1")}
    assert ['value="' in one for one in typed.values()] == [True, True, False]


@pytest.mark.parametrize(("step", "field"), [("tranche", 'name="qf_2"'), ("fratrie", 'name="in_1_2"')])
def test_a_button_widens_the_table_and_loses_nothing(client: Client, morning: Activity, step: str, field: str) -> None:
    page = text(client.post(f"{LIST}{morning.pk}/", form(etape=step, name="Presque")))

    assert field in page and 'value="Presque"' in page and 'value="1,20"' in page
    assert not Tariff.objects.exists()


def test_the_preview_prices_a_month_and_saves_nothing(client: Client, morning: Activity, marsone: Household) -> None:
    day = Booking.objects.filter(household=marsone, service_day__activity=morning).earliest("pk").service_day.day
    page = text(
        client.post(f"{LIST}{morning.pk}/", form(etape="voir", famille="marsone", mois=f"{day:%Y-%m}", in_1_1="7,77"))
    )

    assert "Famille MARSONE" in page and "7,77 €" in page and "Total pour cette activité" in page
    assert not Tariff.objects.exists()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"qf_0": "100"}, "La première tranche commence à 0"),
        ({"qf_1": "0"}, "Deux tranches commencent au même quotient"),
        ({"in_1_1": ""}, "Écrivez ce prix, 0 si c'est gratuit"),
        ({"qf_1": ""}, "à partir de quel quotient"),
        ({"in_0_1": "abc"}, "il s'écrit comme 50,70"),
        ({"basis": "effort"}, "un taux, un plancher et un plafond"),
        ({"basis": "effort", "effort_rate": "1,2", "floor": "9", "ceiling": "4"}, "au-dessous du plancher"),
        ({"since": "0001-01-01"}, "entre 2000 et 2199"),
        ({"cash_office": "999999"}, "Ce choix n'existe pas"),
        ({"name": "a\0b"}, "nul"),
        ({"rows": "9999999"}, "inférieure ou égale à 20"),
    ],
)
def test_what_cannot_be_a_tariff_is_said(
    client: Client, morning: Activity, changed: dict[str, Any], sentence: str
) -> None:
    answer = client.post(f"{LIST}{morning.pk}/", form(**changed))

    assert answer.status_code == 400
    assert sentence in text(answer)
    assert not Tariff.objects.exists()


def test_an_effort_rate_is_kept_to_four_places(client: Client, morning: Activity) -> None:
    effort = {"basis": "effort", "effort_rate": "1,2345", "floor": "0", "ceiling": "16"}
    client.post(f"{LIST}{morning.pk}/", form(**effort))

    assert Tariff.objects.get().effort_rate == Decimal("1.2345")
    assert 'value="1,2345"' in text(client.get(f"{LIST}{morning.pk}/"))


def test_a_tariff_to_come_is_shown_and_taken_away(client: Client, demo: Commune, morning: Activity) -> None:
    coming = tariff(morning, since=clock.today(demo.zone) + timedelta(days=40))
    assert "Supprimer celui du" in text(client.get(f"{LIST}{morning.pk}/"))
    first_day = coming.valid_during.lower
    assert f"à partir du {first_day:%d/%m/%Y}" in text(client.get(LIST)), "it is not without a price"

    done = client.post(f"{LIST}{morning.pk}/{coming.pk}/supprimer/", follow=True)

    assert "Le tarif à venir est supprimé" in text(done)
    now = tariff(morning)
    refused = client.post(f"{LIST}{morning.pk}/{now.pk}/supprimer/")
    assert (refused.status_code, "déjà en vigueur" in text(refused)) == (400, True)


def test_statements_do_not_grow_with_the_activities(client: Client, morning: Activity) -> None:
    tariff(morning)
    client.get(LIST)
    with counted() as few:
        client.get(LIST)
    for one in Activity.objects.exclude(pk=morning.pk):
        tariff(one)
    with counted() as many:
        client.get(LIST)

    assert len(few) == len(many)


def test_an_agent_kept_to_an_activity_sees_it_alone_and_changes_no_other(
    demo: Commune, in_demo: Commune, morning: Activity
) -> None:
    cash_office()
    evening = Activity.objects.get(name="Accueil Soir")
    browser = kept(demo, Role.CASH_OFFICE, activities=[morning.pk])

    page = text(browser.get(LIST))
    assert "Accueil Matin" in page and "Accueil Soir" not in page
    assert browser.get(f"{LIST}{evening.pk}/").status_code == 404
    assert browser.get("/mairie/regie/regies/nouvelle/").status_code == 403


def test_the_first_regie_is_the_principal_one_and_leads_to_the_prices(client: Client, morning: Activity) -> None:
    new = "/mairie/regie/regies/nouvelle/"
    commune = context.current()
    assert f'value="{commune.header_name}"' in text(client.get(new)), "what is known is not asked for"
    facts = {"name": "Régie", "siret": "217 801 186 00015", "revenue_code": "04", "treasury_name": "Trésorerie"}

    told = client.post(new, facts, follow=True)
    assert told.redirect_chain[-1][0].startswith(LIST) and "Fixez maintenant le prix" in text(told)
    office = CashOffice.objects.get()
    assert (office.siret, office.is_default) == ("21780118600015", True)
    for wrong in ({"siret": "12"}, {"name": ""}, {"revenue_code": "4x"}, {"name": "Régie"}):
        assert client.post(new, {**facts, "name": "Autre", **wrong}).status_code == 400
    tariff(morning)
    told = client.post(new, {**facts, "name": "Autre"}, follow=True)
    assert told.redirect_chain[-1][0].startswith("/mairie/regie/regies/") and "Fixez" not in text(told)


def test_the_settings_of_billing_are_kept(client: Client) -> None:
    path = "/mairie/regie/reglages/"
    facts = {"resident_postal_codes": "78200, 78300", "unusual_amount": "300", "quotient_warning_days": "45"}

    client.post(path, facts)

    kept_now = BillingSettings.objects.get()
    assert (kept_now.resident_postal_codes, kept_now.unusual_amount) == (["78200", "78300"], 300)
    assert client.post(path, {**facts, "resident_postal_codes": "782"}).status_code == 400


def test_a_quotient_is_noted_and_the_family_leaves_the_list(client: Client, marsone: Household) -> None:
    path = f"/mairie/familles/{marsone.pk}/quotient/"
    assert "MARSONE" in text(client.get("/mairie/regie/quotients/"))

    done = client.post(path, {"value": "650,50", "since": "2020-09-01", "proof": "CAF"}, follow=True)

    assert "Quotient familial : 650,50" in text(done)
    assert "MARSONE" not in text(client.get("/mairie/regie/quotients/"))
    assert client.post(path, {"value": "1", "since": "2020-01-01", "proof": "CAF"}).status_code == 400
    assert Quotient.objects.get().valid_during.lower == date(2020, 9, 1)


def test_a_late_quotient_names_the_invoices_that_it_meets(client: Client, marsone: Household) -> None:
    issued = invoice(marsone)

    done = client.post(
        f"/mairie/familles/{marsone.pk}/quotient/",
        {"value": "650,50", "since": "2012-01-01", "proof": "CAF"},
        follow=True,
    )

    page = text(done)
    assert "une correction est possible" in page
    path = f"/mairie/regie/lots/{issued.run_id}/corriger/?famille={marsone.pk}"
    assert path in page and f"corriger {issued.number}" in page
    assert f'name="famille" value="{marsone.pk}" checked' in text(client.get(path))
    due = clock.today(context.current().zone) + timedelta(days=30)
    days = {"first_day": "2012-01-01", "last_day": "2012-01-31"}
    told = {"label": "Correction", "reason": "Quotient reçu en retard", "due_date": due.isoformat()}
    client.post(path, {"who": "chosen", "famille": marsone.pk, **days, **told})
    made = BillingRun.objects.get(kind=BillingRun.Kind.CORRECTION)
    assert (made.households, made.first_day) == ([marsone.pk], issued.run.first_day)


@pytest.mark.parametrize("asked", ["999999", "x", "9" * 40, "²"])
def test_a_correction_of_no_family_is_no_page(client: Client, marsone: Household, asked: str) -> None:
    issued = invoice(marsone)

    assert client.get(f"/mairie/regie/lots/{issued.run_id}/corriger/", {"famille": asked}).status_code == 404


def test_a_family_is_said_to_live_elsewhere(client: Client, marsone: Household) -> None:
    client.post(f"/mairie/familles/{marsone.pk}/quotient/residence/", {"resident": "non"})

    assert HouseholdTerms.objects.get().resident is False
    wrong = client.post(f"/mairie/familles/{marsone.pk}/quotient/residence/", {"resident": "x"})
    assert wrong.status_code == 400
