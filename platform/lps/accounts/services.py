"""What one does with accounts and tokens. Every change is audited, and no secret ever is."""

import logging
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from lps.accounts import attempts, queries, recovery, rights, sessions, totp
from lps.accounts.actors import actor_of
from lps.accounts.identity import ACCOUNT
from lps.accounts.models import Account, ApiToken
from lps.accounts.roles import AGENT_ROLES, OPERATOR_ROLES
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from lps.kernel.refusals import Refusal
from tenants import context, keys

log = logging.getLogger(__name__)

TOTP_PURPOSE = "totp"
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 128
TOKEN_PREFIX = "lps_"
USED_EVERY = timedelta(minutes=1)
# Stands for the secret of an account that does not exist, so that its code is computed too.
_NO_SECRET = "A" * 32


class AccountRefused(ValueError):
    """The account or its new password cannot be; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account just made, with the secret to enter in an authenticator, shown once."""

    account: Account
    totp_secret: str


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just issued: `value` is shown once and cannot be read again."""

    token: ApiToken
    value: str


def create_account(
    *,
    email: str,
    name: str,
    password: str,
    roles: Iterable[str],
    by: Actor,
    channel: Channel,
    totp_secret: str | None = None,
) -> NewAccount:
    """Make an agent in the commune entered, an operator in the registry.

    `totp_secret` (base32) is drawn unless given. Raises `AccountRefused`: `unknown_role`,
    `password_too_short`, `password_too_long`, `password_common`, `email_taken`.
    """
    held = sorted(set(roles))
    check_roles(held)
    check_new_password(password, email=email)
    drawn = totp_secret or totp.new_secret()
    account = Account(
        email=email.strip(),
        email_key=queries.email_key(email),
        name=name,
        password=make_password(password),
        totp_secret=keys.encrypt(drawn, purpose=TOTP_PURPOSE),
        roles=held,
    )
    try:
        with transaction.atomic():
            account.save(force_insert=True)
            record(by=by, channel=channel, action="account_created", subject=holder_of(account), after={"roles": held})
    except IntegrityError as error:
        raise AccountRefused(Refusal("email_taken")) from error
    return NewAccount(account, drawn)


def sign_in(*, email: str, password: str, code: str, address: str, channel: Channel) -> Account | Refusal:
    """Check e-mail, password and one-time code together; the door then begins the session.

    A recovery code (`recovery`) may stand for the one-time code, once.
    Refusals: `wait` (fact `seconds`) and `unknown`, which never says what was wrong: whichever it
    was, the same statements were made and the same hashes computed. Raises `attempts.Unavailable`.
    """
    counters = (
        attempts.secret("account", queries.email_key(email)),
        attempts.address_range(address),
        attempts.whole_commune(),
    )
    if seconds := attempts.check(counters):
        return Refusal("wait", seconds=seconds)
    account = _prove(email=email, password=password, code=code, at=clock.real_now(), channel=channel)
    if account is None:
        attempts.fail(counters)
        log.warning("sign-in refused to an account")
        return Refusal("unknown")
    attempts.succeed(counters)
    return account


def sign_out(*, account: Account, channel: Channel) -> None:
    """Write that an account left; the door ends its session."""
    record(by=actor_of(account), channel=channel, action="sign_out", subject=holder_of(account))


def change_password(*, account: Account, current: str, new: str, by: Actor, channel: Channel) -> None:
    """Replace the password and end every session of the account, the present one too.

    Raises `AccountRefused`: `wrong_password`, `wait`, or those of `create_account`.
    """
    prove_password(account=account, password=current)
    check_new_password(new, email=account.email)
    with transaction.atomic():
        account.password = make_password(new)
        end_generation(account, also=("password",))
        record(by=by, channel=channel, action="password_changed", subject=holder_of(account))


def prove_password(*, account: Account, password: str) -> None:
    """Ask a signed-in agent's password again, before what a borrowed screen must not do.

    Raises `AccountRefused`: `wrong_password` or `wait`.
    """
    counters = (attempts.secret("account", account.email_key), attempts.whole_commune())
    if seconds := attempts.check(counters):
        raise AccountRefused(Refusal("wait", seconds=seconds))
    if not check_password(password, account.password):
        attempts.fail(counters)
        raise AccountRefused(Refusal("wrong_password"))
    attempts.succeed(counters)


def deactivate(*, account: Account, by: Actor, channel: Channel) -> None:
    """Switch an account off and end its sessions."""
    with transaction.atomic():
        account.is_active = False
        end_generation(account, also=("is_active",))
        record(by=by, channel=channel, action="account_deactivated", subject=holder_of(account))


def issue_api_token(
    *, name: str, scopes: Sequence[str], by: Actor, channel: Channel, expires_at: datetime | None = None
) -> NewToken:
    """Give the town's other software a token; `expires_at` is true time, aware, or never.

    Raises `AccountRefused`: `unknown_scope`.
    """
    if unknown := sorted(set(scopes) - set(rights.scopes())):
        raise AccountRefused(Refusal("unknown_scope", scopes=unknown))
    value = TOKEN_PREFIX + secrets.token_urlsafe(32)
    lookup = keys.lookup_hash(value, purpose=queries.TOKEN_PURPOSE)
    with transaction.atomic():
        token = ApiToken.objects.create(
            name=name, lookup_hash=lookup, scopes=sorted(set(scopes)), expires_at=expires_at
        )
        after = {"name": name, "scopes": token.scopes, "expires_at": expires_at and expires_at.isoformat()}
        record(by=by, channel=channel, action="api_token_issued", subject=f"api_token:{token.pk}", after=after)
    return NewToken(token, value)


def revoke_api_token(*, token: ApiToken, by: Actor, channel: Channel) -> None:
    """End a token at once; revoking twice keeps the first date."""
    with transaction.atomic():
        now = clock.real_now()
        if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now):
            record(by=by, channel=channel, action="api_token_revoked", subject=f"api_token:{token.pk}")
    token.refresh_from_db()


def note_use(*, token: ApiToken, now: datetime) -> None:
    """Keep when a token was last used (true time), at most once a minute."""
    if token.last_used_at is None or now - token.last_used_at >= USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def reseal_secrets() -> int:
    """Seal the accounts' one-time secrets again under the key in force, in the schema entered; how many."""
    accounts = list(Account.objects.select_for_update(of=("self",), no_key=True).order_by("pk"))
    for account in accounts:  # held: an operator who draws a new secret meanwhile keeps it
        opened = keys.decrypt(account.totp_secret, purpose=TOTP_PURPOSE)
        account.totp_secret = keys.encrypt(opened, purpose=TOTP_PURPOSE)
    Account.objects.bulk_update(accounts, ["totp_secret"], batch_size=500)
    return len(accounts)


