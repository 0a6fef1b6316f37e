"""The pages of the passage: who may open them, what each agent sees, and what is typed there."""

import html
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client

from lps.accounts.models import Account
from lps.accounts.roles import Role
from lps.families import passage
from lps.families.models import Child, Enrollment, Rollover, SchoolClass, Site
from lps.families.passage import Passage
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tests.accounts import factories as people
from tests.sql import counted
from tests.zone import PARIS

HOME = "/mairie/familles/passage/"


def signed_in(commune: Commune, *roles: str, sites: tuple[int, ...] = ()) -> Client:
    email = f"passage{len(sites)}@mairie.example"
    person = people.agent(commune, *roles, email=email, name="Nadia")
    with context.use(commune):
        Account.objects.filter(email=email).update(sites=list(sites))
    client = people.browser(commune)
    assert client.post("/mairie/connexion/", person.proofs()).status_code == 302
    return client


@pytest.fixture
def nadia(buchelay: Commune) -> Client:
    return signed_in(buchelay, Role.SCHOOL)


@pytest.fixture
def told(nadia: Client, buchelay: Commune) -> Iterator[Passage]:
    """A passage prepared by the page's own form."""
    assert nadia.post(HOME, years()).status_code == 302
    with context.use(buchelay):
        row = passage.current()
        assert row is not None
        yield passage.read(row)


def years() -> dict[str, str]:
    today = clock.today(PARIS)
    first_year = today.year + (today.month >= 9)
    return {"first_day": f"{first_year}-09-01", "last_day": f"{first_year + 1}-08-31", "keep_teachers": "on"}


def text(answer: object) -> str:
    return html.unescape(answer.content.decode())  # type: ignore[attr-defined]


def test_the_form_opens_the_next_year_and_the_page_shows_its_classes(nadia: Client, told: Passage) -> None:
    page = text(nadia.get(HOME))

    assert f"Passage à l'année {told.entering}" in page
    assert "Tout le monde a une place" in page
    assert all(str(one) in page for one in told.old.values())


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"first_day": "", "last_day": ""},
        {"first_day": "hier", "last_day": "demain"},
        {"first_day": "0001-01-01", "last_day": "0002-01-01"},
        {"first_day": "9999-12-31", "last_day": "9999-12-31"},
        {"first_day": "2027-09-01", "last_day": "2027-09-02"},
        {"first_day": "2026-12-01", "last_day": "2027-11-30"},
        {"first_day": "x" * 100_000, "last_day": "\0"},
    ],
)
def test_absurd_days_get_a_sentence_and_make_nothing(nadia: Client, buchelay: Commune, fields: dict[str, str]) -> None:
    answer = nadia.post(HOME, fields)

    assert answer.status_code == 400
    assert 'role="alert"' in text(answer)
    with context.use(buchelay):
        assert not Rollover.objects.exists()


def test_a_child_repeats_and_another_leaves(nadia: Client, told: Passage) -> None:
    line = next(line for line in told.lines if line.school_class.level == "CE1" and line.pupils > 2)
    seats = [seat.child_id for seat in told.seats if seat.class_id == line.school_class.pk]
    same = next(one for one in told.new.values() if (one.site_id, one.level) == (line.school_class.site_id, "CE1"))

    page = text(nadia.get(f"{HOME}classes/{line.school_class.pk}/"))
    sent = {f"target_{seats[0]}": same.pk, f"target_{seats[1]}": 0}
    answer = nadia.post(f"{HOME}classes/{line.school_class.pk}/", sent, follow=True)

    assert f"redouble : {same}" in page
    assert "2 exceptions" in text(answer)
    counts = passage.read(Rollover.objects.get(pk=told.row.pk)).counts
    assert (counts["repeats"], counts["leaves"]) == (1, told.counts["leaves"] + 1)


def test_it_is_applied_and_undone_by_the_pages(nadia: Client, told: Passage) -> None:
    child = Child.objects.get(pk=told.seats[0].child_id)

    shown = text(nadia.get(f"{HOME}appliquer/"))
    done = text(nadia.post(f"{HOME}appliquer/", follow=True))
    again = nadia.post(f"{HOME}appliquer/")

    assert "Les codes ne changent pas." in shown
    assert "Le passage est fait." in done and "par Nadia" in done
    assert again.status_code == 404
    assert Enrollment.objects.filter(child=child).count() >= 1
    assert "retrouvent leur classe" in text(nadia.get(f"{HOME}annuler/"))
    assert "tout est comme avant" in text(nadia.post(f"{HOME}annuler/", follow=True))


def test_an_undo_that_cannot_be_says_why_and_names_the_child(nadia: Client, told: Passage) -> None:
    nadia.post(f"{HOME}appliquer/")
    row = Rollover.objects.get(pk=told.row.pk)
    child, class_id = next((child, target) for child, target in row.before["made"].items())
    other = SchoolClass.objects.filter(school_year=row.school_year).exclude(pk=class_id)[0]
    Enrollment.objects.filter(child=child, rollover=row).update(school_class=other)

    answer = nadia.post(f"{HOME}annuler/")

    assert answer.status_code == 400
    assert str(Child.objects.get(pk=child)) in text(answer)


def test_who_is_left_without_a_place_is_named_and_the_passage_waits(nadia: Client, told: Passage) -> None:
    line = next(line for line in told.lines if line.pupils)
    fields = {f"target_{one.school_class.pk}": one.proposed for one in told.lines}

    nadia.post(f"{HOME}classes/", {**fields, f"target_{line.school_class.pk}": "?"})

    page = text(nadia.get(HOME))
    name = next(told.names[seat.child_id] for seat in told.seats if seat.class_id == line.school_class.pk)
    assert name in page and "à placer" in page
    assert "Voir ce qui sera fait" not in page
    assert nadia.post(f"{HOME}appliquer/").status_code == 400


