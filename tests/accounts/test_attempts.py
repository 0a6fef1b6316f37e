"""Guessing becomes slow, one's neighbours hardly notice, and without Valkey nobody guesses."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest
import redis
from django.conf import settings as running
from pytest_django import Settings

from lps.accounts import attempts
from tenants import context
from tenants.models import Commune
from tests.accounts.factories import browser

Later = Callable[..., None]
CHILD = "48291573"


def fails(counter: attempts.Counter, times: int = 1) -> list[int]:
    """The wait asked at each of several failures in a row, without ever waiting."""
    waits = []
    for _attempt in range(times):
        waits.append(attempts.check([counter]))
        if not waits[-1]:
            attempts.fail([counter])
    return waits


def test_five_failures_are_free_then_one_waits(in_demo: Commune, later: Later) -> None:
    child = attempts.secret("child_code", CHILD)

    assert fails(child, 7) == [0, 0, 0, 0, 0, 30, 30]


def test_delays_double_up_to_a_quarter_of_an_hour(in_demo: Commune, later: Later) -> None:
    child = attempts.secret("child_code", CHILD)
    fails(child, 5)
    waits = []

    for _attempt in range(7):
        waits.append(attempts.check([child]))
        later(seconds=waits[-1])
        assert fails(child) == [0]

    assert waits == [30, 60, 120, 240, 480, 900, 900]


def test_a_day_without_attempt_forgets_the_failures(in_demo: Commune, later: Later) -> None:
    child = attempts.secret("child_code", CHILD)
    fails(child, 5)

    later(days=1, seconds=1)

    assert fails(child, 5) == [0] * 5


def test_success_wipes_the_secrets_counter(in_demo: Commune, later: Later) -> None:
    child = attempts.secret("child_code", CHILD)
    fails(child, 4)

    attempts.check([child])
    attempts.succeed([child])

    assert fails(child, 5) == [0] * 5


def test_ones_own_codes_do_not_wash_the_address_range(in_demo: Commune, later: Later) -> None:
    addresses = attempts.address_range("203.0.113.9")
    fails(addresses, 29)

    attempts.check([addresses])
    attempts.succeed([addresses])

    assert fails(addresses, 2) == [0, 5]


def test_a_range_that_succeeds_is_never_slowed(in_demo: Commune, later: Later) -> None:
    addresses = attempts.address_range("203.0.113.9")

    for _family in range(200):
        assert attempts.check([addresses]) == 0
        attempts.succeed([addresses])


def test_a_range_is_never_shut_for_more_than_a_minute(in_demo: Commune, later: Later) -> None:
    addresses = attempts.address_range("203.0.113.9")
    longest = 0

    for _attempt in range(60):
        wait = attempts.check([addresses])
        longest = max(longest, wait)
        later(seconds=wait)
        if not wait:
            attempts.fail([addresses])

    assert longest == 60


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.9", "203.0.113.250", True),
        ("203.0.113.9", "203.0.114.9", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.9", "203.0.113.10", True),
    ],
)
def test_addresses_are_counted_by_network(in_demo: Commune, one: str, other: str, same: bool) -> None:
    assert (attempts.address_range(one) == attempts.address_range(other)) is same


def test_an_attempt_that_must_wait_is_counted_nowhere(in_demo: Commune, later: Later) -> None:
    child, addresses = attempts.secret("child_code", CHILD), attempts.address_range("203.0.113.9")
    fails(child, 5)

    for _attempt in range(40):
        attempts.check([child, addresses])

    assert attempts.check([addresses]) == 0


def test_a_commune_is_never_shut_but_someone_is_told(
    in_demo: Commune, later: Later, caplog: pytest.LogCaptureFixture
) -> None:
    assert set(fails(attempts.whole_commune(), 401)) == {0}

    warned = [record.getMessage() for record in caplog.records]
    assert warned == ["sign-in: 200 failures counted by commune", "sign-in: 400 failures counted by commune"]


def test_guesses_sent_at_once_meet_the_counter_too(in_demo: Commune) -> None:
    child = attempts.secret("child_code", CHILD)
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(copy_context().run, attempts.check, [child]) for _guess in range(40)]

    assert sum(future.result() == 0 for future in futures) == 5


def test_communes_count_apart(demo: Commune, buchelay: Commune, later: Later) -> None:
    with context.use(demo):
        fails(attempts.secret("child_code", CHILD), 6)

    with context.use(buchelay):
        assert attempts.check([attempts.secret("child_code", CHILD)]) == 0


def test_valkey_sees_neither_codes_nor_addresses(in_demo: Commune) -> None:
    counters = [attempts.secret("child_code", CHILD), attempts.address_range("203.0.113.9")]
    attempts.check(counters)
    attempts.fail(counters)

    server = redis.Redis.from_url(running.CACHES["default"]["LOCATION"])
    names = [name for name in server.keys("*") if b"attempts" in name]
    held = b" ".join([*names, *(part for name in names for part in server.hgetall(name).values())])
    server.close()

    assert len(names) == 2
    assert CHILD.encode() not in held and b"203.0.113" not in held


def test_each_question_is_one_round_trip(in_demo: Commune, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    execute = redis.Redis.execute_command
    monkeypatch.setattr(
        redis.Redis, "execute_command", lambda self, *a, **k: sent.append(a[0]) or execute(self, *a, **k)
    )
    counters = [attempts.secret("child_code", CHILD), attempts.address_range("203.0.113.9"), attempts.whole_commune()]

    attempts.check(counters)
    attempts.fail(counters)
    attempts.succeed(counters)

    assert sent == ["EVAL", "EVAL", "EVAL"]


def test_without_valkey_nobody_tries(in_demo: Commune, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}

    with pytest.raises(attempts.Unavailable):
        attempts.check([attempts.secret("child_code", CHILD)])

    assert "failures cannot be counted" in caplog.text


def test_without_valkey_the_page_says_so(demo: Commune, settings: Settings) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}

    answer = browser(demo).post("/mairie/connexion/", {"email": "a@b.example", "password": "x" * 12, "code": "123456"})

    assert answer.status_code == 503
    assert "personne ne peut se connecter" in answer.content.decode()
