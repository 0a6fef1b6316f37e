"""Agents make the catalogue theirs: groups, activities, their order, their days; nothing booked is ever lost."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from booking import catalogue
from booking.catalogue import Catalogue
from booking.models import Activity, ActivityGroup, Booking, ServiceDay, WaitingEntry
from booking.rules.planning import Cell, Change
from booking.services import waiting
from booking.services.bookings import change_bookings
from booking.services.groups import free_slug
from lps.accounts.models import Account
from lps.console.services import Identity, create_commune
from lps.families.identity import actor_of
from lps.families.models import Child, Household, SchoolClass, Site
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tenants.town import queries as town
from tests.booking.agents import signed_in
from tests.screens.reading import words
from tests.sql import counted
from tests.zone import PARIS

LIST = "/mairie/activites/"
BUS = "Transport scolaire 13h30"


@pytest.fixture
def sophie(in_demo: Commune) -> Client:
    """She runs the school service."""
    return signed_in(in_demo, "scolaire", name="Sophie")


@pytest.fixture
def bus(activity: dict[str, int]) -> int:
    return activity[BUS]


def path(activity: int, end: str = "") -> str:
    return f"{LIST}{activity}/{end}"


def facts() -> Catalogue:
    """The catalogue as the next request reads it."""
    town.read_again()
    return catalogue.read()


def form(**other: object) -> dict[str, object]:
    """The bus as it stands."""
    return {"name": BUS, "weekdays": [0, 1, 3, 4], "season": "term", "places": "", **other}


def read(response) -> str:
    return words(response.content.decode())


def open_days(activity: int) -> list[ServiceDay]:
    today = clock.today(PARIS) + timedelta(days=1)
    return list(ServiceDay.objects.filter(activity=activity, open=True, day__gte=today).order_by("day", "site"))


def book(child: Child, home: Household, held: ServiceDay) -> None:
    saved = change_bookings(
        child=child,
        household=home,
        changes=[Change(Cell(held.activity_id, held.day), wanted=True)],
        by=actor_of(home),
        channel=Channel.WEB,
        received_at=clock.now(),
        jeton=uuid.uuid4(),
    )
    assert saved.receipt


def told(action: str) -> AuditEntry:
    return AuditEntry.objects.get(action=action, actor_label="Sophie")


def thursday_ahead(bus: int) -> ServiceDay:
    """A Thursday far enough to be booked, at the MARSONE children's school."""
    site = SchoolClass.objects.get(name="CE1", site__name="École de démonstration").site_id
    after = clock.today(PARIS) + timedelta(days=10)
    days = ServiceDay.objects.filter(activity=bus, site=site, open=True, day__gte=after).order_by("day")
    return next(held for held in days if held.day.weekday() == 3)


class TestGroups:
    def test_the_list_tells_activities_days_and_deadlines(self, sophie: Client) -> None:
        page = read(sophie.get(LIST))

        assert "TRANSPORT" in page and BUS in page
        assert "lundi, mardi, jeudi, vendredi, temps scolaire, places illimitées" in page
        assert "Réserver et annuler : au plus tard la veille à 17h00. Ouverture : 13 semaines avant." in page

    def test_a_group_is_made_renamed_and_its_address_stays(self, sophie: Client) -> None:
        sophie.post(f"{LIST}groupes/nouveau/", {"name": "Étude & devoirs"})
        made = ActivityGroup.objects.get(name="Étude & devoirs")
        assert made.slug == "etude-devoirs"

        renamed = sophie.post(f"{LIST}groupes/{made.pk}/", {"name": "ÉTUDE"})

        assert renamed.status_code == 302
        made.refresh_from_db()
        assert (made.name, made.slug) == ("ÉTUDE", "etude-devoirs")
        assert (told("group_renamed").before, told("group_renamed").after) == (
            {"name": "Étude & devoirs"},
            {"name": "ÉTUDE"},
        )

    def test_two_groups_of_one_name_are_refused(self, sophie: Client) -> None:
        number = ActivityGroup.objects.count()

        answer = sophie.post(f"{LIST}groupes/nouveau/", {"name": "transport"})

        assert answer.status_code == 400
        assert "Un autre groupe porte déjà ce nom" in read(answer)
        assert ActivityGroup.objects.count() == number

    def test_a_group_moves_by_one_and_the_ends_stay(self, sophie: Client) -> None:
        before = list(ActivityGroup.objects.all())

        sophie.post(f"{LIST}groupes/{before[1].pk}/deplacer/", {"sens": "haut"})
        assert list(ActivityGroup.objects.all())[:2] == [before[1], before[0]]

        sophie.post(f"{LIST}groupes/{before[1].pk}/deplacer/", {"sens": "haut"})
        assert list(ActivityGroup.objects.all())[:2] == [before[1], before[0]]
        assert [group.name for group in facts().groups[:2]] == [before[1].name, before[0].name]

    def test_only_an_empty_group_is_removed(self, sophie: Client) -> None:
        full = ActivityGroup.objects.get(slug="transport")
        refused = sophie.post(f"{LIST}groupes/{full.pk}/supprimer/")
        assert refused.status_code == 400
        assert "Ce groupe contient encore des activités" in read(refused)

        sophie.post(f"{LIST}groupes/nouveau/", {"name": "VIDE"})
        empty = ActivityGroup.objects.get(name="VIDE")
        assert sophie.post(f"{LIST}groupes/{empty.pk}/supprimer/").status_code == 302
        assert not ActivityGroup.objects.filter(pk=empty.pk).exists()

    def test_families_do_not_see_a_group_in_which_nothing_is_offered(self, sophie: Client) -> None:
        sophie.post(f"{LIST}groupes/nouveau/", {"name": "BIENTÔT"})

        assert "BIENTÔT" not in [group.name for group in facts().offered]

    @given(name=st.text(max_size=100), taken=st.sets(st.sampled_from(["sport", "sport-2", "groupe", "groupe-2"])))
    def test_a_slug_is_free_and_fits(self, name: str, taken: set[str]) -> None:
        slug = free_slug(name, taken=taken)

        assert slug not in taken and 0 < len(slug) <= 80
        assert all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in slug)


