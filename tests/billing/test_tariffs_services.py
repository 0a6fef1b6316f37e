"""Versions of tariffs and quotients: the eve ends the former, what was invoiced stays, the demonstration is whole."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from billing.charges import tariffs_between
from billing.models import InvoiceLine, Quotient, Tariff
from billing.rules.facts import Price, TariffSpec
from billing.services.quotients import QuotientRefused, QuotientSpec, set_quotient, set_residence
from billing.services.tariffs import TariffRefused, remove_tariff, set_tariff, spec_of
from booking.models import Activity
from lps.console.demonstration import billing as demonstration
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.models import Commune
from tests.billing.factories import cash_office, invoice
from tests.zone import PARIS

BY = Actor.system("essai")
YEAR = date(2012, 1, 1)
GRID = tuple(
    Price(qf_from=Decimal(bound), resident=resident, from_rank=1, amount=Decimal(amount))
    for resident in (True, False)
    for bound, amount in ((500, "2.00"), (0, "1.00"))
)


def priced(activity: Activity, since: date = YEAR, **changed: object) -> Tariff:
    spec = TariffSpec(**{"name": activity.name, "prices": GRID, **changed})
    made = set_tariff(activity=activity, cash_office=cash_office(), spec=spec, since=since, by=BY, at=clock.now())
    connection.check_constraints()
    return made


def spans(activity: Activity) -> list[tuple[date, date | None]]:
    rows = Tariff.objects.filter(activity=activity).order_by("valid_during")
    return [(row.valid_during.lower, row.valid_during.upper) for row in rows]


def test_a_new_version_ends_the_former_the_eve(morning: Activity) -> None:
    first = priced(morning)

    second = priced(morning, date(2012, 9, 1), name="Matin")

    assert spans(morning) == [(YEAR, date(2012, 9, 1)), (date(2012, 9, 1), None)]
    assert [first.name, second.name] == [morning.name, "Matin"]
    entry = AuditEntry.objects.filter(action="tariff_set").latest("pk")
    assert (entry.before["name"], entry.after["name"]) == (morning.name, "Matin")


def test_a_version_between_two_others_stops_where_the_next_begins(morning: Activity) -> None:
    priced(morning, date(2013, 1, 1))
    priced(morning)
    priced(morning, date(2012, 6, 1))

    assert spans(morning) == [(YEAR, date(2012, 6, 1)), (date(2012, 6, 1), date(2013, 1, 1)), (date(2013, 1, 1), None)]


def test_the_grid_kept_is_the_grid_said_whatever_its_order(morning: Activity) -> None:
    assert sorted(map(repr, spec_of(priced(morning)).prices)) == sorted(map(repr, GRID))
    (facts,) = tariffs_between(YEAR, YEAR, cash_office())[morning.pk]
    assert sorted(map(repr, facts.prices)) == sorted(map(repr, GRID))


def test_a_version_that_was_invoiced_is_never_rewritten_but_ends(morning: Activity, marsone: Household) -> None:
    used = priced(morning)
    empty = invoice(marsone, amounts=(), line_count=1)
    InvoiceLine.objects.create(
        invoice=empty, position=1, kind="use", label="Accueil", tariff=used, quantity=1, unit_price=0, amount=0
    )

    with pytest.raises(TariffRefused, match="used"):
        priced(morning, name="Autre")
    priced(morning, date(2012, 9, 1))

    assert Tariff.objects.get(pk=used.pk).valid_during.upper == date(2012, 9, 1)


def test_a_version_to_come_is_taken_away_and_the_former_goes_on(morning: Activity) -> None:
    today = clock.today(PARIS)
    priced(morning)
    coming = priced(morning, today + timedelta(days=30))

    remove_tariff(tariff=coming, today=today, by=BY)

    assert spans(morning) == [(YEAR, None)]
    with pytest.raises(TariffRefused, match="begun"):
        remove_tariff(tariff=Tariff.objects.get(activity=morning), today=today, by=BY)


def test_a_new_quotient_ends_the_former_and_a_later_one_is_not_run_over(marsone: Household) -> None:
    def proves(value: str, since: date, last: date | None = None) -> Quotient:
        spec = QuotientSpec(value=Decimal(value), since=since, last_day=last)
        return set_quotient(household=marsone, spec=spec, by=BY, at=clock.now())

    proves("400", YEAR, date(2012, 12, 31))
    proves("900", date(2012, 6, 1), date(2012, 12, 31))

    rows = Quotient.objects.filter(household=marsone).order_by("valid_during")
    assert [(row.value, row.valid_during.upper) for row in rows] == [
        (Decimal(400), date(2012, 6, 1)),
        (Decimal(900), date(2013, 1, 1)),
    ]
    for since, last, code in ((date(2012, 5, 1), None, "overlap"), (YEAR, date(2011, 1, 1), "order")):
        with pytest.raises(QuotientRefused, match=code):
            proves("1", since, last)


def test_residence_is_said_once_and_told(marsone: Household) -> None:
    for _twice in range(2):
        set_residence(household=marsone, resident=False, by=BY)

    assert AuditEntry.objects.filter(action="residence_noted").count() == 1


def test_the_demonstration_prices_every_activity_and_most_quotients(buchelay: Commune, in_buchelay: Commune) -> None:
    households = list(Household.objects.order_by("pk"))
    office = demonstration.open_office("Ville de Buchelay")
    demonstration.set_tariffs(office, since=YEAR, now=clock.now())
    demonstration.prove_quotients(households, since=YEAR, now=clock.now())
    connection.check_constraints()

    assert (office.numcli, office.mode, office.online_limit_day) == ("006382", "T", 10)
    assert set(tariffs_between(YEAR, YEAR, office)) == set(Activity.objects.values_list("pk", flat=True))
    assert len(households) * 0.7 < Quotient.objects.count() < len(households)
