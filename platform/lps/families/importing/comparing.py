"""The lines of a file against what stands: what would be added, changed and left, and which lines contradict it.

A constant number of statements, whatever the number of lines. Importing the same file twice changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from django.db.models import QuerySet

from lps.families import codes
from lps.families.importing.lines import Line, Wrong
from lps.families.models import (
    Child,
    Custody,
    Diet,
    Enrollment,
    Guardian,
    Household,
    SchoolClass,
    SchoolYear,
    email_key,
)
from lps.families.rules import food
from lps.kernel.text import search_key, sort_key

Coded = TypeVar("Coded", Child, Household)
ClassKey = tuple[str, str]
"""A school and a class, by the search keys of their names."""


@dataclass(slots=True)
class ChildPlan:
    """A child of the file: the one that stands or None, its lines, and what would change of it."""

    lines: list[Line]
    child: Child | None = None
    changes: dict[str, object] = field(default_factory=dict)
    moves: bool = False
    new_diets: bool = False

    @property
    def first(self) -> Line:
        return self.lines[0]

    @property
    def is_changed(self) -> bool:
        return bool(self.changes) or self.moves or self.new_diets


@dataclass(slots=True)
class HouseholdPlan:
    """A household of the file: the one that stands or None, its lines, and what would change of it."""

    lines: list[Line]
    household: Household | None = None
    changes: dict[str, str] = field(default_factory=dict)
    guardians: list[tuple[Guardian | None, dict[str, str]]] = field(default_factory=list)

    @property
    def first(self) -> Line:
        return self.lines[0]

    @property
    def is_changed(self) -> bool:
        return bool(self.changes or self.guardians)


@dataclass(slots=True)
class Plan:
    """All that an import would do. `links` says which child joins which household, those that stand left out.

    `completed` are the lines whose postal code was given its nought back.
    """

    school_year: SchoolYear
    classes: dict[ClassKey, SchoolClass] = field(default_factory=dict)
    new_classes: dict[ClassKey, Line] = field(default_factory=dict)
    children: list[ChildPlan] = field(default_factory=list)
    households: list[HouseholdPlan] = field(default_factory=list)
    links: list[tuple[ChildPlan, HouseholdPlan]] = field(default_factory=list)
    diets: dict[str, Diet] = field(default_factory=dict)
    completed: list[Line] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether everything stands already."""
        return not (
            self.new_classes
            or self.links
            or any(plan.child is None or plan.is_changed for plan in self.children)
            or any(plan.household is None or plan.is_changed for plan in self.households)
        )


def class_key(line: Line) -> ClassKey:
    """What two spellings of one class share."""
    return search_key(line.school), search_key(line.school_class)


def compare(lines: Iterable[Line], *, school_year: SchoolYear, day: date) -> Plan:
    """Compare the lines with what stands on that day."""
    plan, all_lines = Plan(school_year), list(lines)
    _standing_classes(plan)
    by_child = _children(plan, all_lines)
    by_household = _households(plan, [line for line in all_lines if line.number in by_child])
    _leave_out_wrong_lines(plan)
    _new_classes(plan)
    _changes_of_children(plan, day)
    links: dict[tuple[int, int], tuple[ChildPlan, HouseholdPlan]] = {}
    held = set(
        Custody.objects.filter(
            child__in=[one.child for one in plan.children if one.child], valid_during__contains=day
        ).values_list("child", "household")
    )
    for line in all_lines:
        child, household = by_child.get(line.number), by_household.get(line.number)
        if child is None or household is None:
            continue
        pair = (child.child and child.child.pk, household.household and household.household.pk)
        if pair not in held:
            links[id(child), id(household)] = (child, household)
    plan.links = list(links.values())
    return plan


def _leave_out_wrong_lines(plan: Plan) -> None:
    """A line that is wrong by its household makes no child either."""
    wrong = {one.line for one in plan.wrong}
    for one in plan.children:
        one.lines = [line for line in one.lines if line.number not in wrong]
    plan.children = [one for one in plan.children if one.lines]


