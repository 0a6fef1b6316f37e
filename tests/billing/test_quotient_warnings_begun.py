"""Nobody is written to before an agent saw how many families it is: begun by day, sent the morning after, stopped."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client

from billing.models import BillingSettings, HouseholdTerms
from billing.services.quotient_warnings import warn
from booking.models import Activity
from lps.accounts.roles import Role
from lps.families.models import Child, Household
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.models import Commune
from tests.billing.test_tariffs_planning import price
from tests.billing.test_tariffs_warnings import proves, reachable
from tests.families.agents import signed_in as kept
from tests.office.pages import signed_in, text

PAGE = "/mairie/regie/quotients/prevenir/"


@pytest.fixture
def client(demo: Commune, morning: Activity, marsone: Household) -> Client:
    price(morning)
    reachable(marsone)
    return signed_in(demo, Role.CASH_OFFICE)


@pytest.fixture
def today(demo: Commune) -> date:
    return clock.today(demo.zone)


def told(day: date) -> int:
    return warn(today=day, at=clock.now())


def begin(client: Client, number: str = "1") -> int:
    return client.post(PAGE, {"etape": "commencer", "nombre": number}).status_code


def test_a_town_that_said_nothing_writes_to_nobody(client: Client, today: date) -> None:
    page = text(client.get(PAGE))

    assert "personne ne reçoit d'e-mail" in page and "Prévenir 1 famille" in page
    assert (told(today), told(today + timedelta(days=40))) == (0, 0)
    assert not HouseholdTerms.objects.filter(warned_at__isnull=False).exists()


def test_it_begins_the_morning_after(client: Client, today: date) -> None:
    assert begin(client) == 302

    assert told(today) == 0
    assert told(today + timedelta(days=1)) == 1
    entry = AuditEntry.objects.get(action="quotient_warnings_begun")
    assert entry.after == {"families": 1, "missing": 1}


def test_it_can_be_stopped_before(client: Client, today: date) -> None:
    begin(client)
    assert "Ne plus prévenir personne" in text(client.get(PAGE))
    assert client.post(PAGE, {"etape": "arreter"}).status_code == 302

    assert told(today + timedelta(days=1)) == 0
    assert client.post(PAGE, {"etape": "arreter"}).status_code == 400
    assert AuditEntry.objects.filter(action="quotient_warnings_stopped").count() == 1


@pytest.mark.parametrize("number", ["0", "2", "", "zut", "9" * 30, "²"])
def test_another_number_than_that_of_now_begins_nothing(client: Client, number: str) -> None:
    assert begin(client, number) == 400
    assert not BillingSettings.objects.filter(quotient_warnings_at__isnull=False).exists()


def test_twice_is_once(client: Client) -> None:
    begin(client)
    since: datetime | None = BillingSettings.objects.get().quotient_warnings_at

    assert begin(client) == 400
    assert BillingSettings.objects.get().quotient_warnings_at == since


def test_the_page_tells_who_ends_and_who_cannot_be_reached(client: Client, today: date, marsone: Household) -> None:
    proves(marsone, today + timedelta(days=10))

    facts = client.get(PAGE).context["foreseen"]

    others = Household.objects.filter(custodies__valid_during__contains=today).exclude(pk=marsone.pk).distinct()
    assert (facts.missing, facts.ending, facts.unreachable) == (0, 1, others.count())


def test_an_agent_kept_to_a_school_does_not_decide(demo: Commune, in_demo: Commune) -> None:
    site = Child.objects.get(first_name="Angéline").enrollments.earliest("pk").school_class.site

    assert kept(demo, Role.CASH_OFFICE, sites=[site.pk]).get(PAGE).status_code == 403
