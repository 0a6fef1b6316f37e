"""`lps commune create buchelay --header "Ville de Buchelay" --place Buchelay`: open a town in one command."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from booking.catalogue_templates import TEMPLATES
from lps.accounts import words
from lps.accounts.services import AccountRefused
from lps.console.opening import FirstAgent, open_commune
from lps.console.services import CannotOpen, Identity
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants.names import proposed_place_of
from tenants.queries import url_of

EMPTY = "aucun"


class Command(BaseCommand):
    help = "Ouvre une commune à partir d'un modèle de catalogue."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="ouvre une commune, entièrement ou pas du tout")
        create.add_argument("slug", help="son nom dans l'adresse : buchelay")
        create.add_argument("--header", required=True, help="son nom en tête de page : « Ville de Buchelay »")
        create.add_argument("--place", required=True, help="son nom : « Buchelay »")
        create.add_argument("--place-of", default="", help="avec sa préposition, proposée sinon : « de Buchelay »")
        create.add_argument("--insee", default="", help="son code INSEE")
        create.add_argument("--siret", default="", help="son SIRET")
        create.add_argument("--domain", action="append", default=[], help="un nom de domaine à elle ; à répéter")
        create.add_argument(
            "--to-open", action="store_true", help="phase de test : les familles d'essai entrent, les autres attendent"
        )
        create.add_argument(
            "--agent", nargs=2, metavar=("NOM", "ADRESSE"), help="le premier agent, qui reçoit le lien de son accès"
        )
        create.add_argument("--time-zone", default="Europe/Paris", help="son fuseau horaire")
        create.add_argument(
            "--school-zone", default="C", choices=("A", "B", "C", ""), help="sa zone scolaire ; vide outre-mer"
        )
        create.add_argument(
            "--template",
            default="jeudi-17h",
            choices=[*sorted(TEMPLATES), EMPTY],
            help="le modèle de catalogue ; « aucun » : la mairie fait tout depuis sa mise en route",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        identity = Identity(
            slug=options["slug"],
            header_name=options["header"],
            place_name=options["place"],
            place_of=options["place_of"] or proposed_place_of(options["place"]),
            insee=options["insee"],
            siret=options["siret"],
            time_zone=options["time_zone"],
            domains=tuple(options["domain"]),
            to_open=options["to_open"],
        )
        try:
            opened = open_commune(
                identity=identity,
                template="" if options["template"] == EMPTY else options["template"],
                school_zone=options["school_zone"],
                agent=FirstAgent(*options["agent"]) if options["agent"] else None,
                by=Actor.system("commande"),
                channel=Channel.AUTOMATIC,
            )
        except CannotOpen as refusal:
            raise CommandError(str(refusal)) from refusal
        except AccountRefused as error:
            raise CommandError(words.account_refused(error.refusal)) from error
        self.stdout.write(f"{opened.commune.header_name} est ouverte : {url_of(opened.commune)}")
        if opened.invited:
            email = opened.invited.account.email
            self.stdout.write(f"Un lien part à {email}. Le voici, à ne montrer à personne d'autre :")
            self.stdout.write(opened.invited.url)
