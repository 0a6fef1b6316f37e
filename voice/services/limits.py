"""Wrong codes by telephone, counted per caller, per commune and, with a second secret, per code.

A caller's number can be forged: it slows down, and never proves who calls. A code alone is never locked, else anybody
would lock a family out; nor are a commune's lines, on which a right code is always heard: many wrong ones within the
hour make each answer come later.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.core.cache import cache
from redis.exceptions import RedisError

from lps.accounts import attempts
from lps.accounts.attempts import Counter, Policy
from lps.kernel import clock
from tenants import context, keys
from tenants.models import Commune

MINUTE = 60
CALLER = Policy(free=5, base=10 * MINUTE, longest=60 * MINUTE, window=60 * MINUTE)
# All those who hide their number share one counter.
ANONYMOUS = Policy(free=20, base=30, longest=5 * MINUTE, window=60 * MINUTE, alarm=20)
_PURPOSE = "voice_caller"
ALARM = 40  # wrong codes within an hour, on the lines of one commune: someone is told, and answers slow down
SLOWEST = 3  # sentences heard before an answer
_SLOT = 10 * MINUTE
_SLOTS = 6  # of an hour
log = logging.getLogger(__name__)


def lookup_of(caller: str) -> str:
    """The keyed hash of a caller's number; "" for one who hides it."""
    return keys.lookup_hash(caller, purpose=_PURPOSE) if caller else ""


def of_caller(lookup: str) -> tuple[Counter, ...]:
    """The counter of one caller."""
    return (Counter("voice_caller", lookup, CALLER) if lookup else Counter("voice_caller", "hidden", ANONYMOUS),)


def of_try(lookup: str, *, code: str, secret: str) -> tuple[Counter, ...]:
    """What one try is counted by."""
    both = (attempts.secret("child_code", code), attempts.secret("family_code", secret)) if secret else ()
    return (*of_caller(lookup), *both)


def fail(counters: Sequence[Counter]) -> None:
    """A code was wrong: it stays counted, and counts for the commune within the hour; every `ALARM` are told."""
    attempts.fail(counters)
    commune, at = context.current(), clock.real_now()
    key = _slots(commune, at)[0]
    with context.public():
        try:
            cache.add(key, 0, timeout=_SLOT * (_SLOTS + 1))
            cache.incr(key)
        except (RedisError, OSError, ValueError) as error:  # ValueError: it went between the two
            log.warning("a wrong code was not counted for the console (%s)", type(error).__name__)
    for _commune, number in wrong_codes([commune], at=at):
        if number % ALARM == 0:
            log.warning("telephone: %s wrong codes within the hour on a commune's lines", number)


def slowness() -> int:
    """How many sentences are heard before a code is answered, in the commune entered: the same for right and wrong."""
    found = wrong_codes([context.current()], at=clock.real_now())
    return min(SLOWEST, found[0][1] // ALARM) if found else 0


def wrong_codes(communes: Sequence[Commune], *, at: datetime) -> list[tuple[Commune, int]]:
    """The communes with `ALARM` wrong codes or more within the hour before an instant (true time): one question."""
    keys_of = {one.pk: _slots(one, at) for one in communes}
    with context.public():
        try:
            found = cache.get_many([key for keys in keys_of.values() for key in keys])
        except (RedisError, OSError) as error:
            log.warning("wrong codes cannot be read (%s)", type(error).__name__)
            return []
    counted = [(one, sum(found.get(key, 0) for key in keys_of[one.pk])) for one in communes]
    return [(one, number) for one, number in counted if number >= ALARM]


def _slots(commune: Commune, at: datetime) -> list[str]:
    """The names of the counts of the last hour, the present one first."""
    present = int(at.timestamp()) // _SLOT
    return [f"voice_wrong:{commune.pk.hex}:{present - back}" for back in range(_SLOTS)]
