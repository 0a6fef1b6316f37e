"""Make `.venv` from the hashed lock, with the standard library alone. A second run changes nothing.

System packages that Python itself needs (`python3-venv` on Debian) are installed through apt when we
are root; otherwise they are named and nothing else happens.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "made-from"


def main() -> int:
    """Bring `.venv` to the lock; 0 when it is ready."""
    if sys.version_info < (3, 11):
        return _say("Il faut Python 3.11 ou plus récent.")
    if _stamp() == (STAMP.read_text() if STAMP.exists() else None):
        return 0
    if importlib.util.find_spec("ensurepip") is None and (refusal := _install("python3-venv")):
        return refusal
    return _make()


def _make() -> int:
    """Make the environment anew: a half-made one is not repaired."""
    print("Préparation de .venv (une minute environ)…", file=sys.stderr)
    shutil.rmtree(VENV, ignore_errors=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "-q", "--require-hashes", "-r"]
    for command in ([sys.executable, "-m", "venv", str(VENV)], [*pip, str(ROOT / "requirements.lock")]):
        if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
            return _say("Les bibliothèques n'ont pas pu être installées : vérifiez le réseau et la place sur le disque.")
    (packages,) = (VENV / "lib").glob("python3*/site-packages")
    (packages / "lps_roots.pth").write_text(f"{ROOT}\n{ROOT / 'platform'}\n")
    STAMP.write_text(_stamp())
    return 0


def _stamp() -> str:
    lock = hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest()
    return f"{lock} {ROOT} {sys.version_info[:3]}\n"


def _install(*packages: str) -> int:
    """Install system packages as root, or name them and stop; 0 when done."""
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if os.geteuid() or shutil.which("apt-get") is None:
        return _say(f"Il manque des paquets du système. Lancez : sudo {' '.join(command)}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "-qq"], command):
        if subprocess.run(step, env=env, check=False, stdout=sys.stderr).returncode:
            return _say("Les paquets du système n'ont pas pu être installés : vérifiez le réseau.")
    importlib.invalidate_caches()
    return 0


def _say(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
