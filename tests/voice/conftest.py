"""A town that is called, and a child whom a parent calls for."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache
from pytest_django import DjangoDbBlocker

from tenants.lines import set_lines
from tenants.models import Commune
from tests.live import Copy
from tests.voice.asterisk import LINE
from tests.voice.pupils import Pupil, another_pupil
from voice.models import Call, Pronunciation, VoiceSettings

if TYPE_CHECKING:
    from tests.voice.phone import Real


@pytest.fixture(scope="module")
def copy(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Copy]:
    made = Copy.made("calls", django_db_blocker)
    yield made
    made.drop()


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prompts")


@pytest.fixture
def town(copy: Copy) -> Iterator[Commune]:
    """Buchelay answers at its number."""
    with copy.inside("buchelay") as commune:
        cache.clear()
        set_lines(commune=commune, numbers=[LINE])
        yield commune
        VoiceSettings.objects.all().delete()
        Pronunciation.objects.all().delete()
        Call.objects.all().delete()


@pytest.fixture
def pupil(town: Commune) -> Pupil:
    """A child whom no other test has called for."""
    return another_pupil()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator["Real"]:
    """Asterisk, for all the calls of a file."""
    from tests.voice.phone import exchange_at_work  # looks for Asterisk, which files without real calls do not need

    with exchange_at_work(tmp_path_factory.mktemp("calls"), prompts) as found:
        yield found
