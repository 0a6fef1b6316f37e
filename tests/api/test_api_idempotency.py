"""The same key again: the same answer, and nothing more done."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from pytest_django import DjangoDbBlocker

from booking import catalogue
from booking.catalogue_templates import DAY_BEFORE, standard
from booking.models import Booking, JournalEntry, Receipt, ServiceDay
from lps.accounts.api import idempotency
from lps.accounts.models import ApiAnswer
from lps.accounts.tasks import purge
from lps.console.furnishing import furnish, open_days
from lps.console.services import Identity, create_commune, drop_commune
from lps.families.models import Child, Household
from lps.families.services import NewChild
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants import context, queries
from tenants.models import Commune
from tests.api.factories import BY, Software, asked, free_days, issue, wish
from tests.families.factories import child_of, household, school_class

KEY = "5f0c7c1e-7d1b-4b7e-9a5a-0f2b8f6f3c11"


def test_the_same_key_gives_the_same_answer_and_books_once(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    body = asked(marsone.pk, angeline.pk, *(wish(bus, day) for day in days))
    first = software.change(body, key=KEY)

    again = software.change(body, key=KEY)

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first.headers
    assert Receipt.objects.filter(channel="api").count() == 1
    assert JournalEntry.objects.filter(channel="api").count() == len(days)


def test_the_same_key_answers_the_same_after_the_deadline_and_other_changes(
    software: Software,
    marsone: Household,
    angeline: Child,
    bus: int,
    days: list[date],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = asked(marsone.pk, angeline.pk, wish(bus, days[0]))
    first = software.change(body, key=KEY)
    software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0], seen=True, wanted=False)))
    monkeypatch.setenv("LPS_CLOCK", "+20d")

    assert software.change(body, key=KEY).content == first.content
    assert not Booking.objects.standing().filter(child=angeline, activity=bus).exists()


def test_a_refusal_is_repeated_too(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    """A place came free between the two: the key answers what it answered."""
    ServiceDay.objects.filter(activity=bus, day=days[0]).update(places=0)
    body = asked(marsone.pk, angeline.pk, wish(bus, days[0]))
    first = software.change(body, key=KEY)
    ServiceDay.objects.filter(activity=bus, day=days[0]).update(places=5)

    assert software.change(body, key=KEY).content == first.content
    assert first.json()["refusees"][0]["code"] == "full"


def test_the_same_body_written_otherwise_is_the_same(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    body = asked(marsone.pk, angeline.pk, wish(bus, days[0]))
    first = software.change(json.dumps(body), key=KEY)

    again = software.change(json.dumps(dict(reversed(body.items())), indent=4), key=KEY)

    assert again.content == first.content


def test_another_body_under_the_same_key_is_refused(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0])), key=KEY)

    answer = software.change(asked(marsone.pk, angeline.pk, wish(bus, days[1])), key=KEY)

    assert answer.status_code == 422
    assert answer.json()["type"].endswith("#probleme-cle-deja-utilisee")
    assert not Booking.objects.filter(child=angeline, activity=bus, day=days[1]).exists()


def test_another_token_has_its_own_keys(
    demo: Commune, software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0])), key=KEY)
    other = Software(demo, issue(demo, name="Autre logiciel").value)

    answer = other.change(asked(marsone.pk, angeline.pk, wish(bus, days[1])), key=KEY)

    assert answer.status_code == 201
    assert Receipt.objects.filter(channel="api").count() == 2


def test_a_key_whose_call_failed_may_serve_again(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    software.change(asked(marsone.pk, 10**9, wish(bus, days[0])), key=KEY)

    assert software.change(asked(marsone.pk, angeline.pk, wish(bus, days[0])), key=KEY).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "deux mots", "clé"])
def test_a_key_that_is_none_is_told(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date], key: str
) -> None:
    body = asked(marsone.pk, angeline.pk, wish(bus, days[0]))

    answer = software.client.post(
        "/api/v1/reservations/modifications/",
        body,
        content_type="application/json",
        headers={**software.headers, "idempotency-key": key},
    )

    assert answer.status_code == 400
    assert answer.json()["erreurs"][0]["champ"] == "Idempotency-Key"
    assert not Receipt.objects.filter(channel="api").exists()


def test_a_long_or_odd_key_is_a_key(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    for key, day in zip(("x" * 255, '"2026/11#3"'), days, strict=False):
        assert software.change(asked(marsone.pk, angeline.pk, wish(bus, day)), key=key).status_code == 201


def test_answers_are_forgotten_after_a_month_and_receipts_are_not(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date]
) -> None:
    body = asked(marsone.pk, angeline.pk, wish(bus, days[0]))
    first = software.change(body, key=KEY).json()
    kept = ApiAnswer.objects.all()

    kept.update(kept_at=clock.real_now() - idempotency.KEPT + timedelta(hours=1))
    purge.apply(headers={"commune": "demo"})
    assert kept.count() == 1
    kept.update(kept_at=clock.real_now() - idempotency.KEPT - timedelta(hours=1))
    purge.apply(headers={"commune": "demo"})
    assert kept.count() == 0

    other = asked(marsone.pk, angeline.pk, wish(bus, days[1]))
    assert software.change(other, key=KEY).status_code == 422
    again = software.change(body, key=KEY).json()
    assert (again["recu"], again["enregistrees"]) == (first["recu"], first["enregistrees"])
    assert Receipt.objects.filter(channel="api").count() == 1


@pytest.fixture
def own_commune(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Commune]:
    """A commune for this test alone, in which transactions really commit; dropped afterwards."""
    identity = Identity(slug="rejeu", header_name="Ville de Rejeu", place_name="Rejeu")
    with django_db_blocker.unblock():
        commune = create_commune(identity=identity, by=BY, channel=Channel.AUTOMATIC)
        try:
            queries.forget_hosts()
            yield commune
        finally:
            drop_commune(slug=commune.slug)
            connection.close()


@pytest.fixture
def family(own_commune: Commune) -> tuple[int, int, int, list[date]]:
    """The keys of a household and its child, of an activity, and the days on which to book it."""
    with context.use(own_commune), transaction.atomic():
        today = clock.today(own_commune.zone)
        furnish(groups=standard(DAY_BEFORE, with_canteen=False), today=today, school_zone="C", by=BY)
        child = NewChild(first_name="Léa", last_name="MARTIN", school_class=school_class())
        home = household(name="MARTIN", children=[child])
        open_days(today=today)
        activity = next(iter(catalogue.read().activities))
        return home.pk, child_of(home).pk, activity, free_days(activity)


def test_two_calls_at_once_under_one_key_make_one_receipt(
    own_commune: Commune, family: tuple[int, int, int, list[date]]
) -> None:
    home, child, activity, days = family
    software = Software(own_commune, issue(own_commune).value)
    body = asked(home, child, *(wish(activity, day) for day in days))

    answers = at_once([lambda: software.change(body, key=KEY)] * 4)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sorted("Idempotency-Replayed" in answer.headers for answer in answers) == [False, True, True, True]
    with context.use(own_commune):
        assert Receipt.objects.count() == 1
        assert JournalEntry.objects.count() == Booking.objects.count() == len(days)


def test_two_calls_at_once_under_one_key_and_two_bodies_make_one_receipt(
    own_commune: Commune, family: tuple[int, int, int, list[date]]
) -> None:
    home, child, activity, days = family
    software = Software(own_commune, issue(own_commune).value)
    bodies = [asked(home, child, wish(activity, day)) for day in days[:2]]

    answers = at_once([lambda body=body: software.change(body, key=KEY) for body in bodies])

    assert sorted(answer.status_code for answer in answers) == [201, 422]
    with context.use(own_commune):
        assert Receipt.objects.count() == 1


def at_once(calls: list[Callable[[], HttpResponse]]) -> list[HttpResponse]:
    """Make these calls in as many threads, starting together."""
    ready, answers, failures = threading.Barrier(len(calls), timeout=10), [], []

    def work(call: Callable[[], HttpResponse]) -> None:
        try:
            ready.wait()
            answers.append(call())
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    return answers
