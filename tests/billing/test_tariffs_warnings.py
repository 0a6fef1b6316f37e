"""Before a quotient ends the family is told once, by mail and on its page; who has one, or no address, gets no mail."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from billing import quotients as reads
from billing.models import BillingSettings, HouseholdTerms
from billing.services.quotient_warnings import warn
from billing.services.quotients import QuotientSpec, set_quotient
from booking.models import Activity
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.models import OutboxMessage
from notifications.queries import addresses_of
from notifications.services import preferences, prove_address
from tenants.models import Commune
from tests.billing.test_tariffs_planning import price
from tests.booking.test_statements import more_families
from tests.families.factories import household
from tests.office.pages import text
from tests.sql import counted
from tests.zone import wednesday_noon

BY = Actor.system("essai")
TODAY = wednesday_noon().date()


def proves(home: Household, last: date | None, since: date = date(2012, 1, 1), value: str = "400") -> None:
    spec = QuotientSpec(value=Decimal(value), since=since, last_day=last)
    set_quotient(household=home, spec=spec, by=BY, at=clock.now())


def reachable(home: Household, email: str = "marsone@familles.example") -> None:
    prove_address(holder=home.holder, value=email, consent="v1", by=BY, channel=Channel.WEB)


def told(today: date = TODAY) -> int:
    before = OutboxMessage.objects.count()
    warn(today=today, at=clock.now())
    return OutboxMessage.objects.count() - before


def begun() -> None:
    """The town said long ago that families are to be told."""
    long_ago = wednesday_noon() - timedelta(days=300)
    BillingSettings.objects.update_or_create(pk=1, defaults={"quotient_warnings_at": long_ago})


@pytest.fixture
def brackets(in_demo: Commune, morning: Activity, marsone: Household) -> None:
    """Prices that depend on the quotient; the MARSONE family proved its address."""
    price(morning)
    reachable(marsone)
    begun()


def test_a_family_is_told_once_before_its_quotient_ends(brackets: None, marsone: Household) -> None:
    last = TODAY + timedelta(days=29)
    proves(marsone, last)

    assert told(TODAY - timedelta(days=2)) == 0
    assert told() == 1
    assert (told(), told(last + timedelta(days=9))) == (0, 0)
    entry = AuditEntry.objects.get(action="quotient_end_told")
    assert (entry.subject, entry.after) == (marsone.holder, {"from": (last + timedelta(days=1)).isoformat()})


def test_a_new_quotient_is_warned_of_again_at_its_own_end(brackets: None, marsone: Household) -> None:
    proves(marsone, TODAY + timedelta(days=3))
    assert told() == 1
    proves(marsone, TODAY + timedelta(days=400), since=TODAY + timedelta(days=4))

    assert told() == 0
    assert told(TODAY + timedelta(days=390)) == 1


def test_a_family_that_never_proved_anything_is_told_too(brackets: None, marsone: Household) -> None:
    assert told() == 1


@pytest.mark.parametrize("why", ["flat prices", "zero days", "no address", "stopped", "no child"])
def test_nobody_is_told_for_nothing(in_demo: Commune, marsone: Household, morning: Activity, why: str) -> None:
    price(morning, ("1.00",) if why == "flat prices" else ("1.00", "2.00"))
    begun()
    if why == "zero days":
        BillingSettings.objects.update_or_create(pk=1, defaults={"quotient_warning_days": 0})
    home = household(name="SANSENFANT") if why == "no child" else marsone
    if why in ("no address", "no child"):
        marsone.guardians.update(email="")
    if why != "no address":
        reachable(home)
    if why == "stopped":
        preferences.choose(wishes={addresses_of(home.holder)[0]: []}, by=BY, channel=Channel.WEB, at=clock.now())

    assert told() == 0
    assert not HouseholdTerms.objects.filter(warned_at__isnull=False).exists()


def test_two_addresses_get_the_same_message(brackets: None, marsone: Household) -> None:
    reachable(marsone, "autre@familles.example")

    assert told() == 2


def test_an_address_on_file_is_told_beside_the_one_proved(brackets: None, marsone: Household) -> None:
    marsone.guardians.update(email="bernard@familles.example")

    assert told() == 2


def test_the_first_day_without_a_proof_goes_past_quotients_that_follow_one_another(marsone: Household) -> None:
    proves(marsone, TODAY + timedelta(days=3))
    proves(marsone, TODAY + timedelta(days=9), since=TODAY + timedelta(days=4))

    rows = reads.of_household(marsone)

    assert reads.first_day_without(rows, TODAY, TODAY + timedelta(days=30)) == TODAY + timedelta(days=10)
    assert reads.first_day_without(rows, TODAY, TODAY + timedelta(days=9)) is None


def test_the_family_reads_it_on_its_own_page(brackets: None, marsone: Household, demo: Commune) -> None:
    client = Client(headers={"host": "demo.localhost"})
    client.post("/", {"child_code": "123456", "family_code": "654321"})
    assert "Il manque votre quotient familial" in text(client.get("/factures/"))

    today = clock.today(demo.zone)
    proves(marsone, today + timedelta(days=5))
    assert "Votre quotient familial finit bientôt" in text(client.get("/factures/"))

    proves(marsone, None)
    page = text(client.get("/factures/"))
    assert "Il manque votre quotient" not in page and "quotient familial finit" not in page


def test_a_hundred_families_cost_the_statements_of_one(brackets: None, marsone: Household) -> None:
    marsone.guardians.update(email="")  # as the other families: with addresses on file, two statements more

    def cost(at: datetime) -> int:
        with counted() as found:
            warn(today=TODAY, at=at)
        return len(found)

    one = cost(clock.now())
    more_families(30)
    for home in Household.objects.filter(name__startswith="VOISIN"):
        reachable(home, f"{home.pk}@familles.example")

    assert cost(clock.now()) == one
