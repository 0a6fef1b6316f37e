"""Run several of the product's commands in one process: `python -m deploy.steps prepare "demo --if-absent"`.

Loading the product costs more than most commands do; a second start is faster so.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence

from django.core.management import execute_from_command_line


def main(commands: Sequence[str]) -> None:
    """Run each command line in turn; the first that fails ends all with its exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lps.config.settings")
    for command in commands:
        execute_from_command_line(["manage.py", *shlex.split(command)])


if __name__ == "__main__":
    main(sys.argv[1:])
