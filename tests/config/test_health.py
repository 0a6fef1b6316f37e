"""Liveness and readiness: asked by machines that know no commune, and stopped for real."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
import redis
from django.db import connection
from django.test import Client
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from deploy.processes import LOOPBACK, free_port
from deploy.services import Postgres, Valkey
from lps.config import health
from tenants.storage import DISK, S3
from tests.sql import counted

ALL_WELL = {"base": True, "cache": True, "courtier": True, "fichiers": True}
READY = "/sante/pret"
# What one hung part may cost, with the time of a busy machine: unguarded, it would be waited for without end.
PATIENCE = health.SECONDS + 7.0


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path, ephemeral=True)
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize("host", ["demo.localhost", "console.localhost", "nulle.part.example", "127.0.0.1", "a b"])
def test_answers_whatever_the_host_and_tells_nothing_but_its_parts(client: Client, host: str) -> None:
    alive, ready = (client.get(path, headers={"host": host}) for path in ("/sante/vivant", READY))

    assert (alive.status_code, alive.json()) == (200, {"vivant": True})
    assert (ready.status_code, ready.json()) == (200, ALL_WELL)
    assert ready.headers["Cache-Control"] == "no-store"


def test_a_database_that_is_not_there(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "PORT", str(free_port()))

    answer = client.get(READY)

    assert (answer.status_code, answer.json()) == (503, {**ALL_WELL, "base": False})
    assert connection.settings_dict["PASSWORD"] not in answer.content.decode()


def test_a_database_that_stops_and_comes_back(client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server = Postgres(tmp_path, ephemeral=True)
    server.start()
    address = urlsplit(server.url("postgres"))
    own = {"PORT": str(address.port), "USER": address.username, "PASSWORD": address.password, "NAME": "postgres"}
    for name, value in own.items():
        monkeypatch.setitem(connection.settings_dict, name, value)
    seen = [client.get(READY).status_code]

    server.stop()
    seen.append(client.get(READY).status_code)
    server.start()
    seen.append(client.get(READY).status_code)

    server.stop()
    server.erase()
    assert seen == [200, 503, 200]


@pytest.mark.parametrize("part", ["cache", "courtier"])
def test_a_valkey_that_stops_and_comes_back(client: Client, settings: Settings, valkey: Valkey, part: str) -> None:
    if part == "cache":
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": valkey.url()}}
    else:
        settings.CELERY_BROKER_URL = valkey.url()
    assert client.get(READY).json() == ALL_WELL

    valkey.stop()
    stopped = client.get(READY)
    valkey.start()

    assert (stopped.status_code, stopped.json()) == (503, {**ALL_WELL, part: False})
    assert client.get(READY).status_code == 200


def test_a_valkey_that_can_no_longer_write(client: Client, settings: Settings, valkey: Valkey) -> None:
    settings.CELERY_BROKER_URL = valkey.url()
    with redis.Redis.from_url(valkey.url()) as orders:
        orders.config_set("maxmemory", "1")  # PING is answered still

        answer = client.get(READY)

    assert (answer.status_code, answer.json()["courtier"]) == (503, False)


def test_a_frozen_part_holds_up_neither_the_others_nor_the_answer(
    client: Client, settings: Settings, valkey: Valkey
) -> None:
    settings.CELERY_BROKER_URL = valkey.url()
    assert valkey.process is not None
    os.kill(valkey.process.pid, signal.SIGSTOP)
    started = time.monotonic()

    answers = [client.get(READY) for _ in range(2)]

    assert time.monotonic() - started < 2 * PATIENCE
    assert [answer.json() for answer in answers] == [{**ALL_WELL, "courtier": False}] * 2
    assert client.get("/sante/vivant").status_code == 200
    os.kill(valkey.process.pid, signal.SIGCONT)


def test_a_database_that_accepts_and_says_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(socket.create_server((LOOPBACK, 0))) as mute:
        monkeypatch.setitem(connection.settings_dict, "PORT", str(mute.getsockname()[1]))
        started = time.monotonic()

        answer = client.get(READY)

    assert time.monotonic() - started < PATIENCE
    assert (answer.status_code, answer.json()) == (503, {**ALL_WELL, "base": False})


def test_a_folder_that_cannot_be_used(client: Client, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "files").write_text("not a folder")
    disk = {"BACKEND": DISK, "OPTIONS": {"root": str(tmp_path / "files")}}
    settings.STORAGES = {**settings.STORAGES, "default": disk}

    answer = client.get(READY)

    assert (answer.status_code, answer.json()) == (503, {**ALL_WELL, "fichiers": False})


def test_a_bucket_that_goes_away(client: Client, settings: Settings) -> None:
    server = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    options = {"endpoint_url": endpoint, "access_key": "test", "secret_key": "test", "region_name": "us-east-1"}
    s3 = {"BACKEND": S3, "OPTIONS": {**options, "bucket_name": "sante"}}
    settings.STORAGES = {**settings.STORAGES, "default": s3}

    absent = client.get(READY).json()
    _make_bucket(endpoint)
    present = client.get(READY).json()
    server.stop()
    started = time.monotonic()
    stopped = client.get(READY)

    assert (absent["fichiers"], present["fichiers"]) == (False, True)
    assert (stopped.status_code, stopped.json()) == (503, {**ALL_WELL, "fichiers": False})
    assert time.monotonic() - started < PATIENCE


def test_what_failed_is_logged_with_its_cause_without_its_password(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(connection.settings_dict, "PORT", str(free_port()))

    client.get(READY)

    assert "readiness: base does not answer (OperationalError: " in caplog.text
    assert connection.settings_dict["PASSWORD"] not in caplog.text


def test_a_probe_leaves_no_line_and_asks_no_commune(db: None, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with counted() as made, caplog.at_level("INFO"):
        client.get(READY)
        client.get("/sante/vivant")

    assert (caplog.text, len(made)) == ("", 0)


def _make_bucket(endpoint: str) -> None:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    with closing(boto3.client("s3", endpoint_url=endpoint, **keys)) as client:
        client.create_bucket(Bucket="sante")