def sealed_secrets() -> list[str]:
    """The accounts' one-time secrets in the schema entered, as they are sealed."""
    return list(Account.objects.values_list("totp_secret", flat=True))


def holder_of(account: Account) -> str:
    """The account as a holder of sessions and as a subject of the journal."""
    return f"{ACCOUNT}:{account.pk}"


def _prove(*, email: str, password: str, code: str, at: datetime, channel: Channel) -> Account | None:
    """The account whose three proofs are right. Whatever is wrong, nothing is left out on the way."""
    account = queries.account_by_email(email=email)
    known = check_password(password, account.password) if account else _hash_in_vain(password)
    secret = keys.decrypt(account.totp_secret, purpose=TOTP_PURPOSE) if account else _NO_SECRET
    step = totp.matching_step(secret=secret, code=code, at=at)
    pk = account.pk if account and known and account.is_active else queries.NOBODY
    with transaction.atomic():
        if not _take_code(pk, code, step) or account is None:
            return None
        after = {"recovery_code": True} if recovery.is_recovery_code(code) else None
        record(by=actor_of(account), channel=channel, action="sign_in", subject=holder_of(account), after=after)
    return account


def _take_code(pk: int, code: str, step: int | None) -> bool:
    """Use up what stands for the telephone: one statement for every wrong code of the same length."""
    if not recovery.is_recovery_code(code):
        return _take_step(queries.NOBODY if step is None else pk, step or 0)
    taken = recovery.take_code(account_id=pk, code=code)
    if taken:
        Account.objects.filter(pk=pk).update(last_sign_in_at=clock.now())
    return taken


def _take_step(pk: int, step: int) -> bool:
    """Use up the code's time step: of two requests with the same code, one alone passes."""
    newer = Account.objects.filter(pk=pk, totp_last_step__lt=step)
    return bool(newer.update(totp_last_step=step, last_sign_in_at=clock.now()))


def _hash_in_vain(password: str) -> bool:
    """As long as checking the password of an account that exists."""
    make_password(password)
    return False


def end_generation(account: Account, *, also: Sequence[str]) -> None:
    """Save those fields and end every session of the account, even one that begins meanwhile."""
    account.generation += 1
    account.save(update_fields=("generation", *also))
    sessions.end_sessions(holder=holder_of(account))


def check_roles(roles: Sequence[str]) -> None:
    """Agents' roles in a commune, the operators' in the registry, at least one; raises `AccountRefused`."""
    possible = AGENT_ROLES if context.current_or_none() else OPERATOR_ROLES
    if not roles or not set(roles) <= set(possible):
        raise AccountRefused(Refusal("unknown_role", roles=list(roles)))


def check_new_password(password: str, *, email: str) -> None:
    """Long enough, neither the address nor one that everybody uses; raises `AccountRefused`."""
    if len(password) < SHORTEST_PASSWORD:
        raise AccountRefused(Refusal("password_too_short", shortest=SHORTEST_PASSWORD))
    if len(password) > LONGEST_PASSWORD:
        raise AccountRefused(Refusal("password_too_long", longest=LONGEST_PASSWORD))
    if password.lower() == queries.email_key(email) or _is_common(password):
        raise AccountRefused(Refusal("password_common"))


@cache
def _common_passwords() -> CommonPasswordValidator:
    """Twenty thousand, read once a process."""
    return CommonPasswordValidator()


def _is_common(password: str) -> bool:
    try:
        _common_passwords().validate(password)
    except ValidationError:
        return True
    return False
