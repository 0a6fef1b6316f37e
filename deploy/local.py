"""What `make run` and `make demo` share: one machine's variables, services and steps before serving."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg
import redis

from deploy.data_dir import ROOT, DataDirectory, is_released
from deploy.processes import Impossible, disk_full_sentence, port_is_taken, start
from deploy.services import STOP_SECONDS, Postgres, Valkey
from deploy.supervisor import Output, Program, Supervisor
from lps.kernel import clock
from notifications.email_url import BadEmailUrl, settings_from_url
from tenants.storage import BadStorageSettings, storages_setting

DATABASE = "lps"
WEB_PORT = 8000
LARGEST_PORT = 65535
OURS = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "PAYFIP_URL", "PORT")
OUR_PREFIXES = ("LPS_", "S3_", "AWS_")
Start = Callable[[], subprocess.Popen[bytes]]


@dataclass(slots=True)
class Local:
    """One developer's machine: its data, its programs and the variables that they get."""

    data: DataDirectory
    supervisor: Supervisor
    output: Output
    variables: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, int] = field(default_factory=dict)  # the port of each process's figures

    def __post_init__(self) -> None:
        """Set what does not depend on a service. Every process reckons the moved clock from the same instant."""
        refuse_unreadable_clock()
        refuse_unreadable_addresses()
        self.variables = {
            **self.data.secrets(),
            **os.environ,
            "LPS_ENV": "development",
            "LPS_DATA_DIR": str(self.data.path),
            "LPS_CLOCK_ORIGIN": str(time.time()),
            "PYTHONUNBUFFERED": "1",
        }

    def start_services(self) -> None:
        """Start the database and the broker, or ask the services that we were given whether they answer."""
        if os.environ.get("S3_ENDPOINT_URL"):
            _ask_bucket()
        if "DATABASE_URL" in os.environ:
            _ask_database(os.environ["DATABASE_URL"])
        else:
            self._start_postgres()
        if "REDIS_URL" in os.environ:
            _ask_broker(os.environ["REDIS_URL"])
        else:
            self._start_valkey()

    def manage(self, *commands: str) -> None:
        """Run some of the product's commands to their end, their lines followed; raises when one fails."""
        process = self.launch(sys.executable, "-m", "deploy.steps", *commands)
        reader = self.output.follow("base", _piped(process))
        code = self.supervisor.run(process)
        reader.join(timeout=1.0)
        if code != 0:
            raise Impossible(self._why("La base n'a pas pu être préparée : les lignes ci-dessus disent pourquoi."))

    def answer(self, *words: str) -> str:
        """Run one of the product's commands and give what it says."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Impossible(
                self._why(f"« manage.py {' '.join(words)} » a échoué : les lignes ci-dessus disent pourquoi.")
            )
        return done.stdout

    def launch(
        self, *command: str | Path, extra: Mapping[str, str] | None = None, stranger: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start a program, its output in a pipe. A stranger, which is not the product's, gets none of our variables."""
        known = {"PATH": os.environ.get("PATH", os.defpath)} if stranger else self.variables
        return start(command, output=subprocess.PIPE, env={**known, **(extra or {})}, cwd=ROOT)

    def remember(self) -> None:
        """Leave word of our variables for a command run beside: those of the product, not the whole shell's."""
        ours = {name: value for name, value in self.variables.items() if name in OURS or name.startswith(OUR_PREFIXES)}
        self.data.remember_ground(ours)

    def keep(
        self,
        name: str,
        *command: str | Path,
        stage: int = 1,
        extra: Mapping[str, str] | None = None,
        stranger: bool = False,
    ) -> None:
        """Keep a program running, its lines under its name; `extra` and `stranger` as in `launch`."""

        def begin() -> subprocess.Popen[bytes]:
            process = self.launch(*command, extra=extra, stranger=stranger)
            self.output.follow(name, _piped(process))
            return process

        self.supervisor.start(Program(name, begin, stage=stage))

    def _start_postgres(self) -> None:
        postgres = Postgres(self.data.path, port=self.data.port("postgres"))
        self.supervisor.start(
            Program("postgres", _on_one_port(postgres), stop_signal=signal.SIGINT, grace=STOP_SECONDS, log=postgres.log)
        )
        self.data.remember_port("postgres", postgres.port)
        postgres.create_database(DATABASE)
        self.variables["DATABASE_URL"] = postgres.url(DATABASE)

    def _start_valkey(self) -> None:
        valkey = Valkey(self.data.path, port=self.data.port("valkey"))
        self.supervisor.start(Program("valkey", valkey.start, grace=STOP_SECONDS, log=valkey.log))
        self.variables["REDIS_URL"] = valkey.url()

    def _why(self, sentence: str) -> str:
        return disk_full_sentence(self.data.path) if self.data.is_full else sentence


