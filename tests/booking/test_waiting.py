"""Waiting lists of full days: a provable order, places offered one by one, never more children than places."""

import uuid
from datetime import date, datetime, timedelta

import pytest
from django.test import Client

from booking.models import Booking, ServiceDay, WaitingEntry
from booking.rules.planning import Cell, Change
from booking.services import waiting
from booking.services.bookings import Saved, change_bookings
from lps.families.models import Child, Custody, Household, SchoolClass
from lps.families.services import NewChild
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.models import OutboxMessage
from tests.families.factories import ALWAYS, child_of, household
from tests.screens.reading import words

State = WaitingEntry.State
NOW = clock.now()


@pytest.fixture
def bus(activity: dict[str, int]) -> int:
    return activity["Transport scolaire 13h30"]


@pytest.fixture
def day(bus: int) -> date:
    after = NOW.date() + timedelta(days=14)
    return ServiceDay.objects.filter(activity=bus, day__gte=after, open=True).order_by("day")[0].day


@pytest.fixture
def one_place(bus: int, day: date, angeline: Child, marsone: Household) -> ServiceDay:
    """A day of one place, which Angéline has."""
    ServiceDay.objects.filter(activity=bus, day=day).update(places=1)
    ask(angeline, marsone, Cell(bus, day), True)
    return ServiceDay.objects.get(activity=bus, day=day)


@pytest.fixture
def others(one_place: ServiceDay) -> list[tuple[Child, Household]]:
    """Two other families of the same school."""
    school_class = SchoolClass.objects.get(name="CE1", site=one_place.site)
    homes = [
        household(
            name=name,
            email=f"{name.lower()}@example.org",
            children=[NewChild(first_name=first_name, last_name=name, school_class=school_class)],
        )
        for name, first_name in (("PREMIER", "Paul"), ("SECOND", "Sarah"))
    ]
    return [(child_of(home), home) for home in homes]


def ask(child: Child, home: Household, cell: Cell, wanted: bool, *, at: datetime | None = None) -> Saved:
    return change_bookings(
        child=child,
        household=home,
        changes=[Change(cell, wanted)],
        by=actor(home),
        channel=Channel.WEB,
        received_at=at or clock.now(),
        jeton=uuid.uuid4(),
    )


def join(child: Child, home: Household, cell: Cell, *, at: datetime) -> waiting.Joined:
    return waiting.join(child=child, household=home, cell=cell, by=actor(home), channel=Channel.WEB, at=at)


def actor(home: Household) -> Actor:
    return Actor(ActorKind.HOUSEHOLD, str(home.pk), f"famille {home.name}")


def states(held: ServiceDay) -> list[str]:
    return list(WaitingEntry.objects.filter(service_day=held).order_by("joined_at").values_list("state", flat=True))


def taken(held: ServiceDay, *, at: datetime) -> int:
    """Places taken at an instant: bookings that stand, and offers not yet answered."""
    booked = Booking.objects.standing().filter(service_day=held).count()
    return booked + WaitingEntry.objects.filter(service_day=held, state=State.OFFERED, accept_by__gt=at).count()


@pytest.fixture
def queue(one_place: ServiceDay, others: list[tuple[Child, Household]], bus: int, day: date) -> None:
    """Paul waits first, then Sarah."""
    for minute, (child, home) in enumerate(others):
        join(child, home, Cell(bus, day), at=NOW + timedelta(minutes=minute))


def test_one_waits_only_for_a_full_day(
    angeline: Child, marsone: Household, activity: dict[str, int], bus: int, day: date
) -> None:
    joined = join(angeline, marsone, Cell(bus, day), at=NOW)

    assert joined.refusal and joined.refusal.code == "not_full"
    assert WaitingEntry.objects.count() == 0


