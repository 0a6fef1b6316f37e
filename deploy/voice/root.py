"""Asterisk's own root: Debian's package of the unstable suite, beside the machine's system and without touching it.

That suite moves, and some days it cannot be installed: the last root that could be made is kept packed beside it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from enum import StrEnum
from pathlib import Path

from deploy.processes import Impossible

SUITE = "sid"
BINARY = "usr/sbin/asterisk"


class Made(StrEnum):
    """Where a root comes from, in words for the person at the keyboard."""

    THERE = "déjà là"
    NEW = "prêt"
    KEPT = "prêt (Debian n’a pas pu l’installer : la dernière racine gardée est reprise)"


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


def make(root: Path) -> Made:
    """Make the root and keep it packed, or take up the one that was kept. Raises `Impossible` when there is neither.

    A half-made one is made again.
    """
    if (root / BINARY).exists():
        return Made.THERE
    if os.geteuid() != 0:
        raise Impossible("La racine d'Asterisk se fait en tant que root : « sudo make voice ».")
    part = root.with_name(f"{root.name}.part")
    try:
        _install(_emptied(part))
        made = Made.NEW
    except Impossible:
        if not _is_whole(packed(root)):
            raise
        _run("tar", "-xzpf", str(packed(root)), "--numeric-owner", "-C", str(_emptied(part)))
        made = Made.KEPT
    part.rename(root)
    if made is Made.NEW:
        _keep(root, packed(root))
    return made


def packed(root: Path) -> Path:
    """Where the last good root is kept; the file of its sum lies beside it."""
    return root.with_name(f"{root.name}.tar.gz")


def _install(part: Path) -> None:
    if shutil.which("debootstrap") is None:
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "debootstrap")
    _run("debootstrap", "--variant=minbase", "--include=asterisk", SUITE, str(part), _mirror())
    for archive in (part / "var/cache/apt/archives").glob("*.deb"):
        archive.unlink()
    if not (part / BINARY).exists():
        raise Impossible("La racine est faite, mais Asterisk n'y est pas.")


def _emptied(part: Path) -> Path:
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    return part


def _keep(good: Path, kept: Path) -> None:
    """Pack a good root: whole with its sum, or the one before stays."""
    draft = kept.with_name(f"{kept.name}.part")
    _run("tar", "-czpf", str(draft), "--numeric-owner", "-C", str(good), ".")
    _sum(kept).unlink(missing_ok=True)
    draft.rename(kept)
    _sum(kept).write_text(f"{_digest(kept)}  {kept.name}\n")


def _is_whole(kept: Path) -> bool:
    return kept.exists() and _sum(kept).exists() and _sum(kept).read_text().split()[:1] == [_digest(kept)]


def _sum(kept: Path) -> Path:
    return kept.with_name(f"{kept.name}.sha256")


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


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