def _standing_classes(plan: Plan) -> None:
    standing = SchoolClass.objects.filter(school_year=plan.school_year).select_related("site", "teacher")
    plan.classes = {(search_key(one.site.name), search_key(one.name)): one for one in standing}


def _new_classes(plan: Plan) -> None:
    for line in sorted((line for one in plan.children for line in one.lines), key=lambda line: line.number):
        if line.is_seated and class_key(line) not in plan.classes:
            plan.new_classes.setdefault(class_key(line), line)


def _children(plan: Plan, lines: list[Line]) -> dict[int, ChildPlan]:
    """Each line's child: found by its code, else by its name and birth."""
    known = Child.objects.filter(anonymized_at__isnull=True)
    by_code = _by_code(known, {line.child_code for line in lines if line.child_code}, codes.child_lookup)
    names = {_name_key(line) for line in lines}
    by_name = {(one.name_sort, one.birth_date): one for one in known.filter(name_sort__in=names)}
    plans: dict[object, ChildPlan] = {}
    found: dict[int, ChildPlan] = {}
    for line in lines:
        named = by_name.get((_name_key(line), line.birth_date))
        coded = by_code.get(line.child_code) if line.child_code else None
        if why := _contradiction(line, coded, named):
            plan.wrong.append(Wrong(line.number, "Code enfant", why))
            continue
        child = coded or named
        key = child.pk if child else (line.child_code or (_name_key(line), line.birth_date))
        one = plans.setdefault(key, ChildPlan([], child))
        if one.lines and (wrong := _against_the_first(line, one)):
            plan.wrong.append(wrong)
            continue
        one.lines.append(line)
        found[line.number] = one
    plan.children = list(plans.values())
    return found


def _against_the_first(line: Line, one: ChildPlan) -> Wrong | None:
    """What a second line of a child says otherwise than its first: it has two households at most, and one class."""
    first = one.first
    if _name_key(first) != _name_key(line):
        return Wrong(line.number, "Code enfant", "code_twice")
    if class_key(first) != class_key(line):
        return Wrong(line.number, "Classe", "two_classes")
    is_sure = one.child is not None or line.child_code or line.birth_date
    if not is_sure and _household_words(first) != _household_words(line):
        return Wrong(line.number, "Né le", "same_name")
    return None


def _household_words(line: Line) -> tuple[str, ...]:
    return line.family_code, *_household_key(line)


def _contradiction(line: Line, coded: Child | None, named: Child | None) -> str:
    if coded and coded.name_sort != _name_key(line):
        return "code_of_another"
    if line.child_code and coded is None and named is not None:
        return "other_code"
    return ""


def _changes_of_children(plan: Plan, day: date) -> None:
    standing = [one.child.pk for one in plan.children if one.child]
    enrolled = dict(
        Enrollment.objects.filter(child__in=standing, valid_during__contains=day).values_list("child", "school_class")
    )
    eats: dict[int, set[str]] = {}
    for child, name in Child.diets.through.objects.filter(child__in=standing).values_list("child", "diet__name"):
        eats.setdefault(child, set()).add(food.fact(name))
    plan.diets = {food.fact(diet.name): diet for diet in Diet.objects.all()}
    for one in plan.children:
        if one.child is None:
            continue
        line, wanted = one.first, plan.classes.get(class_key(one.first))
        if line.birth_date and one.child.birth_date != line.birth_date:
            one.changes["birth_date"] = line.birth_date
        one.moves = line.is_seated and (wanted is None or enrolled.get(one.child.pk) != wanted.pk)
        one.new_diets = bool(set(line.diets) - eats.get(one.child.pk, set()))