class TestTheTemplate:
    def test_an_empty_catalogue_starts_from_a_template(self, db: None) -> None:
        identity = Identity(slug="orgeval", header_name="Mairie d'Orgeval", place_name="Orgeval", insee="78466")
        commune = create_commune(identity=identity, by=Actor.system("test"), channel=Channel.AUTOMATIC)
        sophie = signed_in(commune, "scolaire", name="Sophie")
        assert "Partir d'un modèle" in read(sophie.get(LIST))

        sophie.post(f"{LIST}modele/", {"modele": "jeudi-17h"})

        assert "CANTINE" in read(sophie.get(LIST))
        with context.use(commune):
            assert told("catalogue_started").after["template"] == "jeudi-17h"

    def test_a_template_is_not_laid_over_a_catalogue(self, sophie: Client) -> None:
        number = ActivityGroup.objects.count()

        answer = sophie.post(f"{LIST}modele/", {"modele": "jeudi-17h"}, follow=True)

        assert "Le catalogue contenait déjà des groupes" in read(answer)
        assert ActivityGroup.objects.count() == number

    def test_what_is_no_template_is_a_bad_request(self, sophie: Client) -> None:
        assert sophie.post(f"{LIST}modele/", {"modele": "../x"}).status_code == 400


class TestAnActivity:
    def test_it_is_made_with_its_days_in_every_school(self, sophie: Client) -> None:
        group = ActivityGroup.objects.get(slug="transport")

        answer = sophie.post(f"{LIST}groupes/{group.pk}/nouvelle/", form(name="Vélobus", places="12"))

        made = Activity.objects.get(name="Vélobus")
        assert answer.headers["Location"].startswith(path(made.pk))
        days = open_days(made.pk)
        assert {held.site_id for held in days} == set(Site.objects.filter(is_school=True).values_list("pk", flat=True))
        assert {held.places for held in days} == {12}
        assert told("activity_added").after["weekdays"] == [0, 1, 3, 4]

    def test_a_change_of_days_is_read_before_it_is_made(
        self, sophie: Client, bus: int, angeline: Child, marsone: Household
    ) -> None:
        held = thursday_ahead(bus)
        book(angeline, marsone, held)
        before = {row.pk for row in open_days(bus)}

        preview = read(sophie.post(path(bus), form(weekdays=[0])))

        assert "1 jour garde ses réservations" in preview
        assert f"{held.day:%d/%m/%Y}, École de démonstration (1 enfant)" in preview
        assert {row.pk for row in open_days(bus)} == before

        assert sophie.post(path(bus), form(weekdays=[0], etape="accepter")).status_code == 302
        after = open_days(bus)
        assert {row.day.weekday() for row in after} == {0, 3}
        assert [row.pk for row in after if row.day.weekday() == 3] == [held.pk]
        assert Booking.objects.standing().filter(service_day=held, child=angeline).exists()
        entry = told("activity_changed")
        assert (entry.before["weekdays"], entry.after["weekdays"]) == ([0, 1, 3, 4], [0])

    def test_a_change_of_name_alone_is_saved_at_once(self, sophie: Client, bus: int) -> None:
        days = [row.pk for row in open_days(bus)]

        answer = sophie.post(path(bus), form(name="Car de 13h30"))

        assert answer.status_code == 302
        assert facts().activities[bus].name == "Car de 13h30"
        assert [row.pk for row in open_days(bus)] == days

    def test_lowering_the_places_tells_which_days_are_fuller_and_cancels_nobody(
        self, sophie: Client, bus: int, angeline: Child, bertrand: Child, marsone: Household
    ) -> None:
        held = thursday_ahead(bus)
        book(angeline, marsone, held)
        book(bertrand, marsone, held)

        assert "1 jour a déjà plus d'enfants que de places" in read(sophie.post(path(bus), form(places="1")))
        sophie.post(path(bus), form(places="1", etape="accepter"))

        held.refresh_from_db()
        assert held.places == 1
        assert Booking.objects.standing().filter(service_day=held).count() == 2

    def test_raising_the_places_offers_them_to_those_who_wait(
        self, sophie: Client, bus: int, angeline: Child, bertrand: Child, marsone: Household
    ) -> None:
        held = thursday_ahead(bus)
        sophie.post(path(bus), form(places="1", etape="accepter"))
        book(angeline, marsone, held)
        waiting.join(
            child=bertrand, household=marsone, cell=Cell(bus, held.day), by=actor_of(marsone), channel=Channel.WEB,
            at=clock.now(),
        )  # fmt: skip

        sophie.post(path(bus), form(places="2", etape="accepter"))

        assert WaitingEntry.objects.get(service_day=held).state == "offered"

    def test_one_of_its_name_in_the_group_is_refused(self, sophie: Client, bus: int) -> None:
        answer = sophie.post(path(bus), form(name="transport scolaire 8H30"))

        assert answer.status_code == 400
        assert "Une autre activité de ce groupe porte déjà ce nom" in read(answer)

    def test_it_moves_within_its_group(self, sophie: Client, bus: int) -> None:
        sophie.post(path(bus, "deplacer/"), {"sens": "haut"})

        names = [one.name for group in facts().of_group("transport") for one in group.activities]
        assert names.index(BUS) == 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {"name": ""},
            {"name": "a\x00b"},
            {"name": "x" * 10_000},
            {"weekdays": []},
            {"weekdays": [7]},
            {"weekdays": ["lundi"]},
            {"season": "printemps"},
            {"places": "-1"},
            {"places": "9" * 30},
            {"places": "douze"},
        ],
    )
    def test_what_cannot_be_is_said_and_changes_nothing(
        self, sophie: Client, bus: int, wrong: dict[str, object]
    ) -> None:
        before = Activity.objects.filter(pk=bus).values().get()

        answer = sophie.post(path(bus), form(**wrong, etape="accepter"))

        assert answer.status_code == 400
        assert "à corriger" in read(answer)
        assert Activity.objects.filter(pk=bus).values().get() == before

    def test_a_preview_and_a_save_cost_the_same_for_few_days_and_for_many(self, sophie: Client, bus: int) -> None:
        few, many = _statements(sophie, bus, [0]), _statements(sophie, bus, [0, 1, 3, 4])

        assert few == many


