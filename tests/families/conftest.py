"""The cast: the MARTIN family and its two children, and a stranger's household."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from lps.families.models import Household
from lps.families.services import NewChild
from lps.kernel import clock
from tenants.models import Commune
from tests.families.factories import household, school_class
from tests.journeys.conftest import browse, chromium

__all__ = ["browse", "chromium"]

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def martin(in_demo: Commune) -> Household:
    """Two children, one of them in a class, one address on file."""
    children = [
        NewChild(first_name="Léa", last_name="MARTIN", code="71000001", school_class=school_class()),
        NewChild(first_name="Hugo", last_name="MARTIN", code="71000005"),
    ]
    return household(name="MARTIN", code="72000001", email="Alice.Martin@example.org", children=children)


@pytest.fixture
def stranger(in_demo: Commune) -> Household:
    """Another family of the same town."""
    child = NewChild(first_name="Zoé", last_name="AUTRE", code="81000001")
    return household(name="AUTRE", code="82000001", email="autre@example.org", children=[child])


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Stops true time at noon; `later(minutes=31)` moves it on."""
    at = NOON

    def move(**by: float) -> None:
        nonlocal at
        at += timedelta(**by)

    monkeypatch.setattr(clock, "real_now", lambda: at)
    return move
