"""`make demo`: drop and recreate the two demonstration communes, in what runs on this folder or without it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from deploy import data_dir
from deploy.data_dir import ROOT, DataDirectory
from deploy.local import Local
from deploy.processes import explained
from deploy.supervisor import Output, Supervisor


def main() -> int:
    """Load the demonstration anew; the exit code of the command that does it."""
    return explained(_load, place=data_dir.chosen().path)


def _load() -> int:
    data = data_dir.chosen()
    data.prepare()
    ground = data.ground()
    return _load_there(ground) if ground else _load_here(data)


def _load_there(ground: Mapping[str, str]) -> int:
    """Load into the database of the `make run` that is running."""
    command = [sys.executable, "-m", "deploy.steps", "prepare", "demo"]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **ground}, check=False).returncode


def _load_here(data: DataDirectory) -> int:
    """Start the services, load, and stop them; mails go nowhere."""
    output = Output(width=9)
    with data.reserved(), Supervisor(output=output) as supervisor:
        local = Local(data, supervisor, output)
        local.variables["EMAIL_URL"] = "memory://"
        local.start_services()
        local.manage("prepare", "demo")
    return 0


if __name__ == "__main__":
    sys.exit(main())
