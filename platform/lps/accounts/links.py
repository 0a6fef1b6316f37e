"""Links by which an agent or an operator opens its access: drawn, kept as a keyed hash, used once.

All instants are true time.
"""

import base64
import secrets
from datetime import datetime, timedelta

from django.db.models import QuerySet

from lps.accounts.models import Account, AccountLink
from lps.kernel import clock
from tenants import context, keys
from tenants.queries import console_url, url_of

Purpose = AccountLink.Purpose
LIFE = {
    Purpose.INVITATION: timedelta(days=7),
    Purpose.RESET: timedelta(days=2),
    Purpose.TELEPHONE: timedelta(minutes=30),
}
KEPT = timedelta(days=30)
_PURPOSE = "account_link"


def new_link(*, account: Account, purpose: Purpose) -> str:
    """Draw a link, the only one of this account in force; the token is returned and cannot be read again."""
    end_links(account=account)
    token = secrets.token_urlsafe(32)
    expires_at = clock.real_now() + LIFE[purpose]
    AccountLink.objects.create(account=account, purpose=purpose, lookup=_lookup(token), expires_at=expires_at)
    return token


def link_in_force(*, token: str) -> AccountLink | None:
    """The link of that token with its account, if it can still be used; it is not used up."""
    return _usable(token, clock.real_now()).select_related("account").first()


def use_link(*, token: str) -> bool:
    """Use a link up; of two requests with the same token, one alone passes."""
    now = clock.real_now()
    # Said of the row itself too: who waited for the other's update reads that again, and not what was joined.
    unused = AccountLink.objects.filter(pk__in=_usable(token, now).values("pk"), used_at__isnull=True)
    return bool(unused.update(used_at=now))


def end_links(*, account: Account) -> None:
    """End the links on their way to this account."""
    now = clock.real_now()
    AccountLink.objects.filter(account=account, used_at__isnull=True, expires_at__gt=now).update(expires_at=now)


def purge_links() -> int:
    """Delete the links that ended a month ago; returns how many there were."""
    return AccountLink.objects.filter(expires_at__lt=clock.real_now() - KEPT).delete()[0]


def secret_of(token: str) -> str:
    """The secret that an authenticator is given behind this link, base32.

    Drawn from the token under the commune's key, so that the page may be opened twice and show one QR code.
    """
    halves = (keys.lookup_hash(token, purpose=f"enrollment:{half}") for half in (1, 2))
    return base64.b32encode(bytes.fromhex("".join(halves))[:20]).decode()


def address_of(token: str) -> str:
    """Where the link leads, to be mailed."""
    commune = context.current_or_none()
    return url_of(commune, f"/mairie/acces/{token}/") if commune else console_url(f"/acces/{token}/")


def _usable(token: str, now: datetime) -> QuerySet[AccountLink]:
    return AccountLink.objects.filter(
        lookup=_lookup(token), used_at__isnull=True, expires_at__gt=now, account__is_active=True
    )


def _lookup(token: str) -> str:
    return keys.lookup_hash(token, purpose=_PURPOSE)
