"""Production starts with production's own things, or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from lps.config.refusals import UnsafeStart, refuse_unsafe_start

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def production(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("LPS_CLOCK", raising=False)
    settings.PRODUCTION = True
    return settings


def test_starts_with_its_own_things(production: Settings) -> None:
    refuse_unsafe_start()


@pytest.mark.parametrize("secret", ["demonstration-" + "x" * 48, "court"])
def test_refuses_a_demonstration_or_short_secret(production: Settings, secret: str) -> None:
    production.SECRET_KEY = secret

    with pytest.raises(UnsafeStart, match="LPS_SECRET_KEY"):
        refuse_unsafe_start()


@pytest.mark.parametrize("keys", [{"demo1": bytes(range(32))}, {"k1": b"0" * 32}])
def test_refuses_a_demonstration_or_dull_key(production: Settings, keys: dict[str, bytes]) -> None:
    production.LPS_APP_KEYS = keys

    with pytest.raises(UnsafeStart, match="LPS_APP_KEYS"):
        refuse_unsafe_start()


def test_refuses_debug(production: Settings) -> None:
    production.DEBUG = True

    with pytest.raises(UnsafeStart, match="DEBUG"):
        refuse_unsafe_start()


def test_refuses_a_moved_clock(production: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPS_CLOCK", "+1d")

    with pytest.raises(UnsafeStart, match="LPS_CLOCK"):
        refuse_unsafe_start()


def test_asks_a_declared_pool_what_it_tells(production: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    production.LPS_POOLED_DATABASE = True
    refuse_unsafe_start()

    class Silent:
        """A connection of a pool before PostgreSQL 18."""

        pgconn = type("PgConn", (), {"parameter_status": lambda self, name: None})()

        def __enter__(self) -> "Silent":
            return self

        def __exit__(self, *_: object) -> None:
            return None

    monkeypatch.setattr("lps.config.refusals.psycopg.connect", lambda **_: Silent())
    with pytest.raises(UnsafeStart, match="search_path"):
        refuse_unsafe_start()


def test_the_web_door_itself_refuses() -> None:
    env = {
        **os.environ,
        "LPS_ENV": "production",
        "LPS_CLOCK": "+1d",
        "EMAIL_URL": "memory://",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
    }

    done = subprocess.run([sys.executable, "-c", "import lps.config.wsgi"], env=env, capture_output=True, text=True)

    assert done.returncode != 0
    assert "LPS_CLOCK" in done.stderr
