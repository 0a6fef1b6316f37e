"""Who may book and what goes together: read in sentences before it is saved; what is booked stays."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client

from booking import catalogue
from booking.models import ActivityTie, Booking, Entitlement, ServiceDay
from booking.rules.planning import Cell, Change
from booking.services.bookings import Saved, change_bookings
from lps.families.identity import actor_of
from lps.families.models import Child, Household, SchoolClass, Site
from lps.families.services import NewChild
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.models import Commune
from tenants.town import queries as town
from tests.booking.agents import signed_in
from tests.families.factories import household
from tests.screens.reading import words
from tests.sql import counted
from tests.zone import PARIS

MORNING, BUS = "Accueil Matin", "Transport scolaire 13h30"
ACCEPT = {"etape": "accepter"}


@pytest.fixture
def sophie(in_demo: Commune) -> Client:
    return signed_in(in_demo, "scolaire", name="Sophie")


@pytest.fixture
def bus(activity: dict[str, int]) -> int:
    return activity[BUS]


@pytest.fixture
def held(bus: int, marsone: Household) -> ServiceDay:
    after = clock.today(PARIS) + timedelta(days=10)
    days = ServiceDay.objects.filter(activity=bus, site__name="École de démonstration", open=True, day__gte=after)
    return days.order_by("day")[0]


def access(activity: int) -> str:
    return f"/mairie/activites/{activity}/acces/"


def ties(activity: int) -> str:
    return f"/mairie/activites/{activity}/liens/"


def lines(*rows: dict[str, object], **other: object) -> dict[str, object]:
    """The form with these lines."""
    sent: dict[str, object] = {"acces-TOTAL_FORMS": len(rows), "acces-INITIAL_FORMS": 0, **other}
    for number, row in enumerate(rows):
        sent |= {f"acces-{number}-{name}": value for name, value in row.items()}
    return sent


def read(response) -> str:
    return words(response.content.decode())


def ask(child: Child, home: Household, activity: int, held: ServiceDay) -> Saved:
    town.read_again()
    return change_bookings(
        child=child, household=home, changes=[Change(Cell(activity, held.day), True)], by=actor_of(home),
        channel=Channel.WEB, received_at=clock.now(), jeton=uuid.uuid4(),
    )  # fmt: skip


class TestAccess:
    def test_the_preview_tells_who_loses_it_and_what_stays_booked(
        self, sophie: Client, bus: int, held: ServiceDay, bertrand: Child, marsone: Household
    ) -> None:
        assert ask(bertrand, marsone, bus, held).receipt

        page = read(sophie.post(access(bus), lines({"level": "CE1"})))

        assert "niveau : CE1" in page
        assert "ne pourra plus réserver" in page or "ne pourront plus réserver" in page
        assert "à venir de ces enfants" in page
        assert not Entitlement.objects.filter(activity=bus).exists()

    def test_accepted_it_holds_at_once_and_the_bookings_stay(
        self, sophie: Client, bus: int, held: ServiceDay, angeline: Child, bertrand: Child, marsone: Household
    ) -> None:
        assert ask(bertrand, marsone, bus, held).receipt

        sophie.post(access(bus), lines({"level": "CE1"}, {}, **ACCEPT))

        assert ask(angeline, marsone, bus, held).receipt
        later = ServiceDay.objects.filter(activity=bus, site=held.site_id, open=True, day__gt=held.day).order_by("day")
        free = next(row for row in later if not row.bookings.filter(canceled_at=None, child=bertrand).exists())
        assert [str(refusal.code) for _, refusal in ask(bertrand, marsone, bus, free).refused] == ["not_entitled"]
        assert Booking.objects.standing().filter(service_day=held, child=bertrand).exists()
        entry = AuditEntry.objects.get(action="access_changed", actor_label="Sophie")
        assert (entry.before, [way["level"] for way in entry.after]) == ([], ["CE1"])

    def test_without_any_line_it_is_open_to_all_again(self, sophie: Client, bus: int) -> None:
        sophie.post(access(bus), lines({"youngest": "6", "oldest": "8"}, **ACCEPT))
        assert "de 6 à 8 ans" in read(sophie.get(access(bus)))

        sophie.post(access(bus), lines({}, {}, **ACCEPT))

        assert "Aujourd'hui, tous les enfants." in read(sophie.get(access(bus)))

    @pytest.mark.parametrize(
        "row",
        [
            {"site": "999999"},
            {"site": "x"},
            {"level": "Terminale"},
            {"level": "a\x00b"},
            {"youngest": "-1"},
            {"youngest": "9" * 40},
            {"youngest": "9", "oldest": "3"},
        ],
    )
    def test_what_cannot_be_is_said_and_changes_nothing(self, sophie: Client, bus: int, row: dict[str, object]) -> None:
        answer = sophie.post(access(bus), lines(row, **ACCEPT))

        assert answer.status_code == 400
        assert "à corriger" in read(answer)
        assert not Entitlement.objects.filter(activity=bus).exists()

    @pytest.mark.parametrize("sent", [{}, {"acces-TOTAL_FORMS": "x"}, {"acces-TOTAL_FORMS": "99999"}])
    def test_a_form_cut_short_changes_nothing(self, sophie: Client, bus: int, sent: dict[str, object]) -> None:
        sophie.post(access(bus), lines({"level": "CE1"}, **ACCEPT))

        assert sophie.post(access(bus), {**sent, **ACCEPT}).status_code == 400
        assert Entitlement.objects.filter(activity=bus).count() == 1


class TestTies:
    def test_a_tie_is_read_then_saved_then_held(
        self, sophie: Client, bus: int, activity: dict[str, int], held: ServiceDay
    ) -> None:
        sent = {"other": activity[MORNING], "kind": "incompatible"}

        assert f"{BUS} et {MORNING} : jamais le même jour" in read(sophie.post(ties(bus), sent))
        assert not ActivityTie.objects.exists()
        sophie.post(ties(bus), {**sent, **ACCEPT})

        town.read_again()
        assert frozenset((bus, activity[MORNING])) in catalogue.read().incompatible
        assert f"{BUS} et {MORNING} : jamais le même jour" in read(sophie.get(ties(bus)))

    def test_it_is_taken_away(self, sophie: Client, bus: int, activity: dict[str, int]) -> None:
        sophie.post(ties(bus), {"other": activity[MORNING], "kind": "together", **ACCEPT})
        made = ActivityTie.objects.get()

        assert sophie.post(f"{ties(activity['Accueil Soir'])}{made.pk}/retirer/").status_code == 404
        assert sophie.post(f"{ties(bus)}{made.pk}/retirer/").status_code == 302

        town.read_again()
        assert not catalogue.read().together
        assert AuditEntry.objects.filter(action="activities_untied", actor_label="Sophie").count() == 1

    def test_two_activities_have_one_tie(self, sophie: Client, bus: int, activity: dict[str, int]) -> None:
        sent = {"other": activity[MORNING], "kind": "together", **ACCEPT}
        sophie.post(ties(bus), sent)

        assert sophie.post(ties(bus), sent).status_code == 400
        assert ActivityTie.objects.count() == 1

    @pytest.mark.parametrize("wrong", [{"other": "999999"}, {"other": ""}, {"other": "x"}, {"kind": "amis"}])
    def test_what_cannot_be_is_refused(
        self, sophie: Client, bus: int, activity: dict[str, int], wrong: dict[str, str]
    ) -> None:
        sent = {"other": activity[MORNING], "kind": "together", **wrong, **ACCEPT}

        assert sophie.post(ties(bus), sent).status_code == 400
        assert not ActivityTie.objects.exists()

    def test_an_activity_is_not_tied_to_itself(self, sophie: Client, bus: int) -> None:
        assert sophie.post(ties(bus), {"other": bus, "kind": "together", **ACCEPT}).status_code == 400


def test_pages_cost_the_same_for_few_and_for_many(
    sophie: Client, bus: int, activity: dict[str, int], marsone: Household
) -> None:
    first, *others = sorted(pk for pk in activity.values() if pk != bus)
    _tie(bus, first)
    Entitlement.objects.create(activity_id=bus, level="CE1")
    few = _costs(sophie, bus)
    site = marsone_school()
    Entitlement.objects.bulk_create(Entitlement(activity_id=bus, site=site, youngest=age) for age in range(3, 18))
    for other in others:
        _tie(bus, other)
    home = household(
        name="NOMBREUX",
        children=[
            NewChild(first_name=f"E{n}", last_name="NOMBREUX", school_class=site.classes.first()) for n in range(20)
        ],
    )
    assert home.pk

    assert _costs(sophie, bus) == few


def marsone_school() -> Site:
    return SchoolClass.objects.get(name="CE1", site__name="École de démonstration").site


def _tie(one: int, other: int) -> None:
    ActivityTie.objects.create(kind="together", first_id=min(one, other), second_id=max(one, other))


def _costs(client: Client, bus: int) -> list[int]:
    """Of the page of access, of its preview, of the page of ties: once warm."""
    asks = (
        lambda: client.get(access(bus)),
        lambda: client.post(access(bus), lines({"level": "CE2"})),
        lambda: client.get(ties(bus)),
    )
    costs = []
    for ask_once in asks:
        ask_once()
        with counted() as found:
            assert ask_once().status_code == 200
        costs.append(len(found))
    return costs
