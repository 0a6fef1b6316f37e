"""A true time that a test may move."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from lps.kernel import clock

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Stops true time at noon; `later(minutes=31)` moves it on."""
    at = NOON

    def move(**by: float) -> None:
        nonlocal at
        at += timedelta(**by)

    monkeypatch.setattr(clock, "real_now", lambda: at)
    return move