def test_a_child_waits_once_whichever_of_its_households_asks(
    one_place: ServiceDay, others: list[tuple[Child, Household]], bus: int, day: date
) -> None:
    (child, home), (_child, second) = others
    Custody.objects.create(child=child, household=second, valid_during=ALWAYS)
    join(child, home, Cell(bus, day), at=NOW)
    parent = Client(headers={"host": "demo.localhost"})
    parent.post("/", {"child_code": child.child_code, "family_code": second.family_code})

    answer = parent.post(f"/enfants/{child.child_code}/attente/{bus}-{day:%Y%m%d}/")

    assert "l'autre foyer de cet enfant attend déjà une place ce jour-là" in words(answer.content.decode())
    assert states(one_place) == ["waiting"]


def test_one_does_not_wait_past_the_deadline(
    one_place: ServiceDay, others: list[tuple[Child, Household]], bus: int, day: date
) -> None:
    child, home = others[0]
    late = datetime.combine(day, NOW.time(), tzinfo=NOW.tzinfo)

    joined = join(child, home, Cell(bus, day), at=late)

    assert joined.refusal and joined.refusal.code == "too_late"


def test_waiting_twice_keeps_the_first_rank(
    queue: None, one_place: ServiceDay, others: list[tuple[Child, Household]], bus: int, day: date
) -> None:
    child, home = others[0]
    again = join(child, home, Cell(bus, day), at=NOW + timedelta(hours=1))

    assert again.entry and again.entry.joined_at == NOW
    assert states(one_place) == ["waiting", "waiting"]


def test_a_freed_place_is_offered_to_the_first_and_to_nobody_else(
    queue: None,
    one_place: ServiceDay,
    others: list[tuple[Child, Household]],
    angeline: Child,
    marsone: Household,
    bertrand: Child,
    bus: int,
    day: date,
) -> None:
    at = NOW + timedelta(minutes=10)
    (paul, premier), (sarah, second) = others

    ask(angeline, marsone, Cell(bus, day), False, at=at)

    assert states(one_place) == ["offered", "waiting"]
    assert taken(one_place, at=at) == 1
    for child, home in ((sarah, second), (bertrand, marsone), (angeline, marsone)):
        refused = ask(child, home, Cell(bus, day), True, at=at).refused
        assert [refusal.code for _, refusal in refused] == ["full"]
    assert [message.address for message in OutboxMessage.objects.filter(template="booking/emails/offered")] == [
        "premier@example.org"
    ]

    assert ask(paul, premier, Cell(bus, day), True, at=at).receipt
    assert states(one_place) == ["booked", "waiting"]
    assert Booking.objects.standing().filter(service_day=one_place).count() == 1


def test_an_offer_not_accepted_in_time_goes_to_the_next(
    queue: None,
    one_place: ServiceDay,
    others: list[tuple[Child, Household]],
    angeline: Child,
    marsone: Household,
    bus: int,
    day: date,
) -> None:
    at = NOW + timedelta(minutes=10)
    ask(angeline, marsone, Cell(bus, day), False, at=at)
    until = WaitingEntry.objects.get(state=State.OFFERED).accept_by
    assert until == at + timedelta(hours=24)

    assert waiting.move_lists(at=until - timedelta(seconds=1)) == 0
    assert waiting.move_lists(at=until) == 1
    assert waiting.move_lists(at=until) == 0

    assert states(one_place) == ["expired", "offered"]
    paul, premier = others[0]
    late = ask(paul, premier, Cell(bus, day), True, at=until)
    assert [refusal.code for _, refusal in late.refused] == ["full"]


def test_leaving_offers_the_place_to_the_next(
    queue: None,
    one_place: ServiceDay,
    others: list[tuple[Child, Household]],
    angeline: Child,
    marsone: Household,
    bus: int,
    day: date,
) -> None:
    at = NOW + timedelta(minutes=10)
    ask(angeline, marsone, Cell(bus, day), False, at=at)
    paul, premier = others[0]

    left = waiting.leave(
        child=paul, household=premier, cell=Cell(bus, day), by=actor(premier), channel=Channel.WEB, at=at
    )

    assert left
    assert states(one_place) == ["left", "offered"]


