"""Two who ask at one moment: for the last administrator's role, with one link, with one recovery code."""

import pytest

from lps.accounts import access, agents, links, queries, recovery, totp
from lps.accounts.agents import Profile
from lps.accounts.models import Account
from lps.accounts.roles import Role
from lps.accounts.services import AccountRefused
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants.models import Commune
from tests.accounts.factories import agent
from tests.races.crowd import BY, at_once, meeting

CLERK = Profile(name="X", roles=(Role.SCHOOL,))
OPENED = "quatre-poires-au-fond"


@pytest.fixture
def two(town: Commune) -> list[int]:
    """The only two administrators of the town."""
    Account.objects.update(roles=[Role.SCHOOL])
    return [agent(town, email=f"{name}@mairie.example").account.pk for name in ("a", "b")]


def administrators() -> int:
    return Account.objects.filter(roles__contains=[Role.ADMINISTRATOR]).count()


def demoted(pk: int) -> object:
    return agents.change(pk=pk, profile=CLERK, by=BY, channel=Channel.OFFICE)


def test_without_the_lock_two_administrators_demote_each_other(
    town: Commune, two: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlocked(pk: int) -> object:
        found = list(Account.objects.filter(roles__contains=[Role.ADMINISTRATOR]))
        return agents._Locked(next(one for one in found if one.pk == pk), len(found) > 1)

    monkeypatch.setattr(agents, "_locked", meeting(2, unlocked))

    at_once(town, [lambda pk=pk: demoted(pk) for pk in two])

    assert administrators() == 0


def test_of_two_administrators_who_demote_each_other_one_stays(town: Commune, two: list[int]) -> None:
    ended = at_once(town, [lambda pk=pk: demoted(pk) for pk in two])

    refused = [one.refusal.code for one in ended if isinstance(one, AccountRefused)]
    assert refused == ["last_administrator"] and administrators() == 1


def test_of_two_administrators_who_switch_each_other_off_one_stays(town: Commune, two: list[int]) -> None:
    ended = at_once(town, [lambda pk=pk: agents.switch_off(pk=pk, by=BY, channel=Channel.OFFICE) for pk in two])

    assert len([one for one in ended if isinstance(one, AccountRefused)]) == 1
    assert Account.objects.filter(pk__in=two, is_active=True).count() == 1


def test_a_link_used_twice_at_once_opens_one_access(town: Commune, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = Profile(name="Nina", roles=(Role.SCHOOL,))
    invited = agents.invite(email="nina@mairie.example", profile=profile, by=BY, channel=Channel.OFFICE)
    token = invited.url.rstrip("/").rpartition("/")[2]
    code = totp.code_at(secret=links.secret_of(token), at=clock.real_now())
    monkeypatch.setattr(links, "link_in_force", meeting(2, links.link_in_force))

    def opened(password: str) -> access.Opened:
        return access.open_access(token=token, password=password, code=code, channel=Channel.OFFICE)

    ended = at_once(town, [lambda: opened(OPENED), lambda: opened(f"{OPENED}-aussi")])

    assert [one.refusal.code for one in ended if isinstance(one, AccountRefused)] == ["link_gone"], ended
    account = Account.objects.get(pk=invited.account.pk)
    assert account.generation == 2 and recovery.remaining(account=account) == recovery.NUMBER
    assert queries.state_of(account) == "active"


def test_a_recovery_code_used_by_two_at_once_serves_once(town: Commune) -> None:
    account = agent(town).account
    code = recovery.draw_codes(account=account)[0]

    ended = at_once(town, [lambda: recovery.take_code(account_id=account.pk, code=code)] * 8)

    assert sorted(map(bool, ended)) == [False] * 7 + [True]


def test_an_address_invited_twice_at_once_has_one_account(town: Commune) -> None:
    profile = Profile(name="Nina", roles=(Role.SCHOOL,))

    def invited() -> agents.Invited:
        return agents.invite(email="nina@mairie.example", profile=profile, by=BY, channel=Channel.OFFICE)

    ended = at_once(town, [invited] * 4)

    assert [one.refusal.code for one in ended if isinstance(one, AccountRefused)] == ["email_taken"] * 3
    assert Account.objects.filter(email_key="nina@mairie.example").count() == 1
