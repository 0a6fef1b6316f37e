"""The people of the demonstration, drawn always the same from lists of common names."""

import random
from datetime import date

from django.db.backends.postgresql.psycopg_any import DateRange

from lps.families.models import SchoolClass
from lps.families.services import NewChild, NewClass, NewGuardian, NewHousehold
from lps.kernel.text import search_key

LEVELS = ("PS", "MS", "GS", "CP", "CE1", "CE2", "CM1", "CM2")
SCHOOLS = ("École Pierre Larousse", "École des Plaisances", "École Pablo Picasso")
_TEACHERS = (
    "Mme Moreau", "M. Fournier", "Mme Girard", "Mme Lambert", "M. Rousseau", "Mme Blanc", "Mme Guérin", "M. Muller",
    "Mme Henry", "M. Roussel", "Mme Nicolas", "Mme Perrin", "M. Morin", "Mme Mathieu", "Mme Clément", "M. Gauthier",
    "Mme Dumont", "Mme Lopez", "M. Fontaine", "Mme Chevalier", "Mme Robin", "M. Masson", "Mme Sanchez", "Mme Gérard",
)  # fmt: skip
_LAST_NAMES = (
    "Adam", "Arnaud", "Aubert", "Bailly", "Barbier", "Benali", "Benoît", "Bernard", "Bertin", "Besson", "Blanchard",
    "Bonnet", "Boucher", "Bourgeois", "Boyer", "Brun", "Carpentier", "Caron", "Charpentier", "Colin", "Da Silva",
    "David", "Denis", "Diallo", "Dubois", "Dufour", "Dupont", "Dupuis", "Durand", "Étienne", "Faure", "Fernandes",
    "Garcia", "Garnier", "Gautier", "Giraud", "Guillaume", "Hamel", "Haddad", "Huet", "Jacob", "Joly", "Klein",
    "Laurent", "Le Goff", "Leclerc", "Lefèvre", "Lemaire", "Leroux", "Lévêque", "Mallet", "Marchand", "Martin",
    "Martinez", "Menard", "Mercier", "Meyer", "Michel", "N'Guessan", "Nguyen", "Noël", "Olivier", "Pereira", "Petit",
    "Picard", "Poirier", "Renard", "Rey", "Richard", "Robert", "Roux", "Schmitt", "Simon", "Thomas", "Traoré",
    "Vasseur", "Vidal", "Vincent", "Weber", "Yildiz",
)  # fmt: skip
_CHILDREN = (
    "Adèle", "Aïcha", "Alice", "Ambre", "Anna", "Antoine", "Arthur", "Baptiste", "Camille", "Chloé", "Clara", "Éden",
    "Élise", "Emma", "Enzo", "Ethan", "Eva", "Gabriel", "Hugo", "Inès", "Jade", "Jeanne", "Jules", "Kenza", "Léa",
    "Léo", "Lina", "Louis", "Louise", "Lucas", "Maël", "Malo", "Mathis", "Mila", "Mohamed", "Nathan", "Nina", "Noah",
    "Noé", "Raphaël", "Rose", "Sacha", "Salomé", "Tom", "Yanis", "Zoé",
)  # fmt: skip
_PARENTS = (
    "Aurélie", "Céline", "Élodie", "Fatima", "Julie", "Karine", "Laure", "Marie", "Nadia", "Sandrine", "Sophie",
    "Virginie", "Alexandre", "Benoît", "Cédric", "David", "François", "Karim", "Laurent", "Nicolas", "Olivier",
    "Pierre", "Sébastien", "Thierry",
)  # fmt: skip
_STREETS = ("rue de l'Église", "rue Gabriel Péri", "chemin des Meuniers", "rue du Val", "place de la Mairie")


def classes_of_buchelay() -> list[NewClass]:
    """A class a level in each of three schools."""
    names = [teacher.split(" ", 1) for teacher in _TEACHERS]
    return [
        NewClass(name=level, level=level, school=school, teacher_title=title, teacher_name=name)
        for (school, level), (title, name) in zip(((s, lv) for s in SCHOOLS for lv in LEVELS), names, strict=True)
    ]


def households_of_buchelay(*, number: int, classes: list[SchoolClass], first_day: date) -> list[NewHousehold]:
    """So many families of one to three children; the first one bears the codes that the manual prints."""
    source = random.Random(2014)
    codes = _codes(source, number * 4)
    households = []
    for rank in range(number):
        household = _household(source, codes, classes, first_day)
        households.append(_with_known_codes(household) if rank == 0 else household)
    return households


def _household(source: random.Random, codes: list[str], classes: list[SchoolClass], first_day: date) -> NewHousehold:
    name = source.choice(_LAST_NAMES)
    school = source.choice(SCHOOLS)
    near = [school_class for school_class in classes if school_class.site.name == school]
    chosen = source.sample(near, k=source.choices((1, 2, 3), (45, 42, 13))[0])
    return NewHousehold(
        name=name.upper(),
        code=codes.pop(),
        street=f"{source.randrange(1, 90)} {source.choice(_STREETS)}",
        postal_code="78200",
        city="Buchelay",
        custody=DateRange(first_day, None),
        enrollment=DateRange(first_day, None),
        guardians=_guardians(source, name),
        children=[
            NewChild(
                first_name=first_name,
                last_name=name.upper(),
                birth_date=_birth(source, school_class, first_day),
                code=codes.pop(),
                school_class=school_class,
            )
            for first_name, school_class in zip(source.sample(_CHILDREN, k=len(chosen)), chosen, strict=True)
        ],
    )


def _guardians(source: random.Random, name: str) -> list[NewGuardian]:
    number = source.choices((1, 2), (30, 70))[0]
    return [
        NewGuardian(
            first_name=first_name,
            last_name=name.upper(),
            email=f"{search_key(first_name)}.{search_key(name)}.{source.randrange(1000)}@familles.example",
            is_payer=rank == 0,
        )
        for rank, first_name in enumerate(source.sample(_PARENTS, k=number))
    ]


def _birth(source: random.Random, school_class: SchoolClass, first_day: date) -> date:
    return date(first_day.year - 3 - LEVELS.index(school_class.level), source.randrange(1, 13), source.randrange(1, 29))


def _with_known_codes(household: NewHousehold) -> NewHousehold:
    first, *others = household.children
    known = NewChild(
        first_name=first.first_name,
        last_name=first.last_name,
        birth_date=first.birth_date,
        code="48291573",
        school_class=first.school_class,
    )
    return NewHousehold(
        name=household.name,
        code="73026418",
        street=household.street,
        postal_code=household.postal_code,
        city=household.city,
        custody=household.custody,
        enrollment=household.enrollment,
        guardians=household.guardians,
        children=[known, *others],
    )


def _codes(source: random.Random, number: int) -> list[str]:
    """Codes of eight digits, none next to another: every third number of a range, shuffled."""
    return [str(10_000_001 + 3 * rank) for rank in source.sample(range(29_000_000), k=number)]
