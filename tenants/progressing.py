"""How far a work under way is, told beside its transaction: what that writes is not seen before its end.

It is a kindness to those who wait: a cache that is away or hangs neither stops the work nor hides its page.
"""

import logging
from typing import cast

from django.core.cache import cache
from redis.exceptions import RedisError

SECONDS = 3600  # no work lasts longer
log = logging.getLogger(__name__)


def note(work: str, done: int, total: int = 0) -> None:
    """Tell how much of a work (its name in the commune entered, or in the registry) is done."""
    try:
        cache.set(_key(work), (done, total), timeout=SECONDS)
    except (RedisError, OSError):
        log.warning("progress of %s not told", work)


def told(work: str) -> tuple[int, int]:
    """How much is done, and of how much if that was told; zeros when nobody knows."""
    try:
        return cast(tuple[int, int], cache.get(_key(work)) or (0, 0))
    except (RedisError, OSError):
        return 0, 0


def forget(work: str) -> None:
    """Nothing of it is done yet: it is begun again."""
    try:
        cache.delete(_key(work))
    except (RedisError, OSError):
        log.warning("progress of %s not forgotten", work)


def _key(work: str) -> str:
    return f"progress:{work}"
