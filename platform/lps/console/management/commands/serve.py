"""`lps serve web`: one of the product's processes, until it is asked to stop."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lps.console import serving
from lps.kernel import metrics


class Command(BaseCommand):
    help = "Fait tourner un des processus du produit, à la place de cette commande."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("process", choices=sorted(serving.PROCESSES), help=", ".join(sorted(serving.PROCESSES)))

    def handle(self, *args: Any, **options: Any) -> None:
        """Become the process: whoever started us, and its signals, know that one alone."""
        os.chdir(serving.ROOT)
        metrics.give_back()
        os.execve(sys.executable, [sys.executable, *serving.PROCESSES[options["process"]]()], serving.environment())
