"""The `lps` command: Django's own commands and ours, under our settings."""

import os
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lps.config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