def _households(plan: Plan, lines: list[Line]) -> dict[int, HouseholdPlan]:
    """Each line's household: found by its code, else by its name with a guardian's address or name."""
    known = Household.objects.prefetch_related("guardians")
    by_code = _by_code(known, {line.family_code for line in lines if line.family_code}, codes.family_lookup)
    by_trait: dict[tuple[str, str], Household] = {}
    for standing in known.filter(name_sort__in={sort_key(line.household) for line in lines}):
        for trait in _traits(standing):
            by_trait.setdefault((standing.name_sort, trait), standing)
    plans: dict[object, HouseholdPlan] = {}
    found: dict[int, HouseholdPlan] = {}
    for line in lines:
        household = by_code.get(line.family_code) if line.family_code else None
        if household and household.name_sort != sort_key(line.household):
            plan.wrong.append(Wrong(line.number, "Code famille", "code_of_another"))
            continue
        household = household or _by_trait(line, by_trait)
        key = household.pk if household else (line.family_code or _household_key(line))
        one = plans.setdefault(key, HouseholdPlan([], household))
        if one.lines and sort_key(one.first.household) != sort_key(line.household):
            plan.wrong.append(Wrong(line.number, "Code famille", "code_twice"))
            continue
        one.lines.append(line)
        found[line.number] = one
    plan.households = list(plans.values())
    for one in plan.households:
        if one.household:
            _changes_of_household(one)
    return found


def _changes_of_household(one: HouseholdPlan) -> None:
    household, line = one.household, one.first
    assert household is not None
    given = {"street": line.street, "postal_code": line.postal_code, "city": line.city}
    one.changes = {name: value for name, value in given.items() if _is_new(name, getattr(household, name), value)}
    standing = {sort_key(f"{g.last_name} {g.first_name}"): g for g in household.guardians.all()}
    for told in line.guardians:
        guardian = standing.get(sort_key(f"{told.last_name} {told.first_name}"))
        values = {"title": told.title, "email": told.email, "phone": told.phone}
        if guardian is None:
            one.guardians.append((None, {**values, "last_name": told.last_name, "first_name": told.first_name}))
        elif changes := {n: value for n, value in values.items() if _is_new(n, getattr(guardian, n), value)}:
            one.guardians.append((guardian, changes))


def _is_new(name: str, standing: str, told: str) -> bool:
    """Whether a cell tells something else than what stands, its spaces and its capitals in an address aside."""
    standing = " ".join(standing.split())
    return bool(told) and standing != told and not (name == "email" and email_key(standing) == email_key(told))


def _by_trait(line: Line, by_trait: Mapping[tuple[str, str], Household]) -> Household | None:
    return next(
        (by_trait[key] for trait in _line_traits(line) if (key := (sort_key(line.household), trait)) in by_trait), None
    )


def _traits(household: Household) -> Iterable[str]:
    """What tells a household from another of its name: its guardians' addresses, telephones, names."""
    for guardian in household.guardians.all():
        yield from (trait for trait in (guardian.email_key, guardian.phone) if trait)
        yield sort_key(f"{guardian.last_name} {guardian.first_name}")


def _line_traits(line: Line) -> Iterable[str]:
    for told in line.guardians:
        yield from (trait for trait in (email_key(told.email), told.phone) if trait)
        yield sort_key(f"{told.last_name} {told.first_name}")


def _household_key(line: Line) -> tuple[str, ...]:
    """What the lines of one new household share in the file: its name, and its first guardian's."""
    told = line.guardians[0]
    return sort_key(line.household), sort_key(f"{told.last_name} {told.first_name}")


def _name_key(line: Line) -> str:
    return sort_key(f"{line.last_name} {line.first_name}")


def _by_code(rows: QuerySet[Coded], given: Iterable[str], lookup: Callable[[str], str]) -> dict[str, Coded]:
    """Rows by the code in clear that the file gives: one statement."""
    lookups = {lookup(code): code for code in given}
    return {lookups[row.code_lookup]: row for row in rows.filter(code_lookup__in=lookups)}
