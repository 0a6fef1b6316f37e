"""Agents are invited, changed, switched off; the town never loses its last administrator."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from lps.accounts import agents, links, queries, totp
from lps.accounts.agents import Profile
from lps.accounts.models import Account, DoorSession
from lps.accounts.roles import Role
from lps.accounts.services import AccountRefused, holder_of
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.models import OutboxMessage
from tenants import context
from tenants.models import Commune
from tests.accounts.factories import BY, PASSWORD, agent, browser, enter

OFFICE = {"by": BY, "channel": Channel.OFFICE}


@pytest.fixture
def alone(in_demo: Commune) -> Account:
    """The only administrator of the town."""
    Account.objects.filter(roles__contains=[Role.ADMINISTRATOR]).update(roles=[Role.SCHOOL])
    return agent(in_demo).account


def profile(*roles: str, **rest: object) -> Profile:
    return Profile(**{"name": "Claire RÉGIE", "roles": roles, **rest})  # type: ignore[arg-type]


def test_the_last_administrator_is_neither_switched_off_nor_demoted_nor_locked_out(alone: Account) -> None:
    agents.invite(email="b@mairie.example", profile=profile(Role.ADMINISTRATOR, name="B"), **OFFICE)
    before = list(Account.objects.order_by("pk").values())

    for act in (
        lambda: agents.switch_off(pk=alone.pk, **OFFICE),
        lambda: agents.change(pk=alone.pk, profile=profile(Role.SCHOOL), **OFFICE),
        lambda: agents.give_new_access(pk=alone.pk, **OFFICE),
    ):
        with pytest.raises(AccountRefused) as refused:
            act()
        assert refused.value.refusal.code == "last_administrator"
    assert list(Account.objects.order_by("pk").values()) == before, "one who is only invited cannot help"


def test_with_another_one_an_administrator_may_leave(alone: Account, in_demo: Commune) -> None:
    agent(in_demo, email="b@mairie.example")

    agents.change(pk=alone.pk, profile=profile(Role.SCHOOL), **OFFICE)

    assert Account.objects.get(pk=alone.pk).roles == [Role.SCHOOL]


def test_a_change_tells_before_and_after_and_no_change_tells_nothing(in_demo: Commune) -> None:
    person = agent(in_demo, Role.CANTEEN)
    wanted = profile(Role.SCHOOL, sites=(1,))

    agents.change(pk=person.account.pk, profile=wanted, **OFFICE)
    agents.change(pk=person.account.pk, profile=wanted, **OFFICE)

    [entry] = AuditEntry.objects.filter(action="agent_changed")
    assert entry.before == {"roles": ["cantine"], "sites": []}
    assert entry.after == {"roles": ["scolaire"], "sites": [1]}


def test_a_new_access_ends_the_old_one_at_once(demo: Commune) -> None:
    agent(demo, email="autre@mairie.example")
    person = agent(demo)
    client = browser(demo)
    enter(client, person)

    with context.use(demo):
        renewed = agents.give_new_access(pk=person.account.pk, **OFFICE)
        assert not DoorSession.objects.filter(holder=holder_of(person.account)).exists()
        assert queries.state_of(renewed.account) == "renewing"
        token = renewed.url.rstrip("/").rpartition("/")[2]
        code = totp.code_at(secret=links.secret_of(token), at=clock.real_now())
        assert OutboxMessage.objects.filter(template="accounts/emails/new_access").count() == 1
    assert client.get("/mairie/").status_code == 302
    assert browser(demo).post("/mairie/connexion/", person.proofs()).status_code == 200
    opened = browser(demo).post(f"/mairie/acces/{token}/", {"new": PASSWORD, "again": PASSWORD, "code": code})
    assert opened.status_code == 200
    with context.use(demo):
        assert queries.state_of(Account.objects.get(pk=person.account.pk)) == "active"


def test_an_access_comes_back_as_it_was(demo: Commune) -> None:
    person = agent(demo, Role.SCHOOL)
    with context.use(demo):
        agents.switch_off(pk=person.account.pk, **OFFICE)
        agents.switch_off(pk=person.account.pk, **OFFICE)
    assert enter(browser(demo), person).status_code == 200

    with context.use(demo):
        agents.switch_on(pk=person.account.pk, **OFFICE)
        told = AuditEntry.objects.filter(subject=holder_of(person.account)).order_by("pk")
        actions = list(told.values_list("action", flat=True))

    assert enter(browser(demo), person).status_code == 302
    assert actions == ["account_created", "account_deactivated", "account_reactivated"]


@pytest.mark.parametrize(
    ("email", "wanted", "code"),
    [
        ("CLAIRE@Mairie.example", profile(Role.SCHOOL), "email_taken"),
        ("n@mairie.example", profile(), "unknown_role"),
        ("n@mairie.example", profile("maire"), "unknown_role"),
        ("n@mairie.example", profile(Role.ADMINISTRATOR, sites=(1,)), "kept_administrator"),
        ("pas une adresse", profile(Role.SCHOOL), "bad_address"),
    ],
)
def test_an_invitation_that_cannot_be_writes_nothing(in_demo: Commune, email: str, wanted: Profile, code: str) -> None:
    agent(in_demo)
    before = Account.objects.count(), AuditEntry.objects.count(), OutboxMessage.objects.count()

    with pytest.raises(AccountRefused) as refused:
        agents.invite(email=email, profile=wanted, **OFFICE)

    assert refused.value.refusal.code == code
    assert (Account.objects.count(), AuditEntry.objects.count(), OutboxMessage.objects.count()) == before


def test_only_a_waiting_agent_is_invited_again(in_demo: Commune) -> None:
    person = agent(in_demo)
    with pytest.raises(AccountRefused) as refused:
        agents.invite_again(pk=person.account.pk, **OFFICE)
    assert refused.value.refusal.code == "already_open"
    with pytest.raises(Account.DoesNotExist):
        agents.invite_again(pk=900_001, **OFFICE)


def run(name: str, *words: str) -> str:
    out = StringIO()
    call_command(name, *words, stdout=out)
    return out.getvalue()


def test_the_first_agent_is_invited_by_a_command(demo: Commune) -> None:
    told = run("agent", "demo", "maire@demo.example", "Camille MAIRE")

    with context.use(demo):
        account = Account.objects.get(email_key="maire@demo.example")
    assert account.roles == ["administrateur"] and account.password == ""
    path = told.split()[-1].partition("localhost")[2].partition("/")[2]
    assert browser(demo).get(f"/{path}").status_code == 200
    assert "maire@demo.example  Camille MAIRE  administrateur  invité" in run("agent", "demo")


def test_a_command_opens_again_to_the_only_administrator(alone: Account) -> None:
    told = run("agent", "demo", alone.email, "--new-access")

    assert "/mairie/acces/" in told
    assert Account.objects.get(pk=alone.pk).password == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nulle-part", "a@b.fr", "A"), "Aucune commune ne s'appelle nulle-part."),
        (("demo", "a@b.fr"), "Donnez aussi le prénom et le nom."),
        (("demo", "rien", "A"), "n'est pas complète"),
        (("demo", "inconnue@b.fr", "--new-access"), "Aucun agent de cette commune n'a l'adresse inconnue@b.fr."),
    ],
)
def test_a_command_that_cannot_be_says_why(demo: Commune, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError) as refused:
        run("agent", *words)
    assert said in str(refused.value)


def test_the_first_operator_is_made_by_a_command(demo: Commune, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(f"{PASSWORD}\n"))

    told = run("operator", "olive@editeur.example", "Olive EXPLOITANTE")

    secret = told.partition("cette seule fois : ")[2].split()[0]
    proofs = {
        "email": "olive@editeur.example",
        "password": PASSWORD,
        "code": totp.code_at(secret=secret, at=clock.real_now()),
    }
    from tests.accounts.factories import console_browser

    assert console_browser().post("/connexion/", proofs).status_code == 302
    monkeypatch.setattr("sys.stdin", StringIO("court\n"))
    with pytest.raises(CommandError, match="trop court"):
        run("operator", "o@editeur.example", "O")
