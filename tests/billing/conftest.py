"""A stranger to the MARSONE family, and an activity to charge."""

from collections.abc import Iterator
from typing import Any

import pytest

from booking.models import Activity
from lps.families.models import Household
from simulators.payfip.server import Server, serving
from tenants.models import Commune
from tests.families import factories


@pytest.fixture
def stranger(in_demo: Commune) -> Household:
    return factories.household(name="LOINTAIN")


@pytest.fixture
def morning(in_demo: Commune) -> Activity:
    return Activity.objects.get(name="Accueil Matin")


@pytest.fixture
def treasury(settings: Any) -> Iterator[Server]:
    """A simulated Treasury, which the product calls."""
    with serving() as server:
        settings.LPS_PAYFIP_URL = server.url
        yield server
