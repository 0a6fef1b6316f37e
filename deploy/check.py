"""`make check`: what can be known without running a test. All is looked at, then all that failed is named."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.processes import adopt_orphans, die_with_parent, explained, kill_descendants
from deploy.services import ephemeral_ground
from deploy.test import environment, interrupt_once

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sys.executable).parent
MANAGE = (sys.executable, "manage.py")
CHECKS: Mapping[str, Sequence[str]] = {
    "règles d'écriture": (str(SCRIPTS / "ruff"), "check", "-q", "."),
    "mise en forme": (str(SCRIPTS / "ruff"), "format", "--check", "-q", "."),
    "qui importe qui": (str(SCRIPTS / "lint-imports"),),
    "types": (str(SCRIPTS / "mypy"), "."),
    "noms des tests": (sys.executable, "-m", "deploy.names"),
    "migrations manquantes": (*MANAGE, "makemigrations", "--check", "--dry-run"),
    "migrations sûres": (*MANAGE, "fleet", "check"),
    "réglages": (*MANAGE, "check"),
    "pluriels": (sys.executable, "-m", "deploy.plurals", "--check"),
    "gabarits": (sys.executable, "-m", "deploy.templates"),
}


def main() -> int:
    """Run every check; 1 when one of them failed."""
    adopt_orphans()
    signal.signal(signal.SIGTERM, interrupt_once)
    return explained(_check, place=tempfile.gettempdir())


def _check() -> int:
    with ephemeral_ground() as ground:
        variables = {**environment(ground=ground), "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")])}
        try:
            failed = [name for name, command in CHECKS.items() if not _passes(name, command, variables)]
        finally:
            kill_descendants(spare=ground.pids)
    if failed:
        print(f"À corriger : {', '.join(failed)}.")
        return 1
    print("Tout est en ordre.")
    return 0


def _passes(name: str, command: Sequence[str], variables: Mapping[str, str]) -> bool:
    """Run one check, silent when it passes."""
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=dict(variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    verdict = "bien" if done.returncode == 0 else "ÉCHEC"
    print(f"{name:<24} {verdict:<6} {time.monotonic() - started:5.1f} s", flush=True)
    if done.returncode != 0:
        print(done.stdout, flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    if "MAKELEVEL" in os.environ:
        die_with_parent(signal.SIGTERM)
    sys.exit(main())
