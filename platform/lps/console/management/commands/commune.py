"""`lps commune create buchelay --header "Ville de Buchelay" --place Buchelay`: open a town in one command.

`lps commune export buchelay buchelay.zip` writes the whole of it into one file, `lps commune import buchelay.zip`
brings it back. The passphrase is asked for, or read from a file.
"""

from getpass import getpass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError, CommandParser

from booking.catalogue_templates import TEMPLATES
from lps.accounts import words
from lps.accounts.services import AccountRefused
from lps.console import archive_words
from lps.console.exporting import ExportRefused, export_to
from lps.console.opening import FirstAgent, open_commune
from lps.console.restoring import restore
from lps.console.services import CannotOpen, Identity
from lps.families.phones import BadPhone, clean, region_of
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants.archive.manifest import BadArchive
from tenants.keys import KeyLost
from tenants.names import proposed_place_of
from tenants.queries import UnknownCommune, commune_by_slug, url_of

EMPTY = "aucun"
BY, CHANNEL = Actor.system("commande"), Channel.AUTOMATIC


class Command(BaseCommand):
    help = "Ouvre une commune, l'exporte entière, ou la fait revenir d'un export."

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
        create.add_argument("--number", default="", help="le numéro de son serveur vocal")
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
        _add_passages(actions)

    def handle(self, *args: Any, **options: Any) -> None:
        match options["action"]:
            case "create":
                self._create(options)
            case "export":
                self._export(options)
            case "import":
                self._import(options)

    def _export(self, options: dict[str, Any]) -> None:
        try:
            commune = commune_by_slug(slug=options["slug"])
            passphrase = _passphrase(options["passphrase_file"])
            told = export_to(path=Path(options["file"]), commune=commune, passphrase=passphrase, by=BY, channel=CHANNEL)
        except UnknownCommune as error:
            raise CommandError(f"Aucune commune ne s'appelle « {error} ».") from error
        except ExportRefused as refused:
            raise CommandError(str(archive_words.REFUSED[refused.refusal.code])) from refused
        except OSError as error:
            raise CommandError(f"Le fichier ne peut pas être écrit : {error}") from error
        self.stdout.write(f"{commune.header_name} : {told.rows} lignes, {told.files.number} fichiers")
        self.stdout.write(f"Empreinte du contenu : {told.content}")

    def _import(self, options: dict[str, Any]) -> None:
        passphrase = _passphrase(options["passphrase_file"])
        try:
            restored = restore(
                path=Path(options["file"]),
                passphrase=passphrase,
                slug=options["slug"],
                trusts_structure=options["structure_connue"],
                by=BY,
                channel=CHANNEL,
            )
        except BadArchive as bad:
            raise CommandError(archive_words.bad(bad)) from bad
        except KeyLost as lost:
            raise CommandError("La phrase secrète n'est pas celle de cet export. Rien n'a été changé.") from lost
        except CannotOpen as refusal:
            raise CommandError(str(refusal)) from refusal
        except OSError as error:
            raise CommandError(f"Le fichier ne peut pas être lu : {error}") from error
        told = restored.manifest
        self.stdout.write(f"{told.rows} lignes et {told.files.number} fichiers sont revenus, tous comparés à l'export.")
        self.stdout.write(f"Empreinte du contenu : {told.content}")
        self.stdout.write(f"{restored.commune.header_name} est suspendue : vérifiez-la, puis rouvrez-la à la console.")

    def _create(self, options: dict[str, Any]) -> None:
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
                number=_number(options["number"], options["time_zone"]),
                by=BY,
                channel=CHANNEL,
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


def _add_passages(actions: Any) -> None:
    leaving = actions.add_parser("export", help="écrit toute une commune dans un fichier")
    leaving.add_argument("slug", help="son nom dans l'adresse : buchelay")
    leaving.add_argument("file", help="le fichier à écrire : buchelay.zip")
    coming = actions.add_parser("import", help="fait revenir une commune d'un export, entièrement ou pas du tout")
    coming.add_argument("file", help="le fichier de l'export")
    coming.add_argument("--slug", default="", help="un autre nom dans l'adresse ; le sien sinon")
    coming.add_argument(
        "--structure-connue",
        action="store_true",
        help="exécute le SQL d'un export plus ancien que ce logiciel : seulement s'il n'a jamais quitté vos mains",
    )
    for parser in (leaving, coming):
        parser.add_argument(
            "--passphrase-file", default="", help="un fichier dont la première ligne est la phrase secrète"
        )


def _number(typed: str, time_zone: str) -> str:
    try:
        return clean(typed, region=region_of(ZoneInfo(time_zone))) if typed else ""
    except (BadPhone, ZoneInfoNotFoundError, ValueError) as error:
        raise CommandError("Le numéro du serveur vocal n'existe pas.") from error


def _passphrase(file: str) -> str:
    """From a file, so that no shell keeps it, else from whoever types."""
    try:
        if not file:
            return getpass("Phrase secrète de l'export : ")
    except EOFError as error:
        raise CommandError("Sans terminal, donnez la phrase secrète par --passphrase-file.") from error
    try:
        return Path(file).read_text().splitlines()[0]
    except (OSError, IndexError, UnicodeDecodeError) as error:
        raise CommandError("Le fichier de la phrase secrète ne peut pas être lu.") from error
