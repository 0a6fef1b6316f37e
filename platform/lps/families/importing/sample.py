"""A school as a town would send it, to try an import with: five classes, siblings, children of two households."""

from collections.abc import Iterator

SCHOOL = "École du Moulin"
CLASSES = (
    ("CP", "Mme Aubry"),
    ("CE1", "M. Lacroix"),
    ("CE2", "Mme Prévost"),
    ("CM1", "Mme Charlier"),
    ("CM2", "M. Delattre"),
)
# Each family: its name, its guardians, its street, and its children by class (0 for CP), with what they do not eat.
_FAMILIES: tuple[tuple[str, str, str, str], ...] = (
    ("ABADIE", "Mme Claire, M. Julien", "2 rue du Moulin", "0 Jeanne, 3 Rémi"),
    ("ACHOUR", "Mme Samia", "14 rue des Écoles", "1 Inès (sans porc), 4 Bilal (sans porc)"),
    ("ALVES", "M. Paulo, Mme Sandra", "7 allée des Tilleuls", "2 Mateus"),
    ("ANDRIEU", "Mme Florence", "21 rue du Lavoir", "0 Louison, 2 Gaspard, 4 Margot"),
    ("AZOULAY", "Mme Judith, M. David", "5 place de l'Église", "3 Noa (sans porc)"),
    ("BARRÈRE", "M. Antoine, Mme Lucie", "9 rue du Moulin", "1 Éloi"),
    ("BEN AMAR", "M. Karim, Mme Leïla", "3 chemin des Prés", "0 Yasmine (sans porc), 3 Adam (sans porc)"),
    ("BOISSIER", "Mme Hélène", "18 rue des Écoles", "2 Apolline"),
    ("BROSSARD", "M. Éric, Mme Nathalie", "11 rue du Lavoir", "4 Quentin"),
    ("CAMARA", "Mme Fatou, M. Ibrahima", "6 allée des Tilleuls", "0 Aminata, 1 Moussa, 3 Kadiatou"),
    ("CHASTEL", "M. Bruno", "27 rue du Moulin", "2 Lilou (sans viande)"),
    ("CORDIER", "Mme Anne-Laure, M. Guillaume", "4 rue Neuve", "1 Augustin, 4 Blanche"),
    ("DA COSTA", "Mme Maria, M. José", "12 rue Neuve", "3 Tiago"),
    ("DELMAS", "M. Frédéric, Mme Sylvie", "8 place de l'Église", "0 Timéo"),
    ("DIOP", "Mme Awa", "16 allée des Tilleuls", "2 Ousmane (sans porc), 4 Mariama (sans porc)"),
    ("ESPOSITO", "M. Marco, Mme Élisa", "1 chemin des Prés", "1 Chiara"),
    ("FAVRE", "Mme Isabelle, M. Pascal", "23 rue des Écoles", "0 Basile, 2 Ninon"),
    ("FERRAND", "Mme Caroline", "30 rue du Moulin", "3 Octave"),
    ("GAILLARD", "M. Thomas, Mme Émilie", "10 rue du Lavoir", "4 Soline"),
    ("GOMIS", "Mme Rosalie, M. Étienne", "2 allée des Tilleuls", "1 Célestin, 3 Agathe"),
    ("GUILLOT", "M. Xavier", "15 rue Neuve", "0 Zélie"),
    ("HERVÉ", "Mme Gaëlle, M. Yann", "19 rue du Lavoir", "2 Malo, 4 Enora"),
    ("IMBERT", "Mme Martine, M. Alain", "6 rue des Écoles", "1 Victor"),
    ("JOUBERT", "M. Sylvain, Mme Céline", "13 chemin des Prés", "3 Capucine"),
    ("KOWALSKI", "Mme Agnieszka, M. Piotr", "9 allée des Tilleuls", "0 Hanna, 1 Oskar"),
    ("LACOMBE", "M. Denis", "33 rue du Moulin", "2 Félicie"),
    ("LE BIHAN", "Mme Maëlle, M. Ronan", "5 rue Neuve", "4 Titouan"),
    ("LEMOINE", "Mme Sophie, M. Arnaud", "25 rue des Écoles", "3 Rose, 0 Marius"),
    ("MARCHAL", "M. Vincent, Mme Laurence", "17 rue du Lavoir", "1 Adèle (sans viande)"),
    ("MBEMBA", "Mme Grâce", "11 allée des Tilleuls", "2 Exaucée, 3 Samuel"),
    ("NGUYEN", "M. Minh, Mme Linh", "20 rue Neuve", "4 Théo, 1 Mai"),
    ("OLIVEIRA", "Mme Beatriz", "7 chemin des Prés", "0 Lucas"),
    ("PASQUIER", "M. Benoît, Mme Charlotte", "3 place de l'Église", "2 Éléonore"),
    ("RENAUD", "Mme Véronique, M. Didier", "28 rue des Écoles", "4 Gabin"),
    ("SAUVAGE", "M. Fabrice, Mme Christelle", "22 rue du Moulin", "3 Lola, 1 Enzo"),
    ("TRAN", "Mme Hoa, M. Quang", "14 rue Neuve", "0 Léna"),
    ("VALLÉE", "Mme Marion", "36 rue du Moulin", "2 Jules, 4 Clémence"),
    ("YILMAZ", "M. Emre, Mme Selin", "18 allée des Tilleuls", "1 Defne (sans porc), 3 Can (sans porc)"),
    ("ZIMMER", "Mme Ingrid, M. Olivier", "26 rue du Lavoir", "0 Anton, 4 Greta"),
)
# Parents who live apart: the other household of a child named above.
_APART: tuple[tuple[str, str, str, str, str], ...] = (
    ("CHASTEL", "Lilou", "PERRET", "Mme Valérie", "41 avenue de la Gare"),
    ("FERRAND", "Octave", "FERRAND", "M. Mathieu", "3 impasse du Puits"),
)


