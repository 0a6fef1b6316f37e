"""An agent's own access: opening it behind a link, its telephone, its recovery codes, its sessions."""

import uuid
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction

from lps.accounts import links, recovery, services, sessions, totp
from lps.accounts.actors import actor_of
from lps.accounts.links import Purpose
from lps.accounts.models import Account
from lps.accounts.services import TOTP_PURPOSE, AccountRefused, holder_of
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from lps.kernel.refusals import Refusal
from tenants import keys


@dataclass(frozen=True, slots=True)
class Opened:
    """An access just opened, with its recovery codes, shown once."""

    account: Account
    codes: list[str]


def open_access(*, token: str, password: str, code: str, channel: Channel) -> Opened:
    """Use a link up: the telephone that gave this code is the account's, and so is the password.

    Behind a link for a new telephone the password stays as it is. Every session ends, and new recovery codes are
    drawn. Raises `AccountRefused`: `link_gone`, `wrong_code`, or those of a new password.
    """
    link = links.link_in_force(token=token)
    if link is None:
        raise AccountRefused(Refusal("link_gone"))
    chooses = link.purpose != Purpose.TELEPHONE
    if chooses:
        services.check_new_password(password, email=link.account.email)
    secret = links.secret_of(token)
    step = totp.matching_step(secret=secret, code=code, at=clock.real_now())
    if step is None:
        raise AccountRefused(Refusal("wrong_code"))
    hashed = make_password(password) if chooses else ""
    with transaction.atomic():
        if not links.use_link(token=token):
            raise AccountRefused(Refusal("link_gone"))
        account = Account.objects.select_for_update(of=("self",), no_key=True).get(pk=link.account_id)
        account.password = hashed or account.password
        account.totp_secret = keys.encrypt(secret, purpose=TOTP_PURPOSE)
        account.totp_last_step, account.last_sign_in_at = step, clock.now()
        services.end_generation(account, also=("password", "totp_secret", "totp_last_step", "last_sign_in_at"))
        codes = recovery.draw_codes(account=account)
        after = {"purpose": link.purpose, "recovery_codes": len(codes)}
        record(by=actor_of(account), channel=channel, action="access_opened", subject=holder_of(account), after=after)
    return Opened(account, codes)


def ask_for_new_telephone(*, account: Account, password: str, channel: Channel) -> str:
    """The token of a link that changes the telephone alone; raises `AccountRefused`: `wrong_password`, `wait`."""
    services.prove_password(account=account, password=password)
    with transaction.atomic():
        token = links.new_link(account=account, purpose=Purpose.TELEPHONE)
        record(by=actor_of(account), channel=channel, action="telephone_change_asked", subject=holder_of(account))
    return token


def renew_recovery_codes(*, account: Account, password: str, channel: Channel) -> list[str]:
    """New codes in place of the old ones, shown once; raises `AccountRefused`: `wrong_password`, `wait`."""
    services.prove_password(account=account, password=password)
    with transaction.atomic():
        codes = recovery.draw_codes(account=account)
        after = {"recovery_codes": len(codes)}
        record(
            by=actor_of(account),
            channel=channel,
            action="recovery_codes_drawn",
            subject=holder_of(account),
            after=after,
        )
    return codes


def end_sessions(*, account: Account, but: uuid.UUID | None = None, by: Actor, channel: Channel) -> int:
    """End the sessions of an account, except one if told; returns how many there were."""
    with transaction.atomic():
        ended = sessions.end_others(holder=holder_of(account), but=but)
        if ended:
            after = {"sessions": ended}
            record(by=by, channel=channel, action="sessions_ended", subject=holder_of(account), after=after)
    return ended


def end_session(*, account: Account, key: uuid.UUID, by: Actor, channel: Channel) -> bool:
    """End one session of an account; False when it has none of that key."""
    with transaction.atomic():
        ended = sessions.end_one(holder=holder_of(account), key=key)
        if ended:
            record(by=by, channel=channel, action="sessions_ended", subject=holder_of(account), after={"sessions": 1})
    return ended
