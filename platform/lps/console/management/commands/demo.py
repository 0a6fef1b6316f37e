"""`lps demo`: the two demonstration communes, made anew unless told otherwise."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lps.console import demonstration


class Command(BaseCommand):
    help = "Refait les communes de démonstration (jamais en production)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-absent", action="store_true", help="ne crée que ce qui manque")
        parser.add_argument("--accounts", action="store_true", help="écrit les comptes, sans rien créer")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["accounts"]:
            self._say_accounts()
            return
        try:
            made = demonstration.load(again=not options["if_absent"])
        except demonstration.NotInProduction as refusal:
            raise CommandError(str(refusal)) from refusal
        for commune in made:
            self.stdout.write(f"{commune.header_name} : prête")

    def _say_accounts(self) -> None:
        say = self.stdout.write
        base = f"{settings.LPS_BASE_DOMAINS[0]}{settings.LPS_PUBLIC_PORT}"
        say(f"  Parent, demo       code enfant 123456    code famille 654321    http://demo.{base}/")
        say(f"  Parent, buchelay   code enfant 48291573  code famille 73026418  http://buchelay.{base}/")
        say(f"  Agents et exploitant, mot de passe : {demonstration.PASSWORD}")
        for account in demonstration.accounts():
            say(f"  {account.where:<10}{account.role:<15}{account.email:<34}TOTP {account.totp_secret}")
