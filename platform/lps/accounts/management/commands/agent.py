"""`lps agent buchelay claire@mairie.example "Claire Martin"`: invite the first agent of a town, or open one again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lps.accounts import agents, words
from lps.accounts import queries as accounts
from lps.accounts.agents import Profile
from lps.accounts.roles import AGENT_ROLES, Role
from lps.accounts.services import AccountRefused
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants import context, queries

BY = Actor.system("commande")


class Command(BaseCommand):
    help = "Invite un agent d'une commune, ou lui donne un nouvel accès. Sans adresse, liste ses agents."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("commune", help="son nom dans l'adresse : buchelay")
        parser.add_argument("email", nargs="?", help="l'adresse e-mail de l'agent")
        parser.add_argument("name", nargs="?", help="son prénom et son nom")
        parser.add_argument(
            "--role",
            action="append",
            choices=sorted(AGENT_ROLES),
            help="ce qu'il fait ; à répéter ; sinon, administrateur",
        )
        parser.add_argument(
            "--new-access", action="store_true", help="mot de passe ou téléphone perdu : lui envoie un nouveau lien"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            commune = queries.commune_by_slug(slug=options["commune"])
        except queries.UnknownCommune as error:
            raise CommandError(f"Aucune commune ne s'appelle {options['commune']}.") from error
        with context.use(commune):
            if not options["email"]:
                self._list()
                return
            try:
                invited = self._renewed(options["email"]) if options["new_access"] else self._invited(options)
            except AccountRefused as error:
                raise CommandError(words.account_refused(error.refusal)) from error
        self.stdout.write(f"Un lien part à {invited.account.email}. Le voici, à ne montrer à personne d'autre :")
        self.stdout.write(invited.url)

    def _invited(self, options: dict[str, Any]) -> agents.Invited:
        if not options["name"]:
            raise CommandError("Donnez aussi le prénom et le nom.")
        roles = tuple(options["role"] or [Role.ADMINISTRATOR])
        profile = Profile(name=options["name"][:120], roles=roles)
        return agents.invite(email=options["email"], profile=profile, by=BY, channel=Channel.AUTOMATIC)

    def _renewed(self, email: str) -> agents.Invited:
        account = accounts.account_by_email(email=email)
        if account is None:
            raise CommandError(f"Aucun agent de cette commune n'a l'adresse {email}.")
        return agents.give_new_access(pk=account.pk, by=BY, channel=Channel.AUTOMATIC, even_to_the_last=True)

    def _list(self) -> None:
        for account in accounts.agents():
            self.stdout.write(f"{account.email}  {account.name}  {', '.join(account.roles)}  {_state(account)}")


def _state(account: Any) -> str:
    state = accounts.state_of(account)
    return {"active": "actif", "off": "arrêté", "invited": "invité", "renewing": "nouvel accès envoyé"}[state]
