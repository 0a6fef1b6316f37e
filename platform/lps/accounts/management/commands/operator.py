"""`lps operator olivier@editeur.example "Olivier Martin"`: an operator of the console, its password asked for."""

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lps.accounts import words
from lps.accounts.roles import Role
from lps.accounts.services import AccountRefused, create_account
from lps.accounts.totp import provisioning_uri
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants import context

BY = Actor.system("commande")


class Command(BaseCommand):
    help = "Crée un exploitant de la console. Le mot de passe est demandé, ou lu sur l'entrée standard."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="son adresse e-mail")
        parser.add_argument("name", help="son prénom et son nom")

    def handle(self, *args: Any, **options: Any) -> None:
        with context.public():
            try:
                made = create_account(
                    email=options["email"],
                    name=options["name"][:120],
                    password=_password(),
                    roles=[Role.OPERATOR],
                    by=BY,
                    channel=Channel.AUTOMATIC,
                )
            except AccountRefused as error:
                raise CommandError(words.account_refused(error.refusal)) from error
        self.stdout.write(f"{made.account.name} est exploitant. À saisir dans une application d'authentification,")
        self.stdout.write(f"affiché cette seule fois : {made.totp_secret}")
        uri = provisioning_uri(secret=made.totp_secret, email=made.account.email, issuer="Les Parents Services")
        self.stdout.write(uri)


def _password() -> str:
    """Typed twice at a terminal without being shown; else the first line that comes."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    chosen = getpass.getpass("Mot de passe, douze signes au moins : ")
    if getpass.getpass("Encore une fois : ") != chosen:
        raise CommandError("Les deux mots de passe ne sont pas les mêmes.")
    return chosen
