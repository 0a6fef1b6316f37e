"""`lps rotate_keys`: wrap the communes' data keys under a new application key.

Put the new key first in `LPS_APP_KEYS`, the old one after it, restart everything, run this, then take the old one away:
once `--check` says that nothing is sealed under it any more. Killed half-way, run it again.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lps.console.services import keys_in_use, rotate_keys
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants.keys import KeyLost


class Command(BaseCommand):
    help = "Ré-enveloppe les clés des communes sous la première clé de LPS_APP_KEYS."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="dit seulement quelles clés servent encore")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            self._rotate()
        for key, number in sorted(keys_in_use().items()):
            self.stdout.write(f"{key} : {number} communes, secrets d'exploitants et mots de passe de lignes.")

    def _rotate(self) -> None:
        try:
            number = rotate_keys(by=Actor.system("commande"), channel=Channel.AUTOMATIC)
        except KeyLost as lost:
            raise CommandError(
                f"Une clé est illisible ({lost}) : LPS_APP_KEYS doit contenir l'ancienne clé après la nouvelle. "
                "Rien n'a été changé."
            ) from lost
        self.stdout.write(f"{number} communes : clés ré-enveloppées.")
        self.stdout.write("Une clé qui n'est plus nommée ci-dessous peut être retirée de LPS_APP_KEYS.")
