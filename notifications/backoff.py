"""When a message that failed is tried again, and when it is given up."""

from datetime import timedelta

_FIRST = (1, 5, 15)  # minutes
_THEN = 60  # minutes: a provider that comes back after a day sends within the hour
MAX_ATTEMPTS = 50  # two days, so that a fault of a whole day loses nothing


def delay_after(attempts: int) -> timedelta | None:
    """How long to wait after the n-th attempt failed; None once it is the last one."""
    if attempts >= MAX_ATTEMPTS:
        return None
    return timedelta(minutes=_FIRST[attempts - 1] if attempts <= len(_FIRST) else _THEN)
