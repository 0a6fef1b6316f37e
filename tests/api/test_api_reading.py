"""What the town's software reads: the catalogue, families without their secrets, bookings, the journal, receipts."""

from datetime import date, timedelta

import pytest
from django.db import connection

from booking.models import Activity, ActivityTie, Booking, Receipt, ServiceDay, WaitingEntry
from booking.rules.entitlements import Access
from booking.services.catalogue import entitle, tie
from lps.families.models import Child, Household, Site
from lps.families.services import NewChild
from lps.kernel import clock
from tenants.models import Commune
from tests.api.factories import Software, asked, issue, wish
from tests.families.factories import household


def test_groups_come_with_their_names(software: Software) -> None:
    names = [group["nom"] for group in software.results("groupes/")]

    assert names[:3] == ["PERISCOLAIRE", "TRANSPORT", "Cantine ADULTE"]


def test_an_activity_tells_its_deadlines_in_words_and_in_data(software: Software, bus: int) -> None:
    told = next(one for one in software.results("activites/") if one["id"] == bus)

    assert told["limites"]["reserver"] == {
        "texte": "Modifiable jusqu'à la veille, 17h00",
        "regle": {
            "type": "days_before",
            "jours": 1,
            "heure": "17:00",
            "sorte_de_jours": "calendar",
            "jour_ferie": "working_day_before",
        },
    }
    assert told["limites"]["ouverture"]["texte"] == "Réservable 13 semaines avant"
    assert told["jours"] == [1, 2, 4, 5]


def test_a_weekly_deadline_is_told_as_a_rule(buchelay: Commune) -> None:
    activities = Software(buchelay, issue(buchelay).value).results("activites/")

    assert activities[0]["limites"]["annuler"]["texte"] == ("Modifiable jusqu'au jeudi de la semaine précédente, 17h00")
    assert activities[0]["limites"]["annuler"]["regle"]["jour_semaine"] == 4


def test_an_activity_tells_who_may_and_what_it_is_tied_to(software: Software, bus: int) -> None:
    other = Activity.objects.exclude(pk=bus).order_by("pk")[0].pk
    entitle(activity_id=bus, ways=[Access(level="CE1", youngest=6)])
    tie(one=bus, other=other, kind=ActivityTie.Kind.INCOMPATIBLE)

    told = next(one for one in software.results("activites/") if one["id"] == bus)

    assert told["acces"] == [{"lieu": None, "niveau": "CE1", "age_minimal": 6, "age_maximal": None}]
    assert told["jamais_avec"] == [other] and told["toujours_avec"] == []


def test_activities_of_one_group(software: Software, bus: int) -> None:
    group = Activity.objects.get(pk=bus).group_id

    assert {one["groupe"] for one in software.results("activites/", groupe=group)} == {group}


def test_a_day_tells_the_places_left_and_its_instants(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    ServiceDay.objects.filter(activity=bus, day=days[0]).update(places=3)
    software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0])))

    (told,) = software.results("jours/", activite=bus, du=str(days[0]), au=str(days[0]))

    assert (told["places"], told["prises"], told["restantes"]) == (3, 1, 2)
    assert told["reserver_avant"].startswith(str(days[0] - timedelta(days=1)))
    assert "T17:00:00+0" in told["reserver_avant"]


def test_a_day_keeps_its_places_for_those_who_wait(
    software: Software, marsone: Household, angeline: Child, bertrand: Child, bus: int, days: list[date]
) -> None:
    ServiceDay.objects.filter(activity=bus, day=days[0]).update(places=3)
    row, now = ServiceDay.objects.get(activity=bus, day=days[0]), clock.now()
    entry = {"service_day": row, "household": marsone, "joined_at": now}
    WaitingEntry.objects.create(child=angeline, **entry)
    WaitingEntry.objects.create(
        child=bertrand, state="offered", offered_at=now, accept_by=now + timedelta(hours=2), **entry
    )

    (told,) = software.results("jours/", activite=bus, du=str(days[0]), au=str(days[0]))

    assert (told["prises"], told["proposees"], told["en_attente"], told["restantes"]) == (0, 1, 1, 0)


def test_a_day_without_limit_has_no_number(software: Software, bus: int, days: list[date]) -> None:
    (told,) = software.results("jours/", activite=bus, du=str(days[0]), au=str(days[0]))

    assert (told["places"], told["restantes"]) == (None, None)


def test_days_are_found_by_place(software: Software, bus: int) -> None:
    here = Site.objects.order_by("pk")[0]
    elsewhere = Site.objects.create(name="Centre de loisirs", is_school=False)

    assert software.results("jours/", lieu=here.pk)
    assert software.results("jours/", lieu=elsewhere.pk) == []
    assert {"id": elsewhere.pk, "nom": "Centre de loisirs", "ecole": False} in software.results("lieux/")


def test_a_household_shows_its_name_and_nothing_else(software: Software, marsone: Household) -> None:
    assert software.get(f"familles/{marsone.pk}/").json() == {"id": marsone.pk, "nom": "MARSONE"}
    assert {"id": marsone.pk, "nom": "MARSONE"} in software.results("familles/")


