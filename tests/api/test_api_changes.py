"""Booking and canceling through the API: one action, the refusals of the site, and never a half-done request."""

import re
from datetime import date, datetime, time, timedelta
from html import unescape
from typing import Any

import pytest

from booking.models import ActivityTie, Booking, JournalEntry, Receipt, ServiceDay
from booking.rules.entitlements import Access
from booking.services.catalogue import entitle, tie
from lps.accounts.models import ApiAnswer
from lps.families.models import Child, Custody, Household
from lps.kernel import clock
from tests.api.factories import Software, asked, free_days, wish
from tests.families.doors import browser, sign_in
from tests.sql import counted
from tests.zone import PARIS


def standing(child: Child, activity: int) -> set[date]:
    return set(Booking.objects.standing().filter(child=child, activity=activity).values_list("day", flat=True))


def test_books_and_gives_the_receipt(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    answer = software.change(asked(marsone.pk, angeline.pk, *(wish(bus, day) for day in days)))

    assert answer.status_code == 201
    told = answer.json()
    assert told["enregistrees"] == [{"activite": bus, "jour": str(day), "avant": False, "apres": True} for day in days]
    assert told["refusees"] == told["sans_effet"] == []
    assert standing(angeline, bus) == set(days)
    receipt = Receipt.objects.get(pk=int(told["recu"][-6:]))
    assert (receipt.channel, receipt.author) == ("api", "Cuisine centrale")
    assert answer.headers["Location"] == f"/api/v1/recus/{receipt.number}/"


def test_cancels_what_was_seen_booked(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0])))

    answer = software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0], seen=True, wanted=False)))

    assert answer.status_code == 201
    assert standing(angeline, bus) == set()


def test_what_is_already_so_has_no_effect(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0])))

    answer = software.change(
        asked(marsone.pk, angeline.pk, wish(bus, days[0]), wish(bus, days[1], seen=False, wanted=False))
    )

    assert answer.status_code == 200
    assert answer.json()["recu"] is None
    assert answer.json()["sans_effet"] == [wish(bus, days[0]), wish(bus, days[1], wanted=False)]
    assert "Location" not in answer.headers


def test_a_day_that_changed_since_it_was_seen_is_not_undone(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    """The software saw the day free and leaves it so; meanwhile the family booked it."""
    software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0])))

    software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0], seen=False, wanted=False)))

    assert standing(angeline, bus) == {days[0]}


def test_valid_changes_are_saved_beside_the_refused_ones(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    ServiceDay.objects.filter(activity=bus, day=days[0]).update(places=0)

    told = software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0]), wish(bus, days[1]))).json()

    assert [line["jour"] for line in told["enregistrees"]] == [str(days[1])]
    assert [(line["jour"], line["code"]) for line in told["refusees"]] == [(str(days[0]), "full")]


def test_the_family_sees_on_the_site_what_the_software_booked(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    number = software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0]))).json()["recu"]
    parent = browser()
    sign_in(parent, marsone)

    assert "Transport scolaire 13h30" in parent.get(f"/recus/{number}/").content.decode()
    journal = parent.get("/enfants/123456/modifications/").content.decode()
    assert number in journal and "API" in journal


def full(day: ServiceDay, child: Child, home: Household) -> None:
    ServiceDay.objects.filter(pk=day.pk).update(places=0)


def closed(day: ServiceDay, child: Child, home: Household) -> None:
    ServiceDay.objects.filter(pk=day.pk).update(open=False)


def not_entitled(day: ServiceDay, child: Child, home: Household) -> None:
    entitle(activity_id=day.activity_id, ways=[Access(level="CM2")])


def held_by_the_other_household(day: ServiceDay, child: Child, home: Household) -> None:
    other = Household.objects.create(name="DURAND", code_lookup="x" * 32)
    Custody.objects.create(child=child, household=other, valid_during=Custody.objects.get(child=child).valid_during)
    Booking.of(child_id=child.pk, household_id=other.pk, service_day=day, booked_at=clock.now()).save()


def incompatible(day: ServiceDay, child: Child, home: Household) -> None:
    other = Booking.objects.standing().filter(child=child, day=day.day).first()
    assert other is not None
    tie(one=day.activity_id, other=other.activity_id, kind=ActivityTie.Kind.INCOMPATIBLE)


def parted(day: ServiceDay, child: Child, home: Household) -> None:
    other = (
        ServiceDay.objects.filter(day=day.day, open=True)
        .exclude(activity=day.activity_id)
        .exclude(bookings__child=child)
        .first()
    )
    assert other is not None
    tie(one=day.activity_id, other=other.activity_id, kind=ActivityTie.Kind.TOGETHER)


SITUATIONS = {
    "full": full,
    "no_service": closed,
    "not_entitled": not_entitled,
    "other_household": held_by_the_other_household,
    "incompatible": incompatible,
    "together": parted,
}


@pytest.fixture
def day(angeline: Child, bus: int) -> ServiceDay:
    """A day of the bus on which Angéline has something else, whatever her habits are then."""
    free = ServiceDay.objects.get(activity=bus, day=free_days(bus, 1)[0])
    if not Booking.objects.standing().filter(child=angeline, day=free.day).exists():
        other = ServiceDay.objects.get(activity__name="Transport scolaire 8h30", day=free.day)
        home = Custody.objects.get(child=angeline).household_id
        Booking.of(child_id=angeline.pk, household_id=home, service_day=other, booked_at=clock.now()).save()
    return free


