"""Kamailio, the operator of the tests: Debian's package opened in the user's cache, beside the machine's system.

Installed, it would begin at once to answer on every address of the machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

PACKAGE = "kamailio"


def chosen() -> Path:
    """Where it is: every checkout shares it."""
    return Path.home() / ".cache" / "lps" / PACKAGE


def command(root: Path) -> tuple[str, ...]:
    """The program, and where its modules are."""
    return str(root / "usr/sbin/kamailio"), "-L", str(next(root.glob("usr/lib/*/kamailio/modules"), root))


def variables(root: Path) -> Mapping[str, str]:
    """What it needs around it: its own libraries, which are in its package."""
    libraries = next(root.glob("usr/lib/*/kamailio"), root)
    return {"PATH": os.environ.get("PATH", os.defpath), "LD_LIBRARY_PATH": str(libraries)}


def obstacle(root: Path) -> str:
    """What keeps us from starting it, and what to do, in French; "" when nothing does."""
    program, *_ = command(root)
    if not Path(program).exists():
        return "Kamailio, l'opérateur des essais, n'est pas là : « make voice » l'ajoute"
    tried = subprocess.run([program, "-v"], env=dict(variables(root)), capture_output=True, check=False)
    return "" if tried.returncode == 0 else "Kamailio, l'opérateur des essais, ne démarre pas sur cette machine"


def fetch(root: Path) -> bool:
    """Put it there; whether it is there. It is for tests alone: without it the rest of the telephone works."""
    if (root / "usr/sbin/kamailio").exists():
        return True
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        download = ["apt-get", "download", "-qq", PACKAGE]
        if shutil.which("apt-get") is None or subprocess.run(download, cwd=folder, check=False).returncode != 0:
            return False
        [archive] = Path(folder).glob("*.deb")
        part = Path(folder) / "part"
        if subprocess.run(["dpkg-deb", "-x", archive, part], check=False).returncode != 0:
            return False
        part.rename(root)
    return True
