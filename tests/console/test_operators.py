"""The operators' accounts: invited, changed, stopped; each sees what its role lets; the journal tells it."""

import re

import pytest
from django.core import mail
from django.test import Client

from lps.accounts import links, rights, totp
from lps.accounts.models import Account, DoorSession
from lps.accounts.roles import OPERATOR_ROLES, Role
from lps.console import words
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tests.accounts.factories import PASSWORD, Person, console_browser, enter, operator
from tests.office.actions import of_file
from tests.test_tree import ROOT

INVITATION = {"email": "odile@editeur.example", "name": "Odile ASSISTANCE", "roles": [Role.SUPPORT]}


@pytest.fixture
def olivier(db: None) -> Person:
    """The only operator of the console."""
    with context.public():
        Account.objects.all().delete()
    return operator()


@pytest.fixture
def vendor(olivier: Person) -> Client:
    client = console_browser()
    enter(client, olivier, "/connexion/")
    return client


def signed_in(*roles: str) -> Client:
    client = console_browser()
    enter(client, operator(*roles, email="autre@editeur.example", name="Autre"), "/connexion/")
    return client


def account_of(email: str) -> Account:
    with context.public():
        return Account.objects.get(email=email)


def test_an_invited_operator_opens_its_access_and_comes_in(vendor: Client) -> None:
    done = vendor.post("/exploitants/inviter/", INVITATION)

    assert done.headers["Location"].endswith("?fait=invite")
    (sent,) = mail.outbox
    assert (sent.to, sent.from_email) == (
        ["odile@editeur.example"],
        "Les Parents Services <ne-pas-repondre@console.localhost>",
    )
    (path,) = set(re.findall(r"http://console\.localhost[:\d]*(/acces/[\w-]+/)", str(sent.body)))
    with context.public():
        secret = links.secret_of(path.split("/")[2])
    odile = console_browser()
    code = totp.code_at(secret=secret, at=clock.real_now())
    page = odile.post(path, {"new": PASSWORD, "again": PASSWORD, "code": code})

    assert "codes de secours" in page.content.decode()
    assert odile.get("/").status_code == 200
    assert odile.get("/mon-compte/").status_code == 200
    assert odile.get("/exploitants/").status_code == 403
    assert odile.get(path).status_code == 410


def test_the_page_says_when_the_mail_did_not_leave(vendor: Client, settings: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # type: ignore[attr-defined]

    done = vendor.post("/exploitants/inviter/", INVITATION)

    assert "pas parti" in vendor.get(done.headers["Location"]).content.decode()


def test_the_last_operator_is_neither_stopped_nor_demoted_nor_locked_out(vendor: Client, olivier: Person) -> None:
    operator(Role.SUPPORT, email="odile@editeur.example", name="Odile")
    page = f"/exploitants/{olivier.account.pk}/"

    answers = [
        vendor.post(f"{page}arreter/"),
        vendor.post(f"{page}nouvel-acces/"),
        vendor.post(f"{page}modifier/", {"name": "Olivier", "roles": [Role.READ_ONLY]}),
    ]

    assert [one.status_code for one in answers] == [400] * 3
    assert all("dernier exploitant" in one.content.decode() for one in answers)
    kept = account_of(olivier.email)
    assert (kept.is_active, kept.roles, kept.generation) == (True, [Role.OPERATOR], olivier.account.generation)


def test_a_stopped_operator_is_out_at_once_and_may_come_back(vendor: Client) -> None:
    other = signed_in(Role.SUPPORT)
    page = f"/exploitants/{account_of('autre@editeur.example').pk}/"

    assert vendor.post(f"{page}arreter/").status_code == 302
    assert other.get("/").headers["Location"].startswith("/connexion/")
    assert vendor.post(f"{page}reprendre/").status_code == 302
    assert account_of("autre@editeur.example").is_active


def test_a_changed_role_holds_on_the_next_page(vendor: Client) -> None:
    other = signed_in(Role.INVOICING)
    page = f"/exploitants/{account_of('autre@editeur.example').pk}/modifier/"
    assert other.get("/journal/").status_code == 403

    assert vendor.post(page, {"name": "Autre", "roles": [Role.SUPPORT]}).status_code == 302

    assert other.get("/journal/").status_code == 200


def test_the_sessions_of_a_colleague_are_closed(vendor: Client) -> None:
    other = signed_in(Role.SUPPORT)
    account = account_of("autre@editeur.example")
    with context.public():
        (session,) = DoorSession.objects.filter(holder=f"account:{account.pk}")

    vendor.post(f"/exploitants/{account.pk}/sessions/{session.key}/fermer/")

    assert other.get("/").status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [{"email": "pas une adresse"}, {"name": ""}, {"roles": []}, {"roles": ["maire"]}, {"roles": ["administrateur"]},
     {"name": "N\x00ul"}, {"name": "x" * 10_000_000}, {"email": "olivier@editeur.example"}],
)  # fmt: skip
def test_a_bad_invitation_is_told(vendor: Client, wrong: dict[str, object]) -> None:
    answer = vendor.post("/exploitants/inviter/", INVITATION | wrong)

    assert answer.status_code == 400
    with context.public():
        assert Account.objects.count() == 1


