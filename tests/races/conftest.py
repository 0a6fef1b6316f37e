"""Races: threads with connections of their own, on a copy of the database where transactions really commit."""

from collections.abc import Iterator
from itertools import count

import pytest
from pytest_django import DjangoDbBlocker

from tenants.models import Commune
from tests.live import Copy

_number = count()


@pytest.fixture
def copy(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Copy]:
    """A database for this test alone: a race leaves rows that nothing may delete, or takes a constraint away."""
    made = Copy.made(f"race{next(_number)}", django_db_blocker)
    yield made
    made.drop()


@pytest.fixture
def town(copy: Copy) -> Iterator[Commune]:
    """The test's body runs inside Buchelay."""
    with copy.inside("buchelay") as commune:
        yield commune
