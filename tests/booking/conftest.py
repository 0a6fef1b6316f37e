"""The activities of demo; the MARSONE family in the autumn of 2014, and those beside it."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from booking import catalogue
from lps.families.models import Child, Household
from lps.kernel import clock
from tenants.models import Commune
from tests.booking import october
from tests.booking.october import Autumn
from tests.families.factories import child_of


@pytest.fixture
def activity(in_demo: Commune) -> dict[str, int]:
    """The keys of demo's activities by their names."""
    return {found.name: found.pk for found in catalogue.read().activities.values()}


@pytest.fixture
def autumn(marsone: Household, stop_clock: Callable[[datetime], None]) -> Autumn:
    """It is Wednesday 8 October 2014, 13:20 in Paris."""
    return Autumn.made(marsone)


@pytest.fixture
def durand(autumn: Autumn, angeline: Child) -> Household:
    """The second household of Angéline."""
    return october.other_household(angeline)


@pytest.fixture
def stranger(autumn: Autumn) -> Household:
    return october.stranger(autumn.ce1)


@pytest.fixture
def zoe(stranger: Household) -> Child:
    """The stranger's child."""
    return child_of(stranger)


@pytest.fixture
def parent(autumn: Autumn, marsone: Household, angeline: Child) -> Client:
    """The MARSONE family's browser."""
    return october.signed_in(marsone, angeline)


@pytest.fixture
def stop_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Stops the product's clock at an instant, and at 13:20 on 8 October 2014 to begin with."""

    def stop(at: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: at)

    stop(october.NOW)
    return stop
