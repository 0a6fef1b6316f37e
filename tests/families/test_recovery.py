"""Codes lost: the page tells nothing, a worker answers, a link shows the codes once."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from pytest_django import DjangoCaptureOnCommitCallbacks

from lps.families import services, tasks
from lps.families.models import FamilyLink, Household, RecoveryRequest
from lps.families.services import NewChild
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from notifications.models import OutboxMessage
from notifications.services import prove_address
from tenants import wakeup
from tenants.models import Commune
from tests.families.doors import browser, link_sent, text_of
from tests.families.factories import BY, household
from tests.sql import counted


def ask(email: str):
    return browser().post("/difficultes/", {"email": email})


def test_the_page_answers_the_same_whether_the_address_is_known_or_not(martin: Household) -> None:
    seen = []
    browser().get("/difficultes/")
    for email in ("alice.martin@example.org", "nobody@example.org"):
        with counted() as made:
            answer = ask(email)
        seen.append((answer.status_code, text_of(answer), made.shapes))

    assert seen[0] == seen[1]
    assert OutboxMessage.objects.count() == 0


def test_the_address_typed_is_sealed_then_forgotten(martin: Household) -> None:
    ask("alice.martin@example.org")
    waiting = RecoveryRequest.objects.get()
    services.answer_recoveries()

    answered = RecoveryRequest.objects.get()
    assert "alice" not in waiting.email
    assert (answered.email, answered.answered_at is None) == ("", False)


def test_a_worker_is_woken_after_the_commit(
    martin: Household,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(wakeup, "send_to_commune", lambda *, task, slug, app: sent.append((task, slug)))

    with django_capture_on_commit_callbacks(execute=True):
        ask("alice.martin@example.org")

    assert sent == [(tasks.answer_recoveries.name, "demo")]


def test_a_known_address_receives_a_link_on_file_that_shows_the_codes(martin: Household) -> None:
    ask(" alice.MARTIN@example.org ")
    services.answer_recoveries()
    client = browser()

    first = client.get(link_sent()).content.decode()
    shown = client.post(link_sent()).content.decode()

    assert OutboxMessage.objects.get().address == "Alice.Martin@example.org"
    assert "72000001" not in first
    assert all(code in shown for code in ("72000001", "71000001", "71000005"))
    assert AuditEntry.objects.filter(action="codes_revealed", subject=martin.holder).exists()


@pytest.mark.parametrize(
    ("during", "is_told"),
    [(DateRange(date(2000, 1, 1), date(2001, 1, 1)), False), (DateRange(date(2100, 1, 1), None), True)],
    ids=["left", "to come"],
)
def test_a_family_without_a_child_reads_the_code_of_one_to_come_not_of_one_that_left(
    in_demo: Commune, during: DateRange, is_told: bool
) -> None:
    home = household(children=[NewChild(first_name="Zoé", last_name="ESSAI", code="83000001")], custody=during)
    ask("parent@example.org")
    services.answer_recoveries()

    shown = browser().post(link_sent()).content.decode()

    assert home.family_code in shown and ("83000001" in shown) is is_told
    assert ("appelez la mairie" in shown) is not is_told


def test_an_unknown_address_receives_nothing(martin: Household) -> None:
    ask("nobody@example.org")

    assert services.answer_recoveries() == 1
    assert OutboxMessage.objects.count() == 0


def test_an_address_on_file_in_two_households_receives_a_link_for_each(martin: Household) -> None:
    household(name="SECOND", email="alice.martin@example.org")
    ask("alice.martin@example.org")

    services.answer_recoveries()

    assert OutboxMessage.objects.count() == 2


def test_a_proved_address_counts_as_on_file(martin: Household) -> None:
    prove_address(
        holder=martin.holder, value="papa@example.org", consent="v1", by=Actor.system("essai"), channel=Channel.WEB
    )
    ask("papa@example.org")

    services.answer_recoveries()

    assert OutboxMessage.objects.get().address == "papa@example.org"


def test_a_request_is_answered_once(martin: Household) -> None:
    ask("alice.martin@example.org")

    assert [services.answer_recoveries(), services.answer_recoveries()] == [1, 0]


def test_a_link_serves_once(martin: Household) -> None:
    ask("alice.martin@example.org")
    services.answer_recoveries()
    browser().post(link_sent())

    again = [browser().get(link_sent()), browser().post(link_sent())]

    assert [answer.status_code for answer in again] == [410, 410]
    assert "72000001" not in again[1].content.decode()


def test_a_link_lives_half_an_hour(martin: Household, later: Callable[..., None]) -> None:
    ask("alice.martin@example.org")
    services.answer_recoveries()

    later(minutes=30)

    assert browser().post(link_sent()).status_code == 410


def test_a_new_family_code_ends_the_links_on_their_way(martin: Household) -> None:
    ask("alice.martin@example.org")
    services.answer_recoveries()

    services.renew_family_code(household=martin, by=BY, channel=Channel.OFFICE)

    assert browser().post(link_sent()).status_code == 410


def test_a_link_never_drawn_says_no_more_than_one_used(in_demo: Commune) -> None:
    assert browser().get("/difficultes/" + "x" * 43 + "/").status_code == 410


def test_asking_too_often_writes_nothing_and_answers_the_same(martin: Household) -> None:
    answers = {text_of(ask("alice.martin@example.org")) for _ in range(8)}

    assert len(answers) == 1
    assert RecoveryRequest.objects.count() == 5


def test_something_that_is_no_address_is_said_at_once(in_demo: Commune) -> None:
    answer = ask("alice")

    assert "Une information est à corriger" in answer.content.decode()
    assert RecoveryRequest.objects.count() == 0


def test_says_whom_to_call(in_buchelay: Commune) -> None:
    page = browser("buchelay").get("/difficultes/").content.decode()

    assert "01 30 98 10 78" in page


def test_a_month_later_nothing_is_left(martin: Household, later: Callable[..., None]) -> None:
    ask("alice.martin@example.org")
    services.answer_recoveries()

    later(days=31)
    services.purge_links()

    assert (FamilyLink.objects.count(), RecoveryRequest.objects.count()) == (0, 0)
