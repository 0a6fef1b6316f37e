"""Host → commune is remembered by the process, and forgotten when any process says so."""

import logging

import pytest
from django.core.cache import cache
from django.test import Client

from tenants import context, queries
from tenants.models import Commune, CommuneState
from tests.sql import counted


def suspend_elsewhere(commune: Commune) -> None:
    """What another process does: its own memory is cleared, ours is not."""
    with context.public():
        Commune.objects.filter(pk=commune.pk).update(state=CommuneState.SUSPENDED, state_reason="Travaux")


def state_of_host() -> str:
    found = queries.commune_of_host(host="demo.localhost")
    assert found is not None
    return found.state


def test_a_known_host_and_an_unknown_one_cost_no_statement(demo: Commune) -> None:
    for host in ("demo.localhost", "nulle-part.localhost"):
        queries.commune_of_host(host=host)

    with counted() as statements:
        assert queries.commune_of_host(host="demo.localhost") == demo
        assert queries.commune_of_host(host="nulle-part.localhost") is None

    assert len(statements) == 0


def test_a_commune_suspended_by_another_process_is_seen_once_told(
    demo: Commune, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "LOOK_EVERY", 0.0)
    queries.commune_of_host(host="demo.localhost")
    suspend_elsewhere(demo)
    assert state_of_host() == CommuneState.ACTIVE  # nobody told us yet

    with context.public():
        cache.set("hosts_stamp", "another process")

    assert state_of_host() == CommuneState.SUSPENDED


def test_who_tells_the_others_reads_a_host_again_once_and_not_twice(
    demo: Commune, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "LOOK_EVERY", 0.0)
    queries.forget_hosts()
    queries.commune_of_host(host="demo.localhost")

    with counted() as statements:
        queries.commune_of_host(host="demo.localhost")

    assert len(statements) == 0


def test_an_erased_commune_answers_no_more(demo: Commune) -> None:
    with context.public():
        Commune.objects.filter(pk=demo.pk).update(state=CommuneState.ERASED)
    queries.forget_hosts()

    assert queries.commune_of_host(host="demo.localhost") is None


def test_without_the_cache_what_is_known_stands(demo: Commune, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "LOOK_EVERY", 0.0)
    queries.commune_of_host(host="demo.localhost")

    def away(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(type(cache._connections[cache._alias]), "get", away)

    assert queries.commune_of_host(host="demo.localhost") == demo


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("demo.localhost", True),
        ("DEMO.localhost.", True),
        ("console.localhost", True),
        ("demo.les-parents-services.fr", True),
        ("nulle-part.localhost", False),
        ("nulle-part.les-parents-services.fr", False),
        ("localhost", False),
        ("", False),
        ("a\0b.localhost", False),
        ("é" * 300, False),
    ],
)
def test_a_proxy_is_told_which_names_deserve_a_certificate(
    client: Client, demo: Commune, host: str, known: bool
) -> None:
    answer = client.get("/sante/nom", {"domain": host}, headers={"host": "127.0.0.1"})

    assert (answer.status_code, answer.json()) == (200 if known else 404, {"connu": known})


class Told(logging.Handler):
    """What reaches the root logger, and with it the logs: pytest's own capture hears what is kept from them too."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.names.append(record.name)


@pytest.mark.parametrize("host", ["", "a b", "demo.localhost/../", "x" * 300 + "!"])
def test_a_host_that_is_none_is_refused_without_a_trace(client: Client, host: str) -> None:
    told, root = Told(), logging.getLogger()
    root.addHandler(told)
    try:
        answer = client.get("/", headers={"host": host})
    finally:
        root.removeHandler(told)

    assert (answer.status_code, told.names) == (400, ["lps.access"])
