"""`lps rotate_keys`: wrap the communes' data keys under a new application key.

Put the new key first in `LPS_APP_KEYS`, the old one after it, restart everything, run this, then take the old one away.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lps.console.services import rotate_keys
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants.keys import KeyLost


class Command(BaseCommand):
    help = "Ré-enveloppe les clés des communes sous la première clé de LPS_APP_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            number = rotate_keys(by=Actor.system("commande"), channel=Channel.AUTOMATIC)
        except KeyLost as lost:
            raise CommandError(
                f"Une clé est illisible ({lost}) : LPS_APP_KEYS doit contenir l'ancienne clé après la nouvelle. "
                "Rien n'a été changé."
            ) from lost
        self.stdout.write(f"{number} communes : clés ré-enveloppées. L'ancienne clé peut être retirée.")