class TestAnActivityNoLongerOffered:
    def test_one_that_served_is_retired_its_past_and_its_bookings_stay(
        self, sophie: Client, bus: int, angeline: Child, marsone: Household
    ) -> None:
        held = thursday_ahead(bus)
        book(angeline, marsone, held)
        page = read(sophie.get(path(bus, "retirer/")))
        assert "1 jour garde ses réservations" in page and "Supprimer" not in page

        sophie.post(path(bus, "retirer/"), {"etape": "retirer"})

        assert [row.pk for row in open_days(bus)] == [held.pk]
        assert Booking.objects.standing().filter(service_day=held).exists()
        assert "retirée" in read(sophie.get(LIST))

    def test_nobody_books_it_any_more_but_what_is_booked_can_be_left(
        self, sophie: Client, bus: int, angeline: Child, bertrand: Child, marsone: Household
    ) -> None:
        held = thursday_ahead(bus)
        book(angeline, marsone, held)
        sophie.post(path(bus, "retirer/"), {"etape": "retirer"})

        refused = _ask(bertrand, marsone, held, True).refused
        assert [refusal.code for _, refusal in refused] == ["no_service"]
        parent = Client(headers={"host": "demo.localhost"})
        parent.post("/", {"child_code": angeline.child_code, "family_code": marsone.family_code})
        week = f"?semaine={held.day:%G-W%V}&groupe=transport"
        assert BUS in read(parent.get(f"/enfants/{angeline.child_code}/planning/{week}"))
        assert BUS not in read(parent.get(f"/enfants/{bertrand.child_code}/planning/{week}"))
        assert _ask(angeline, marsone, held, False).receipt

    def test_days_set_by_hand_close_too(self, sophie: Client, bus: int) -> None:
        ServiceDay.objects.filter(activity=bus).update(by_hand=True)

        sophie.post(path(bus, "retirer/"), {"etape": "retirer"})

        assert open_days(bus) == []

    def test_it_is_offered_again_with_its_days(self, sophie: Client, bus: int) -> None:
        before = [row.pk for row in open_days(bus)]
        sophie.post(path(bus, "retirer/"), {"etape": "retirer"})
        assert open_days(bus) == []

        sophie.post(path(bus, "remettre/"))

        assert [row.pk for row in open_days(bus)] == before
        assert told("activity_restored")

    def test_one_of_which_nothing_was_asked_is_removed(self, sophie: Client) -> None:
        group = ActivityGroup.objects.get(slug="transport")
        sophie.post(f"{LIST}groupes/{group.pk}/nouvelle/", form(name="Vélobus"))
        made = Activity.objects.get(name="Vélobus")
        assert "Personne ne l'a jamais réservée" in read(sophie.get(path(made.pk, "retirer/")))

        sophie.post(path(made.pk, "retirer/"), {"etape": "supprimer"})

        assert not Activity.objects.filter(pk=made.pk).exists()
        assert told("activity_removed").before["name"] == "Vélobus"

    def test_one_that_served_is_not_removed(
        self, sophie: Client, bus: int, angeline: Child, marsone: Household
    ) -> None:
        book(angeline, marsone, thursday_ahead(bus))

        answer = sophie.post(path(bus, "retirer/"), {"etape": "supprimer"}, follow=True)

        assert "Cette activité a déjà servi" in read(answer)
        assert Activity.objects.filter(pk=bus, retired_at=None).exists()


