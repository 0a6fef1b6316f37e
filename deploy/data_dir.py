"""The folder where one `make run` keeps everything: database, files, mails, keys, ports."""

from __future__ import annotations

import base64
import errno
import fcntl
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.files import kept, write_private
from deploy.processes import Impossible, disk_full_sentence, free_port, is_disk_full, port_is_taken, reserve, wait_until

ROOT = Path(__file__).resolve().parent.parent
NEEDED_BYTES = 500_000_000
LEAST_BYTES = 50_000_000
LEAVING_SECONDS = 3.0

_CAUSES = {
    errno.EACCES: "les droits manquent",
    errno.EPERM: "les droits manquent",
    errno.EROFS: "il est en lecture seule",
    errno.EEXIST: "ce n'est pas un dossier",
    errno.ENOTDIR: "ce n'est pas un dossier",
    errno.ENOENT: "il ne peut pas être créé",
}


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """One folder of data, named by `DATA_DIR`."""

    path: Path

    def prepare(self) -> None:
        """Make the folder, and refuse one that cannot be used or has no room."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=self.path) as probe:
                probe.write(b"?")
            os.listdir(self.path)
        except OSError as error:
            raise Impossible(self._unusable(error)) from error
        if shutil.disk_usage(self.path).free < (LEAST_BYTES if self._is_old else NEEDED_BYTES):
            raise Impossible(disk_full_sentence(self.path))

    @contextmanager
    def reserved(self) -> Iterator[None]:
        """Hold the folder for this process alone; the lock goes away with it, however it ends."""
        with open(self.path / "run.lock", "a") as lock:
            if not wait_until(lambda: _locks(lock.fileno()), seconds=LEAVING_SECONDS, pause=0.2):
                raise Impossible(
                    f"Un autre « make run » utilise déjà le dossier {self.path} : arrêtez-le, ou donnez un autre"
                    " dossier et un autre port, par exemple « DATA_DIR=.data-2 PORT=8010 make run »."
                )
            yield

    def secrets(self) -> Mapping[str, str]:
        """Give the keys of this developer's machine, drawn the first time and never the demonstration's of others."""
        folder = self.path / "secrets"
        folder.mkdir(exist_ok=True, mode=0o700)
        return {
            "LPS_SECRET_KEY": kept(folder / "secret-key", lambda: "demonstration-" + secrets.token_urlsafe(48)),
            "LPS_APP_KEYS": kept(folder / "app-keys", _drawn_application_key),
        }

    def port(self, name: str, *, wanted: int | None = None) -> int:
        """Give the port remembered under this name, or `wanted`, or another when somebody else has it, or soon will."""
        known = self._ports().get(name)
        if known is not None and is_released(known) and reserve(known):
            return known
        is_ours = wanted is not None and not port_is_taken(wanted) and reserve(wanted)
        chosen = wanted if wanted is not None and is_ours else free_port()
        self.remember_port(name, chosen)
        return chosen

    def remember_port(self, name: str, port: int) -> None:
        """Keep a port for the next start."""
        self._write("ports.json", {**self._ports(), name: port})

    def remember_ground(self, environment: Mapping[str, str]) -> None:
        """Leave word of where the running programs have their database and broker."""
        self._write("ground.json", environment)

    def ground(self) -> Mapping[str, str] | None:
        """Give what `remember_ground` left; None when nothing runs here."""
        try:
            with open(self.path / "run.lock") as lock:
                if _locks(lock.fileno()):
                    return None
            found: dict[str, str] = json.loads((self.path / "ground.json").read_text())
        except FileNotFoundError:
            return None
        return found

    def forget_ground(self) -> None:
        """Nothing runs here any more."""
        (self.path / "ground.json").unlink(missing_ok=True)

    @property
    def is_full(self) -> bool:
        """Tell whether a step that failed just now probably failed for want of room."""
        return shutil.disk_usage(self.path).free < LEAST_BYTES

    @property
    def _is_old(self) -> bool:
        return (self.path / "ports.json").exists()

    def _ports(self) -> dict[str, int]:
        path = self.path / "ports.json"
        found: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def _write(self, name: str, facts: Mapping[str, object]) -> None:
        write_private(self.path / name, json.dumps(facts, indent=1) + "\n")

    def _unusable(self, error: OSError) -> str:
        if is_disk_full(error):
            return disk_full_sentence(self.path)
        because = _CAUSES.get(error.errno or 0, error.strerror)
        return (
            f"Le dossier {self.path} ne peut pas être lu et écrit ({because}) :"
            " donnez-en un autre, par exemple « DATA_DIR=$HOME/lps make run »."
        )


def chosen() -> DataDirectory:
    """Give the folder that `DATA_DIR` names, from the root of the project; `.data` by default."""
    return DataDirectory(ROOT / Path(os.environ.get("DATA_DIR") or ".data").expanduser())


def is_released(port: int) -> bool:
    """Tell whether a port is free, now or as soon as the programs of a killed run have gone."""
    return wait_until(lambda: not port_is_taken(port), seconds=LEAVING_SECONDS, pause=0.1)


def _locks(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _drawn_application_key() -> str:
    return "k1:" + base64.b64encode(secrets.token_bytes(32)).decode()
