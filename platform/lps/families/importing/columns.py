"""The columns that an import knows, and how those of a foreign file are recognized."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from lps.families.importing.reading import Table
from lps.kernel.text import search_key

TITLES = 8  # lines above the names of columns, at most


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a documented template; `others` are the names that other software gives it."""

    key: str
    name: str
    needed: bool = False
    others: tuple[str, ...] = ()
    help: str = ""


COLUMNS = (
    Column("school", "École", True, ("etablissement", "nom ecole", "school"), "le nom de l'école, tel qu'affiché"),
    Column("school_class", "Classe", True, ("division", "nom classe"), "CE1 ou CE1-CE2 A"),
    Column("level", "Niveau", others=("degre", "cycle"), help="CE1 ; celui de la classe s'il manque"),
    Column("teacher", "Enseignant", others=("professeur", "maitre", "maitresse"), help="Mme Formatrice"),
    Column("child_last_name", "Nom de l'enfant", True, ("nom enfant", "nom eleve", "nom de famille enfant")),
    Column("child_first_name", "Prénom de l'enfant", True, ("prenom enfant", "prenom eleve")),
    Column("birth_date", "Né le", others=("date de naissance", "naissance", "ne(e) le"), help="21/06/2019"),
    Column("child_code", "Code enfant", help="tiré au hasard s'il manque"),
    Column("diets", "Régimes", others=("regime", "regime alimentaire"), help="sans porc, sans viande"),
    Column("household", "Famille", True, ("foyer", "nom famille", "nom de famille"), "le nom de la famille"),
    Column("family_code", "Code famille", others=("code payeur",), help="tiré au hasard s'il manque"),
    Column("street", "Adresse", others=("rue", "adresse 1")),
    Column("postal_code", "Code postal", others=("cp",)),
    Column("city", "Ville", others=("commune", "localite")),
    Column("title_1", "Civilité 1", others=("civilite", "civilite representant")),
    Column("last_name_1", "Nom du représentant 1", True, ("nom responsable", "nom representant", "nom responsable 1")),
    Column("first_name_1", "Prénom du représentant 1", True, ("prenom responsable", "prenom representant")),
    Column("email_1", "E-mail 1", others=("email", "courriel", "mail", "e-mail", "email 1")),
    Column("phone_1", "Téléphone 1", others=("telephone", "tel", "portable", "tel portable")),
    Column("title_2", "Civilité 2"),
    Column("last_name_2", "Nom du représentant 2", others=("nom responsable 2",)),
    Column("first_name_2", "Prénom du représentant 2", others=("prenom responsable 2",)),
    Column("email_2", "E-mail 2", others=("email 2", "courriel 2")),
    Column("phone_2", "Téléphone 2", others=("telephone 2", "tel 2")),
)
BY_KEY = {column.key: column for column in COLUMNS}

Mapped = Mapping[str, int]
"""Where each known column stands in the file, from 0."""


def recognized(head: Sequence[str], known: tuple[Column, ...] = COLUMNS) -> dict[str, int]:
    """The columns whose names are known, the first of two that bear one name."""
    found: dict[str, int] = {}
    for place, name in enumerate(head):
        key = _by_name(known).get(search_key(name))
        if key:
            found.setdefault(key, place)
    return found


def headed(table: Table, known: tuple[Column, ...] = COLUMNS) -> Table:
    """The table from its names of columns on: a title or a date may stand above them in another software's file."""
    rows = [(0, table.head), *table.rows]
    best = max(range(min(len(rows), TITLES + 1)), key=lambda place: (len(recognized(rows[place][1], known)), -place))
    return Table(rows[best][1], tuple(rows[best + 1 :]))


def doubled(head: Sequence[str], known: tuple[Column, ...] = COLUMNS) -> list[str]:
    """The names of columns that a file has twice: the first of them is read."""
    names = {column.key: column.name for column in known}
    keys = [_by_name(known).get(search_key(name)) for name in head]
    return [names[key] for key in dict.fromkeys(filter(None, keys)) if keys.count(key) > 1]


def missing(mapped: Mapped) -> list[Column]:
    """The columns without which no line can be understood."""
    return [column for column in COLUMNS if column.needed and column.key not in mapped]


@cache
def _by_name(known: tuple[Column, ...]) -> Mapping[str, str]:
    """The keys of columns by what all their names are searched by."""
    return {search_key(name): column.key for column in known for name in (column.name, *column.others)}
