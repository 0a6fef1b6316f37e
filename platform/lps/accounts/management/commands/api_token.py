"""`lps api_token demo "Cuisine centrale" --scope catalogue:lire`: give the town's other software a token."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lps.accounts import rights
from lps.accounts.models import ApiToken
from lps.accounts.services import issue_api_token, revoke_api_token
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants import context, queries
from tenants.models import Commune

BY = Actor.system("commande")


class Command(BaseCommand):
    help = "Remet un jeton d'API à un logiciel de la commune. Sans nom, liste ses jetons."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("commune", help="son nom dans l'adresse : buchelay")
        parser.add_argument("name", nargs="?", help="le logiciel : « Cuisine centrale »")
        parser.add_argument(
            "--scope",
            action="append",
            default=[],
            choices=rights.scopes(),
            help="ce que le jeton permet ; à répéter",
        )
        parser.add_argument("--days", type=int, help="combien de jours il est valable ; sinon, toujours")
        parser.add_argument("--revoke", type=int, metavar="ID", help="met fin au jeton de ce numéro")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            commune = queries.commune_by_slug(slug=options["commune"])
        except queries.UnknownCommune as error:
            raise CommandError(f"Aucune commune ne s'appelle {options['commune']}.") from error
        with context.use(commune):
            if options["revoke"] is not None:
                self._revoke(options["revoke"])
            elif options["name"]:
                self._issue(commune, options)
            else:
                self._list()

    def _issue(self, commune: Commune, options: dict[str, Any]) -> None:
        if not options["scope"]:
            raise CommandError(f"Donnez une portée au moins : {', '.join(rights.scopes())}.")
        days = options["days"]
        if days is not None and days < 1:
            raise CommandError("Un jeton est valable un jour au moins.")
        made = issue_api_token(
            name=options["name"][:120],
            scopes=options["scope"],
            by=BY,
            channel=Channel.AUTOMATIC,
            expires_at=clock.real_now() + timedelta(days=days) if days else None,
        )
        self.stdout.write(f"Jeton n° {made.token.pk} de « {made.token.name} », montré cette seule fois :")
        self.stdout.write(made.value)
        self.stdout.write(f"Mode d'emploi : {queries.url_of(commune, '/api/docs/')}")

    def _list(self) -> None:
        for token in ApiToken.objects.all():
            self.stdout.write(f"{token.pk}  {token.name}  {' '.join(token.scopes)}  {_state(token)}")

    def _revoke(self, pk: int) -> None:
        token = ApiToken.objects.filter(pk=pk).first()
        if token is None:
            raise CommandError(f"Cette commune n'a pas de jeton n° {pk}.")
        revoke_api_token(token=token, by=BY, channel=Channel.AUTOMATIC)
        self.stdout.write(f"Le jeton n° {pk} de « {token.name} » est révoqué.")


def _state(token: ApiToken) -> str:
    if token.revoked_at:
        return f"révoqué le {token.revoked_at:%d/%m/%Y}"
    return f"jusqu'au {token.expires_at:%d/%m/%Y}" if token.expires_at else "sans fin"
