"""Devices that followed an e-mailed link: a signed cookie, good for one household until its code is renewed.

The seal is made under the commune's key, so a cookie of another commune says nothing here. All
instants are true time.
"""

import hmac
from datetime import UTC, datetime, timedelta

from lps.families.models import Household
from lps.kernel import clock
from tenants import keys

COOKIE = "lps_appareil"
LIFE = timedelta(days=90)


def stamp(household: Household) -> str:
    """The cookie of a device that this household has just proved to be its own."""
    issued = str(int(clock.real_now().timestamp()))
    return f"{issued}.{_seal(household, issued)}"


def is_known(value: str, household: Household) -> bool:
    """Whether this cookie was given to this household, under its present code, less than 90 days ago."""
    issued, _, seal = value.partition(".")
    if not (issued.isascii() and issued.isdecimal() and len(issued) <= 11):
        return False
    if not hmac.compare_digest(seal.encode(), _seal(household, issued).encode()):
        return False
    return timedelta(0) <= clock.real_now() - datetime.fromtimestamp(int(issued), UTC) < LIFE


def _seal(household: Household, issued: str) -> str:
    return keys.lookup_hash(f"{household.pk}:{household.generation}:{issued}", purpose="device")
