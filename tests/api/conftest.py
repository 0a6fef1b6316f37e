"""The town's software that calls the API."""

from datetime import date

import pytest

from booking import catalogue
from tenants.models import Commune
from tests.api.factories import Software, free_days, issue


@pytest.fixture
def software(demo: Commune) -> Software:
    """May do everything that software may."""
    return Software(demo, issue(demo).value)


@pytest.fixture
def bus(in_demo: Commune) -> int:
    """An activity for which Angéline has no booking to come."""
    return next(found.pk for found in catalogue.read().activities.values() if found.name == "Transport scolaire 13h30")


@pytest.fixture
def days(bus: int) -> list[date]:
    """Three days of the bus to come, before their deadline."""
    return free_days(bus)
