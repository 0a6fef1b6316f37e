"""Make `.venv` from the hashed lock, with the standard library alone. A second run changes nothing.

System packages are installed through apt when we are root; otherwise they are named and nothing else
happens. `--tests` also brings the browser and the telephones that the tests drive and what tries the chart,
`--speech` the natural voice of the telephone.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "made-from"
# What some commands need beside, each under a lock of its own.
CHARTS = "requirements-charts.lock"
SPEECH = "requirements-speech.lock"
OLDEST = (3, 11)
INTERRUPTED = 130
END_SECONDS = 20.0
NEEDED_BYTES = 1_500_000_000
# What draws the PDF files, by Debian package.
LIBRARIES = {
    "libpango-1.0-0": "libpango-1.0.so.0",
    "libpangoft2-1.0-0": "libpangoft2-1.0.so.0",
    "libharfbuzz-subset0": "libharfbuzz-subset.so.0",
}
# What the program that drives the browser needs beside it.
BROWSER_LIBRARIES = {"libatomic1": "libatomic.so.1"}
# What the tests drive: a browser, and callers by the hundred; by Debian package.
TOOLS = {"chromium": "chromium", "sip-tester": "sipp"}

_NO_ROOM = ("No space left on device", "Disk quota exceeded", "enough free space", "not enough space")
_NO_NETWORK = (
    "Temporary failure",
    "Could not resolve",
    "NewConnectionError",
    "ConnectTimeoutError",
    "Failed to establish",
    "Failed to fetch",
    "Could not connect",
    "Connection refused",
    "Network is unreachable",
    "ReadTimeoutError",
    "ProxyError",
)


class Impossible(Exception):
    """Something that the person at the keyboard can mend; the message is for them, in French."""


def main(arguments: Sequence[str]) -> int:
    """Bring the machine and `.venv` to what the lock asks; 0 when both are ready."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    more = [lock for option, lock in (("--tests", CHARTS), ("--speech", SPEECH)) if option in arguments]
    try:
        _prepare(more, with_browser="--tests" in arguments)
    except KeyboardInterrupt:
        return _say("Interrompu : relancez la même commande pour reprendre.", code=INTERRUPTED)
    except Impossible as refusal:
        return _say(str(refusal))
    except OSError as error:
        return _say(_sentence_of(error))
    return 0


def _prepare(more: Sequence[str], *, with_browser: bool) -> None:
    """Look first, install next: what is ready already costs nothing."""
    if sys.version_info < OLDEST:
        raise Impossible("Il faut Python 3.11 au moins : indiquez-le, par exemple « PYTHON=python3.12 make run ».")
    if not _is_made() or _missing_packages(with_browser=with_browser) or not all(map(_is_added, more)):
        with _alone():
            if packages := _missing_packages(with_browser=with_browser):
                _install(packages)
            if not _is_made():
                _make()
            for lock in more:
                if not _is_added(lock):
                    _add(lock)


@contextmanager
def _alone() -> Iterator[None]:
    """Let one command at a time change `.venv`: the second one finds it made.

    A step inherits the lock: it may outlive us if we are killed, and still write.
    """
    folder = os.open(ROOT, os.O_RDONLY)
    os.set_inheritable(folder, True)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _tell("Une autre commande prépare déjà .venv : attente de sa fin…")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


# --- The environment -------------------------------------------------------------------------------------------------


def _is_made() -> bool:
    return (VENV / "bin" / "python").exists() and STAMP.is_file() and STAMP.read_text() == _stamp()


def _make() -> None:
    """Make the environment anew: a half-made one is not repaired."""
    _tell("Installation des bibliothèques dans .venv (une à trois minutes)…")
    shutil.rmtree(VENV, ignore_errors=True)
    if shutil.disk_usage(ROOT).free < NEEDED_BYTES:
        raise Impossible(_disk_full())
    _run([sys.executable, "-m", "venv", str(VENV)], what="L'environnement .venv n'a pas pu être créé.")
    _install_from("requirements.lock")
    (packages,) = (VENV / "lib").glob("python3*/site-packages")
    (packages / "lps_roots.pth").write_text(f"{ROOT}\n{ROOT / 'platform'}\n")
    STAMP.write_text(_stamp())


