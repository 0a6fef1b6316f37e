"""A piece of software that calls too much waits, and the others do not."""

import pytest
from django.core.cache import cache
from pytest_django import Settings
from redis.exceptions import ConnectionError as NoRedis

from lps.accounts.api import throttling
from lps.kernel import clock
from tenants.models import Commune
from tests.api.factories import PROBLEM, Software, issue


@pytest.fixture(autouse=True)
def few(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three calls a minute, at the fiftieth second of one."""
    settings.LPS_API_CALLS_PER_MINUTE = 3
    at = clock.real_now().replace(second=50, microsecond=0)
    monkeypatch.setattr(clock, "real_now", lambda: at)


def calls(software: Software, number: int) -> list[int]:
    return [software.get("moi/").status_code for _ in range(number)]


def test_a_token_waits_for_the_next_minute(software: Software) -> None:
    assert calls(software, 3) == [200, 200, 200]

    answer = software.get("moi/")

    assert (answer.status_code, answer.headers["Content-Type"]) == (429, PROBLEM)
    assert answer.headers["Retry-After"] == "10"
    assert answer.json()["type"].endswith("#probleme-trop-de-demandes")


def test_the_next_minute_is_open(software: Software, monkeypatch: pytest.MonkeyPatch) -> None:
    calls(software, 5)
    later = clock.real_now().replace(second=0)
    monkeypatch.setattr(clock, "real_now", lambda: later.replace(minute=(later.minute + 1) % 60))

    assert calls(software, 1) == [200]


def test_another_token_does_not_wait(demo: Commune, software: Software) -> None:
    calls(software, 5)

    assert calls(Software(demo, issue(demo, name="Autre").value), 1) == [200]


def test_the_other_commune_does_not_wait(demo: Commune, buchelay: Commune, software: Software) -> None:
    calls(software, 5)

    assert calls(Software(buchelay, issue(buchelay).value), 3) == [200, 200, 200]


def test_calls_that_are_refused_count_too(demo: Commune) -> None:
    software = Software(demo, issue(demo, "catalogue:lire").value)

    assert [software.get("familles/").status_code for _ in range(4)] == [403, 403, 403, 429]


def test_bad_tokens_of_one_address_wait(demo: Commune, software: Software, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "BAD_TOKENS", 2)

    answers = [Software(demo, f"lps_{number}").get("moi/") for number in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[-1].headers["Retry-After"] == "10"
    assert calls(software, 1) == [200], "a token in force is heard from the same address"


def test_bad_tokens_of_another_address_do_not_wait(demo: Commune, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "BAD_TOKENS", 1)
    wrong = Software(demo, "lps_x")

    answers = [
        wrong.client.get("/api/v1/moi/", headers=wrong.headers, REMOTE_ADDR=address).status_code
        for address in ("192.0.2.1", "192.0.2.77", "198.51.100.1")
    ]

    assert answers == [401, 429, 401]


def test_without_the_counter_calls_go_through_and_the_logs_say_so(
    software: Software, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object, **__: object) -> None:
        raise NoRedis

    monkeypatch.setattr(cache, "add", away)

    assert calls(software, 5) == [200] * 5
    assert "API calls cannot be counted" in caplog.text
