"""The price of the week beside the planning: what is booked at its own price, nothing where a town wants none."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from billing.models import HouseholdTerms
from billing.rules.facts import Price, TariffSpec
from billing.services.offices import save_settings
from billing.services.quotients import QuotientSpec, set_quotient
from billing.services.tariffs import set_tariff
from booking.models import Activity, Booking, ServiceDay
from lps.families.models import Child, Household, SchoolClass
from lps.journal.actors import Actor
from lps.kernel import clock
from tenants.models import Commune
from tests.billing.factories import cash_office
from tests.office.pages import text
from tests.sql import Counted, counted

BY = Actor.system("essai")
PATH = "/enfants/123456/planning/"
YEAR = date(2012, 1, 1)


def price(activity: Activity, amounts: tuple[str, ...] = ("1.00", "2.00"), **changed: object) -> None:
    cells = tuple(
        Price(qf_from=Decimal(bound), resident=resident, from_rank=1, amount=Decimal(amount))
        for resident in (True, False)
        for bound, amount in zip((0, 600), amounts, strict=False)
    )
    spec = TariffSpec(**{"name": activity.name, "prices": cells, **changed})
    set_tariff(activity=activity, cash_office=cash_office(), spec=spec, since=YEAR, by=BY, at=clock.now())


@pytest.fixture
def parent(demo: Commune, in_demo: Commune) -> Client:
    client = Client(headers={"host": "demo.localhost"})
    client.post("/", {"child_code": "123456", "family_code": "654321"})
    return client


@pytest.fixture
def booked(demo: Commune, marsone: Household, morning: Activity) -> int:
    """Angéline's three mornings of the next whole week; nothing else is booked for her."""
    Booking.objects.filter(household=marsone).delete()
    child = Child.objects.get(first_name="Angéline", last_name="MARSONE")
    site = SchoolClass.objects.order_by("pk")[0].site
    today = clock.today(demo.zone)
    for number in range(3):
        day = today + timedelta(days=7 - today.weekday() + number)
        held, _ = ServiceDay.objects.get_or_create(
            activity=morning, site=site, day=day, defaults={"by_hand": True, "open": True}
        )
        Booking.of(child_id=child.pk, household_id=marsone.pk, service_day=held, booked_at=clock.now()).save()
    return 3


def shows(wanted: bool = True) -> None:
    save_settings(facts={"show_prices": wanted}, by=BY)


def cost(client: Client) -> Counted:
    client.get(PATH)
    with counted() as found:
        assert client.get(PATH).status_code == 200
    return found


def euros(amount: Decimal | int) -> str:
    return f"{amount:.2f}".replace(".", ",") + " €"


def test_without_a_proof_the_week_costs_the_top_bracket(parent: Client, booked: int, morning: Activity) -> None:
    price(morning)
    shows()

    page = text(parent.get(PATH))

    assert f"Prix estimé de la semaine : {euros(booked * 2)}" in page
    assert "sans justificatif, la tranche la plus haute" in page and "Seule la facture fait foi" in page


def test_with_a_quotient_its_own_price_is_told_and_named(
    parent: Client, booked: int, morning: Activity, marsone: Household
) -> None:
    price(morning)
    shows()
    set_quotient(household=marsone, spec=QuotientSpec(value=Decimal(400), since=YEAR), by=BY, at=clock.now())

    page = text(parent.get(PATH))

    assert f"Prix estimé de la semaine : {euros(booked)}" in page
    assert "Quotient familial utilisé : 400,00." in page


def test_a_town_that_shows_no_price_shows_none_and_pays_no_statement(
    parent: Client, booked: int, morning: Activity
) -> None:
    price(morning)
    before = cost(parent)
    shows()
    on = cost(parent)
    shows(False)

    assert "Prix estimé" not in text(parent.get(PATH))
    assert len(cost(parent)) == len(before)
    assert len(before) < len(on) <= len(before) + 3, str(on)


def test_a_new_price_is_told_at_once(parent: Client, booked: int, morning: Activity) -> None:
    price(morning)
    shows()
    parent.get(PATH)
    price(morning, ("5.00",))

    assert f"Prix estimé de la semaine : {euros(booked * 5)}" in text(parent.get(PATH))


def test_a_flat_price_is_not_added_and_a_missing_one_is_said(parent: Client, booked: int, morning: Activity) -> None:
    shows()
    evening = Activity.objects.get(name="Accueil Soir")
    price(evening)
    assert "Prix pas encore fixé : Accueil Matin" in text(parent.get(PATH))

    price(morning, unit="month")

    assert "Compris dans un forfait" in text(parent.get(PATH))


def test_a_family_from_elsewhere_is_told_so(parent: Client, booked: int, morning: Activity, marsone: Household) -> None:
    price(morning, non_resident_extra=Decimal("0.50"))
    shows()
    HouseholdTerms.objects.create(household=marsone, resident=False)

    page = text(parent.get(PATH))

    assert euros(Decimal("2.50") * booked) in page and "Prix hors commune." in page
