"""Waiting lists at the town hall: read in order, moved at a family's request, ranked by stated criteria alone."""

import uuid
from datetime import date, timedelta

import pytest
from django.test import Client

from booking.models import ActivityTie, Booking, ServiceDay, WaitingEntry
from booking.rules.planning import Cell, Change
from booking.rules.waiting import Criterion
from booking.services import waiting
from booking.services.bookings import change_bookings
from booking.services.catalogue import tie
from lps.accounts.roles import Role
from lps.families.identity import actor_of
from lps.families.models import Child, Custody, Household, SchoolClass
from lps.families.services import NewChild
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.models import Commune
from tests.booking.agents import signed_in
from tests.families.factories import ALWAYS, child_of, household
from tests.screens.reading import words
from tests.sql import counted
from tests.zone import PARIS

State = WaitingEntry.State


@pytest.fixture
def bus(activity: dict[str, int]) -> int:
    return activity["Transport scolaire 13h30"]


@pytest.fixture
def day(bus: int) -> date:
    after = clock.today(PARIS) + timedelta(days=14)
    return ServiceDay.objects.filter(activity=bus, day__gte=after, open=True).order_by("day")[0].day


@pytest.fixture
def full(bus: int, day: date, angeline: Child, marsone: Household) -> ServiceDay:
    """One place, which Angéline has."""
    ServiceDay.objects.filter(activity=bus, day=day).update(places=1)
    book(angeline, marsone, Cell(bus, day))
    return ServiceDay.objects.get(activity=bus, day=day)


@pytest.fixture
def paul(full: ServiceDay) -> Child:
    school_class = SchoolClass.objects.get(name="CE1", site=full.site)
    new = NewChild(first_name="Paul", last_name="PREMIER", school_class=school_class)
    return child_of(household(name="PREMIER", email="premier@example.org", children=[new]))


@pytest.fixture
def premier(paul: Child) -> Household:
    return Household.objects.get(name="PREMIER")


@pytest.fixture
def clerk(demo: Commune, in_demo: Commune) -> Client:
    return signed_in(demo, Role.SCHOOL)


def book(child: Child, home: Household, cell: Cell) -> object:
    return change_bookings(
        child=child,
        household=home,
        changes=[Change(cell, True)],
        by=actor_of(home),
        channel=Channel.WEB,
        received_at=clock.now(),
        jeton=uuid.uuid4(),
    )


def waits(child: Child, home: Household, held: ServiceDay) -> WaitingEntry:
    joined = waiting.join(
        child=child,
        household=home,
        cell=Cell(held.activity_id, held.day),
        by=actor_of(home),
        channel=Channel.WEB,
        at=clock.now(),
    )
    assert joined.entry is not None
    return joined.entry


def path(held: ServiceDay) -> str:
    return f"/mairie/attente/{held.pk}/"


def test_an_agent_reads_who_waits_in_which_order_and_all_that_happened(
    clerk: Client, full: ServiceDay, paul: Child, premier: Household, bertrand: Child, marsone: Household
) -> None:
    waits(paul, premier, full)
    waits(bertrand, marsone, full)

    page = words(clerk.get(path(full)).content.decode())

    assert page.index("1 Paul PREMIER CE1") < page.index("2 Bertrand MARSONE")
    assert page.count("inscription sur la liste famille") == 2
    assert "Transport scolaire 13h30" in words(clerk.get("/mairie/attente/").content.decode())


def test_a_full_day_without_a_list_is_found(clerk: Client, full: ServiceDay) -> None:
    assert path(full) not in clerk.get("/mairie/attente/").content.decode()
    assert path(full) in clerk.get("/mairie/attente/?complets=1").content.decode()


def test_a_child_is_put_on_the_list_with_a_reason_that_stays(
    clerk: Client, full: ServiceDay, paul: Child, premier: Household
) -> None:
    search = clerk.get(path(full), {"q": "premier"}).content.decode()
    link = f"{path(full)}inscrire/{paul.pk}/{premier.pk}/"
    assert link in search

    assert clerk.post(link, {"reason": ""}).status_code == 400
    page = clerk.post(link, {"reason": "Demande au guichet"}, follow=True).content.decode()

    assert "Motif : Demande au guichet" in words(page)
    told = AuditEntry.objects.get(action="waiting_joined")
    assert (told.actor_label, told.after["reason"]) == ("Nadia", "Demande au guichet")


