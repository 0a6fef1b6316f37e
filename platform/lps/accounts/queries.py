"""Reads about accounts, tokens and sessions of the schema entered."""

import uuid
from datetime import datetime

from lps.accounts.models import Account, ApiToken, DoorSession
from tenants import keys

TOKEN_PURPOSE = "api_token"
NOBODY = 0


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
