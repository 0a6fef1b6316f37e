"""An agent's access: a link used once, a telephone, recovery codes, sessions that one can close."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from lps.accounts import access, agents, devices, links, recovery, totp
from lps.accounts.agents import Invited, Profile
from lps.accounts.models import Account, AccountLink, DoorSession, RecoveryCode
from lps.accounts.roles import Role
from lps.accounts.services import AccountRefused, holder_of
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.models import OutboxMessage
from tenants import context
from tenants.models import Commune
from tests.accounts.factories import BY, PASSWORD, Person, agent, browser, enter
from tests.sql import counted

Later = Callable[..., None]
SIGN_IN, MINE = "/mairie/connexion/", "/mairie/mon-compte/"
CHOSEN = "quatre-poires-au-fond"


def invite(email: str = "nina@mairie.example", *roles: str) -> Invited:
    profile = Profile(name="Nina NOUVELLE", roles=roles or (Role.SCHOOL,))
    return agents.invite(email=email, profile=profile, by=BY, channel=Channel.OFFICE)


def path_of(invited: Invited) -> str:
    return "/mairie/acces/" + token_of(invited) + "/"


def token_of(invited: Invited) -> str:
    return invited.url.rstrip("/").rpartition("/")[2]


def form(invited: Invited, **wrong: str) -> dict[str, str]:
    """The page of the link, filled in as its owner does."""
    code = totp.code_at(secret=links.secret_of(token_of(invited)), at=clock.real_now())
    return {"new": CHOSEN, "again": CHOSEN, "code": code, **wrong}


@pytest.fixture
def codes(demo: Commune) -> tuple[Person, list[str]]:
    """An agent with recovery codes."""
    person = agent(demo)
    with context.use(demo):
        return person, recovery.draw_codes(account=person.account)


def test_an_invitation_opens_an_access_and_shows_recovery_codes_once(in_demo: Commune) -> None:
    invited, client = invite(), browser(in_demo)

    page = client.get(path_of(invited)).content.decode()
    answer = client.post(path_of(invited), form(invited))

    assert "data:image/svg+xml" in page and "otpauth://totp/" in page
    shown = answer.content.decode()
    assert RecoveryCode.objects.filter(account=invited.account).count() == shown.count("<li><b>") == recovery.NUMBER
    assert client.get("/mairie/").status_code == 200, "its owner is in"
    assert client.get(path_of(invited)).status_code == 410
    account = Account.objects.get(pk=invited.account.pk)
    assert account.password and account.is_active
    told = AuditEntry.objects.filter(subject=holder_of(account)).order_by("pk").values_list("action", flat=True)
    assert list(told) == ["agent_invited", "access_opened"]


def test_the_invitation_is_mailed_and_its_secret_stands_in_no_table(in_demo: Commune) -> None:
    invited = invite()

    assert OutboxMessage.objects.filter(template="accounts/emails/invitation").count() == 1
    token = token_of(invited)
    rows = [*AccountLink.objects.values(), *AuditEntry.objects.values(), *OutboxMessage.objects.values()]
    assert token not in str(rows)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"code": "000000"}, "Ce code n&#x27;est pas le bon"),
        ({"code": ""}, "Saisissez ce code"),
        ({"new": "court", "again": "court"}, "trop court"),
        ({"again": "une-autre-phrase-entiere"}, "ne sont pas les mêmes"),
        ({"new": "nina@mairie.example", "again": "nina@mairie.example"}, "trop facile"),
        ({"new": "x" * 10_000_00}, "128"),
        ({"new": "a\0bcdefghijklmnop"}, "nul"),
    ],
)
def test_what_is_wrong_is_told_and_the_link_still_serves(in_demo: Commune, wrong: dict[str, str], words: str) -> None:
    invited, client = invite(), browser(in_demo)
    sent = form(invited, **wrong)

    answer = client.post(path_of(invited), sent)

    if len(str(sent)) < 500_000:
        assert answer.status_code == 200 and words in answer.content.decode()
        assert CHOSEN not in answer.content.decode()
    else:
        assert answer.status_code == 400
    assert Account.objects.get(pk=invited.account.pk).password == ""
    assert client.post(path_of(invited), form(invited)).status_code == 200


def test_nobody_comes_in_before_the_access_is_open(in_demo: Commune, later: Later) -> None:
    invited = invite()
    code = totp.code_at(secret=links.secret_of(token_of(invited)), at=clock.real_now())

    for password in ("", CHOSEN):
        proofs = {"email": "nina@mairie.example", "password": password, "code": code}
        assert browser(in_demo).post(SIGN_IN, proofs).status_code == 200
    assert not DoorSession.objects.exists()


def test_a_link_ends_with_its_days_with_the_next_one_and_with_the_account(in_demo: Commune, later: Later) -> None:
    first = invite()
    second = agents.invite_again(pk=first.account.pk, by=BY, channel=Channel.OFFICE)
    other = invite("paul@mairie.example")
    agents.switch_off(pk=other.account.pk, by=BY, channel=Channel.OFFICE)
    client = browser(in_demo)

    answers = [client.get(path_of(one)).status_code for one in (first, second, other)]
    later(days=7, minutes=1)

    assert answers == [410, 200, 410]
    assert client.get(path_of(second)).status_code == 410
    assert client.get("/mairie/acces/n-importe-quoi/").status_code == 410


def test_old_links_are_forgotten(in_demo: Commune, later: Later) -> None:
    invite()
    later(days=30)
    assert links.purge_links() == 0
    later(days=8)
    assert links.purge_links() == 1


def test_a_recovery_code_stands_for_the_telephone_once(
    demo: Commune, codes: tuple[Person, list[str]], later: Later
) -> None:
    person, drawn = codes
    client = browser(demo)

    answer = client.post(SIGN_IN, person.proofs(code=recovery.spaced(drawn[0])))

    assert answer.headers["Location"] == f"{MINE}?fait=secours"
    page = client.get(answer.headers["Location"]).content.decode()
    assert "il vous en reste 9" in page and "Vous êtes entré avec un code de secours" in page
    assert browser(demo).post(SIGN_IN, person.proofs(code=drawn[0])).status_code == 200
    assert browser(demo).post(SIGN_IN, person.proofs(code=drawn[1])).status_code == 302


def test_every_wrong_recovery_code_is_the_same_failure(
    demo: Commune, codes: tuple[Person, list[str]], later: Later
) -> None:
    person, drawn = codes
    other = agent(demo, email="marc@mairie.example")
    gone = agent(demo, email="partie@mairie.example")
    with context.use(demo):
        of_gone = recovery.draw_codes(account=gone.account)
        Account.objects.filter(pk=gone.account.pk).update(is_active=False)
        recovery.take_code(account_id=person.account.pk, code=drawn[9])
    failures = [
        person.proofs(email="inconnue@mairie.example", code=drawn[0]),
        person.proofs(password="une-autre-phrase-entiere", code=drawn[0]),
        person.proofs(code="0" * recovery.DIGITS),
        person.proofs(code=drawn[9]),
        other.proofs(code=drawn[0]),
        gone.proofs(code=of_gone[0]),
    ]
    browser(demo).post(SIGN_IN, failures[0])
    seen = []

    for proofs in failures:
        with counted() as made:
            answer = browser(demo).post(SIGN_IN, proofs)
        seen.append((answer.status_code, made.shapes))

    assert seen[0][0] == 200 and [one for one in seen if one != seen[0]] == []


def test_recovery_codes_meet_the_counter_of_the_account(
    demo: Commune, codes: tuple[Person, list[str]], later: Later
) -> None:
    person, drawn = codes
    for _guess in range(5):
        browser(demo).post(SIGN_IN, person.proofs(code="0" * recovery.DIGITS))

    assert browser(demo).post(SIGN_IN, person.proofs(code=drawn[0])).status_code == 429


def test_only_keyed_hashes_of_the_codes_are_kept(demo: Commune, codes: tuple[Person, list[str]]) -> None:
    with context.use(demo):
        kept = str(list(RecoveryCode.objects.values()))

    assert not [code for code in codes[1] if code in kept]


def signed_in(demo: Commune, person: Person, user_agent: str = "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0") -> Client:
    client = browser(demo)
    answer = client.post(SIGN_IN, person.proofs(), headers={"user-agent": user_agent})
    assert answer.status_code == 302
    return client


def test_new_codes_ask_for_the_password_and_replace_the_old_ones(
    demo: Commune, codes: tuple[Person, list[str]], later: Later
) -> None:
    person, old = codes
    client = signed_in(demo, person)

    refused = client.post(f"{MINE}codes-de-secours/", {"current": "une-autre-phrase"})
    shown = client.post(f"{MINE}codes-de-secours/", {"current": PASSWORD}).content.decode()

    assert "Ce n&#x27;est pas votre mot de passe actuel." in refused.content.decode()
    assert shown.count("<li><b>") == recovery.NUMBER
    assert browser(demo).post(SIGN_IN, person.proofs(code=old[0])).status_code == 200


def test_a_new_password_keeps_this_browser_and_no_other(demo: Commune, later: Later) -> None:
    person = agent(demo)
    here = signed_in(demo, person)
    later(seconds=30)
    there = signed_in(demo, person)

    answer = here.post(f"{MINE}mot-de-passe/", {"current": PASSWORD, "new": CHOSEN, "again": CHOSEN})

    assert answer.headers["Location"] == f"{MINE}?fait=motdepasse"
    assert here.get(MINE).status_code == 200 and there.get(MINE).status_code == 302
    later(seconds=60)
    assert browser(demo).post(SIGN_IN, person.proofs(password=CHOSEN)).status_code == 302


def test_a_new_telephone_replaces_the_old_one_and_keeps_the_password(demo: Commune, later: Later) -> None:
    person = agent(demo)
    client = signed_in(demo, person)

    path = client.post(f"{MINE}telephone/", {"current": PASSWORD}).headers["Location"]
    token = path.rstrip("/").rpartition("/")[2]
    assert "Mot de passe" not in client.get(path).content.decode()
    with context.use(demo):
        secret = links.secret_of(token)
    answer = client.post(path, {"code": totp.code_at(secret=secret, at=clock.real_now())})

    assert answer.status_code == 200 and client.get(MINE).status_code == 200
    later(seconds=60)
    assert enter(browser(demo), person).status_code == 200, "the old telephone is nobody's"
    code = totp.code_at(secret=secret, at=clock.real_now())
    assert browser(demo).post(SIGN_IN, person.proofs(code=code)).status_code == 302


def test_one_sees_and_closes_ones_sessions(demo: Commune, later: Later) -> None:
    person = agent(demo)
    here = signed_in(demo, person)
    later(seconds=30)
    there = signed_in(demo, person, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1")
    page = here.get(MINE).content.decode()

    assert "Firefox, Windows" in page and "Safari, iPhone" in page
    with context.use(demo):
        key = DoorSession.objects.get(device="Safari, iPhone").key
    assert here.post(f"{MINE}sessions/{key}/fermer/").status_code == 302
    assert there.get(MINE).status_code == 302 and here.get(MINE).status_code == 200
    assert here.post(f"{MINE}sessions/{key}/fermer/").status_code == 404


def test_one_closes_all_ones_other_sessions_and_nobody_elses(demo: Commune, later: Later) -> None:
    person, other = agent(demo), agent(demo, email="marc@mairie.example")
    here, stranger = signed_in(demo, person), signed_in(demo, other)
    later(seconds=30)
    there = signed_in(demo, person)
    with context.use(demo):
        strangers = DoorSession.objects.get(holder=holder_of(other.account)).key

    here.post(f"{MINE}sessions/fermer/")

    assert [one.get(MINE).status_code for one in (here, there, stranger)] == [200, 302, 200]
    assert here.post(f"{MINE}sessions/{strangers}/fermer/").status_code == 404
    assert stranger.get(MINE).status_code == 200


def test_what_one_does_with_ones_access_is_audited(demo: Commune, later: Later) -> None:
    person = agent(demo)
    client = signed_in(demo, person)
    client.post(f"{MINE}codes-de-secours/", {"current": PASSWORD})
    client.post(f"{MINE}telephone/", {"current": PASSWORD})
    with context.use(demo):
        access.end_sessions(account=person.account, by=BY, channel=Channel.OFFICE)
        told = set(AuditEntry.objects.filter(subject=holder_of(person.account)).values_list("action", flat=True))

    assert {"recovery_codes_drawn", "telephone_change_asked", "sessions_ended"} <= told


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 15) SamsungBrowser/28.0 Chrome/130 Safari/537.36", "Samsung Internet, Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "Safari, Mac"),
        ("Mozilla/5.0 (X11; CrOS x86_64) Chrome/142.0 Safari/537.36", "Chrome, Chromebook"),
        ("curl/8.5", "navigateur inconnu"),
        ("", "navigateur inconnu"),
        ("\u20ac" * 5000 + "Firefox", "Firefox"),
    ],
)
def test_a_device_is_told_in_two_words(user_agent: str, device: str) -> None:
    assert devices.device_of(user_agent) == device


def test_a_refused_link_changes_nothing(in_demo: Commune, later: Later) -> None:
    invited = invite()
    later(days=8)
    before = list(Account.objects.values())

    with pytest.raises(AccountRefused) as refused:
        access.open_access(token=token_of(invited), password=CHOSEN, code="123456", channel=Channel.OFFICE)

    assert refused.value.refusal.code == "link_gone"
    assert list(Account.objects.values()) == before
    assert links.LIFE[links.Purpose.INVITATION] == timedelta(days=7)
