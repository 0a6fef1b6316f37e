"""Families written by the town's software: the counter's actions, once a key; classes and their children."""

import uuid
from typing import Any

import pytest
from django.http import HttpResponse

from lps.families.models import Child, Custody, Enrollment, Guardian, Household, SchoolClass
from lps.families.queries.custody import days_within
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.models import Commune
from tests.api.factories import FAMILIES, Software, issue
from tests.zone import PARIS, in_days

FAMILY: dict[str, Any] = {
    "foyer": {"nom": "  NOUVELLE ", "adresse": "1 rue Neuve", "code_postal": "78200", "ville": "Buchelay"},
    "representant": {"civilite": "Mme", "prenom": "Zoé", "nom": "NOUVELLE", "telephone": "06 12 34 56 78"},
    "enfant": {"prenom": "Léo", "nom": "NOUVELLE", "ne_le": "2019-05-02"},
}


def write(software: Software, path: str, body: Any, *, key: str | None = None) -> HttpResponse:
    headers = {**software.headers, "idempotency-key": key or str(uuid.uuid4())}
    return software.client.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


def class_of(child: Child) -> SchoolClass:
    today = clock.today(PARIS)
    return Enrollment.objects.get(child=child, valid_during__contains=today).school_class


def test_a_family_is_entered_once_with_codes_that_do_not_leave(software: Software, angeline: Child) -> None:
    body = {**FAMILY, "enfant": {**FAMILY["enfant"], "classe": class_of(angeline).pk}}

    first, again = (write(software, "familles/ajouter/", body, key="scolarite-1") for _ in range(2))

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert first.status_code == 201
    household = Household.objects.get(pk=first.json()["famille"])
    child = Child.objects.get(pk=first.json()["enfants"][0])
    assert (household.name, household.guardians.get().is_payer, household.guardians.get().phone) == (
        "NOUVELLE",
        True,
        "+33612345678",
    )
    assert class_of(child) == class_of(angeline)
    assert household.family_code not in first.content.decode() and child.child_code not in first.content.decode()
    assert Household.objects.filter(name="NOUVELLE").count() == 1
    entry = AuditEntry.objects.get(action="household_added", subject=household.holder)
    assert (entry.channel, entry.actor_label) == ("api", "Cuisine centrale")


def test_an_address_is_changed_and_a_guardian_and_a_child_are_added(software: Software, marsone: Household) -> None:
    home = {"nom": "MARSONE", "adresse": "2 rue Neuve", "code_postal": "78200", "ville": "Buchelay"}

    assert write(software, f"familles/{marsone.pk}/modifier/", home).status_code == 200
    assert write(software, f"familles/{marsone.pk}/representants/ajouter/", FAMILY["representant"]).status_code == 201
    added = write(software, f"familles/{marsone.pk}/enfants/ajouter/", FAMILY["enfant"])

    marsone.refresh_from_db()
    assert marsone.street == "2 rue Neuve"
    assert Guardian.objects.filter(household=marsone, first_name="Zoé", is_payer=False).exists()
    assert Custody.objects.filter(household=marsone, child=added.json()["enfants"][0]).exists()


def test_a_child_changes_class_and_the_journal_says_who(software: Software, angeline: Child, bertrand: Child) -> None:
    since = in_days(3)

    answer = write(software, f"enfants/{angeline.pk}/classe/", {"classe": class_of(bertrand).pk, "depuis": str(since)})

    assert answer.status_code == 200, answer.content
    seat = Enrollment.objects.get(child=angeline, school_class=class_of(bertrand))
    assert days_within(seat.valid_during, [since])
    assert AuditEntry.objects.get(action="child_moved", subject=f"child:{angeline.pk}").channel == "api"


@pytest.mark.parametrize(
    "wrong",
    [
        {"foyer": {"nom": ""}},
        {"foyer": {"nom": "x" * 81}},
        {"foyer": {"nom": "a\x00b"}},
        {"foyer": {"nom": 3}},
        {"foyer": {"nom": "N", "code_postal": "782"}},
        {"representant": {"prenom": "Zoé", "nom": "N", "telephone": "12"}},
        {"representant": {"prenom": "Zoé", "nom": "N", "courriel": "rien"}},
        {"enfant": {"prenom": "Léo", "nom": "N", "ne_le": "2199-01-01"}},
        {"enfant": {"prenom": "Léo", "nom": "N", "classe": 99999999}},
        {"code": "123456"},
    ],
)
def test_what_cannot_be_entered_is_refused_and_nothing_is_written(
    software: Software, marsone: Household, wrong: dict[str, Any]
) -> None:
    before = (Household.objects.count(), Child.objects.count())

    answer = write(software, "familles/ajouter/", {**FAMILY, **wrong})

    assert answer.status_code == 400 and answer.json()["erreurs"]
    assert (Household.objects.count(), Child.objects.count()) == before


def test_a_child_does_not_change_class_in_the_past_nor_to_its_own(software: Software, angeline: Child) -> None:
    same, today = class_of(angeline).pk, clock.today(PARIS)

    for body, code in (
        ({"classe": None, "depuis": "2020-01-06"}, "in_the_past"),
        ({"classe": same, "depuis": str(today)}, "same_class"),
    ):
        answer = write(software, f"enfants/{angeline.pk}/classe/", body)
        assert (answer.status_code, answer.json()["erreurs"][0]["code"]) == (400, code)


def test_a_token_that_only_reads_families_writes_none(demo: Commune, software: Software) -> None:
    reader = Software(demo, issue(demo, FAMILIES).value)

    assert write(reader, "familles/ajouter/", FAMILY).status_code == 403


@pytest.mark.parametrize("path", ["familles/99999999/modifier/", "familles/99999999/enfants/ajouter/"])
def test_a_family_of_nowhere_is_not_found(software: Software, path: str) -> None:
    assert write(software, path, FAMILY["foyer"]).status_code == 404


def test_one_reads_the_children_of_a_class_and_of_a_school(software: Software, angeline: Child) -> None:
    seat = class_of(angeline)

    listed = software.results("classes/", taille=200)
    in_class = software.results(f"classes/{seat.pk}/enfants/", taille=200)
    in_school = software.results(f"lieux/{seat.site_id}/enfants/", taille=200)

    assert seat.pk in {one["id"] for one in listed}
    assert angeline.pk in {one["id"] for one in in_class}
    assert {one["id"] for one in in_class} <= {one["id"] for one in in_school}
    assert {one["classe"]["nom"] for one in in_class} == {seat.name}
    assert software.get("classes/99999999/enfants/").status_code == 404
    assert software.get("lieux/99999999/enfants/").status_code == 404