def test_children_show_what_booking_needs(software: Software, marsone: Household, angeline: Child) -> None:
    angeline_told, bertrand_told = software.results(f"familles/{marsone.pk}/enfants/")

    site = Site.objects.get(classes__enrollments__child=angeline).pk
    assert angeline_told == {
        "id": angeline.pk,
        "prenom": "Angéline",
        "nom": "MARSONE",
        "classe": {"nom": "CE1", "niveau": "CE1"},
        "lieu": site,
    }
    assert bertrand_told["prenom"] == "Bertrand"


def test_a_child_without_a_class_is_shown(software: Software, in_demo: Commune) -> None:
    home = household(name="ESSAI", children=[NewChild(first_name="Zoé", last_name="ESSAI")])

    (told,) = software.results(f"familles/{home.pk}/enfants/")

    assert (told["classe"], told["lieu"]) == (None, None)


def test_a_child_left_long_ago_is_no_longer_shown(software: Software, marsone: Household, angeline: Child) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE families_custody SET valid_during = daterange('2000-01-01', '2001-01-01') WHERE child_id = %s",
            [angeline.pk],
        )

    assert [one["prenom"] for one in software.results(f"familles/{marsone.pk}/enfants/")] == ["Bertrand"]


@pytest.mark.parametrize("path", ["familles/", "familles/{}/", "familles/{}/enfants/", "reservations/", "recus/"])
def test_no_code_leaves(software: Software, marsone: Household, path: str) -> None:
    text = software.get(path.format(marsone.pk)).content.decode()

    assert "123456" not in text and "654321" not in text
    assert "marsone@familles.example" not in text and "place de la Mairie" not in text


def test_bookings_are_found_by_child_family_activity_and_day(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    software.change(asked(marsone.pk, angeline.pk, *(wish(bus, day) for day in days)))
    filters = {"enfant": angeline.pk, "famille": marsone.pk, "activite": bus, "du": str(days[1]), "au": str(days[1])}

    (told,) = software.results("reservations/", **filters)

    row = Booking.objects.get(child=angeline, activity=bus, day=days[1])
    assert told["id"] == row.pk and told["jour"] == str(days[1]) and told["lieu"] == row.service_day.site_id
    assert (told["annulee_le"], told["fermeture"]) == (None, None)
    assert software.results("reservations/", **{**filters, "famille": marsone.pk + 999}) == []


def test_canceled_bookings_are_shown_when_asked(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0])))
    software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0], seen=True, wanted=False)))

    assert software.results("reservations/", enfant=angeline.pk, activite=bus) == []
    (told,) = software.results("reservations/", enfant=angeline.pk, activite=bus, annulees="true")
    assert told["annulee_le"]


def test_what_changed_since_an_instant_holds_bookings_and_cancellations(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    standing = Booking.objects.standing().filter(child=angeline, day__gte=days[0]).exclude(activity=bus).first()
    assert standing is not None
    before = clock.now().isoformat()
    software.change(
        asked(
            marsone.pk,
            angeline.pk,
            wish(bus, days[0]),
            wish(standing.activity_id, standing.day, seen=True, wanted=False),
        )
    )

    changed = software.results("reservations/", modifiees_depuis=before)

    assert {(one["activite"], one["jour"], bool(one["annulee_le"])) for one in changed} == {
        (bus, str(days[0]), False),
        (standing.activity_id, str(standing.day), True),
    }
    assert software.results("reservations/", modifiees_depuis=clock.now().isoformat()) == []


def test_the_journal_tells_each_change_with_its_door(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    before = clock.now().isoformat()
    number = software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0]))).json()["recu"]

    (told,) = software.results("journal/", depuis=before, enfant=angeline.pk, activite=bus)

    assert (told["canal"], told["recu"], told["jour"]) == ("api", number, str(days[0]))
    assert (told["avant"], told["apres"], told["nom_activite"]) == (False, True, "Transport scolaire 13h30")
    assert {one["canal"] for one in software.results("journal/", taille=200)} == {"web", "voice", "office", "api"}


def test_a_receipt_is_found_by_its_number(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    answer = software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0]), wish(10**9, days[0]))).json()

    told = software.get(f"recus/{answer['recu']}/").json()

    assert told["enregistrees"] == answer["enregistrees"] and told["refusees"] == answer["refusees"]
    assert (told["canal"], told["famille"], told["enfant"]) == ("api", marsone.pk, angeline.pk)
    listed = software.results("recus/", famille=marsone.pk, enfant=angeline.pk)[-1]
    assert (listed["numero"], listed["nombre"]) == (answer["recu"], 1)


@pytest.mark.parametrize("number", ["R-2026-999999", "R-1999-000001", "1", "x", "R-2026-00000१", "R-2026-1"])
def test_a_number_that_no_receipt_bears_is_unknown(software: Software, in_demo: Commune, number: str) -> None:
    assert Receipt.objects.exists()

    assert software.get(f"recus/{number}/").status_code == 404


def test_who_wrote_is_not_told(software: Software, marsone: Household) -> None:
    assert "famille MARSONE" not in software.get("journal/").content.decode()
    assert "Service scolaire" not in software.get("recus/").content.decode()