def test_a_day_with_a_place_left_takes_nobody_on_its_list(
    clerk: Client, full: ServiceDay, paul: Child, premier: Household
) -> None:
    ServiceDay.objects.filter(pk=full.pk).update(places=2)

    answer = clerk.post(f"{path(full)}inscrire/{paul.pk}/{premier.pk}/", {"reason": "Guichet"})

    assert answer.status_code == 400 and "il reste une place" in words(answer.content.decode())
    assert not WaitingEntry.objects.exists()


def test_one_does_not_wait_beside_what_clashes_with_it(
    full: ServiceDay, paul: Child, premier: Household, activity: dict[str, int], clerk: Client
) -> None:
    other = activity["Accueil Soir"]
    tie(one=full.activity_id, other=other, kind=ActivityTie.Kind.INCOMPATIBLE)
    book(paul, premier, Cell(other, full.day))

    answer = clerk.post(f"{path(full)}inscrire/{paul.pk}/{premier.pk}/", {"reason": "Guichet"})

    assert "incompatible avec Accueil Soir le même jour" in words(answer.content.decode())
    assert not WaitingEntry.objects.exists()


def test_a_child_taken_off_gives_its_offer_to_the_next(
    clerk: Client, full: ServiceDay, paul: Child, premier: Household, bertrand: Child, marsone: Household
) -> None:
    first, second = waits(paul, premier, full), waits(bertrand, marsone, full)
    Booking.objects.filter(service_day=full).update(canceled_at=clock.now())
    waiting.move_lists(at=clock.now())

    page = clerk.post(f"/mairie/attente/inscription/{first.pk}/retirer/", {"reason": "Déménage"}, follow=True)

    assert "n'est plus sur la liste" in words(page.content.decode())
    states = dict(WaitingEntry.objects.values_list("pk", "state"))
    assert (states[first.pk], states[second.pk]) == (State.LEFT, State.OFFERED)


class TestRank:
    def rank(self, clerk: Client, entry: WaitingEntry, criterion: int | str) -> int:
        given = {"criterion": criterion, "reason": "Vu avec la famille"}
        return clerk.post(f"/mairie/attente/inscription/{entry.pk}/ordre/", given).status_code

    def test_by_a_criterion_that_is_met(
        self, clerk: Client, full: ServiceDay, paul: Child, premier: Household, bertrand: Child, marsone: Household
    ) -> None:
        waits(paul, premier, full)
        entry = waits(bertrand, marsone, full)

        assert self.rank(clerk, entry, int(Criterion.SIBLING)) == 302

        page = words(clerk.get(path(full)).content.decode())
        assert page.index("1 Bertrand MARSONE") < page.index("2 Paul PREMIER")
        told = AuditEntry.objects.get(action="waiting_ranked")
        assert (told.before["priority"], told.after["priority"]) == (100, 50)

    @pytest.mark.parametrize("criterion", [int(Criterion.SIBLING), int(Criterion.LOST_PLACE), 1, "", "x", "\x00"])
    def test_never_otherwise(
        self, clerk: Client, full: ServiceDay, paul: Child, premier: Household, criterion: int | str
    ) -> None:
        entry = waits(paul, premier, full)

        assert self.rank(clerk, entry, criterion) == 400

        entry.refresh_from_db()
        assert entry.priority == 100
        assert not AuditEntry.objects.filter(action="waiting_ranked").exists()


def test_a_reader_moves_nobody(demo: Commune, full: ServiceDay, paul: Child, premier: Household) -> None:
    entry = waits(paul, premier, full)
    reader = signed_in(demo, Role.READ_ONLY)

    assert "Inscrire un enfant" not in words(reader.get(path(full)).content.decode())
    for action in ("ordre/", "retirer/"):
        assert reader.post(f"/mairie/attente/inscription/{entry.pk}/{action}", {"reason": "x"}).status_code == 403
    entry.refresh_from_db()
    assert entry.state == State.WAITING


@pytest.mark.parametrize("ending", ["0/", "999999999999999999/", "1/inscrire/0/0/"])
def test_what_is_nobodys_does_not_exist(clerk: Client, ending: str) -> None:
    assert clerk.get(f"/mairie/attente/{ending}").status_code == 404


def test_a_list_costs_the_same_for_one_and_for_three(
    clerk: Client, full: ServiceDay, paul: Child, premier: Household, bertrand: Child, marsone: Household
) -> None:
    Custody.objects.get_or_create(child=paul, household=premier, defaults={"valid_during": ALWAYS})
    shapes = []
    for child, home in ((paul, premier), (bertrand, marsone)):
        waits(child, home, full)
        clerk.get(path(full))
        with counted() as statements:
            clerk.get(path(full))
        shapes.append(len(statements))

    assert shapes[0] == shapes[1]
