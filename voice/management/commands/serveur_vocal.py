"""`manage.py serveur_vocal`: the voice server, until it is asked to stop."""

import asyncio
import ipaddress
import logging
import signal
import socket
import sys
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lps.kernel import alive, clock
from lps.kernel.metrics.exposing import expose
from voice.dialogue.facts import phrase
from voice.gateway.errors import NoVoice
from voice.gateway.exchange import Exchange
from voice.gateway.keeper import Keeper
from voice.gateway.prompts import Store
from voice.gateway.server import Server
from voice.phrases import sentence

# The loop that listens to keys waits no longer than this for its turn behind a thread that asks the town.
SWITCH_SECONDS = 0.0005
log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Répond au téléphone : le serveur FastAGI auquel Asterisk passe les appels."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", type=private_address, default="127.0.0.1", help="une adresse privée")
        parser.add_argument("--port", type=int, default=4573)
        parser.add_argument("--name", default=socket.gethostname(), help="son nom dans la console")
        parser.add_argument(
            "--asterisk",
            type=Path,
            help="le dossier partagé avec Asterisk (etc, run) : il y reçoit les lignes réglées dans la console",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        store = Store(Path(settings.LPS_VOICE_PROMPTS), settings.LPS_VOICE_PROMPTS_SEEN_AS)
        try:
            store.prepare(unavailable=sentence(phrase("failed")), catalogue=_catalogue())
        except NoVoice as error:
            raise CommandError("Il manque espeak-ng, la voix du serveur vocal : installez ce paquet.") from error
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise CommandError(f"Le dossier des phrases {store.folder} ne peut pas être préparé ({why}).") from error
        expose("voice")
        sys.setswitchinterval(SWITCH_SECONDS)
        folder = options["asterisk"] or settings.LPS_VOICE_ASTERISK
        exchange = Exchange(Path(folder)) if folder else None
        keeper = Keeper(name=options["name"][:120], started_at=clock.real_now(), exchange=exchange)
        uvloop.run(_serve(Server(store=store), keeper, options["host"], options["port"]))
        keeper.leave()


def private_address(words: str) -> str:
    """An address that nobody reaches from outside: AGI asks nobody who they are."""
    try:
        address = ipaddress.ip_address(words)
    except ValueError as error:
        raise ArgumentTypeError(f"« {words} » n'est pas une adresse") from error
    if not address.is_private or address.is_unspecified:
        raise ArgumentTypeError(f"« {words} » n'est pas une adresse privée : FastAGI n'a pas de mot de passe")
    return words


def _catalogue() -> Path | None:
    return Path(settings.LPS_VOICE_CATALOGUE) if settings.LPS_VOICE_CATALOGUE else None


async def _serve(server: Server, keeper: Keeper, host: str, port: int) -> None:
    """Answer until asked to stop; then the calls that stand may end, still told of while they do."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    bound = await server.open(host, port)
    log.info("the voice server answers on %s:%s", host, bound)
    looking = asyncio.create_task(keeper.beat(lambda: server.standing))
    looking.add_done_callback(_told)
    shown = asyncio.create_task(_show_alive())
    await asked.wait()
    await server.close()
    shown.cancel()
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)


async def _show_alive() -> None:
    while True:
        alive.show()
        await asyncio.sleep(alive.EVERY_SECONDS)


def _told(looking: asyncio.Task[None]) -> None:
    """Calls go on without it; that it has ended is not kept quiet."""
    if not looking.cancelled() and looking.exception():
        log.error("Asterisk's lines are no longer looked after", exc_info=looking.exception())