def rows(first_year: int) -> list[dict[str, str]]:
    """The lines of the file, a child each (two for a child of two households), for the year begun in `first_year`."""
    lines = [line for number, family in enumerate(_FAMILIES) for line in _family(number, *family, first_year)]
    return [*lines, *(_apart(number, lines, *told) for number, told in enumerate(_APART))]


def _family(
    number: int, name: str, guardians: str, street: str, children: str, first_year: int
) -> Iterator[dict[str, str]]:
    home = {"household": name, "street": street, **_city(), **_guardians(number, name, guardians)}
    for rank, told in enumerate(children.split(", ")):
        place, _, first_name = told.partition(" ")
        first_name, _, diet = first_name.partition(" (")
        level, teacher = CLASSES[int(place)]
        yield {
            "school": SCHOOL,
            "school_class": level,
            "level": level,
            "teacher": teacher,
            "child_last_name": name,
            "child_first_name": first_name,
            "birth_date": _birth(number, rank, first_year - 6 - int(place)),
            "diets": diet.rstrip(")"),
            **home,
        }


def _apart(
    number: int, lines: list[dict[str, str]], name: str, first_name: str, household: str, guardian: str, street: str
) -> dict[str, str]:
    child = next(line for line in lines if (line["child_last_name"], line["child_first_name"]) == (name, first_name))
    own = {key: value for key, value in child.items() if not key.endswith(("_1", "_2"))}
    return {**own, "household": household, "street": street, **_guardians(90 + number, household, guardian)}


def _guardians(number: int, name: str, told: str) -> dict[str, str]:
    """Numbers are those that the regulator keeps for stories, addresses those of nobody."""
    found: dict[str, str] = {}
    for rank, one in enumerate(told.split(", "), start=1):
        title, _, first_name = one.partition(" ")
        found |= {f"title_{rank}": title, f"last_name_{rank}": name, f"first_name_{rank}": first_name}
        found |= {f"email_{rank}": f"famille{number + 1}.{rank}@example.org"}
        found |= {f"phone_{rank}": f"06 39 98 {number:02} {rank:02}"}
    return found


def _city() -> dict[str, str]:
    return {"postal_code": "78200", "city": "Buchelay"}


def _birth(number: int, rank: int, year: int) -> str:
    return f"{(number * 7 + rank * 3) % 28 + 1:02}/{(number * 5 + rank) % 12 + 1:02}/{year}"