def test_the_list_closes_at_the_deadline(queue: None, one_place: ServiceDay, day: date) -> None:
    waiting.move_lists(at=datetime.combine(day, NOW.time(), tzinfo=NOW.tzinfo))

    assert states(one_place) == ["closed", "closed"]


def test_more_places_are_offered_within_the_minute(queue: None, one_place: ServiceDay) -> None:
    ServiceDay.objects.filter(pk=one_place.pk).update(places=3)

    assert waiting.move_lists(at=NOW + timedelta(hours=1)) == 2

    assert states(one_place) == ["offered", "offered"]
    assert taken(one_place, at=NOW + timedelta(hours=1)) == 3


def test_the_order_can_be_proved(
    queue: None, angeline: Child, marsone: Household, bus: int, day: date, one_place: ServiceDay
) -> None:
    ask(angeline, marsone, Cell(bus, day), False, at=NOW + timedelta(minutes=10))

    told = AuditEntry.objects.filter(subject=f"service_day:{one_place.pk}").order_by("at", "pk")
    assert [entry.action for entry in told] == ["waiting_joined", "waiting_joined", "waiting_offered"]
    assert told[2].after["joined_at"] == NOW.isoformat()


class TestWhenThePlacesChangeUnderAnOffer:
    """Angéline left her only place; Paul is offered it, Sarah waits."""

    AT = NOW + timedelta(minutes=10)

    @pytest.fixture
    def offered(
        self, queue: None, one_place: ServiceDay, angeline: Child, marsone: Household, bus: int, day: date
    ) -> ServiceDay:
        ask(angeline, marsone, Cell(bus, day), False, at=self.AT)
        return one_place

    def set_places(self, held: ServiceDay, places: int | None) -> None:
        ServiceDay.objects.filter(pk=held.pk).update(places=places)

    def test_an_offer_is_not_accepted_beyond_the_places(
        self, offered: ServiceDay, others: list[tuple[Child, Household]], bus: int, day: date
    ) -> None:
        paul, premier = others[0]
        self.set_places(offered, 0)

        refused = ask(paul, premier, Cell(bus, day), True, at=self.AT).refused

        assert [refusal.code for _, refusal in refused] == ["full"]
        assert not Booking.objects.standing().filter(service_day=offered).exists()

    def test_of_two_offers_for_one_place_left_one_is_accepted(
        self, offered: ServiceDay, others: list[tuple[Child, Household]], bus: int, day: date
    ) -> None:
        (paul, premier), (sarah, second) = others
        self.set_places(offered, 2)
        waiting.move_lists(at=self.AT)
        assert states(offered) == ["offered", "offered"]
        self.set_places(offered, 1)

        assert ask(sarah, second, Cell(bus, day), True, at=self.AT).receipt
        assert not ask(paul, premier, Cell(bus, day), True, at=self.AT).receipt

        assert taken(offered, at=self.AT) - 1 == Booking.objects.standing().filter(service_day=offered).count() == 1

    def test_the_last_offers_are_withdrawn_in_the_minute_their_ranks_kept_their_families_told(
        self, offered: ServiceDay
    ) -> None:
        self.set_places(offered, 2)
        waiting.move_lists(at=self.AT)
        self.set_places(offered, 1)

        assert waiting.move_lists(at=self.AT) == 0

        assert states(offered) == ["offered", "waiting"]
        assert taken(offered, at=self.AT) == 1
        told = OutboxMessage.objects.filter(template="booking/emails/withdrawn")
        assert [message.address for message in told] == ["second@example.org"]
        assert AuditEntry.objects.filter(action="waiting_withdrawn").count() == 1

    def test_a_day_that_the_town_closes_ends_its_list_and_says_so(self, offered: ServiceDay) -> None:
        ServiceDay.objects.filter(pk=offered.pk).update(open=False)

        waiting.move_lists(at=self.AT)

        assert set(states(offered)) == {"closed"}
        told = OutboxMessage.objects.filter(template="booking/emails/list_closed")
        assert sorted(message.address for message in told) == ["premier@example.org", "second@example.org"]

    def test_whoever_booked_without_the_limit_did_accept(
        self, offered: ServiceDay, others: list[tuple[Child, Household]], bus: int, day: date
    ) -> None:
        paul, premier = others[0]
        self.set_places(offered, None)
        assert ask(paul, premier, Cell(bus, day), True, at=self.AT).receipt

        waiting.move_lists(at=self.AT + timedelta(days=3))

        assert states(offered)[0] == "booked"


