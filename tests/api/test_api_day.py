"""A day by the API: roll calls read and noted once, absences without their reasons, meals, closures."""

import uuid
from datetime import date
from typing import Any

import pytest
from django.http import HttpResponse

from booking.models import Absence, Attendance, Closure, ServiceDay
from lps.families.models import Child, Household
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tests.api.factories import Software


@pytest.fixture
def held(bus: int, days: list[date], angeline: Child) -> ServiceDay:
    return ServiceDay.objects.filter(activity=bus, day=days[0]).order_by("site")[0]


def seen(held: ServiceDay, child: Child, state: str = "present") -> dict[str, Any]:
    place = {"activite": held.activity_id, "lieu": held.site_id, "jour": str(held.day)}
    return {"enfant": child.pk, **place, "etat": state}


def note(software: Software, body: Any, *, key: str | None = None) -> HttpResponse:
    headers = {**software.headers, "idempotency-key": key or str(uuid.uuid4())}
    path = "/api/v1/pointages/noter/"
    return software.client.post(path, body, content_type="application/json", headers=headers)


def test_a_child_is_noted_once_under_one_key(software: Software, held: ServiceDay, angeline: Child) -> None:
    first, again = (note(software, seen(held, angeline), key="portail-1") for _ in range(2))

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert (first.json()["etat"], first.json()["non_reserve"]) == ("present", True)
    assert Attendance.objects.filter(service_day=held).count() == 1
    entry = AuditEntry.objects.get(action="roll_called")
    assert (entry.channel, entry.actor_label) == ("api", "Cuisine centrale")


def test_the_last_word_is_what_one_reads(software: Software, held: ServiceDay, angeline: Child) -> None:
    note(software, seen(held, angeline))
    note(software, seen(held, angeline, "absent"))

    found = software.results("pointages/", jour=held.day, activite=held.activity_id)

    assert [(one["enfant"], one["etat"]) for one in found] == [(angeline.pk, "absent")]
    assert software.results("pointages/", jour="2001-01-01") == []


@pytest.mark.parametrize(
    "wrong", [{"enfant": 99999999}, {"activite": 99999999}, {"jour": "2001-01-01"}, {"etat": "ailleurs"}, {"autre": 1}]
)
def test_what_cannot_be_noted_is_refused(
    software: Software, held: ServiceDay, angeline: Child, wrong: dict[str, Any]
) -> None:
    before = Attendance.objects.count()

    assert note(software, {**seen(held, angeline), **wrong}).status_code == 400
    assert Attendance.objects.count() == before


def test_absences_tell_no_reason(software: Software, held: ServiceDay, angeline: Child, marsone: Household) -> None:
    absence = Absence.objects.create(
        child=angeline, household=marsone, first_day=held.day, last_day=held.day, reason="Enfant malade",
        declared_at=clock.now(), channel="web",
    )  # fmt: skip
    absence.activities.add(held.activity_id)

    answer = software.get("absences/", enfant=angeline.pk, du=held.day, au=held.day)

    assert [(one["id"], one["activites"], one["decision"]) for one in answer.json()["resultats"]] == [
        (absence.pk, [held.activity_id], "declared")
    ]
    assert "malade" not in answer.content.decode()


def test_meals_are_counted_over_a_month_at_most(software: Software) -> None:
    assert software.get("repas/", du="2026-11-02", au="2026-11-06").status_code == 200
    assert software.get("repas/", du="2026-11-02", au="2027-11-06").status_code == 400
    assert software.get("repas/", du="2026-11-02", au="2026-11-01").status_code == 400
    assert software.get("repas/").status_code == 400


def test_closures_that_were_undone_are_left_out(software: Software, held: ServiceDay) -> None:
    stands, gone = (
        Closure.objects.create(first_day=held.day, last_day=held.day, reason=reason) for reason in ("Grève", "Erreur")
    )
    Closure.objects.filter(pk=gone.pk).update(undone_at=clock.now())

    found = software.results("fermetures/", du=held.day, au=held.day)

    assert [(one["id"], one["motif"]) for one in found] == [(stands.pk, "Grève")]
