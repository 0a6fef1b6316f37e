"""Links sent to an address on file: drawn, kept as a keyed hash, used once. All instants are true time."""

import secrets
from datetime import timedelta

from lps.families.models import FamilyLink, Household, RecoveryRequest
from lps.families.queries.doors import link_in_force
from lps.kernel import clock
from tenants import keys

LIFE_MINUTES = 30
LIFE = timedelta(minutes=LIFE_MINUTES)
KEPT = timedelta(days=30)


def new_link(
    *, household: Household, purpose: FamilyLink.Purpose, life: timedelta = LIFE, address: str = "", keeps: str = ""
) -> str:
    """Draw a link, for half an hour unless said otherwise; the token is returned and cannot be read again.

    `address`, sealed by the caller, is the one that following the link proves. `keeps`: the token itself is kept there,
    sealed for that purpose, so that its holder may be shown it again.
    """
    token = secrets.token_urlsafe(32)
    address = keys.encrypt(token, purpose=keeps) if keeps else address
    expires_at = clock.real_now() + life
    FamilyLink.objects.create(
        household=household, purpose=purpose, lookup=_lookup(token), address=address, expires_at=expires_at
    )
    return token


def is_in_force(*, token: str, purpose: FamilyLink.Purpose) -> bool:
    """Whether a link can still be used, without using it."""
    return link_in_force(lookup=_lookup(token), purpose=purpose, now=clock.real_now()) is not None


def in_force(*, token: str, purpose: FamilyLink.Purpose) -> FamilyLink | None:
    """A link that can still be used, with its household; it is not used up."""
    return link_in_force(lookup=_lookup(token), purpose=purpose, now=clock.real_now())


def use_link(*, token: str, purpose: FamilyLink.Purpose) -> FamilyLink | None:
    """Use a link up; of two requests with the same token, one alone passes."""
    now, lookup = clock.real_now(), _lookup(token)
    usable = FamilyLink.objects.filter(lookup=lookup, purpose=purpose, used_at__isnull=True, expires_at__gt=now)
    if not usable.update(used_at=now):
        return None
    return FamilyLink.objects.select_related("household").get(lookup=lookup)


def is_recent(*, household: Household, purpose: FamilyLink.Purpose, within: timedelta) -> bool:
    """Whether such a link, still unused, was drawn less than that time ago."""
    since = clock.real_now() + LIFE - within
    return FamilyLink.objects.filter(
        household=household, purpose=purpose, used_at__isnull=True, expires_at__gt=since
    ).exists()


def end_links(*, household: Household, purpose: FamilyLink.Purpose | None = None) -> int:
    """End the links on their way, those of one purpose or, with a new code, all of them; how many."""
    now = clock.real_now()
    rows = FamilyLink.objects.filter(household=household, used_at__isnull=True, expires_at__gt=now)
    return (rows.filter(purpose=purpose) if purpose else rows).update(expires_at=now)


def standing(*, household: Household, purpose: FamilyLink.Purpose) -> FamilyLink | None:
    """The household's link of that purpose that can still be used, the latest made."""
    rows = FamilyLink.objects.filter(household=household, purpose=purpose, used_at__isnull=True)
    return rows.filter(expires_at__gt=clock.real_now()).order_by("-pk").first()


def purge_links() -> int:
    """Delete links and answered recovery requests a month old; returns how many there were."""
    before = clock.real_now() - KEPT
    links = FamilyLink.objects.filter(expires_at__lt=before).delete()[0]
    return links + RecoveryRequest.objects.filter(answered_at__lt=clock.now() - KEPT).delete()[0]


def _lookup(token: str) -> str:
    return keys.lookup_hash(token, purpose="family_link")