class TestRights:
    @pytest.mark.parametrize("role", ["lecture", "régie", "cantine", "animation"])
    def test_other_roles_read_and_change_nothing(self, in_demo: Commune, bus: int, role: str) -> None:
        reader = signed_in(in_demo, role)

        page = reader.get(LIST)
        assert page.status_code == 200
        assert "Ajouter un groupe" not in read(page) and f'"{path(bus)}"' not in page.content.decode()
        assert reader.post(path(bus), form(etape="accepter")).status_code == 403
        assert reader.post(f"{LIST}groupes/nouveau/", {"name": "X"}).status_code == 403

    def test_an_agent_kept_to_an_activity_sees_and_changes_it_alone(
        self, sophie: Client, bus: int, activity: dict[str, int]
    ) -> None:
        Account.objects.filter(name="Sophie").update(activities=[bus])

        page = read(sophie.get(LIST))
        assert BUS in page and "Accueil Matin" not in page and "Ajouter un groupe" not in page
        assert sophie.post(path(bus), form(name="Car")).status_code == 302
        assert sophie.get(path(activity["Accueil Matin"])).status_code == 403
        assert sophie.get(path(activity["Accueil Matin"], "places/")).status_code == 404
        assert sophie.post(path(bus, "deplacer/"), {"sens": "haut"}).status_code == 403

    def test_an_agent_kept_to_a_school_changes_nothing_of_all_schools(self, sophie: Client, bus: int) -> None:
        Account.objects.filter(name="Sophie").update(sites=[Site.objects.first().pk])

        assert sophie.get(path(bus)).status_code == 403
        assert sophie.get(path(bus, "places/")).status_code == 200

    def test_the_list_costs_the_same_for_few_activities_and_for_many(self, sophie: Client) -> None:
        sophie.get(LIST)
        with counted() as few:
            sophie.get(LIST)
        group = ActivityGroup.objects.get(slug="transport")
        Activity.objects.bulk_create(Activity(group=group, name=f"Car {n}", weekdays=[0]) for n in range(30))
        with counted() as many:
            page = sophie.get(LIST)

        assert "Car 29" in read(page)
        assert len(few) == len(many), str(many)


def _ask(child: Child, home: Household, held: ServiceDay, wanted: bool):
    return change_bookings(
        child=child,
        household=home,
        changes=[Change(Cell(held.activity_id, held.day), wanted)],
        by=actor_of(home),
        channel=Channel.WEB,
        received_at=clock.now(),
        jeton=uuid.uuid4(),
    )


def _statements(client: Client, bus: int, weekdays: list[int]) -> tuple[int, int]:
    """What a preview and a save cost, from one day a week."""
    client.post(path(bus), form(weekdays=[2], etape="accepter"))
    with counted() as previewed:
        client.post(path(bus), form(weekdays=weekdays))
    with counted() as saved:
        client.post(path(bus), form(weekdays=weekdays, etape="accepter"))
    return len(previewed), len(saved)


@pytest.mark.parametrize("end", ["", "date-limite/", "places/", "acces/", "liens/", "retirer/"])
@pytest.mark.parametrize("number", [0, 999_999, 10**30])
def test_an_activity_that_does_not_exist_has_no_page(sophie: Client, end: str, number: int) -> None:
    assert sophie.get(path(number, end)).status_code == 404
    assert sophie.get(f"{LIST}groupes/{number}/").status_code == 404
