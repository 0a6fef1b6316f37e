"""A Valkey that hangs without dying, for real: one wait for a whole process, then all is well by itself."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from django.core.cache.backends.base import BaseCache
from kombu.exceptions import OperationalError
from pytest_django import Settings

from deploy.processes import wait_until
from deploy.services import Valkey
from lps.accounts import attempts
from tenants import tasks, valkey
from tenants.models import Commune

PATIENCE = 1.0
BUSY = 10.0  # what a busy machine may add; half of what the questions would wait one by one
BACK_SECONDS = 20.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path, ephemeral=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def cache(server: Valkey) -> BaseCache:
    options = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
    return valkey.Cache(server.url(), {"OPTIONS": options})


@contextmanager
def hung(server: Valkey) -> Iterator[None]:
    """It takes connections, and answers none."""
    assert server.process is not None
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


def seconds_of(question: Callable[[], object], *, refused: type[Exception]) -> float:
    began = time.monotonic()
    with pytest.raises(refused):
        question()
    return time.monotonic() - began


def is_well(cache: BaseCache) -> bool:
    try:
        return bool(cache.get("essai") == "là")
    except redis.TimeoutError:
        return False


def test_one_question_waits_the_others_do_not_and_it_is_met_when_it_answers(server: Valkey, cache: BaseCache) -> None:
    cache.set("essai", "là")

    with hung(server):
        first = seconds_of(lambda: cache.get("essai"), refused=redis.TimeoutError)
        began = time.monotonic()
        for _question in range(20):
            seconds_of(lambda: cache.get("essai"), refused=valkey.Silent)
        others = time.monotonic() - began

    assert first >= PATIENCE
    assert others < BUSY
    assert wait_until(lambda: is_well(cache), seconds=BACK_SECONDS)


def test_a_server_that_dies_while_it_hangs_is_away_and_no_more_silent(server: Valkey, cache: BaseCache) -> None:
    assert server.process is not None
    with hung(server):
        seconds_of(lambda: cache.get("essai"), refused=redis.TimeoutError)
        server.process.kill()
        server.process.wait(timeout=BACK_SECONDS)

        def is_away() -> bool:
            with pytest.raises(redis.RedisError) as told:
                cache.get("essai")
            return isinstance(told.value, redis.ConnectionError)

        assert wait_until(is_away, seconds=BACK_SECONDS)


def test_one_slow_answer_among_others_is_no_silence() -> None:
    silence = valkey.Silence()

    with pytest.raises(redis.TimeoutError), silence.watched(never_asked):
        with silence.watched(never_asked):
            pass  # another thread is answered
        raise redis.TimeoutError
    with silence.watched(never_asked):
        answered = True

    assert answered


def never_asked() -> None:
    raise AssertionError


def test_nobody_signs_in_while_it_cannot_count_and_is_told_at_once(
    in_demo: Commune, server: Valkey, cache: BaseCache, settings: Settings
) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": server.url()}}
    counter = attempts.secret("child_code", "48291573")
    assert attempts.check([counter]) == 0

    with hung(server):
        seconds_of(lambda: cache.get("essai"), refused=redis.TimeoutError)
        with pytest.raises(attempts.Unavailable) as told:
            attempts.check([counter])

    assert isinstance(told.value.__cause__, valkey.Silent)
    assert wait_until(lambda: is_counted(counter), seconds=BACK_SECONDS)


def is_counted(counter: attempts.Counter) -> bool:
    try:
        return attempts.check([counter]) == 0
    except attempts.Unavailable:
        return False


def test_what_is_saved_does_not_wait_for_a_broker_that_hangs(
    in_demo: Commune, cache: BaseCache, server: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "cache", cache)

    with hung(server), pytest.raises(OperationalError):
        tasks.send_to_commune(task="essai", slug="demo", app=None)
