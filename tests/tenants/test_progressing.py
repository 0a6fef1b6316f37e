"""How far a work is, told to its page; a cache that is away stops neither."""

import pytest

from deploy.processes import LOOPBACK, free_port
from tenants import context, progressing, valkey
from tenants.models import Commune


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = valkey.Cache(f"redis://{LOOPBACK}:{free_port()}/0", {})
    monkeypatch.setattr(progressing, "cache", cache)


def test_tells_what_is_done_until_it_is_forgotten(in_demo: Commune) -> None:
    progressing.note("essai:1", 3, 7)
    assert progressing.told("essai:1") == (3, 7)

    progressing.forget("essai:1")
    assert progressing.told("essai:1") == (0, 0)


def test_another_town_has_works_of_its_own(in_demo: Commune) -> None:
    progressing.note("essai:2", 1)

    with context.public():
        assert progressing.told("essai:2") == (0, 0)
    progressing.forget("essai:2")


def test_without_the_cache_nothing_is_told_and_nothing_stops(in_demo: Commune, away: None) -> None:
    progressing.note("essai:3", 1)
    progressing.forget("essai:3")

    assert progressing.told("essai:3") == (0, 0)
