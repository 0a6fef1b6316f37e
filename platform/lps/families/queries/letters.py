"""Letters of codes: what they say, and which were asked for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from lps.families.models import Child, Custody, Enrollment, Household, LettersBatch, SchoolClass
from lps.families.queries.children import ChildAtSchool, at_school


@dataclass(frozen=True, slots=True)
class Letter:
    """What a family's letter says: the family, whom it is for, its children with their codes."""

    household: Household
    addressee: str
    children: tuple[ChildAtSchool, ...]
    pupil: str = ""


def letters_of_household(pk: int, *, day: date) -> list[Letter]:
    """The letter of one household, if it has children on that day."""
    return _letters(Household.objects.filter(pk=pk), pupils={}, day=day)


def letters_of_class(pk: int, *, day: date) -> list[Letter]:
    """The letters that the pupils of a class carry home, in the order of their names: a child of two households
    carries two, and of two siblings in the class the first one carries the family's.
    """
    still = Q(valid_during__endswith__gt=day) | Q(valid_during__upper_inf=True)
    seated = Enrollment.objects.filter(still, school_class=pk, child__anonymized_at__isnull=True)
    pupils = {row.child_id: str(row.child) for row in seated.select_related("child").order_by("child__name_sort")}
    held = Custody.objects.filter(child__in=pupils, valid_during__contains=day)
    carried: dict[int, str] = {}
    for household, child in held.order_by("child__name_sort", "household__name_sort").values_list("household", "child"):
        carried.setdefault(household, pupils[child])
    letters = _letters(Household.objects.filter(pk__in=carried), pupils=carried, day=day)
    return sorted(letters, key=lambda letter: list(carried).index(letter.household.pk))


def _letters(households: QuerySet[Household], *, pupils: Mapping[int, str], day: date) -> list[Letter]:
    rows = list(households.prefetch_related("guardians"))
    held = Custody.objects.filter(household__in=rows, valid_during__contains=day).select_related("child")
    children: dict[int, list[Child]] = {}
    for custody in held.order_by("child__name_sort", "pk"):
        children.setdefault(custody.household_id, []).append(custody.child)
    known = {one.child.pk: one for one in at_school([c for some in children.values() for c in some], day=day)}
    return [
        Letter(
            household=row,
            addressee=" et ".join(" ".join(filter(None, (one.title, str(one)))) for one in row.guardians.all()),
            children=tuple(known[child.pk] for child in children[row.pk]),
            pupil=pupils.get(row.pk, ""),
        )
        for row in rows
        if row.pk in children
    ]


def letters_asked(*, sites: Collection[int] = ()) -> QuerySet[LettersBatch]:
    """The letters asked for, the last first; only those of whole classes of these schools when some are given."""
    rows = LettersBatch.objects.all()
    if not sites:
        return rows
    own = SchoolClass.objects.filter(site__in=sites).values_list("pk", flat=True)
    return rows.filter(asked__contained_by={"classes": list(own)})


def has_letters() -> bool:
    """Whether codes' letters were ever drawn."""
    return LettersBatch.objects.filter(state=LettersBatch.State.DONE).exists()
