"""`lps commune create buchelay --header "Ville de Buchelay" --place Buchelay`: open a town in one command."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from booking.catalogue_templates import TEMPLATES
from lps.console.furnishing import furnish
from lps.console.services import CannotOpen, Identity, create_commune
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.town import change_settings
from tenants.models import Commune
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
            time_zone=options["time_zone"],
        )
        groups = TEMPLATES.get(options["template"])

        def from_template(commune: Commune, by: Actor, now: datetime) -> None:
            if groups is None:
                change_settings(school_zone=options["school_zone"], by=by, channel=Channel.AUTOMATIC)
                return
            today = now.astimezone(commune.zone).date()
            furnish(groups=groups, today=today, school_zone=options["school_zone"], by=by)

        try:
            commune = create_commune(
                identity=identity, by=Actor.system("commande"), channel=Channel.AUTOMATIC, furnish=from_template
            )
        except CannotOpen as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{commune.header_name} est ouverte : {url_of(commune)}")
