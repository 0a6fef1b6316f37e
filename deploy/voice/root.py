"""Asterisk's own root: Debian's package of the unstable suite, beside the machine's system and without touching it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from deploy.processes import Impossible

SUITE = "sid"
BINARY = "usr/sbin/asterisk"


def chosen() -> Path:
    """Where the root is: `LPS_VOICE_ROOT`, or the user's cache, which every checkout shares."""
    given = os.environ.get("LPS_VOICE_ROOT")
    return Path(given) if given else Path.home() / ".cache" / "lps" / "asterisk"


def obstacle(root: Path) -> str:
    """What keeps us from starting Asterisk from there, and what to do, in French; "" when nothing does."""
    if os.geteuid() != 0:
        return "il faut être root pour démarrer Asterisk"
    if not (root / BINARY).exists():
        return "Asterisk n'est pas installé : « make voice » l'ajoute"
    tried = subprocess.run(["unshare", "--mount", "--propagation", "private", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "cette machine ne laisse pas monter de dossiers, ce qu'Asterisk demande ici"


def make(root: Path) -> bool:
    """Make the root; False when it was there already. A half-made one is made again. Raises `Impossible`."""
    if (root / BINARY).exists():
        return False
    if os.geteuid() != 0:
        raise Impossible("La racine d'Asterisk se fait en tant que root : « sudo make voice ».")
    if shutil.which("debootstrap") is None:
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "debootstrap")
    part = root.with_name(f"{root.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    _run("debootstrap", "--variant=minbase", "--include=asterisk", SUITE, str(part), _mirror())
    for archive in (part / "var/cache/apt/archives").glob("*.deb"):
        archive.unlink()
    part.rename(root)
    return True


def _mirror() -> str:
    """The first mirror that apt is configured with: no address is written here."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    mirror = next(iter(found.stdout.split()), "")
    if not mirror:
        raise Impossible("apt n'a pas de miroir : lancez « apt-get update », puis relancez la même commande.")
    return mirror


def _run(*command: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-5:])
        raise Impossible(f"« {command[0]} » a échoué :\n{last}")