@pytest.mark.parametrize("code", SITUATIONS)
def test_refuses_as_the_site_does(
    software: Software, marsone: Household, angeline: Child, day: ServiceDay, code: str
) -> None:
    """The family opened its planning before; the same wish gets the same reason through both doors."""
    parent, form = opened(marsone, angeline, day.day)
    SITUATIONS[code](day, angeline, marsone)
    before = Booking.objects.count(), Receipt.objects.count()

    on_the_site = parent.post(form["path"], {**form["hidden"], "jour": [*form["ticked"], box(day)]})
    told = software.change(asked(marsone.pk, angeline.pk, wish(day.activity_id, day.day))).json()

    assert [line["code"] for line in told["refusees"]] == [code]
    assert told["refusees"][0]["message"] in text(on_the_site)
    assert (Booking.objects.count(), Receipt.objects.count()) == before


def test_refuses_too_late_as_the_site_does(
    software: Software, marsone: Household, angeline: Child, day: ServiceDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, form = opened(marsone, angeline, day.day)
    morning, evening = (datetime.combine(day.day, time(hour), PARIS) for hour in (8, 17))
    monkeypatch.setenv("LPS_CLOCK", morning.isoformat())

    on_the_site = parent.post(form["path"], {**form["hidden"], "jour": [*form["ticked"], box(day)]})
    (refused,) = software.change(asked(marsone.pk, angeline.pk, wish(day.activity_id, day.day))).json()["refusees"]

    assert refused["code"] == "too_late"
    assert refused["faits"]["closed_at"].endswith(evening.isoformat()[10:])
    assert refused["message"] in text(on_the_site)


def test_refuses_what_is_not_open_yet(software: Software, marsone: Household, angeline: Child, bus: int) -> None:
    site, far = ServiceDay.objects.filter(activity=bus)[0].site, clock.today(PARIS) + timedelta(weeks=15)
    ServiceDay.objects.update_or_create(activity_id=bus, site=site, day=far, defaults={"open": True})

    (refused,) = software.change(asked(marsone.pk, angeline.pk, wish(bus, far))).json()["refusees"]

    assert refused["code"] == "not_yet_open" and refused["faits"]["opens_at"]


def test_refuses_to_cancel_what_passed_to_the_other_household(
    software: Software, marsone: Household, angeline: Child, day: ServiceDay
) -> None:
    held_by_the_other_household(day, angeline, marsone)

    (refused,) = software.change(
        asked(marsone.pk, angeline.pk, wish(day.activity_id, day.day, seen=True, wanted=False))
    ).json()["refusees"]

    assert (refused["code"], refused["faits"]) == ("changed_meanwhile", {"by_other_household": True})


@pytest.mark.parametrize("how", ["stranger", "unknown child", "unknown family"])
def test_another_familys_child_is_refused(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date], how: str
) -> None:
    stranger = Household.objects.create(name="AUTRE", code_lookup="y" * 32)
    family, child = {
        "stranger": (stranger.pk, angeline.pk),
        "unknown child": (marsone.pk, 10**9),
        "unknown family": (10**9, angeline.pk),
    }[how]

    answer = software.change(asked(family, child, wish(bus, days[0])))

    assert answer.status_code == 400
    assert [(line["champ"], line["code"]) for line in answer.json()["erreurs"]] == [("enfant", "unknown")]
    nothing_changed(angeline, bus)


def test_contradictory_changes_are_refused_whole(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    changes = [wish(bus, days[1]), wish(bus, days[0]), wish(bus, days[0], seen=True, wanted=False)]

    answer = software.change(asked(marsone.pk, angeline.pk, *changes))

    assert answer.status_code == 400
    assert [line["champ"] for line in answer.json()["erreurs"]] == ["modifications.1", "modifications.2"]
    assert {line["code"] for line in answer.json()["erreurs"]} == {"contradictory"}
    nothing_changed(angeline, bus)


@pytest.mark.parametrize("number", [1, 60])
def test_statements_do_not_grow_with_the_changes(
    software: Software, marsone: Household, angeline: Child, bus: int, number: int
) -> None:
    rows = ServiceDay.objects.filter(open=True, day__gt=clock.today(PARIS) + timedelta(days=7)).order_by("day", "pk")
    changes = [wish(row.activity_id, row.day) for row in rows[:number]]
    software.get("moi/")

    with counted() as statements:
        answer = software.change(asked(marsone.pk, angeline.pk, *changes))

    assert len(answer.json()["enregistrees"]) + len(answer.json()["sans_effet"]) == number
    assert len(statements) <= 20, str(statements)


def opened(home: Household, child: Child, day: date) -> tuple[Any, dict[str, Any]]:
    """A family's browser on the week of that day, with the form as it was shown."""
    parent = browser()
    sign_in(parent, home)
    year, week, _ = day.isocalendar()
    path = f"/enfants/{child.child_code}/planning/?semaine={year}-W{week:02}"
    page = parent.get(path).content.decode()
    main = page[page.index("data-planning") :]
    hidden = dict(re.findall(r'name="(vu|jeton)" value="([^"]*)"', main))
    ticked = re.findall(r'name="jour" value="([^"]*)" checked', main)
    assert set(hidden) == {"vu", "jeton"}
    return parent, {"path": path, "hidden": hidden, "ticked": ticked}


def box(day: ServiceDay) -> str:
    return f"{day.activity_id}-{day.day:%Y%m%d}"


def text(page: Any) -> str:
    return unescape(page.content.decode())


def nothing_changed(child: Child, bus: int) -> None:
    assert standing(child, bus) == set()
    assert not JournalEntry.objects.filter(channel="api").exists()
    assert not ApiAnswer.objects.exists()
