"""`lps voice render`: what every town says, by the natural voice, into a folder that an image holds.

`lps voice ask`: have the workers render all that each open commune can say.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import context
from tenants.queries import open_communes
from tenants.wakeup import wake_after_commit
from voice import phrases
from voice.gateway.kokoro import Kokoro
from voice.gateway.prompts import Store, wanted
from voice.wakeup import ASK


class Command(BaseCommand):
    help = "Prépare la voix naturelle du serveur vocal."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        render = actions.add_parser("render", help="dit d'avance les phrases communes à toutes les villes")
        render.add_argument("--to", default="", help="le dossier où les garder ; LPS_VOICE_CATALOGUE sinon")
        actions.add_parser("ask", help="demande à dire d'avance ce que chaque commune peut avoir à dire")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "ask":
            return self._ask()
        folder = options["to"] or settings.LPS_VOICE_CATALOGUE or settings.LPS_VOICE_PROMPTS
        store = Store(Path(folder))
        try:
            number = render_catalogue(store)
        except OSError as error:
            raise CommandError(f"La voix naturelle ne parle pas : {error}") from error
        self.stdout.write(f"{number} phrases dites dans {folder}, {len(catalogue())} en tout.")

    def _ask(self) -> None:
        for commune in open_communes():
            with context.use(commune):
                wake_after_commit(ASK)


def catalogue() -> list[str]:
    """What every town says, whatever its calls are about."""
    return [*phrases.fixed(), *phrases.of_hours()]


def render_catalogue(store: Store) -> int:
    """Render what is not there yet; how many pieces that is. Raises `NoVoice`, OSError."""
    engine, number = Kokoro(), 0
    for text in catalogue():
        one = wanted(text, said=(), engine=engine)
        path = store.path(one, place="")
        if not path.exists():
            store.keep(path, engine.render(text))
            number += 1
    return number