def _stamp() -> str:
    """Name what `.venv` is made from: the lock, the place (scripts hold its path) and the interpreter."""
    return f"{_hash('requirements.lock')} {ROOT} {sys.version_info[:3]}\n"


def _is_added(lock: str) -> bool:
    stamp = _added(lock)
    return not (ROOT / lock).exists() or (stamp.is_file() and stamp.read_text() == _hash(lock))


def _add(lock: str) -> None:
    """Put one more lock into the environment that is there; made anew, the environment forgets it."""
    _tell(f"Installation de ce que {lock} ajoute…")
    _install_from(lock)
    _added(lock).write_text(_hash(lock))


def _added(lock: str) -> Path:
    return VENV / f"added-{lock}"


def _install_from(lock: str) -> None:
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    what = "Les bibliothèques n'ont pas pu être installées."
    _run([*pip, "--require-hashes", "-r", str(ROOT / lock)], what=what)


def _hash(lock: str) -> str:
    return hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()


# --- System packages -------------------------------------------------------------------------------------------------


def _missing_packages(*, with_browser: bool) -> list[str]:
    missing = []
    if not _is_made() and importlib.util.find_spec("ensurepip") is None:
        missing.append("python3-venv")
    libraries = LIBRARIES | (BROWSER_LIBRARIES if with_browser else {})
    missing += [package for package, library in libraries.items() if not _is_there(library)]
    if shutil.which("espeak-ng") is None:
        missing.append("espeak-ng")
    if with_browser:
        missing += [package for package, program in TOOLS.items() if shutil.which(program) is None]
    return missing


def _is_there(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _install(packages: Sequence[str]) -> None:
    """Install system packages as root, or name them and stop."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Impossible(f"Il manque des paquets du système. Lancez : sudo {' '.join(command)}")
    _tell(f"Installation de {', '.join(packages)} (paquets du système)…")
    options = ["-qq", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0"]
    what = "Les paquets du système n'ont pas pu être installés."
    _run(["apt-get", "update", *options], what=what)
    _run([*command, *options], what=what)
    importlib.invalidate_caches()


# --- Small things ----------------------------------------------------------------------------------------------------


def _run(command: Sequence[str], *, what: str) -> None:
    """Run one step in silence; when it fails, give its last words, then what to do."""
    with subprocess.Popen(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        close_fds=False,
        start_new_session=True,
    ) as step:
        try:
            words, _ = step.communicate()
        except KeyboardInterrupt:
            _end(step)
            raise
    if step.returncode != 0:
        _tell("\n".join(words.splitlines()[-15:]))
        raise Impossible(_sentence(what, words=words))


def _end(step: subprocess.Popen[str]) -> None:
    """Wait for an interrupted step and its own programs to leave, so that nothing writes behind us; then kill them."""
    os.killpg(step.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):  # they are killed below in any case
        step.communicate(timeout=END_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(step.pid, signal.SIGKILL)


def _sentence(what: str, *, words: str) -> str:
    """Say what failed and, where the last words of the step tell, what to mend."""
    if any(sign in words for sign in _NO_ROOM):
        return _disk_full()
    if any(sign in words for sign in _NO_NETWORK):
        return f"{what} Le réseau ne répond pas : vérifiez la connexion (ou le proxy), puis relancez la même commande."
    return f"{what} Les lignes ci-dessus disent pourquoi ; corrigez, puis relancez la même commande."


def _sentence_of(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _disk_full()
    place = error.filename or ROOT
    return f"{place} ne peut pas être lu ou écrit ({error.strerror}) : vérifiez les droits de ce dossier."


def _disk_full() -> str:
    return f"Le disque est plein ({ROOT}) : libérez de la place (2 Go suffisent), puis relancez la même commande."


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _say(sentence: str, *, code: int = 1) -> int:
    _tell(sentence)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