def web_port() -> int:
    """Give the port of the pages; raises when it cannot be had, naming one that can."""
    port = chosen_port("PORT") or WEB_PORT
    if not is_released(port):
        free = next((other for other in range(port + 10, LARGEST_PORT, 10) if not port_is_taken(other)), WEB_PORT)
        raise Impossible(f"Le port {port} est déjà pris : donnez-en un autre, par exemple « PORT={free} make run ».")
    return port


def chosen_port(name: str) -> int | None:
    """Read a port from the environment; None when it is not set, a sentence when it cannot be one."""
    words = os.environ.get(name, "").strip()
    if not words:
        return None
    if not words.isdecimal() or not 0 < int(words) <= LARGEST_PORT:
        raise Impossible(f"{name}={words} n'est pas un port : donnez un nombre de 1 à {LARGEST_PORT}.")
    if os.geteuid() != 0 and int(words) < _lowest_port():
        raise Impossible(f"Le port {words} est réservé à root : donnez un nombre à partir de {_lowest_port()}.")
    return int(words)


def refuse_unreadable_clock() -> None:
    """Raise a sentence when `LPS_CLOCK` cannot be read."""
    try:
        clock.shift()
    except clock.BadClock as error:
        raise Impossible(
            f"LPS_CLOCK={error} ne peut pas être lu : donnez un instant avec son décalage"
            " (2014-10-08T13:20+02:00) ou un écart (+3d, -2h, +90m)."
        ) from error


def refuse_unreadable_addresses() -> None:
    """Raise a sentence when the mail server or the bucket cannot be read in the environment."""
    try:
        settings_from_url(os.environ.get("EMAIL_URL", "memory://"))
        storages_setting({**os.environ, "LPS_DATA_DIR": "."})
    except BadEmailUrl as error:
        raise Impossible(f"{error} : donnez par exemple « EMAIL_URL=smtp://127.0.0.1:25 ».") from error
    except BadStorageSettings as error:
        raise Impossible(
            f"Avec S3_ENDPOINT_URL, il faut S3_BUCKET, AWS_ACCESS_KEY_ID et AWS_SECRET_ACCESS_KEY ({error})."
        ) from error


def _lowest_port() -> int:
    return int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())


def _on_one_port(postgres: Postgres) -> Start:
    """Start the server, and again on the same port only: the programs keep its address."""
    first: list[int] = []

    def begin() -> subprocess.Popen[bytes]:
        process = postgres.start()
        first.append(postgres.port)
        if postgres.port != first[0]:
            raise Impossible("Le port de PostgreSQL a été pris par un autre programme : relancez « make run ».")
        return process

    return begin


def _ask_database(url: str) -> None:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        raise Impossible(f"La base de données de DATABASE_URL ne répond pas : {_first_line(error)}") from error


def _ask_broker(url: str) -> None:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise Impossible(f"Le serveur de REDIS_URL ne répond pas : {_first_line(error)}") from error


def _ask_bucket() -> None:
    """Ask for the bucket with the same keys as the product."""
    import boto3  # slow to load, and seldom of use here
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    limits = Config(connect_timeout=5, read_timeout=5, retries={"max_attempts": 0}, s3={"addressing_style": "path"})
    client = boto3.client(
        "s3",
        endpoint_url=os.environ["S3_ENDPOINT_URL"],
        region_name=os.environ.get("S3_REGION") or None,
        config=limits,
    )
    try:
        client.head_bucket(Bucket=os.environ["S3_BUCKET"])
    except (BotoCoreError, ClientError) as error:
        raise Impossible(f"Le stockage de S3_ENDPOINT_URL ne répond pas : {_first_line(error)}") from error
    finally:
        client.close()


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _piped(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None
    return process.stdout
