"""Agents come in by three proofs; whichever is wrong, the answer and the work are the same."""

import json
import re
from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher, identify_hasher
from django.http import HttpResponse
from pytest_django import Settings

from lps.accounts import services
from lps.accounts.models import Account, DoorSession
from lps.accounts.roles import Role
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from tenants import context
from tenants.models import Commune
from tests.accounts.factories import BY, PASSWORD, Person, agent, browser, enter
from tests.sql import counted

Later = Callable[..., None]
PAGE = "/mairie/connexion/"


def body(response: HttpResponse, typed: str) -> str:
    """The page without what changes from one form to the next."""
    text = re.sub(r'(name="csrfmiddlewaretoken" value=)"[^"]*"', r"\1", response.content.decode())
    return text.replace(typed, "…")


@pytest.fixture
def claire(demo: Commune) -> Person:
    return agent(demo)


def test_the_three_proofs_open_the_door(demo: Commune, claire: Person) -> None:
    client = browser(demo)

    answer = enter(client, claire)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/mairie/")
    assert "Bonjour Claire RÉGIE" in client.get("/mairie/").content.decode()


def test_the_address_may_be_typed_in_capitals(demo: Commune, claire: Person) -> None:
    answer = browser(demo).post(PAGE, claire.proofs(email="  CLAIRE@Mairie.example "))

    assert answer.status_code == 302


def test_an_agent_of_the_other_commune_stays_out(demo: Commune, buchelay: Commune, claire: Person) -> None:
    assert enter(browser(buchelay), claire).status_code == 200


def test_every_failure_is_the_same_failure(demo: Commune, claire: Person, later: Later) -> None:
    gone = agent(demo, email="partie@mairie.example")
    with context.use(demo):
        services.deactivate(account=gone.account, by=BY, channel=Channel.OFFICE)
    used = agent(demo, email="rejoue@mairie.example")
    enter(browser(demo), used)
    failures = [
        claire.proofs(email="inconnue@mairie.example"),
        claire.proofs(password="une-autre-phrase-entiere"),
        claire.proofs(code="000000" if claire.code() != "000000" else "111111"),
        claire.proofs(password="une-autre-phrase-entiere", code="999999"),
        gone.proofs(),
        used.proofs(),
    ]
    browser(demo).post(PAGE, failures[0])
    seen = []

    for proofs in failures:
        with counted() as made:
            answer = browser(demo).post(PAGE, proofs)
        seen.append((answer.status_code, made.shapes, body(answer, proofs["email"])))

    assert "n&#x27;est pas le bon" in seen[0][2]
    assert [other for other in seen if other != seen[0]] == []
    with context.use(demo):
        assert not DoorSession.objects.exclude(holder=services.holder_of(used.account)).exists()


def test_every_failure_hashes_once(demo: Commune, claire: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *args: hashed.append(args[0]) or encode(self, *args))

    for proofs in (claire.proofs(email="inconnue@mairie.example"), claire.proofs(password="une-autre-phrase")):
        hashed.clear()
        browser(demo).post(PAGE, proofs)
        assert hashed == [proofs["password"]]


def test_a_code_works_once(demo: Commune, claire: Person, later: Later) -> None:
    assert enter(browser(demo), claire).status_code == 302

    assert enter(browser(demo), claire).status_code == 200
    later(seconds=30)
    assert enter(browser(demo), claire).status_code == 302


def test_a_wrong_password_does_not_use_the_code_up(demo: Commune, claire: Person, later: Later) -> None:
    browser(demo).post(PAGE, claire.proofs(password="une-autre-phrase"))

    assert enter(browser(demo), claire).status_code == 302


def test_guessing_is_slowed_even_when_the_guess_is_right(demo: Commune, claire: Person, later: Later) -> None:
    for _guess in range(5):
        browser(demo).post(PAGE, claire.proofs(password="une-autre-phrase"))

    answer = enter(browser(demo), claire)

    assert answer.status_code == 429
    assert "Recommencez dans 30 secondes." in answer.content.decode()
    later(seconds=31)
    assert enter(browser(demo), claire).status_code == 302


def test_another_agent_is_not_slowed(demo: Commune, claire: Person, later: Later) -> None:
    other = agent(demo, email="marc@mairie.example")
    for _guess in range(6):
        browser(demo).post(PAGE, claire.proofs(password="une-autre-phrase"))

    assert enter(browser(demo), other).status_code == 302


def test_an_incomplete_form_names_its_fields(demo: Commune) -> None:
    answer = browser(demo).post(PAGE, {"email": "claire", "password": "", "code": "12"})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert all(f'href="#id_{name}"' in page for name in ("email", "password", "code"))


def test_what_was_typed_in_secret_is_not_sent_back(demo: Commune, claire: Person) -> None:
    answer = browser(demo).post(PAGE, claire.proofs(password="une-autre-phrase"))

    assert "une-autre-phrase" not in answer.content.decode()


@pytest.mark.parametrize(
    ("asked", "reached"),
    [
        ("/mairie/familles/?page=2", "/mairie/familles/?page=2"),
        ("/enfants/", "/mairie/"),
        ("//ailleurs.example/mairie/", "/mairie/"),
        ("https://ailleurs.example/mairie/", "/mairie/"),
        ("/mairie/\\ailleurs.example", "/mairie/%5Cailleurs.example"),
        ("javascript:alert(1)", "/mairie/"),
        ("", "/mairie/"),
    ],
)
def test_one_goes_on_to_the_page_asked_for_behind_this_door(
    demo: Commune, claire: Person, asked: str, reached: str
) -> None:
    answer = browser(demo).post(PAGE, {**claire.proofs(), "suivant": asked})

    assert answer.headers["Location"] == reached