class TestThePage:
    @pytest.fixture
    def parent(self, marsone: Household) -> Client:
        client = Client(headers={"host": "demo.localhost"})
        client.post("/", {"child_code": "123457", "family_code": "654321"})
        return client

    def path(self, bus: int, day: date) -> str:
        return f"/enfants/123457/attente/{bus}-{day:%Y%m%d}/"

    def test_bertrand_joins_reads_his_rank_and_leaves(
        self, parent: Client, one_place: ServiceDay, bus: int, day: date
    ) -> None:
        planning = parent.get(f"/enfants/123457/planning/?semaine={day:%G-W%V}&groupe=transport").content.decode()
        assert self.path(bus, day) in planning
        asked = words(parent.get(self.path(bus, day)).content.decode())
        assert "M'inscrire sur la liste d'attente" in asked
        assert "Personne n'attend encore une place." in asked

        joined = parent.post(self.path(bus, day), follow=True).content.decode()
        assert "Vous êtes en position 1 sur la liste." in words(joined)
        assert "votre enfant est sur la liste d'attente" in words(joined)
        assert "autofocus" in joined
        planning = parent.get(f"/enfants/123457/planning/?semaine={day:%G-W%V}&groupe=transport").content.decode()
        assert "attente n° 1" in words(planning)

        left = parent.post(self.path(bus, day), {"quitter": "1"}, follow=True).content.decode()
        assert "M'inscrire sur la liste d'attente" in words(left)
        assert "votre enfant n'est plus sur la liste d'attente" in words(left)
        assert "autofocus" in left

    def test_an_address_kept_from_before_says_nothing_that_is_no_more_so(
        self, parent: Client, one_place: ServiceDay, bus: int, day: date
    ) -> None:
        stale = words(parent.get(f"{self.path(bus, day)}?fait=inscrit").content.decode())

        assert "Personne n'attend encore une place." in stale
        assert "C'est fait" not in stale

    def test_an_offer_is_told_above_the_week_and_its_box_can_be_ticked(
        self, parent: Client, one_place: ServiceDay, angeline: Child, marsone: Household, bus: int, day: date
    ) -> None:
        parent.post(self.path(bus, day))
        ask(angeline, marsone, Cell(bus, day), False)

        planning = parent.get(f"/enfants/123457/planning/?semaine={day:%G-W%V}&groupe=transport").content.decode()
        assert "Place proposée : Transport scolaire 13h30" in words(planning)
        assert f'value="{bus}-{day:%Y%m%d}"' in planning

    @pytest.mark.parametrize("box", ["abc", "1-20269999", "999999-20261210", "1", "-20261210", "1-2026121"])
    def test_what_names_no_day_does_not_exist(self, parent: Client, box: str) -> None:
        assert parent.get(f"/enfants/123457/attente/{box}/").status_code == 404
        assert parent.post(f"/enfants/123457/attente/{box}/").status_code == 404

    def test_another_familys_child_does_not_exist(
        self, parent: Client, others: list[tuple[Child, Household]], bus: int, day: date
    ) -> None:
        code = others[0][0].child_code
        assert parent.post(f"/enfants/{code}/attente/{bus}-{day:%Y%m%d}/").status_code == 404
        assert WaitingEntry.objects.count() == 0
