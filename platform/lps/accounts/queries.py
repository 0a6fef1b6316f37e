"""Reads about accounts, tokens and sessions of the schema entered."""

import uuid
from datetime import datetime
from enum import StrEnum

from django.db.models import F, QuerySet

from lps.accounts.models import Account, AccountLink, ApiToken, DoorSession
from tenants import keys

TOKEN_PURPOSE = "api_token"
NOBODY = 0


class AccountState(StrEnum):
    """Where an access stands: a link on its way to a new agent, or to one whose old access was taken back."""

    INVITED = "invited"
    RENEWING = "renewing"
    ACTIVE = "active"
    OFF = "off"


def email_key(email: str) -> str:
    """The form under which an e-mail address is unique."""
    return email.strip().lower()


def account_by_email(*, email: str) -> Account | None:
    """The account of that address, active or not; one statement in every case."""
    return Account.objects.filter(email_key=email_key(email)).first()


def account_in_force(*, key: str, generation: int) -> Account | None:
    """The account that a session names, unless it was switched off or its sessions were ended."""
    if not key.isdecimal():
        return None
    return Account.objects.filter(pk=int(key), generation=generation, is_active=True).first()


def session_in_force(*, key: uuid.UUID, door: str, now: datetime) -> DoorSession | None:
    """The session of that hashed key at that door, unless it has expired at `now` (true time)."""
    return DoorSession.objects.filter(key=key, door=door, expires_at__gt=now).first()


def token_in_force(*, token: str, now: datetime) -> ApiToken | None:
    """The token of that value, neither revoked nor expired at `now` (true time)."""
    lookup = keys.lookup_hash(token, purpose=TOKEN_PURPOSE)
    found = ApiToken.objects.filter(lookup_hash=lookup, revoked_at__isnull=True).first()
    return found if found and (found.expires_at is None or found.expires_at > now) else None


def sessions_of(*, holder: str, now: datetime) -> list[DoorSession]:
    """The sessions of a holder that are open at `now` (true time), the last seen first."""
    return list(DoorSession.objects.filter(holder=holder, expires_at__gt=now).order_by("-seen_at", "key"))


def agents() -> QuerySet[Account]:
    """Every account, those switched off last, in the order of their names."""
    return Account.objects.order_by("-is_active", "name", "pk")


def account(*, pk: int) -> Account | None:
    """The account of that key."""
    return Account.objects.filter(pk=pk).first()


def link_of(*, account: Account) -> AccountLink | None:
    """The last link mailed to an account, used or not, in force or not."""
    return AccountLink.objects.filter(account=account).order_by("-pk").first()


def state_of(account: Account) -> AccountState:
    """Where the account's access stands."""
    if not account.is_active:
        return AccountState.OFF
    if account.password:
        return AccountState.ACTIVE
    return AccountState.RENEWING if account.last_sign_in_at else AccountState.INVITED


def tokens() -> QuerySet[ApiToken]:
    """The keys given to other software, those still in force first."""
    return ApiToken.objects.order_by(F("revoked_at").asc(nulls_first=True), "name", "pk")


def api_token(*, pk: int) -> ApiToken | None:
    """The token of that key."""
    return ApiToken.objects.filter(pk=pk).first()
