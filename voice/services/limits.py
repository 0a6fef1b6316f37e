"""Wrong codes by telephone, counted per caller, per line and, with a second secret, per code.

A caller's number can be forged: it slows down, and never proves who calls. A code alone is never locked, else anybody
would lock a family out.
"""

from lps.accounts import attempts
from lps.accounts.attempts import Counter, Policy
from tenants import keys

MINUTE = 60
CALLER = Policy(free=5, base=10 * MINUTE, longest=60 * MINUTE, window=60 * MINUTE)
# All those who hide their number share one counter.
ANONYMOUS = Policy(free=20, base=30, longest=5 * MINUTE, window=60 * MINUTE, alarm=20)
LINE = Policy(free=40, base=5, longest=MINUTE, window=60 * MINUTE, alarm=40)
_PURPOSE = "voice_caller"


def lookup_of(caller: str) -> str:
    """The keyed hash of a caller's number; "" for one who hides it."""
    return keys.lookup_hash(caller, purpose=_PURPOSE) if caller else ""


def of_caller(lookup: str) -> tuple[Counter, ...]:
    """The counter of one caller and that of the commune's line."""
    own = Counter("voice_caller", lookup, CALLER) if lookup else Counter("voice_caller", "hidden", ANONYMOUS)
    return own, Counter("voice_line", "all", LINE)


def of_try(lookup: str, *, code: str, secret: str) -> tuple[Counter, ...]:
    """What one try is counted by."""
    both = (attempts.secret("child_code", code), attempts.secret("family_code", secret)) if secret else ()
    return (*of_caller(lookup), *both)
