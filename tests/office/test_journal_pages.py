"""The journal: everything that was done has its words, is found again, and is changed by nobody."""

from datetime import timedelta
from fnmatch import fnmatch

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from lps.families.models import Child, Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.journal.services import Entry, record, record_many
from lps.kernel import clock
from lps.office.journal_words import ACTIONS, SUBJECTS, changes
from tenants.models import Commune
from tests.accounts.factories import BY, agent, browser, enter
from tests.office.actions import actions_in_code, subjects_in_code
from tests.sql import counted

PAGE, CSV = "/mairie/journal/", "/mairie/journal/export.csv"


@pytest.fixture
def client(in_demo: Commune) -> Client:
    """An administrator's browser."""
    opened = browser(in_demo)
    assert enter(opened, agent(in_demo)).status_code == 302
    return opened


def text(client: Client, path: str = PAGE, **query: str) -> str:
    answer = client.get(path, query_params=query)
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ").replace("&#x27;", "'")


def told(action: str, subject: str, *, by: Actor = BY, **facts: object) -> None:
    record(by=by, channel=Channel.OFFICE, action=action, subject=subject, **facts)  # type: ignore[arg-type]


def test_every_action_that_the_code_writes_has_its_words() -> None:
    found = actions_in_code()

    assert {"sign_in", "settings_changed", "health_read", "message_published"} <= found, "the search finds nothing"
    silent = [one for one in sorted(found) if not any(fnmatch(known, one) for known in ACTIONS)]
    assert silent == [], "no words: add to ACTIONS in platform/lps/office/journal_words.py"


def test_everything_that_an_entry_is_about_has_its_words() -> None:
    found = subjects_in_code()

    assert {"sending", "billing_run", "closure"} <= found, "the search finds nothing"
    assert found - SUBJECTS.keys() == set(), "no words: add to SUBJECTS in platform/lps/office/journal_words.py"


def test_a_change_reads_before_and_after() -> None:
    told = list(changes({"roles": ["cantine"], "name": "A"}, {"roles": ["cantine", "lecture"], "is_draft": False}))

    assert told == [
        ("rôles", "cantine", "cantine, lecture seule"),
        ("nom", "A", ""),
        ("brouillon", "", "non"),
    ]


def test_a_family_is_found_by_its_name_and_so_is_what_was_done_to_its_children(client: Client) -> None:
    home, child = Household.objects.get(name="MARSONE"), Child.objects.get(first_name="Angéline")
    told("household_changed", home.holder, before={"name": "MARSONNE"}, after={"name": "MARSONE"})
    told("health_read", f"child:{child.pk}")
    told("message_removed", "message:7")

    page = text(client, q="marsone")

    assert "Famille modifiée" in page and "MARSONNE" in page
    assert "Informations de santé lues" in page and f"Enfant : {child}" in page
    assert "<b>Brouillon de message supprimé" not in page


def test_readings_of_health_are_found_by_their_kind(client: Client) -> None:
    child = Child.objects.get(first_name="Angéline")
    told("health_read", f"child:{child.pk}")
    told("rules_written", "rules:1")

    page = text(client, action="health_read")

    assert "<b>Informations de santé lues" in page and "<b>Règlement écrit" not in page


def test_who_did_it_and_when_are_asked_for(client: Client, in_demo: Commune) -> None:
    other = agent(in_demo, "scolaire", email="marc@mairie.example", name="Marc SCOLAIRE")
    enter(browser(in_demo), other)
    record(
        by=BY, channel=Channel.OFFICE, action="days_closed", subject="closure:1", at=clock.now() - timedelta(days=400)
    )
    day = (clock.now() - timedelta(days=400)).astimezone(in_demo.zone).date()

    mine = text(client, author=f"agent:{other.account.pk}")
    old = text(client, since=str(day), until=str(day))

    assert mine.count("<span>Marc SCOLAIRE</span>") == 1 and "<span>Claire RÉGIE</span>" not in mine
    assert "<b>Jours fermés" in old and "<b>Connexion" not in old
    assert "<b>Jours fermés" not in text(client), "thirty days are shown first"


@pytest.mark.parametrize(
    "query",
    [
        {"since": "hier"},
        {"since": "2026-02-30"},
        {"until": "9999-12-31"},
        {"since": "2026-03-02", "until": "2026-03-01"},
        {"author": "agent:900001"},
        {"action": "1' OR 1=1"},
        {"q": "x" * 100_000},
        {"q": "a\0b"},
        {"objet": "household:1; DROP"},
        {"apres": "9" * 40, "q": "marsone"},
        {"apres": "-1"},
    ],
)
def test_what_makes_no_sense_is_answered_in_words(client: Client, query: dict[str, str]) -> None:
    for path in (PAGE, CSV):
        assert client.get(path, query_params=query).status_code == 200


def test_pages_follow_each_other_without_a_hole(client: Client) -> None:
    at = clock.now()
    record_many(
        Entry(BY, Channel.OFFICE, "rules_written", f"rules:{number}", at=at - timedelta(seconds=number // 3))
        for number in range(120)
    )
    seen, query = [], {"action": "rules_written"}

    while query:
        answer = client.get(PAGE, query_params=query)
        seen += [row["entry"].subject for row in answer.context["rows"]]
        following = answer.context["page"].older.rpartition("apres=")[2]
        query = {"action": "rules_written", "apres": following} if following else {}

    assert len(seen) == 120 and len(set(seen)) == 120


def test_the_page_costs_the_same_for_one_entry_and_for_fifty(client: Client) -> None:
    child = Child.objects.get(first_name="Angéline")
    told("roll_called", f"child:{child.pk}")
    text(client, action="roll_called")
    with counted() as one:
        text(client, action="roll_called")
    record_many(Entry(BY, Channel.OFFICE, "roll_called", f"child:{pk}") for pk in range(child.pk, child.pk + 60))
    with counted() as many:
        text(client, action="roll_called")

    assert len(one) == len(many)


def test_the_table_holds_the_same_search_and_no_formula(client: Client) -> None:
    told("household_changed", "household:900001", before={"name": "=cmd|' /C calc'!A0"}, after={"name": "+1"})
    told("rules_written", "rules:1", by=Actor.system("=HYPERLINK(1)"))

    answer = client.get(CSV, query_params={"objet": "household:900001"})

    lines = answer.content.decode("utf-8-sig").splitlines()
    assert answer.headers["Content-Type"].startswith("text/csv") and len(lines) == 2
    assert "Famille modifiée" in lines[1] and "rules" not in lines[1]
    everything = client.get(CSV, query_params={"action": "rules_written"}).content.decode()
    assert "'=HYPERLINK(1)" in everything
    assert AuditEntry.objects.filter(action="journal_exported").count() == 2


def test_the_journal_is_changed_through_no_door(client: Client) -> None:
    told("rules_written", "rules:1")
    before = list(AuditEntry.objects.values())

    answers = [getattr(client, method)(path) for path in (PAGE, CSV) for method in ("post", "put", "patch", "delete")]

    assert {answer.status_code for answer in answers} == {405}
    assert list(AuditEntry.objects.values()) == before
    for change in (lambda rows: rows.update(action="x"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(AuditEntry.objects.filter(action="rules_written"))


def test_an_agent_kept_to_one_school_does_not_read_the_others(client: Client, in_demo: Commune) -> None:
    from lps.accounts.models import Account

    Account.objects.filter(email="claire@mairie.example").update(sites=[1])

    assert client.get(PAGE).status_code == 403 and client.get(CSV).status_code == 403