def test_accounts_of_nothing_do_not_exist(vendor: Client) -> None:
    for key in (0, 10**9, 10**30):
        assert vendor.get(f"/exploitants/{key}/").status_code == 404
        assert vendor.post(f"/exploitants/{key}/arreter/").status_code == 404


def test_the_journal_is_searched_and_taken_away(vendor: Client, demo: Commune) -> None:
    vendor.post("/exploitants/inviter/", INVITATION)
    vendor.post(f"/communes/{demo.slug}/etat/", {"state": "suspended", "reason": "Travaux."})

    everything = vendor.get("/journal/").content.decode()
    assert all(
        told in everything for told in ("Exploitant invité", "odile@editeur.example", "Travaux.", demo.header_name)
    )
    of_demo = vendor.get("/journal/?commune=demo").content.decode()
    assert ("Travaux." in of_demo, "odile@editeur.example" in of_demo) == (True, False)
    table = vendor.get("/journal.csv?action=agent_invited").content.decode()
    assert ("odile@editeur.example" in table, "Travaux." in table) == (True, False)
    with context.public():
        assert AuditEntry.objects.filter(action="journal_exported").count() == 1


@pytest.mark.parametrize(
    "query",
    ["since=2026-02-31", "since=2026-03-01&until=2026-02-01", "author=x", "action=x", "commune=%00", "commune=a/b"],
)
def test_a_search_that_means_nothing_is_told(vendor: Client, query: str) -> None:
    assert vendor.get(f"/journal/?{query}").status_code == 400
    assert vendor.get(f"/journal.csv?{query}").status_code == 400


def test_the_journal_costs_the_same_for_many(vendor: Client, django_assert_max_num_queries: object) -> None:
    for number in range(3):
        vendor.post("/exploitants/inviter/", INVITATION | {"email": f"o{number}@editeur.example"})

    with django_assert_max_num_queries(12):  # type: ignore[operator]
        vendor.get("/journal/")


def test_every_action_of_the_console_has_its_words() -> None:
    files = [*(ROOT / "platform/lps/console").glob("*.py"), *(ROOT / "platform/lps/console/views").glob("*.py")]
    files += [ROOT / f"platform/lps/accounts/{name}.py" for name in ("access", "agents")]
    told = {action for file in files if "demonstration" not in file.name for action in of_file(file)}

    silent = [one for one in sorted(told) if one not in words.ACTIONS]
    assert silent == [], "no words: add to ACTIONS in platform/lps/console/words.py"


def test_every_right_and_role_of_the_console_has_its_words() -> None:
    open_to_operators = [action for action in rights.actions() if rights.operators_of(action)]

    assert set(open_to_operators) == set(words.RIGHTS)
    assert set(words.ROLES) == OPERATOR_ROLES
