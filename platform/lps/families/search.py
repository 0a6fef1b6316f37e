"""Finding a family from what one remembers of it: names spelled anyhow, an e-mail address, a telephone, a code."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from lps.families import codes
from lps.families.models import Child, Custody, Enrollment, Guardian, Household, email_key
from lps.families.queries.custody import days_within, not_over
from lps.families.queries.pupils import classes_on
from lps.families.rules import spelling
from lps.kernel.text import sort_key
from notifications import queries as notifications

SHOWN = 50
FEW = 10  # found: names only alike are then shown too
_WORDS, _LONGEST_WORD, _LONGEST = 5, 30, 200
_ALIKE = 0.5  # of the trigrams of the word, how many the name shares
_NUMBER = re.compile(r"\+?[\d\s.\-()/\u00a0\u202f]+")
_CALLED = re.compile(r"(?:t[ée]l(?:[ée]phone)?|portable|mobile)[\s.:]*(?=[+(\d])", re.IGNORECASE)  # "Tél. : 06…"
_TRUNK = re.compile(r"\(\s*0\s*\)")  # of "+33 (0)6…", never dialed after a country

_NOWHERE = "#"  # no sort key holds it

# How well a word meets a name: the whole of it, its beginning, its inside; one slip away, alike.
_HELD = 3
_HELD_LEVEL = "max(CASE WHEN name ~ %s THEN 5 WHEN name ~ %s THEN 4 WHEN position(%s in name) > 0 THEN 3 ELSE 0 END)"
_LEVEL = """max(CASE WHEN name ~ %s THEN 5 WHEN name ~ %s THEN 4 WHEN position(%s in name) > 0 THEN 3
 WHEN position(%s in replace(name, ' ', '')) > 0 THEN 3 WHEN name ~ %s THEN 2
 WHEN word_similarity(%s, name) >= %s THEN 1 ELSE 0 END)"""
_SEARCH = """
WITH people AS (
    SELECT id AS household_id, 'h' || id AS person, name_sort AS name FROM families_household
    UNION ALL
    SELECT household_id, 'g' || id, name_sort FROM families_guardian
    UNION ALL
    SELECT custody.household_id, 'c' || child.id, child.name_sort
    FROM families_custody custody JOIN families_child child ON child.id = custody.child_id
    WHERE child.anonymized_at IS NULL
), met AS (SELECT household_id, person, {each} FROM people {kept} GROUP BY household_id, person)
SELECT household_id, {worst} FROM met GROUP BY household_id HAVING {worst} > 0
ORDER BY ({worst} >= {held}) DESC, {together} DESC, {total} DESC, household_id LIMIT %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundChild:
    """A child of a found family."""

    name: str
    school_class: str
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFamily:
    """A found family; `is_close` when its name is only like what was typed."""

    household_id: int
    name: str
    guardians: tuple[str, ...]
    children: tuple[FoundChild, ...]
    is_close: bool = False


def find(asked: str, *, day: date, sites: Collection[int] = (), by_contact: bool = True) -> list[FoundFamily]:
    """The families that answer to what was typed, the best first, 50 at most; a constant number of statements.

    `sites` keeps to the families who have a child at one of these schools on that day or later. Without `by_contact`
    neither addresses nor telephones are looked at.
    """
    typed = asked.replace("\0", "").strip()[:_LONGEST]
    if "@" in typed:
        return _described(_by_email(typed) if by_contact else Household.objects.none(), day=day, sites=sites)
    number = _CALLED.sub("", typed, count=1)
    if _NUMBER.fullmatch(number):
        return _described(_by_number(number, by_contact=by_contact), day=day, sites=sites)
    words = [word[:_LONGEST_WORD] for word in sort_key(typed).split()][:_WORDS]
    return _by_names(words, day=day, sites=sites) if words else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What an agent types of a family about to be entered."""

    child: str = ""
    birth_date: date | None = None
    guardian: str = ""
    email: str = ""
    phone: str = ""


def twins(known: Known, *, day: date, sites: Collection[int] = ()) -> list[FoundFamily]:
    """The families who may be the one about to be entered, by a child, a guardian, an address or a telephone."""
    wanted, child = Q(), sort_key(known.child)
    if child:
        wanted |= Q(custodies__child__in=Child.objects.filter(name_sort=child, anonymized_at__isnull=True))
    if child and known.birth_date:
        born = Child.objects.filter(birth_date=known.birth_date, name_sort__startswith=child[:3])
        wanted |= Q(custodies__child__in=born)
    for field, value in (("email_key", email_key(known.email)), ("phone", known.phone)):
        if value:
            wanted |= Q(pk__in=Guardian.objects.filter(**{field: value}).values("household"))
    if guardian := sort_key(known.guardian):
        wanted |= Q(pk__in=Guardian.objects.filter(name_sort=guardian).values("household"))
    return _described(Household.objects.filter(wanted).distinct(), day=day, sites=sites)[:FEW] if wanted else []


def _by_email(typed: str) -> QuerySet[Household]:
    """Whose address begins so, or who proved that one."""
    holders = [holder.removeprefix("household:") for holder in notifications.holders_of(typed)]
    proved = [int(key) for key in holders if key.isdecimal()]
    given = Guardian.objects.filter(email_key__startswith=email_key(typed)).values("household")
    return Household.objects.filter(Q(pk__in=given) | Q(pk__in=proved))


def _by_number(typed: str, *, by_contact: bool) -> QuerySet[Household]:
    """Whose code or child's code it is, or whose telephone ends so, as it is dialed in the country or from abroad."""
    code = codes.clean(typed)
    wanted = Q()
    if codes.looks_right(code):
        children = Child.objects.filter(code_lookup=codes.child_lookup(code))
        wanted |= Q(code_lookup=codes.family_lookup(code)) | Q(custodies__child__in=children)
    national = re.sub(r"\D", "", _TRUNK.sub("", typed)).removeprefix("00").lstrip("0")
    if by_contact and len(national) >= 6:
        wanted |= Q(pk__in=Guardian.objects.filter(phone__endswith=national).values("household"))
    return Household.objects.filter(wanted).distinct() if wanted else Household.objects.none()


