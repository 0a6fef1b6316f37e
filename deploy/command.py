"""`python -m deploy.command api_token demo …`: one of the product's commands, inside the `make run` of this folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from deploy import data_dir
from deploy.data_dir import ROOT
from deploy.processes import Impossible, explained


def main(words: Sequence[str]) -> int:
    """Run the command and give its exit code; 1 with a sentence when nothing runs here."""
    return explained(lambda: _run(words), place=data_dir.chosen().path)


def _run(words: Sequence[str]) -> int:
    ground = data_dir.chosen().ground()
    if ground is None:
        raise Impossible("Rien ne tourne ici : lancez d'abord « make run » (avec le même DATA_DIR).")
    done = subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env={**os.environ, **ground}, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
