"""The MARSONE family in demo, and the activities of its town."""

import pytest

from booking import catalogue
from lps.families.models import Child, Household
from tenants.models import Commune


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
def activity(in_demo: Commune) -> dict[str, int]:
    """The keys of demo's activities by their names."""
    return {found.name: found.pk for found in catalogue.read().activities.values()}
