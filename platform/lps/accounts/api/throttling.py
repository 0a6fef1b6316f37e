"""How many calls a minute: counted on Valkey for each token, and for each range of addresses that sends bad ones.

True time counts. When Valkey does not answer, calls go through and the logs say so: a token cannot be
guessed, and the counts only keep one piece of software from slowing the others down.
"""

import logging

import redis
from django.conf import settings
from django.core.cache import cache
from rest_framework.exceptions import Throttled

from lps.accounts import attempts
from lps.accounts.models import ApiToken
from lps.kernel import clock

log = logging.getLogger(__name__)

MINUTE = 60
BAD_TOKENS = 30


def calls_per_minute() -> int:
    """How many calls a token makes in a minute at most."""
    return int(settings.LPS_API_CALLS_PER_MINUTE)


def count_call(token: ApiToken) -> None:
    """One call more of this token; raises `Throttled` above `LPS_API_CALLS_PER_MINUTE`."""
    _count(f"token:{token.pk}", most=calls_per_minute())


def count_bad_token(*, address: str) -> None:
    """One token more that is not in force, from this range of addresses; raises `Throttled` above `BAD_TOKENS`."""
    _count(f"range:{attempts.address_range(address).lookup}", most=BAD_TOKENS)


def _count(name: str, *, most: int) -> None:
    now = int(clock.real_now().timestamp())
    minute = now // MINUTE
    key = f"api:{name}:{minute}"
    try:
        cache.add(key, 0, timeout=2 * MINUTE)
        calls = cache.incr(key)
    except (redis.RedisError, OSError) as error:
        log.error("API calls cannot be counted (%s)", type(error).__name__)
        return
    if calls > most:
        raise Throttled(wait=(minute + 1) * MINUTE - now)
