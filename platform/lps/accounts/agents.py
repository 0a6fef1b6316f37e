"""What an administrator does with the agents of the town: inviting, changing, switching off, giving a new access.

On the console, the same for an operator with the others; who calls mails the link there, the registry has no outbox.
"""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from lps.accounts import links, queries, services, totp
from lps.accounts.links import LIFE, Purpose
from lps.accounts.models import Account
from lps.accounts.roles import Role
from lps.accounts.services import TOTP_PURPOSE, AccountRefused, holder_of
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel.refusals import Refusal
from notifications.addresses import BadAddress
from notifications.services import post
from tenants import context, keys

# A password that none matches: the account waits for its owner to choose one.
NO_PASSWORD = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What an administrator decides of an agent. No school and no activity means everywhere."""

    name: str
    roles: tuple[str, ...]
    sites: tuple[int, ...] = ()
    activities: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Invited:
    """An account to whom a link was just mailed (on the console: is to be mailed); `url` is read nowhere else."""

    account: Account
    url: str
    purpose: Purpose


def invite(*, email: str, profile: Profile, by: Actor, channel: Channel) -> Invited:
    """Make an account that its owner opens by a link mailed to the address.

    Raises `AccountRefused`: `unknown_role`, `kept_administrator`, `email_taken`, `bad_address`.
    """
    _check(profile)
    account = Account(
        email=email.strip(),
        email_key=queries.email_key(email),
        password=NO_PASSWORD,
        totp_secret=keys.encrypt(totp.new_secret(), purpose=TOTP_PURPOSE),
        **_fields(profile),
    )
    try:
        with transaction.atomic():
            account.save(force_insert=True)
            after = {"email": account.email, **_fields(profile)}
            record(by=by, channel=channel, action="agent_invited", subject=holder_of(account), after=after)
            return _send(account, Purpose.INVITATION, by=by)
    except IntegrityError as error:
        raise AccountRefused(Refusal("email_taken")) from error


def check_invitation(*, email: str, profile: Profile) -> None:
    """What `invite` would refuse, before anything is written; raises `AccountRefused`."""
    _check(profile)
    if queries.account_by_email(email=email):
        raise AccountRefused(Refusal("email_taken"))


def invite_again(*, pk: int, by: Actor, channel: Channel) -> Invited:
    """Mail a new link to an agent who has not opened the first one, which ends.

    Raises `Account.DoesNotExist`, `AccountRefused`: `already_open`, `switched_off`.
    """
    with transaction.atomic():
        account = _locked(pk).account
        if account.password != NO_PASSWORD:
            raise AccountRefused(Refusal("already_open"))
        purpose = Purpose.RESET if account.last_sign_in_at else Purpose.INVITATION
        record(by=by, channel=channel, action="agent_invited_again", subject=holder_of(account))
        return _send(account, purpose, by=by)


def give_new_access(*, pk: int, by: Actor, channel: Channel, even_to_the_last: bool = False) -> Invited:
    """For a password or a telephone lost: the old ones serve no more, a link is mailed to choose others.

    Raises `Account.DoesNotExist`, `AccountRefused`: `last_administrator` or `last_operator` (unless told otherwise),
    `switched_off`.
    """
    with transaction.atomic():
        locked = _locked(pk)
        account = locked.account
        if not even_to_the_last:
            locked.refuse_if_last()
        account.password = NO_PASSWORD
        account.recovery_codes.all().delete()
        services.end_generation(account, also=("password",))
        record(by=by, channel=channel, action="access_renewed", subject=holder_of(account))
        return _send(account, Purpose.RESET if account.last_sign_in_at else Purpose.INVITATION, by=by)


def change(*, pk: int, profile: Profile, by: Actor, channel: Channel) -> Account:
    """Change name, roles, schools and activities; the next page that the agent opens obeys.

    Raises `Account.DoesNotExist`, `AccountRefused`: `unknown_role`, `kept_administrator`, `last_administrator`.
    """
    _check(profile)
    with transaction.atomic():
        locked = _locked(pk)
        account = locked.account
        if _keeper() not in profile.roles:
            locked.refuse_if_last()
        wanted = _fields(profile)
        before = {name: getattr(account, name) for name in wanted}
        changed = [name for name in wanted if before[name] != wanted[name]]
        if changed:
            for name in changed:
                setattr(account, name, wanted[name])
            account.save(update_fields=changed)
            record(
                by=by,
                channel=channel,
                action="agent_changed",
                subject=holder_of(account),
                before={name: before[name] for name in changed},
                after={name: wanted[name] for name in changed},
            )
    return account


def switch_off(*, pk: int, by: Actor, channel: Channel) -> Account:
    """Nobody comes in with this account any more: its sessions and its links end.

    Raises `Account.DoesNotExist`, `AccountRefused`: `last_administrator`.
    """
    with transaction.atomic():
        locked = _locked(pk)
        if locked.account.is_active:
            locked.refuse_if_last()
            links.end_links(account=locked.account)
            services.deactivate(account=locked.account, by=by, channel=channel)
    return locked.account


def switch_on(*, pk: int, by: Actor, channel: Channel) -> Account:
    """The account opens again with the password and the telephone it had. Raises `Account.DoesNotExist`."""
    with transaction.atomic():
        account = _locked(pk).account
        if not account.is_active:
            account.is_active = True
            account.save(update_fields=("is_active",))
            record(by=by, channel=channel, action="account_reactivated", subject=holder_of(account))
    return account


@dataclass(frozen=True, slots=True)
class _Locked:
    account: Account
    others_administer: bool

    def refuse_if_last(self) -> None:
        """Without a keeper who can sign in, nobody would open the accounts again."""
        if _administers(self.account) and not self.others_administer:
            is_town = context.current_or_none() is not None
            raise AccountRefused(Refusal("last_administrator" if is_town else "last_operator"))


def _locked(pk: int) -> _Locked:
    """An account and every keeper's, locked in key order: two who take each other's role meet here."""
    wanted = Account.objects.filter(Q(pk=pk) | Q(roles__contains=[_keeper()])).order_by("pk")
    found = list(wanted.select_for_update(of=("self",), no_key=True))
    account = next((one for one in found if one.pk == pk), None)
    if account is None:
        raise Account.DoesNotExist(pk)
    return _Locked(account, any(_administers(one) for one in found if one.pk != pk))


def _administers(account: Account) -> bool:
    return account.is_active and account.password != NO_PASSWORD and _keeper() in account.roles


def _keeper() -> Role:
    """The role that opens accounts, here."""
    return Role.ADMINISTRATOR if context.current_or_none() else Role.OPERATOR


def _send(account: Account, purpose: Purpose, *, by: Actor) -> Invited:
    """Mail a link; raises `AccountRefused`: `switched_off`, `bad_address`."""
    if not account.is_active:
        raise AccountRefused(Refusal("switched_off"))
    url = links.address_of(links.new_link(account=account, purpose=purpose))
    commune = context.current_or_none()
    if commune is None:
        return Invited(account, url, purpose)
    facts = {
        "name": account.name,
        "town": commune.header_name,
        "url": url,
        "days": LIFE[purpose] // timedelta(days=1),
    }
    template = "accounts/emails/invitation" if purpose is Purpose.INVITATION else "accounts/emails/new_access"
    try:
        post(to=account.email, template=template, facts=facts, by=by)
    except BadAddress as error:
        raise AccountRefused(Refusal("bad_address")) from error
    return Invited(account, url, purpose)


def _check(profile: Profile) -> None:
    services.check_roles(profile.roles)
    if Role.ADMINISTRATOR in profile.roles and (profile.sites or profile.activities):
        raise AccountRefused(Refusal("kept_administrator"))


def _fields(profile: Profile) -> dict[str, Any]:
    """The profile as the table and the journal keep it."""
    return {name: value if isinstance(value, str) else sorted(value) for name, value in asdict(profile).items()}
