"""How many codes may be asked for: per number, per range of addresses, and in the whole commune (they cost money)."""

from lps.accounts import attempts
from lps.accounts.attempts import Counter, Policy, Unavailable
from tenants import keys

_HOUR = 3600
NUMBER = Policy(free=3, base=15 * 60, longest=24 * _HOUR, window=24 * _HOUR)
# A school's or a library's computers share a range.
RANGE = Policy(free=20, base=60, longest=_HOUR, window=_HOUR)
# The ceiling of a town's bill: a machine that changes numbers and addresses meets this one.
COMMUNE = Policy(free=300, base=60, longest=_HOUR, window=_HOUR, alarm=100)
NOBODY_COUNTS = 60


def seconds_to_wait(*, number: str, address: str) -> int:
    """0 when a code may be sent, and it is counted; a minute when nobody can count."""
    ranged = attempts.address_range(address)
    counters = [
        Counter("sms_number", keys.lookup_hash(number, purpose="attempts:sms_number"), NUMBER),
        Counter("sms_range", ranged.lookup, RANGE),
        Counter("sms_commune", "all", COMMUNE),
    ]
    try:
        return attempts.check(counters)
    except Unavailable:
        return NOBODY_COUNTS
