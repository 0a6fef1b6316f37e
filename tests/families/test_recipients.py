"""Whom a kind of message is sent to: proved addresses that want it, and those on file."""

import pytest

from booking.message_kinds import CLOSURE, OFFER
from lps.families.models import Household
from lps.families.recipients import of_many, proved_of_many
from lps.families.services.guardians import add_guardian
from lps.families.services.households import NewGuardian
from lps.journal.channels import Channel
from lps.kernel import clock
from notifications.models import Address, Blocked, Kind
from notifications.services import preferences, prove_address, withdraw
from tenants.models import Commune
from tests.families.factories import BY, household
from tests.sql import counted

ON_FILE, CLAIRE = "marsone@familles.example", "claire@example.org"
PAUL = NewGuardian(last_name="MARSONE", first_name="Paul", email="paul@example.org")


@pytest.fixture
def home(in_demo: Commune) -> Household:
    """A family with one address on file."""
    return household(name="MARSONE", email=ON_FILE)


def prove(home: Household, email: str = CLAIRE) -> Address:
    return prove_address(holder=home.holder, value=email, consent="essai", by=BY, channel=Channel.WEB)


def stop(address: Address, kind: str) -> None:
    kept = preferences.choices_of([address])[address.pk] - {kind}
    preferences.choose(wishes={address: kept}, by=BY, channel=Channel.WEB, at=clock.now())


def told(home: Household, kind: str = CLOSURE) -> list[str]:
    return [one.email for one in of_many([home.pk], kind).get(home.pk, [])]


def test_the_address_on_file_is_told_beside_the_ones_proved(home: Household) -> None:
    assert told(home) == [ON_FILE]
    assert proved_of_many([home.pk], CLOSURE) == {}

    claire = prove(home)

    assert told(home) == [CLAIRE, ON_FILE]
    assert [one.email for one in proved_of_many([home.pk], CLOSURE)[home.pk]] == [CLAIRE]
    withdraw(address=claire, by=BY, channel=Channel.WEB)
    assert told(home) == [ON_FILE]


def test_of_two_separated_parents_the_one_who_proved_nothing_is_still_told(home: Household) -> None:
    add_guardian(household=home, new=PAUL, by=BY, channel=Channel.OFFICE)
    prove(home, ON_FILE)

    assert told(home) == [ON_FILE, PAUL.email]
    stop(prove(home, PAUL.email), CLOSURE)
    assert told(home) == [ON_FILE]


def test_two_households_of_one_child_are_told_each_at_its_own(home: Household) -> None:
    fathers = household(name="PERE", email="pere@example.org")
    prove(home)

    found = of_many([home.pk, fathers.pk], CLOSURE)

    assert {pk: [one.email for one in sent] for pk, sent in found.items()} == {
        home.pk: [CLAIRE, ON_FILE],
        fathers.pk: ["pere@example.org"],
    }
    assert told(fathers) == ["pere@example.org"]


def test_an_address_on_file_and_proved_is_written_to_once(home: Household) -> None:
    prove(home, ON_FILE.upper())

    [one] = of_many([home.pk], CLOSURE)[home.pk]

    assert one.proved is not None


def test_a_kind_stopped_stops_alone_at_its_address_on_file_too(home: Household) -> None:
    stop(prove(home, ON_FILE.upper()), CLOSURE)

    assert told(home) == []
    assert told(home, OFFER) == [ON_FILE.upper().replace("FAMILLES.EXAMPLE", "familles.example")]


def test_an_address_on_file_that_bounced_is_left_out(home: Household) -> None:
    elsewhere = prove(household(name="AUTRE"), ON_FILE.upper())
    Blocked.objects.create(kind=Kind.EMAIL, lookup=elsewhere.lookup, why=Blocked.Why.BOUNCE, at=clock.now())

    assert told(home) == []


def test_an_address_on_file_that_stopped_the_kind_for_another_family_is_left_out(home: Household) -> None:
    stop(prove(household(name="AUTRE"), ON_FILE.upper()), CLOSURE)

    assert told(home) == []
    assert told(home, OFFER) == [ON_FILE]


def test_only_a_proved_address_has_a_stop_link(home: Household) -> None:
    assert of_many([home.pk], CLOSURE)[home.pk][0].facts == {}

    prove(home)

    one, on_file = of_many([home.pk], CLOSURE)[home.pk]
    assert on_file.facts == {}
    stopped = preferences.stop_of(one.facts["stop_url"].rstrip("/").rpartition("/")[2])
    assert stopped is not None and stopped.kind.code == CLOSURE


def test_as_many_statements_for_one_family_as_for_ten(home: Household) -> None:
    prove(household(name="PROUVEE"), "premiere@example.org")
    homes = [*Household.objects.values_list("pk", flat=True)]
    with counted() as few:
        of_many(homes, CLOSURE)
    for number in range(5):
        prove(household(name=f"PROUVEE {number}"), f"p{number}@example.org")
        household(name=f"AU DOSSIER {number}", email=f"d{number}@example.org")

    homes = [*Household.objects.values_list("pk", flat=True)]
    with counted() as many:
        found = of_many(homes, CLOSURE)

    assert len(few) == len(many) <= 6
    assert len(found) >= 7
