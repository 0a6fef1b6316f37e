"""Production starts with production's own things, or not at all."""

import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from django.db import connection
from pytest_django import Settings

from deploy.processes import LOOPBACK, free_port
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


def test_starts_behind_a_pool_that_tells_its_search_path(production: Settings) -> None:
    production.LPS_POOLED_DATABASE = True

    refuse_unsafe_start()


def test_refuses_a_pool_that_does_not_tell_its_search_path(
    production: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    production.LPS_POOLED_DATABASE = True

    with older_pool() as port:
        monkeypatch.setitem(connection.settings_dict, "PORT", str(port))
        with pytest.raises(UnsafeStart, match="search_path"):
            refuse_unsafe_start()


def test_refuses_a_declared_pool_that_does_not_answer(production: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    production.LPS_POOLED_DATABASE = True
    monkeypatch.setitem(connection.settings_dict, "PORT", str(free_port()))

    with pytest.raises(psycopg.OperationalError):
        refuse_unsafe_start()


@contextmanager
def older_pool() -> Iterator[int]:
    """What a pool before PostgreSQL 18 says to a client that connects: every parameter but `search_path`."""
    with closing(socket.create_server((LOOPBACK, 0))) as listening:
        thread = Thread(target=_welcome, args=(listening,), daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(timeout=30)


def _welcome(listening: socket.socket) -> None:
    with closing(listening.accept()[0]) as client:
        while _asks_for_encryption(client):
            client.sendall(b"N")
        client.sendall(
            _message(b"R", struct.pack("!i", 0))
            + _message(b"S", b"server_version\x0017.6\x00")
            + _message(b"S", b"client_encoding\x00UTF8\x00")
            + _message(b"Z", b"I")
        )
        client.recv(64)  # until it leaves


def _asks_for_encryption(client: socket.socket) -> bool:
    """Read one message of the start: SSLRequest and GSSENCRequest come before the real one."""
    length, code = struct.unpack("!ii", client.recv(8, socket.MSG_WAITALL))
    client.recv(length - 8, socket.MSG_WAITALL)
    return code in (80877103, 80877104)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


@pytest.mark.parametrize(("variable", "value"), [("LPS_CLOCK", "+1d"), ("LPS_SECRET_KEY", "demonstration-" + "x" * 48)])
@pytest.mark.parametrize(
    "command",
    [
        "gunicorn -b 127.0.0.1:0 lps.config.wsgi:application",
        "celery -A lps.config.celery:app worker --pool=solo",
        "celery -A lps.config.celery:app beat --schedule schedule",
    ],
    ids=["web", "worker", "scheduler"],
)
def test_each_door_itself_refuses(command: str, variable: str, value: str, tmp_path: Path) -> None:
    own = {"LPS_ENV": "production", "EMAIL_URL": "memory://", "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"}

    done = subprocess.run(
        [sys.executable, "-m", *command.split()],
        cwd=tmp_path,
        env={**os.environ, **own, variable: value},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode != 0
    assert variable in done.stdout + done.stderr