@pytest.mark.parametrize("value", ["-1", "999999999999", "x", "\0", "1e3", "?" * 5000])
def test_a_target_that_is_none_is_refused(nadia: Client, told: Passage, value: str) -> None:
    line, seat = told.lines[0], told.seats[0]

    assert nadia.post(f"{HOME}classes/", {f"target_{line.school_class.pk}": value}).status_code == 400
    assert nadia.post(f"{HOME}classes/{seat.class_id}/", {f"target_{seat.child_id}": value}).status_code == 400
    assert passage.read(Rollover.objects.get(pk=told.row.pk)).counts == told.counts


@pytest.mark.parametrize("day", ["", "0001-01-01", "9999-12-31", "hier", "\0", "2020-09-01"])
def test_a_day_that_is_not_of_the_next_year_is_refused_with_a_sentence(nadia: Client, told: Passage, day: str) -> None:
    answer = nadia.post(f"{HOME}jour/", {"day": day})

    assert answer.status_code == 400
    assert 'id="erreurs"' in text(answer)
    assert Rollover.objects.get(pk=told.row.pk).day == told.row.day


def test_the_day_is_moved(nadia: Client, told: Passage) -> None:
    day = told.row.day + timedelta(days=2)

    assert nadia.post(f"{HOME}jour/", {"day": str(day)}).status_code == 302
    assert Rollover.objects.get(pk=told.row.pk).day == day


def test_a_class_of_the_next_year_is_written_and_a_twin_is_refused(nadia: Client, told: Passage) -> None:
    site = next(iter(told.new.values())).site_id
    fields = {"site": site, "name": "CP B", "level": "CP", "teacher_title": "Mme", "teacher_name": "Nouvelle"}

    assert nadia.post(f"{HOME}classes-suivantes/ajouter/", fields).status_code == 302
    twin = nadia.post(f"{HOME}classes-suivantes/ajouter/", fields)

    assert (twin.status_code, "déjà une classe de ce nom" in text(twin)) == (400, True)
    made = SchoolClass.objects.get(name="CP B")
    assert nadia.post(f"{HOME}classes-suivantes/{made.pk}/", {"supprimer": "1"}).status_code == 302
    assert not SchoolClass.objects.filter(name="CP B").exists()


@pytest.mark.parametrize("bad", [{"name": "\0"}, {"name": "x" * 41}, {"level": ""}, {"site": "10000000000000000000"}])
def test_a_class_that_cannot_be_is_refused(nadia: Client, told: Passage, bad: dict[str, str]) -> None:
    site = next(iter(told.new.values())).site_id

    answer = nadia.post(f"{HOME}classes-suivantes/ajouter/", {"site": site, "name": "Z", "level": "CP", **bad})

    assert answer.status_code == 400


def test_the_page_costs_the_same_for_one_exception_and_for_many(nadia: Client, told: Passage) -> None:
    nadia.get(HOME)
    with counted() as few:
        nadia.get(HOME)
    for class_id in {seat.class_id for seat in told.seats}:
        sent = {f"target_{seat.child_id}": 0 for seat in told.seats if seat.class_id == class_id}
        nadia.post(f"{HOME}classes/{class_id}/", sent)
    with counted() as many:
        nadia.get(HOME)

    assert len(few) == len(many)


# --- Rights -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.CANTEEN, Role.CASH_OFFICE, Role.ACTIVITIES, Role.READ_ONLY])
def test_other_roles_neither_see_nor_do_it(buchelay: Commune, role: Role) -> None:
    client = signed_in(buchelay, role)

    pages = ("", "niveaux/", "appliquer/", "annuler/", "classes-suivantes/ajouter/")
    assert {client.get(HOME + page).status_code for page in pages} == {403}
    assert client.post(HOME, years()).status_code == 403


def test_an_agent_kept_to_a_school_sees_and_changes_its_children_alone(told: Passage, buchelay: Commune) -> None:
    own = next(iter(told.old.values())).site_id
    client = signed_in(buchelay, Role.SCHOOL, sites=(own,))
    elsewhere = next(one for one in told.old.values() if one.site_id != own)

    page = text(client.get(HOME))

    assert str(Site.objects.get(pk=own)) in page
    assert f"classes/{elsewhere.pk}/" not in page  # its class stays a place where a child may go
    assert client.get(f"{HOME}classes/{elsewhere.pk}/").status_code == 404
    assert client.post(f"{HOME}appliquer/").status_code == 403
    assert client.get(f"{HOME}niveaux/").status_code == 403
    assert client.post(f"{HOME}jour/", {"day": str(told.row.day)}).status_code == 403
    here = next(one for one in told.old.values() if one.site_id == own)
    assert client.get(f"{HOME}classes/{here.pk}/").status_code == 200


def test_an_agent_kept_to_a_school_does_not_prepare_the_year(buchelay: Commune) -> None:
    with context.use(buchelay):
        own = Site.objects.filter(is_school=True)[0].pk
    client = signed_in(buchelay, Role.SCHOOL, sites=(own,))

    answer = client.post(HOME, years())

    assert answer.status_code == 400
    assert "pour toutes les écoles à la fois" in text(answer)
    with context.use(buchelay):
        assert not Rollover.objects.exists()
