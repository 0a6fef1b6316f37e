"""An agent kept to an activity serves every family for it and reads of no other: planning, journal, receipts."""

import pytest
from django.test import Client

from booking.models import Receipt
from booking.planning_form import box_value
from booking.rules.campaigns import Wish
from booking.services import campaigns
from booking.services.pre_registrations import answer
from lps.accounts.models import Account
from lps.families.identity import actor_of
from lps.families.models import Child, Household
from lps.journal.channels import Channel
from notifications.models import OutboxMessage
from tenants.models import Commune
from tests.booking.agents import signed_in
from tests.booking.october import BUS_8H30, BUS_13H30, EVENING, JEUDI_16, MARDI_14, MORNING, NOW, Autumn, ask
from tests.booking.pages import read
from tests.booking.test_pre_registrations import spec
from tests.families.factories import BY


@pytest.fixture
def claire(demo: Commune, autumn: Autumn) -> Client:
    """Serves the bus of 8:30 and the morning, whatever the school."""
    client = signed_in(demo, "scolaire", "régie", name="Claire")
    own = [autumn.activities[BUS_8H30], autumn.activities[MORNING]]
    Account.objects.filter(name="Claire").update(activities=own)
    return client


def of(home: Household, page: str) -> str:
    return f"/mairie/familles/{home.pk}/{page}"


def test_the_planning_has_its_activities_alone(claire: Client, marsone: Household, autumn: Autumn) -> None:
    page = claire.get(of(marsone, "reservations/"))

    shown = read(page)
    assert BUS_8H30 in shown and box_value(autumn.cell(BUS_8H30, JEUDI_16)) in page.content.decode()
    assert BUS_13H30 not in shown


def test_asking_for_the_group_of_others_shows_its_own(claire: Client, marsone: Household, autumn: Autumn) -> None:
    from booking import catalogue

    for group in catalogue.read().groups:
        shown = read(claire.get(of(marsone, "reservations/"), {"groupe": group.slug}))
        assert BUS_13H30 not in shown and EVENING not in shown


def test_the_journal_tells_its_activities_alone(
    claire: Client, marsone: Household, angeline: Child, autumn: Autumn
) -> None:
    ask(angeline, marsone, autumn.book(BUS_8H30, JEUDI_16))
    ask(angeline, marsone, autumn.book(BUS_13H30, JEUDI_16))
    other, mine = Receipt.objects.order_by("-pk")[:2]

    shown = read(claire.get(of(marsone, "journal/")))

    assert BUS_8H30 in shown and mine.number in shown
    assert BUS_13H30 not in shown and other.number not in shown


def test_a_receipt_tells_its_activities_alone_and_is_sent_whole(
    claire: Client, marsone: Household, angeline: Child, autumn: Autumn
) -> None:
    ask(angeline, marsone, [*autumn.book(BUS_8H30, JEUDI_16), *autumn.book(BUS_13H30, JEUDI_16)])
    path = of(marsone, f"recus/{Receipt.objects.latest('pk').number}/")

    shown = read(claire.get(path))

    assert BUS_8H30 in shown and BUS_13H30 not in shown
    after = read(claire.get(of(marsone, "reservations/"), {"recu": Receipt.objects.latest("pk").number}))
    assert BUS_8H30 in after and BUS_13H30 not in after
    assert claire.post(path).status_code == 302


def test_a_receipt_of_other_activities_does_not_exist(
    claire: Client, marsone: Household, angeline: Child, autumn: Autumn
) -> None:
    ask(angeline, marsone, autumn.book(BUS_13H30, JEUDI_16, MARDI_14))
    path, sent = of(marsone, f"recus/{Receipt.objects.latest('pk').number}/"), OutboxMessage.objects.count()

    assert (claire.get(path).status_code, claire.post(path).status_code) == (404, 404)
    assert OutboxMessage.objects.count() == sent


def test_an_answer_tells_its_activities_alone(
    claire: Client, marsone: Household, angeline: Child, autumn: Autumn
) -> None:
    morning, evening = autumn.activities[MORNING], autumn.activities[EVENING]
    both = campaigns.create(spec=spec(autumn, activities=[morning, evening]), by=BY, at=NOW)
    campaigns.create(spec=spec(autumn, title="Soirs d'hiver", activities=[evening]), by=BY, at=NOW)
    wish = Wish(returns=True, chosen={morning: frozenset({0}), evening: frozenset({3})})
    [written] = answer(
        campaign=both,
        household=marsone,
        wishes={angeline: wish},
        by=actor_of(marsone),
        channel=Channel.WEB,
        received_at=NOW,
    ).written
    family, list_, one = (
        of(marsone, "preinscriptions/"),
        f"/mairie/preinscriptions/{both.pk}/",
        f"/mairie/preinscriptions/{both.pk}/reponses/{written.pk}/",
    )

    for page in (family, list_, one):
        shown = claire.get(page).content.decode()
        assert f"{MORNING}\u00a0: lundi" in shown and f"{EVENING}\u00a0:" not in shown, page
    on_counter, file = claire.get(family).content.decode(), claire.get(f"{list_}reponses.csv").content.decode()
    assert EVENING not in on_counter and f"reponse-{angeline.child_code}" not in on_counter, (
        "it answers for both or none"
    )
    assert MORNING in file and EVENING not in file and "jeudi" not in file
