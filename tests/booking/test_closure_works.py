"""Closings of many bookings: a worker closes and undoes, a page follows it, and a form sent twice closes once."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from booking import closures_page
from booking.models import Booking, Closure, ClosureWork, ServiceDay
from booking.rules.planning import Cell, Change
from booking.services import closure_work, closures, reopening
from booking.services.bookings import Saved, change_bookings
from booking.services.closures import Scope
from lps.accounts.models import Account
from lps.accounts.roles import Role
from lps.families.identity import actor_of
from lps.families.models import Child, Enrollment, Household, Site
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.models import OutboxMessage
from tenants import progressing
from tenants.long_work import TRIES
from tenants.models import Commune
from tests.booking.agents import signed_in
from tests.screens import reading
from tests.sql import counted
from tests.zone import PARIS

ALL, PREVIEW, CLOSE = "/mairie/fermetures/", "/mairie/fermetures/apercu/", "/mairie/fermetures/fermer/"
REFRESH = '<noscript><meta http-equiv="refresh"'
NADIA = Actor(ActorKind.AGENT, "12", "Nadia")
State = ClosureWork.State


@pytest.fixture
def bus(activity: dict[str, int]) -> int:
    return activity["Transport scolaire 13h30"]


@pytest.fixture
def day(bus: int) -> date:
    after = clock.today(PARIS) + timedelta(days=14)
    return ServiceDay.objects.filter(activity=bus, day__gte=after, open=True).order_by("day")[0].day


@pytest.fixture
def clerk(demo: Commune, in_demo: Commune) -> Client:
    return signed_in(demo, Role.SCHOOL)


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """One booking is many."""
    monkeypatch.setattr(closure_work, "AT_ONCE", 0)


@pytest.fixture
def booked(angeline: Child, marsone: Household, bus: int, day: date) -> None:
    """One booking of that day, and no other."""
    Booking.objects.standing().filter(day=day).update(canceled_at=clock.now())
    book(angeline, marsone, bus, day)


def book(child: Child, household: Household, bus: int, day: date) -> Saved:
    return change_bookings(
        child=child,
        household=household,
        changes=[Change(Cell(bus, day), True)],
        by=actor_of(household),
        channel=Channel.WEB,
        received_at=clock.now(),
        jeton=uuid.uuid4(),
    )


def form(day: date, **rest: Any) -> dict[str, Any]:
    return {"first_day": f"{day}", "reason": "Grève", "jeton": uuid.uuid4(), **rest}


def asked(day: date) -> ClosureWork:
    scope = Scope(first_day=day, last_day=day)
    return closure_work.close(scope=scope, reason="Grève", jeton=uuid.uuid4(), by=NADIA, at=clock.now())


def closed(day: date) -> Closure:
    return closures.close(scope=Scope(first_day=day, last_day=day), reason="Grève", by=NADIA, at=clock.now())


def standing(bus: int, day: date) -> int:
    return Booking.objects.standing().filter(activity=bus, day=day).count()


def words(response: HttpResponse) -> str:
    return reading.words(response.content.decode())


def test_a_worker_closes_and_the_page_leads_to_the_closure(clerk: Client, booked: None, bus: int, day: date) -> None:
    sent = clerk.post(CLOSE, form(day))
    path = sent.headers["Location"]
    before, listed, left = clerk.get(path), words(clerk.get(ALL)), standing(bus, day)
    assert closure_work.work_asked() == 1
    after = clerk.get(path, follow=True)

    assert left == 1 and "La fermeture va commencer. 1 réservation est annulée" in words(before)
    assert REFRESH in before.content.decode() and "Fermeture en cours : Grève" in listed
    assert "C'est fermé." in words(after) and "Fermé par Nadia" in words(after)
    assert REFRESH not in after.content.decode()
    assert "en cours :" not in words(clerk.get(ALL))
    assert (standing(bus, day), OutboxMessage.objects.filter(template="booking/emails/closed").count()) == (0, 1)


def test_the_journal_names_the_agent_as_if_it_were_done_at_once(clerk: Client, booked: None, day: date) -> None:
    clerk.post(CLOSE, form(day))
    closure_work.work_asked()

    entry = AuditEntry.objects.get(action="days_closed")
    assert (entry.actor_kind, entry.actor_label, entry.after["bookings"]) == ("agent", "Nadia", 1)
    assert entry.actor_key == str(Account.objects.get(email="nadia@mairie.example").pk)


def test_a_worker_undoes_and_the_page_leads_to_the_closure(clerk: Client, booked: None, bus: int, day: date) -> None:
    closure = closed(day)
    own = f"{ALL}{closure.pk}/"

    path = clerk.post(f"{own}annuler/").headers["Location"]
    before, seen, again = words(clerk.get(path)), words(clerk.get(own)), clerk.get(f"{own}annuler/")
    assert closure_work.work_asked() == 1

    assert "L'annulation de la fermeture va commencer. 1 réservation est regardée" in before
    assert "L'annulation de cette fermeture est en cours" in seen and "Annuler cette fermeture" not in seen
    assert again.headers["Location"] == path
    assert "La fermeture est annulée." in words(clerk.get(path, follow=True))
    assert standing(bus, day) == 1


def test_steps_are_told_on_the_page(clerk: Client, booked: None, day: date, monkeypatch: pytest.MonkeyPatch) -> None:
    work, note, seen = asked(day), progressing.note, []

    def look(name: str, step: int, steps: int) -> None:
        note(name, step, steps)
        seen.append(words(clerk.get(f"{ALL}travaux/{work.pk}/")))

    monkeypatch.setattr(progressing, "note", look)
    assert closure_work.work_asked() == 1

    assert len(seen) == closure_work.STEPS
    assert all(f"étape {rank} sur 4" in one for rank, one in enumerate(seen, 1))


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "by a worker"])
def test_a_form_sent_twice_closes_once(
    clerk: Client, booked: None, day: date, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    if at_once:
        monkeypatch.setattr(closure_work, "AT_ONCE", 500)
    sent = form(day)

    first, second = (clerk.post(CLOSE, sent).headers["Location"] for _click in range(2))
    closure_work.work_asked()

    assert first == second
    assert (Closure.objects.count(), AuditEntry.objects.filter(action="days_closed").count()) == (1, 1)
    assert clerk.post(CLOSE, sent).headers["Location"] == f"{ALL}{Closure.objects.get().pk}/?fait=ferme"


def test_undoing_asked_twice_is_done_once(booked: None, bus: int, day: date) -> None:
    closure = closed(day)

    first, second = (closure_work.undo(closure=closure, by=NADIA, at=clock.now()) for _click in range(2))

    assert first == second
    assert (closure_work.work_asked(), closure_work.work_asked()) == (1, 0)
    closure.refresh_from_db()
    with pytest.raises(reopening.AlreadyUndone):
        closure_work.undo(closure=closure, by=NADIA, at=clock.now())


def test_what_a_parent_books_meanwhile_is_canceled_and_told(
    booked: None, bertrand: Child, marsone: Household, bus: int, day: date
) -> None:
    asked(day)
    assert not book(bertrand, marsone, bus, day).refused

    assert closure_work.work_asked() == 1

    assert standing(bus, day) == 0
    assert Closure.objects.get().canceled.count() == 2
    assert [refusal.code for _cell, refusal in book(bertrand, marsone, bus, day).refused] == ["no_service"]


@pytest.mark.parametrize("kind", ClosureWork.Kind)
def test_what_fails_changes_nothing_is_told_and_asked_again(
    clerk: Client, booked: None, bus: int, day: date, monkeypatch: pytest.MonkeyPatch, kind: ClosureWork.Kind
) -> None:
    if kind == ClosureWork.Kind.CLOSE:
        work, left = asked(day), 1
    else:
        work, left = closure_work.undo(closure=closed(day), by=NADIA, at=clock.now()), 0

    def broken(*_given: object, **_rest: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("booking.services.proofs.write", broken)
        with pytest.raises(ZeroDivisionError):
            closure_work.work_asked()
    path = f"{ALL}travaux/{work.pk}/"
    page = clerk.get(path)

    assert standing(bus, day) == left
    assert "n'a pas pu se faire. Une erreur est survenue et rien n'a changé" in words(page)
    assert REFRESH not in page.content.decode()
    assert "non faite : Grève" in words(clerk.get(ALL))
    assert closure_work.work_asked() == 0
    if kind == ClosureWork.Kind.CLOSE:
        assert f"{ALL}nouvelle/?first_day={day}&amp;" in page.content.decode()
        asked(day)
    else:
        assert f'href="{ALL}{Closure.objects.get().pk}/"' in page.content.decode()
        closure_work.undo(closure=Closure.objects.get(), by=NADIA, at=clock.now())
    assert closure_work.work_asked() == 1
    assert standing(bus, day) == 1 - left


def test_a_closure_undone_by_another_meanwhile_is_told(clerk: Client, booked: None, day: date) -> None:
    closure = closed(day)
    work = closure_work.undo(closure=closure, by=NADIA, at=clock.now())
    reopening.undo(closure=closure, by=NADIA, at=clock.now())

    assert closure_work.work_asked() == 0

    assert "Cette fermeture était déjà annulée : rien n'a changé." in words(clerk.get(f"{ALL}travaux/{work.pk}/"))


def test_a_work_that_stops_its_workers_is_given_up(clerk: Client, booked: None, bus: int, day: date) -> None:
    work = asked(day)
    ClosureWork.objects.update(tries=TRIES, state=State.WORKING)

    assert closure_work.work_asked() == 0

    assert "s'est arrêté trois fois et rien n'a changé" in words(clerk.get(f"{ALL}travaux/{work.pk}/"))
    assert standing(bus, day) == 1


def test_a_failure_is_listed_for_a_week(booked: None, day: date) -> None:
    work = asked(day)
    ClosureWork.objects.update(state=State.FAILED, finished_at=clock.now())
    rows = closures_page.works(sites=(), activities=())

    assert closures_page.to_follow(rows, now=clock.now() + timedelta(days=6)) == [work]
    assert closures_page.to_follow(rows, now=clock.now() + timedelta(days=8)) == []


def test_works_of_another_school_do_not_exist_for_an_agent_kept_to_one(
    demo: Commune, in_demo: Commune, angeline: Child, day: date
) -> None:
    own = Enrollment.objects.filter(child=angeline).latest("pk").school_class.site
    other = Site.objects.create(name="École des Tilleuls")
    client = signed_in(demo, Role.SCHOOL, name="Karim")
    Account.objects.filter(email="karim@mairie.example").update(sites=[own.pk])
    scope = Scope(first_day=day, last_day=day, site_id=other.pk)
    ask = {"jeton": uuid.uuid4(), "by": NADIA, "at": clock.now()}
    work = closure_work.close(scope=scope, reason="Travaux", **ask)
    ClosureWork.objects.update(state=State.ASKED)

    assert client.get(f"{ALL}travaux/{work.pk}/").status_code == 404
    assert "Travaux" not in client.get(ALL).content.decode()


def test_a_reader_follows_and_asks_for_nothing(demo: Commune, in_demo: Commune, booked: None, day: date) -> None:
    work, client = asked(day), signed_in(demo, Role.READ_ONLY)

    assert "La fermeture va commencer" in words(client.get(f"{ALL}travaux/{work.pk}/"))
    ClosureWork.objects.update(state=State.FAILED, failure="internal")
    assert "Demander de nouveau" not in words(client.get(f"{ALL}travaux/{work.pk}/"))


def test_a_form_without_its_token_closes_nothing(clerk: Client, booked: None, day: date) -> None:
    for given in ({"jeton": ""}, {"jeton": "x"}):
        answer = clerk.post(CLOSE, form(day, **given))

        assert answer.status_code == 400
        assert "Ce formulaire est incomplet" in words(answer)
    assert not ClosureWork.objects.exists()


def test_closing_costs_the_same_for_one_booking_and_for_two(
    clerk: Client,
    booked: None,
    bertrand: Child,
    marsone: Household,
    bus: int,
    day: date,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(closure_work, "AT_ONCE", 500)
    with counted() as one:
        clerk.post(CLOSE, form(day))
    clerk.post(f"{ALL}{Closure.objects.get().pk}/annuler/")
    book(bertrand, marsone, bus, day)

    with counted() as two:
        clerk.post(CLOSE, form(day))

    assert len(one) == len(two)
