"""The MARSONE family in demo, and the town's software that calls the API."""

from datetime import date

import pytest

from booking import catalogue
from lps.families.models import Child, Household
from tenants.models import Commune
from tests.api.factories import Software, free_days, issue


@pytest.fixture
def software(demo: Commune) -> Software:
    """May do everything that software may."""
    return Software(demo, issue(demo).value)


@pytest.fixture
def marsone(in_demo: Commune) -> Household:
    return Household.objects.get(name="MARSONE")


@pytest.fixture
def angeline(marsone: Household) -> Child:
    return Child.objects.get(first_name="Angéline")


@pytest.fixture
def bertrand(marsone: Household) -> Child:
    return Child.objects.get(first_name="Bertrand")


@pytest.fixture
def bus(in_demo: Commune) -> int:
    """An activity for which Angéline has no booking to come."""
    return next(found.pk for found in catalogue.read().activities.values() if found.name == "Transport scolaire 13h30")


@pytest.fixture
def days(bus: int) -> list[date]:
    """Three days of the bus to come, before their deadline."""
    return free_days(bus)