def _by_names(words: Sequence[str], *, day: date, sites: Collection[int]) -> list[FoundFamily]:
    """Each word somewhere among the names of the family, better in one person's; those only alike come apart.

    Names that hold the words are found by the index of trigrams. Where these are few, all names are compared.
    """
    levels = _levels(words, day=day, sites=sites, holding=True)
    if len(levels) < FEW:
        levels = _levels(words, day=day, sites=sites, holding=False)
    sure = [pk for pk, worst in levels if worst >= _HELD][:SHOWN]
    close = [pk for pk, worst in levels if worst < _HELD][: FEW if sure else SHOWN]
    kept = [*sure, *close][:SHOWN]
    found = {one.household_id: one for one in _described(Household.objects.filter(pk__in=kept), day=day)}
    return [replace(found[pk], is_close=pk in close) for pk in kept if pk in found]


def _levels(words: Sequence[str], *, day: date, sites: Collection[int], holding: bool) -> list[tuple[int, int]]:
    """Households and how well their worst word is met, the best first: one statement.

    `holding` looks no further than names that hold one of the words as it was typed.
    """
    names = [f"w{rank}" for rank in range(len(words))]
    best = [f"max({name})" for name in names]
    kept, sent = _at_sites(day=day, sites=sites)
    if holding:
        kept.append("name LIKE ANY(%s)")
        sent.append([f"%{word}%" for word in words])
    statement = _SEARCH.format(
        each=", ".join(f"{_HELD_LEVEL if holding else _LEVEL} AS {name}" for name in names),
        kept=f"WHERE {' AND '.join(kept)}" if kept else "",
        worst=f"least({', '.join(best)})",
        together=f"max(least({', '.join(names)}))",
        total=" + ".join(best),
        held=_HELD,
    )
    values = [value for word in words for value in (_held_values(word) if holding else _values(word))]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, *sent, 2 * SHOWN])
        return [(household, worst) for household, worst in cursor.fetchall()]


def _held_values(word: str) -> list[Any]:
    """What `_HELD_LEVEL` compares a name with; a short word begins a name or is nowhere in it."""
    begun, inside = spelling.begun(word), word if len(word) > 2 else _NOWHERE
    return [rf"{begun}\M", begun, inside]


def _values(word: str) -> list[Any]:
    """What `_LEVEL` compares a name with; short words are looked for neither inside nor alike."""
    *held, inside = _held_values(word)
    return [*held, inside, inside, spelling.slipped(word), word if len(word) > 3 else _NOWHERE, _ALIKE]


def _at_sites(*, day: date, sites: Collection[int]) -> tuple[list[str], list[Any]]:
    """The condition that keeps to families who have or will have a child at one of these schools."""
    if not sites:
        return [], []
    statement, sent = _households_at(day=day, sites=sites).query.sql_with_params()
    return [f"household_id IN ({statement})"], list(sent)


def _households_at(*, day: date, sites: Collection[int]) -> QuerySet[Any]:
    sitting = Enrollment.objects.filter(not_over("valid_during", day), school_class__site__in=list(sites))
    held = Custody.objects.filter(not_over("valid_during", day), child__in=sitting.order_by().values("child"))
    return held.order_by().values("household")


def _described(households: QuerySet[Household], *, day: date, sites: Collection[int] = ()) -> list[FoundFamily]:
    """These families with their guardians, and their children with the classes of the day: three statements more."""
    if sites:
        households = households.filter(pk__in=_households_at(day=day, sites=sites))
    rows = list(households.prefetch_related("guardians").order_by("name_sort", "pk")[:SHOWN])
    held = Custody.objects.filter(household__in=rows, child__anonymized_at__isnull=True).select_related("child")
    children: dict[int, dict[int, tuple[Child, bool]]] = {row.pk: {} for row in rows}
    for custody in held.order_by("child__name_sort", "pk"):
        is_here = bool(days_within(custody.valid_during, [day]))
        known = children[custody.household_id].get(custody.child_id)
        children[custody.household_id][custody.child_id] = (custody.child, is_here or bool(known and known[1]))
    classes = classes_on({pk for some in children.values() for pk in some}, day=day)
    return [
        FoundFamily(
            household_id=row.pk,
            name=row.name,
            guardians=tuple(str(one) for one in row.guardians.all()),
            children=tuple(
                FoundChild(name=str(child), school_class=classes.get(child.pk, ""), is_here=is_here)
                for child, is_here in children[row.pk].values()
            ),
        )
        for row in rows
    ]
