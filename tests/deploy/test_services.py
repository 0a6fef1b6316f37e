"""The database and the broker of one machine, started, crashed and started again."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis

from deploy import services
from deploy.processes import LOOPBACK, free_port, is_alive, kill_group
from deploy.services import Postgres, ServiceFailed, Valkey


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path, ephemeral=True)
    yield server
    server.stop()
    server.erase()


def test_a_half_made_cluster_is_made_anew_and_only_the_password_opens_it(postgres: Postgres, tmp_path: Path) -> None:
    draft = tmp_path / "postgres.new"
    draft.mkdir()
    (draft / "half").touch()

    postgres.start()
    postgres.create_database("lps")
    postgres.create_database("lps")

    with psycopg.connect(postgres.url("lps")) as connection:
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
    assert not (postgres.files / "half").exists()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://postgres@{LOOPBACK}:{postgres.port}/lps")


def test_a_killed_server_starts_again_with_its_data(postgres: Postgres) -> None:
    postgres.ephemeral = False
    process = postgres.start()
    with psycopg.connect(postgres.url("postgres")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    kill_group(process)

    postgres.start()

    with psycopg.connect(postgres.url("postgres")) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


def test_moves_when_somebody_has_its_port(postgres: Postgres) -> None:
    with closing(socket.create_server((LOOPBACK, 0))) as somebody:
        postgres.port = somebody.getsockname()[1]

        postgres.start()

        assert postgres.port != somebody.getsockname()[1]
        psycopg.connect(postgres.url("postgres")).close()


def test_refuses_the_files_of_another_version(postgres: Postgres) -> None:
    postgres.files.mkdir()
    (postgres.files / "PG_VERSION").write_text("15\n")

    with pytest.raises(ServiceFailed, match="viennent de PostgreSQL 15 .* DATA_DIR=.data-neuf make run"):
        postgres.start()


def test_says_its_last_words_when_it_cannot_start(postgres: Postgres) -> None:
    postgres.start()
    postgres.stop()
    (postgres.files / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(ServiceFailed, match="no_such_setting"):
        postgres.start()


def test_a_pid_file_that_names_somebody_else_ends_nobody(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as somebody:
        (tmp_path / "postmaster.pid").write_text(f"{somebody.pid}\n")

        services._end_leftover(tmp_path)

        assert is_alive(somebody.pid)
        assert not (tmp_path / "postmaster.pid").exists()
        somebody.kill()


def test_a_server_that_outlived_its_run_is_ended_first(postgres: Postgres, tmp_path: Path) -> None:
    leftover = postgres.start()
    again = Postgres(tmp_path, port=free_port(), ephemeral=True)

    again.start()

    assert leftover.wait(timeout=10) == 0
    psycopg.connect(again.url("postgres")).close()
    again.stop()


def test_valkey_keeps_what_it_held_through_an_orderly_stop(tmp_path: Path) -> None:
    valkey = Valkey(tmp_path)
    valkey.start()
    with redis.Redis.from_url(valkey.url()) as client:
        client.set("name", "value")
    valkey.stop()

    valkey.start()

    with redis.Redis.from_url(valkey.url()) as client:
        assert client.get("name") == b"value"
    with redis.Redis(port=valkey.port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.get("name")
    valkey.stop()


def test_no_password_shows_in_the_list_of_processes(tmp_path: Path) -> None:
    valkey = Valkey(tmp_path, ephemeral=True)
    process = valkey.start()

    shown = Path(f"/proc/{process.pid}/cmdline").read_text()

    os.kill(process.pid, signal.SIGTERM)
    valkey.stop()
    assert (tmp_path / "valkey.password").read_text() not in shown