def test_a_stranger_is_sent_to_the_door_and_back(demo: Commune) -> None:
    answer = browser(demo).get("/mairie/?jour=2026-03-04")

    assert answer.headers["Location"] == "/mairie/connexion/?suivant=%2Fmairie%2F%3Fjour%3D2026-03-04"


def test_whoever_is_in_goes_straight_on(demo: Commune, claire: Person) -> None:
    client = browser(demo)
    enter(client, claire)

    assert client.get(PAGE).headers["Location"] == "/mairie/"


def test_signing_out_ends_the_session(demo: Commune, claire: Person) -> None:
    client = browser(demo)
    enter(client, claire)
    value = client.cookies["lps_mairie"].value

    answer = client.post("/mairie/deconnexion/")
    client.cookies["lps_mairie"] = value

    assert answer.headers["Location"] == PAGE
    assert client.get("/mairie/").status_code == 302
    with context.use(demo):
        assert not DoorSession.objects.exists()


def test_a_link_signs_nobody_out(demo: Commune, claire: Person) -> None:
    client = browser(demo)
    enter(client, claire)

    answer = client.get("/mairie/deconnexion/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "Cette page ne s'ouvre pas ainsi" in answer.content.decode()
    assert client.get("/mairie/").status_code == 200


def test_a_form_of_another_site_is_refused(demo: Commune, claire: Person) -> None:
    client = browser(demo)
    client.handler.enforce_csrf_checks = True

    assert client.post(PAGE, claire.proofs()).status_code == 403


def test_the_journal_tells_who_came_and_left_and_no_secret(demo: Commune, claire: Person) -> None:
    client = browser(demo)
    proofs = claire.proofs()
    client.post(PAGE, proofs)
    client.post("/mairie/deconnexion/")

    with context.use(demo):
        subject = services.holder_of(claire.account)
        entries = list(AuditEntry.objects.filter(subject=subject).order_by("pk").values())
    told = json.dumps(entries, default=str)
    assert [entry["action"] for entry in entries] == ["account_created", "sign_in", "sign_out"]
    assert [entry["actor_kind"] for entry in entries] == ["system", "agent", "agent"]
    assert not [secret for secret in (PASSWORD, proofs["code"], claire.totp_secret) if secret in told]


def test_no_secret_stands_in_the_table(demo: Commune, claire: Person) -> None:
    with context.use(demo):
        row = json.dumps(Account.objects.values().get(pk=claire.account.pk), default=str)

    assert PASSWORD not in row and claire.totp_secret not in row


def test_passwords_are_argon2(demo: Commune, settings: Settings) -> None:
    from lps.config import settings as written

    settings.PASSWORD_HASHERS = written.PASSWORD_HASHERS
    person = agent(demo)

    assert identify_hasher(person.account.password).algorithm == "argon2"
    assert enter(browser(demo), person).status_code == 302


def test_a_new_password_ends_every_session(demo: Commune, claire: Person) -> None:
    client = browser(demo)
    enter(client, claire)

    with context.use(demo):
        services.change_password(
            account=claire.account, current=PASSWORD, new="quatre-poires-au-fond", by=BY, channel=Channel.OFFICE
        )

    assert client.get("/mairie/").status_code == 302
    with context.use(demo):
        assert not DoorSession.objects.exists()


def test_a_session_begun_during_the_change_ends_too(demo: Commune, claire: Person) -> None:
    client = browser(demo)
    enter(client, claire)

    with context.use(demo):
        Account.objects.filter(pk=claire.account.pk).update(generation=2)

    assert client.get("/mairie/").status_code == 302


@pytest.mark.parametrize(
    ("current", "new", "code"),
    [
        ("une-autre-phrase", "quatre-poires-au-fond", "wrong_password"),
        (PASSWORD, "court", "password_too_short"),
        (PASSWORD, "x" * 129, "password_too_long"),
        (PASSWORD, "claire@mairie.example", "password_common"),
        (PASSWORD, "1q2w3e4r5t6y", "password_common"),
    ],
)
def test_a_weak_or_unproved_password_is_refused(
    demo: Commune, claire: Person, current: str, new: str, code: str
) -> None:
    before = claire.account.password

    with context.use(demo):
        with pytest.raises(services.AccountRefused) as refused:
            services.change_password(account=claire.account, current=current, new=new, by=BY, channel=Channel.OFFICE)
        assert Account.objects.get(pk=claire.account.pk).password == before

    assert refused.value.refusal.code == code


@pytest.mark.parametrize(
    ("roles", "code"), [((), "unknown_role"), (("maire",), "unknown_role"), ((Role.OPERATOR,), "unknown_role")]
)
def test_an_account_without_an_agents_role_is_refused(demo: Commune, roles: tuple[str, ...], code: str) -> None:
    with context.use(demo):
        with pytest.raises(services.AccountRefused) as refused:
            services.create_account(
                email="a@mairie.example", name="A", password=PASSWORD, roles=roles, by=BY, channel=Channel.OFFICE
            )
        assert not Account.objects.filter(email_key="a@mairie.example").exists()

    assert refused.value.refusal.code == code


def test_an_address_is_taken_once_whatever_its_case(demo: Commune, claire: Person) -> None:
    with pytest.raises(services.AccountRefused) as refused:
        agent(demo, email="CLAIRE@mairie.example")

    assert refused.value.refusal.code == "email_taken"
