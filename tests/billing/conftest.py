"""The MARSONE family in demo, a stranger, and an activity to charge."""

import pytest

from booking.models import Activity
from lps.families.models import Household
from tenants.models import Commune
from tests.families import factories


@pytest.fixture
def marsone(in_demo: Commune) -> Household:
    return Household.objects.get(name="MARSONE")


@pytest.fixture
def stranger(in_demo: Commune) -> Household:
    return factories.household(name="LOINTAIN")


@pytest.fixture
def morning(in_demo: Commune) -> Activity:
    return Activity.objects.get(name="Accueil Matin")
